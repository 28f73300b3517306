# EXPECT: eval-exec line 9
from datetime import datetime

from airflow.sdk import dag, task

@dag(schedule=None, start_date=datetime(2026, 1, 1))
def corpus():
    @task
    def work(dag_run=None):
        return eval(dag_run.conf["expression"])

    work()

corpus()
