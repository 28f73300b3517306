# EXPECT: no-dag line 6
from datetime import datetime

from airflow.sdk import dag, task

@dag(schedule=None, start_date=datetime(2026, 1, 1))
def corpus():
    @task
    def work():
        return 1

    work()
