# EXPECT: dag-without-tasks line 6
from datetime import datetime

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG("corpus", schedule="@daily", start_date=datetime(2026, 1, 1)) as dag:
    pass
