"""Is this the DAG that was asked for?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from airflow_dag_agent_provider.checks.codes import finding
from airflow_dag_agent_provider.checks.contract import Contract
from airflow_dag_agent_provider.checks.finding import Finding
from airflow_dag_agent_provider.checks.subject import Subject
from airflow_dag_agent_provider.sandbox.answers import LoadedDag

PRESETS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
DAYS = {name: str(number) for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
NAMES = DAYS | {name: str(number) for number, name in enumerate(MONTHS, 1)}
DECORATED = ("airflow.providers.standard.decorators.python._PythonDecoratedOperator",)  # what @task makes
RENDER_AGAIN = "Change the plan and render it again, or change the file to what was asked"


def agreement(subject: Subject) -> list[Finding]:
    """Compare what Airflow loaded with the contract; nothing without a contract or without a DAG."""
    asked, dags = subject.contract, subject.loaded.dags
    if asked is None or not dags:
        return []
    found = [dag for dag in dags if dag.dag_id == asked.dag_id]
    others = sorted(dag.dag_id for dag in dags if dag.dag_id != asked.dag_id)
    findings = []
    if others or not found:
        given = sorted(dag.dag_id for dag in dags)
        message = f"The file gives the DAGs {given}; asked was exactly {asked.dag_id!r}"
        findings.append(finding("contract-dag-id", message, RENDER_AGAIN))
    classes = dict(subject.loaded.operator_classes)
    for dag in found:
        findings += [*_differences(dag, asked), *_operators(dag, asked, classes)]
    return findings


def _differences(dag: LoadedDag, asked: Contract) -> Iterator[Finding]:
    tasks = {task.task_id for task in dag.tasks}
    if told := _sets("tasks", tasks, set(asked.task_ids)):
        yield finding("contract-tasks", told, RENDER_AGAIN)
    edges = {(upstream, task.task_id) for task in dag.tasks for upstream in task.upstream}
    if told := _sets("dependencies", map(_arrow, edges), map(_arrow, asked.edges)):
        yield finding("contract-edges", told, RENDER_AGAIN)
    have, want = _schedule(dag), asked.cron
    if (plain_cron(have) if have else None) != (plain_cron(want) if want else None):
        message = f"The file has the schedule {have!r}; asked was {want!r}"
        yield finding("contract-schedule", message, RENDER_AGAIN)
    elif want and dag.timezone != asked.timezone:
        message = f"The schedule runs in {dag.timezone!r}; asked was {asked.timezone!r}"
        yield finding("contract-timezone", message, RENDER_AGAIN)
    if dag.catchup != asked.catchup:
        message = f"The file has catchup={dag.catchup}; asked was catchup={asked.catchup}"
        yield finding("contract-catchup", message, RENDER_AGAIN)


def _operators(dag: LoadedDag, asked: Contract, classes: Mapping[str, str]) -> Iterator[Finding]:
    """Give the tasks that are there but made by another operator; ``classes``: where an import path leads."""
    loaded = {task.task_id: task.operator for task in dag.tasks}
    for task_id, want in asked.task_operators:
        have = loaded.get(task_id)
        allowed = DECORATED if want == "@task" else (want, classes.get(want, want))
        if have is not None and have not in allowed:
            message = f"The task {task_id!r} is a {have!r}; asked was {want!r}"
            yield finding("contract-operator", message, RENDER_AGAIN)


def _schedule(dag: LoadedDag) -> str | None:
    """Return the cron of a DAG that runs by nothing else; None without schedule; else Airflow's summary."""
    by_cron_alone = dag.timetable.startswith("airflow.timetables.") and "Asset" not in dag.timetable
    return dag.cron[0] if len(dag.cron) == 1 and by_cron_alone else dag.schedule


def plain_cron(cron: str) -> str:
    """Return ``cron`` with presets, names and spacing written one way.

    >>> plain_cron("@weekly"), plain_cron(" 5  4 * JAN mon-FRI"), plain_cron("0 0 * * 7")
    ('0 0 * * 0', '5 4 * 1 1-5', '0 0 * * 0')
    """
    text = " ".join(PRESETS.get(cron.strip().lower(), cron).lower().split())
    text = re.sub(r"\b[a-z]{3}\b", lambda name: NAMES.get(name[0], name[0]), text)
    return re.sub(r"(?<= )7$", "0", text)


def _arrow(edge: tuple[str, str]) -> str:
    return f"{edge[0]} >> {edge[1]}"


def _sets(what: str, have: Iterable[str], want: Iterable[str]) -> str:
    """Say how two sets differ; "" if they do not."""
    here, asked = set(have), set(want)
    parts = []
    if missing := sorted(asked - here):
        parts.append(f"asked for but not there: {missing}")
    if extra := sorted(here - asked):
        parts.append(f"there but not asked for: {extra}")
    return f"The {what} differ; " + "; ".join(parts) if parts else ""
