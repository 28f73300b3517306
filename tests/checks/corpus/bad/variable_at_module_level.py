# EXPECT: variable-at-parse line 6 warning
from datetime import datetime

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, Variable

REGION = Variable.get("region", default="eu")
with DAG("corpus", schedule="@daily", start_date=datetime(2026, 1, 1)) as dag:
    BashOperator(task_id="work", bash_command="true")
