"""Two DAGs of one shape, and one that another file triggers."""
from datetime import datetime, timezone

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, TaskGroup, chain

START = datetime(2026, 1, 1, tzinfo=timezone.utc)

for region in ("eu", "us"):
    with DAG(f"region_{region}", schedule=None, start_date=START, catchup=False):
        with TaskGroup("load"):
            first = EmptyOperator(task_id="first")
        chain(first, TriggerDagRunOperator(task_id="next", trigger_dag_id="elsewhere"))

if START.year == 2026:
    with DAG("one_of_two", schedule="@daily", start_date=START):
        EmptyOperator(task_id="only")
else:
    with DAG("one_of_two", schedule="@weekly", start_date=START):
        EmptyOperator(task_id="only")
