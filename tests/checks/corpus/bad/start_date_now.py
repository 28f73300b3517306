# EXPECT: structure-varies line 6 warning
from datetime import datetime

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG("corpus", schedule="@daily", start_date=datetime.now()) as dag:
    BashOperator(task_id="work", bash_command="true")
