# EXPECT: not-only-code line 1
Here is the DAG you asked for:

from datetime import datetime

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG("corpus", schedule="@daily", start_date=datetime(2026, 1, 1)) as dag:
    BashOperator(task_id="work", bash_command="true")
