# EXPECT: unused-variable line 9 info
from datetime import datetime

from airflow.sdk import dag, task

@dag(schedule=None, start_date=datetime(2026, 1, 1))
def corpus():
    @task
    def work():
        rows = 1

    work()

corpus()
