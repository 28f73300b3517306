"""A stand-in for the authoring DAG: its shape (mapped design and review, release), without its rooms.

The harness tests prove with it that the demo drives a real Airflow, also when the authoring DAG is broken.
"""

import hashlib
import os
from datetime import datetime
from pathlib import Path
from urllib.parse import urlparse

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowSkipException

GENERATED = '''"""Loads the CSV files of a folder into the table daily_values."""

import csv
from datetime import datetime
from pathlib import Path

from airflow.providers.sqlite.hooks.sqlite import SqliteHook
from airflow.sdk import dag, task


@dag(schedule=None, start_date=datetime(2026, 1, 1), catchup=False)
def stand_in_generated():
    @task
    def read() -> list[dict]:
        rows = {}
        for path in sorted(Path(%(folder)r).glob("*.csv")):
            with path.open(newline="") as lines:
                for row in csv.DictReader(lines):
                    try:
                        rows[row["id"], row["ts"]] = {**row, "value": float(row["value"])}
                    except ValueError:
                        print(f"left out: {row}")
        return list(rows.values())

    @task
    def load(rows: list[dict]) -> int:
        hook = SqliteHook()
        columns = "id TEXT, ts TEXT, value REAL, PRIMARY KEY (id, ts)"
        hook.run(f"CREATE TABLE IF NOT EXISTS daily_values ({columns})")
        values = [tuple(row.values()) for row in rows]
        hook.insert_rows("daily_values", values, ["id", "ts", "value"], replace=True)
        return len(rows)

    load(read())


stand_in_generated()
'''


class Review(ApprovalOperator):
    """Asks for one draft and writes it on approval."""

    template_fields = (*ApprovalOperator.template_fields, "draft")

    def __init__(self, *, draft, **kwargs):
        super().__init__(**kwargs)
        self.draft = draft

    def execute(self, context):
        if self.draft["superseded"]:
            raise AirflowSkipException("superseded by a later draft of this run")
        super().execute(context)

    def execute_complete(self, context, event):
        answer = super().execute_complete(context, event)
        if answer["chosen_options"] != [self.APPROVE]:
            return {**answer, "release": None}
        source = self.draft["source"]
        path = Path(urlparse(os.environ["AIRFLOW__DAG_AGENT__DAGS_PATH"]).path, f"{self.draft['dag_id']}.py")
        path.write_text(source)
        sha256 = hashlib.sha256(source.encode()).hexdigest()
        release = {"dag_id": self.draft["dag_id"], "path": str(path), "version": 1, "sha256": sha256}
        return {**answer, "release": release}


@dag(schedule=None, start_date=datetime(2026, 1, 1), catchup=False, params={"request": ""})
def stand_in_author():
    @task
    def understand(params: dict) -> list[str]:
        if "fail here" in params["request"]:
            raise ValueError(f"no folder in {params['request']!r}")
        words = params["request"].split()
        return [word.rstrip(",.") for word in words if word.startswith("/")]

    @task
    def design(folder: str) -> str:
        return GENERATED % {"folder": folder}

    @task
    def synthesize(sources: list[str]) -> list[dict]:
        new = {
            "id": "stand-in-2",
            "dag_id": "stand_in_generated",
            "superseded": False,
            "source": next(iter(sources)),
        }
        old = {**new, "id": "stand-in-1", "superseded": True}
        return [old, new]

    drafts = synthesize(design.expand(folder=understand()))
    Review.partial(
        task_id="review",
        subject="Release {{ task.draft['dag_id'] }} ({{ task.draft['id'] }})?",
        body="## Plan\n\nload CSV files\n\n## Findings\n\nnone\n\n```python\n{{ task.draft['source'] }}```\n",
    ).expand(draft=drafts)


stand_in_author()
