# EXPECT: package-not-installed line 4
from datetime import datetime

from airflow.providers.standard.operators.bash import BashOperator
from airflow.providers.apache.nowhere.operators.x import Y
from airflow.sdk import DAG

Y
with DAG("corpus", schedule="@daily", start_date=datetime(2026, 1, 1)) as dag:
    BashOperator(task_id="work", bash_command="true")
