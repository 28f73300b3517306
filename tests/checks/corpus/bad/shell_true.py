# EXPECT: shell-injection line 11 warning
import subprocess
from datetime import datetime

from airflow.sdk import dag, task

@dag(schedule=None, start_date=datetime(2026, 1, 1))
def corpus():
    @task
    def work(dag_run=None):
        command = dag_run.conf["command"]
        subprocess.run(command, shell=True, check=True)

    work()

corpus()
