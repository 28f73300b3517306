# EXPECT: bad-param
from datetime import datetime

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, Param

with DAG("corpus", schedule="@daily", start_date=datetime(2026, 1, 1), params={"n": Param("x", type="integer")}) as dag:
    BashOperator(task_id="work", bash_command="true")
