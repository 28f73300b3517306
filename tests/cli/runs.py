"""What the tests of the command line ask for, and how they read the answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

REQUEST = (
    "Every day at 04:00 pick up the CSV files in /data/in, parse id: string, ts: timestamp, value: float, drop "
    "duplicates by id and ts, upsert them into the SQLite table daily_values, and fail if no row arrived. "
    "Retry three times."
)
GOOD = """
from datetime import datetime
from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator

with DAG("nightly", schedule="0 3 * * *", start_date=datetime(2026, 1, 1), catchup=False):
    EmptyOperator(task_id="a") >> EmptyOperator(task_id="b")
"""

Run = Callable[..., tuple[int, str, str]]


def created(dag_agent: Run, *options: str, request: str = REQUEST) -> tuple[int, dict[str, Any]]:
    code, out, _ = dag_agent("create", request, "--format", "json", *options)
    return code, json.loads(out)
