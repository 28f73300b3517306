# EXPECT: syntax-error line 6
from datetime import datetime

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG("corpus", schedule="@daily", 