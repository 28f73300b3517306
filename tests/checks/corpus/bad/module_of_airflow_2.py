# EXPECT: name-not-found line 3
from datetime import datetime

from airflow.contrib.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG("corpus", schedule="@daily", start_date=datetime(2026, 1, 1)) as dag:
    BashOperator(task_id="work", bash_command="true")
