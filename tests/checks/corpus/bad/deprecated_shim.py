# EXPECT: af2-deprecated line 7 warning
from datetime import datetime

from airflow.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG("corpus", schedule="@daily", start_date=datetime(2026, 1, 1)):
    BashOperator(task_id="work", bash_command="true")
