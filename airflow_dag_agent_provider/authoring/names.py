"""Every name that a compiled DAG file binds, and what binds it: no two things may share one."""

from __future__ import annotations

import builtins
from collections.abc import Iterator

from airflow_dag_agent_provider.authoring.plan import DagPlan, OperatorTask, PythonTask, TaskSpec
from airflow_dag_agent_provider.authoring.snippets import import_bindings

OURS = {
    "annotations": "from __future__ import annotations",
    "logging": "import logging",
    "log": "log = logging.getLogger(__name__)",
    "UTC": "from datetime import UTC",
    "datetime": "from datetime import datetime",
    "timedelta": "from datetime import timedelta",
    "DAG": "from airflow.sdk import DAG",
    "CronDataIntervalTimetable": "from airflow.sdk import CronDataIntervalTimetable",
    "CronTriggerTimetable": "from airflow.sdk import CronTriggerTimetable",
    "Param": "from airflow.sdk import Param",
    "task": "from airflow.sdk import task",
    "dag": "with DAG(...) as dag",
}
"""Names that the compiler itself binds; a function may import the same thing under the same name."""


def name_problems(plan: DagPlan) -> Iterator[str]:
    """Yield a sentence for every name with two meanings."""
    imported = sorted(set(_imports(plan)))
    users: dict[str, list[str]] = {}
    for name, what in [*imported, *_definitions(plan)]:
        users.setdefault(name, []).append(what)
    for name, things in users.items():
        if len(things) > 1:
            yield (
                f"{name!r} is used for {len(things)} things ({'; '.join(things)}); "
                "give every task, function, constant, result and import its own name"
            )
        if any(OURS.get(name) != what for what in things) and _has_a_meaning(name):
            meaning = OURS.get(name, "Python's own")
            yield f"{name!r} already has a meaning in the file ({meaning}); use it as it is or choose another name"


def hoisted(plan: DagPlan) -> list[tuple[str, str]]:
    """Return (name, value) of the constants that hold the multi-line arguments of operators."""
    held = [value for value in plan.constants.values() if isinstance(value, str)]
    found: list[tuple[str, str]] = []
    for task in plan.tasks:
        for name, value in task.arguments.items() if isinstance(task, OperatorTask) else ():
            if isinstance(value, str) and "\n" in value and value not in held:
                held.append(value)
                found.append((f"{task.task_id}_{name}".upper(), value))
    return found


def result_name(task: TaskSpec) -> str:
    """Return the variable that stands for a task in the ``with DAG`` block."""
    if isinstance(task, OperatorTask):
        return task.task_id
    return task.result or f"{task.task_id}_result"


def _imports(plan: DagPlan) -> Iterator[tuple[str, str]]:
    for function in plan.functions:
        for statement in function.imports:
            yield from import_bindings(statement)
    for task in plan.tasks:
        if isinstance(task, OperatorTask):
            module, _, name = task.operator.rpartition(".")
            yield name, f"from {module} import {name}"


def _definitions(plan: DagPlan) -> Iterator[tuple[str, str]]:
    for constant in plan.constants:
        yield constant, "a constant"
    for constant, _ in hoisted(plan):
        yield constant, "the constant made of a multi-line argument"
    for function in plan.functions:
        yield function.name, "a function"
    for task in plan.tasks:
        yield task.task_id, "a task"
        if isinstance(task, PythonTask):
            yield result_name(task), f"the result of task {task.task_id!r}"


def _has_a_meaning(name: str) -> bool:
    return name in OURS or hasattr(builtins, name) or name.startswith("__")
