# EXPECT: not-serializable
from datetime import datetime

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG
from airflow.timetables.simple import OnceTimetable

class Mine(OnceTimetable):
    pass


with DAG("corpus", schedule=Mine(), start_date=datetime(2026, 1, 1)) as dag:
    BashOperator(task_id="work", bash_command="true")
