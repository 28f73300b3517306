# EXPECT: name-not-found line 3
from datetime import datetime

from airflow.providers.standard.operators.bash import BashOperator, SuperBashOperator
from airflow.sdk import DAG

SuperBashOperator
with DAG("corpus", schedule="@daily", start_date=datetime(2026, 1, 1)) as dag:
    BashOperator(task_id="work", bash_command="true")
