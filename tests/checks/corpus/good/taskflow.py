"""TaskFlow with data between tasks."""
from __future__ import annotations

import json
import os
import subprocess
from datetime import datetime, timedelta

import pendulum
from airflow.sdk import Asset, Connection, CronDataIntervalTimetable, Param, Variable, dag, get_current_context, task

REGION = os.environ.get("REGION", "eu")
PASSWORD_POLICY = "https://wiki.example.com/password"


@dag(
    dag_id="orders_daily",
    schedule=CronDataIntervalTimetable("0 4 * * MON-FRI", timezone="Europe/Paris"),
    start_date=pendulum.datetime(2026, 1, 1, tz="Europe/Paris"),
    catchup=False,
    max_active_runs=1,
    default_args={"owner": "sales", "retries": 2, "retry_delay": timedelta(minutes=5)},
    params={"limit": Param(10, type="integer", minimum=1)},
    tags=["sales", REGION],
)
def orders() -> None:
    """Load orders; the words execution_date and eval( are only prose."""

    @task
    def extract() -> list[str]:
        context = get_current_context()
        return [f"{context['ds']}-{number}" for number in range(context["params"]["limit"])]

    @task(execution_timeout=timedelta(minutes=10))
    def convert(name: str) -> str:
        return json.dumps({"name": name, "user": Connection.get("warehouse").login})

    @task(outlets=[Asset("orders")])
    def publish(rows: list[str]) -> None:
        limit = int(Variable.get("row_limit", default="10"))
        subprocess.run(["echo", *rows[:limit]], check=True, timeout=60)

    publish(convert.expand(name=extract()))


orders()
