# EXPECT: unsafe-deserialization line 11 warning
import pickle
from datetime import datetime
from pathlib import Path

from airflow.sdk import dag, task

@dag(schedule=None, start_date=datetime(2026, 1, 1))
def corpus():
    @task
    def work():
        return pickle.loads(Path("/data/model.pkl").read_bytes())

    work()

corpus()
