"""Plans, requests and drafts that the authoring tests start from."""

from __future__ import annotations

import ast
from datetime import UTC, date, datetime
from typing import Any

from airflow_dag_agent_provider.authoring.drafts import DraftContent
from airflow_dag_agent_provider.authoring.plan import (
    DagPlan,
    DagRequest,
    Decision,
    Edge,
    Example,
    Function,
    Input,
    OperatorTask,
    PythonTask,
    Schedule,
)
from airflow_dag_agent_provider.authoring.render import render
from airflow_dag_agent_provider.checks.finding import CheckReport

SQL = "airflow.providers.common.sql.operators.sql.SQLExecuteQueryOperator"

HALVE = Function(
    source='def halve(value: Decimal) -> Decimal:\n    """Return half of value."""\n    return value / 2',
    imports=("from decimal import Decimal",),
    examples=(
        Example(call="halve(Decimal('3'))", expected="Decimal('1.5')"),
        Example(call="halve('3')", expected="TypeError", raises=True),
    ),
)


BASH = "airflow.providers.standard.operators.bash.BashOperator"


def python(task_id: str, body: str = "return None", **fields: Any) -> PythonTask:
    """Return a Python task."""
    return PythonTask(**{"task_id": task_id, "doc": "Does it.", "body": body, **fields})


def operator(task_id: str, path: str = BASH, /, **arguments: Any) -> OperatorTask:
    """Return a task of an operator."""
    return OperatorTask(task_id=task_id, doc="Does it.", operator=path, arguments=arguments)


def function(source: str, *imports: str, **fields: Any) -> Function:
    """Return a function of the DAG file."""
    return Function(source=source, imports=imports, **fields)


def constants_of(source: str) -> dict[str, object]:
    """Return the module constants of a DAG file with their values."""
    assigned = [node for node in ast.parse(source).body if isinstance(node, ast.Assign)]
    literal = [node for node in assigned if not isinstance(node.value, ast.Call)]
    return {node.targets[0].id: ast.literal_eval(node.value) for node in literal}  # type: ignore[attr-defined]


def request(text: str = "Every day at 04:00 count the files in /data/in.", **changes: Any) -> DagRequest:
    """Return a request of 2026-11-20."""
    return DagRequest(**{"text": text, "dag_id": None, "requester": "ann", "today": date(2026, 11, 20), **changes})


def plan(**changes: Any) -> DagPlan:
    """Return a plan with an operator, two Python tasks, a constant and a function."""
    fields: dict[str, Any] = {
        "dag_id": "count_files",
        "summary": "Count the files in /data/in.",
        "request": "Every day at 04:00 count the files in /data/in.",
        "schedule": Schedule(kind="cron", cron="0 4 * * *"),
        "start_date": date(2026, 11, 20),
        "tags": ("files",),
        "retries": 3,
        "constants": {"FOLDER": "/data/in", "CONN_ID": "sqlite_default"},
        "functions": (HALVE,),
        "tasks": (
            OperatorTask(
                task_id="create_table",
                doc="Create the table unless it is there.",
                operator=SQL,
                arguments={
                    "sql": "CREATE TABLE IF NOT EXISTS counts (\n  n INTEGER\n)",
                    "conn_id": "sqlite_default",
                },
            ),
            PythonTask(
                task_id="list_files",
                doc="List the files.",
                inputs=(Input(name="folder", value="/data/in"),),
                returns="list[str]",
                result="files",
                body='log.info("Listing %s", folder)\nreturn [folder]',
            ),
            PythonTask(
                task_id="count_them",
                doc="Count the files.",
                inputs=(Input(name="files", annotation="list[str]", from_task="list_files"),),
                returns="int",
                body="return len(files)",
                retries=0,
            ),
        ),
        "edges": (Edge(upstream="create_table", downstream="count_them"),),
        "decisions": (Decision(topic="schedule", choice="0 4 * * *", reason="said: every day at 04:00"),),
        "assumptions": ("The time zone is UTC.",),
    }
    return DagPlan(**(fields | changes))


def draft_content(source: str | None = None, **changes: Any) -> DraftContent:
    """Return the content of a draft without findings."""
    its_plan = changes.pop("plan", plan())
    fields: dict[str, Any] = {
        "dag_id": its_plan.dag_id,
        "path": f"{its_plan.dag_id}.py",
        "source": render(its_plan) if source is None else source,
        "previous_sha256": None,
        "request": request(),
        "plan": its_plan,
        "report": CheckReport(layers=("rlimits",)),
        "generated_by": "test",
        "created_at": datetime(2026, 11, 20, 12, tzinfo=UTC),
    }
    return DraftContent(**(fields | changes))
