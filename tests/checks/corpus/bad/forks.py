# EXPECT: forks-at-import line 9
import os
from datetime import datetime

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG



pid = os.fork()
with DAG("corpus", schedule="@daily", start_date=datetime(2026, 1, 1)) as dag:
    BashOperator(task_id="work", bash_command="true")
