# EXPECT: likely-bug line 8 warning
from datetime import datetime

from airflow.sdk import dag, task

@dag(schedule=None, start_date=datetime(2026, 1, 1))
def corpus():
    @task
    def work(seen: list = []):
        seen.append(1)

    work()

corpus()
