# EXPECT: deprecated line 3 warning
from datetime import datetime

from airflow.decorators import dag, task

@dag(schedule=None, start_date=datetime(2026, 1, 1))
def corpus():
    @task
    def work():
        return 1

    work()

corpus()
