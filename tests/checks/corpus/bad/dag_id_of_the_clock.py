# EXPECT: dag-id-varies line 8
import time
from datetime import datetime

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG(
    dag_id="corpus_" + str(time.time()), schedule="@daily", start_date=datetime(2026, 1, 1)) as dag:
    BashOperator(task_id="work", bash_command="true")
