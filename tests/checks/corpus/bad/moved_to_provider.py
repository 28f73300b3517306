# EXPECT: af2-moved line 8
from datetime import datetime

from airflow.providers.standard.operators.bash import BashOperator
from airflow.operators.postgres_operator import PostgresOperator
from airflow.sdk import DAG

with DAG("corpus", schedule="@daily", start_date=datetime(2026, 1, 1)):
    PostgresOperator(task_id="work", sql="SELECT 1")
