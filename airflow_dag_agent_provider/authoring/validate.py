"""Is this plan compilable? Problems are sentences that a person or a model can act on."""

from __future__ import annotations

import keyword
import math
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from pydantic import JsonValue

from airflow_dag_agent_provider.authoring.markdown import plain
from airflow_dag_agent_provider.authoring.names import name_problems
from airflow_dag_agent_provider.authoring.plan import DagPlan, Function, OperatorTask, PythonTask
from airflow_dag_agent_provider.authoring.render import all_edges, task_source
from airflow_dag_agent_provider.authoring.snippets import (
    annotation_problem,
    example_problem,
    function_problems,
    import_problem,
    one_function,
)
from airflow_dag_agent_provider.catalog import Catalog
from airflow_dag_agent_provider.checks.contract import Contract

_CONSTANT = re.compile(r"[A-Z][A-Z0-9_]{0,79}")
_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", re.ASCII)
_SET_BY_THE_PLAN = {"task_id", "dag", "task_group", "doc", "doc_md", "doc_rst", "doc_json", "doc_yaml"}
_PRESETS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 */3 *",
    "@yearly": "0 0 1 1 *",
}


def problems(plan: DagPlan, *, catalog: Catalog) -> list[str]:
    """Return what keeps ``plan`` from being compiled; an empty list when nothing does."""
    return [*_names(plan), *_values(plan), *_graph(plan), *_code(plan), *_operators(plan, catalog)]


def contract_of(plan: DagPlan) -> Contract:
    """Return the facts that the compiled file must show when Airflow loads it."""
    cron = plan.schedule.cron
    return Contract(
        dag_id=plan.dag_id,
        task_ids=tuple(task.task_id for task in plan.tasks),
        edges=tuple(all_edges(plan)),
        cron=None if cron is None else _PRESETS.get(cron, cron),
        timezone=plan.schedule.timezone,
        catchup=plan.catchup,
        operators=tuple(sorted({t.operator for t in plan.tasks if isinstance(t, OperatorTask)})),
        task_operators=tuple((t.task_id, t.operator if isinstance(t, OperatorTask) else "@task") for t in plan.tasks),
    )


def _names(plan: DagPlan) -> Iterator[str]:
    yield from name_problems(plan)
    for name in plan.constants:
        if not _CONSTANT.fullmatch(name):
            yield f"constant {name!r} is not UPPER_CASE; write it like {name.upper()!r}"
    for param, times in Counter(param.name for param in plan.params).items():
        if times > 1:
            yield f"param {param!r} is declared {times} times"


def _values(plan: DagPlan) -> Iterator[str]:
    """Yield the values that no file can hold: NaN, the infinities, half a surrogate pair."""
    try:
        plan.model_dump_json()
    except ValueError as error:
        yield f"the plan holds text that is not Unicode: {error}"
    holders: list[tuple[str, JsonValue]] = [(f"constant {name!r}", value) for name, value in plan.constants.items()]
    holders += [(f"the default of param {param.name!r}", param.default) for param in plan.params]
    for task in plan.tasks:
        if isinstance(task, OperatorTask):
            holders += [(f"argument {name!r} of task {task.task_id!r}", v) for name, v in task.arguments.items()]
        else:
            holders += [(f"input {given.name!r} of task {task.task_id!r}", given.value) for given in task.inputs]
    for where, value in holders:
        if not _is_finite(value):
            yield f"{where} holds NaN or an infinite number, which has no literal; use None or a string"


def _is_finite(value: JsonValue) -> bool:
    if isinstance(value, dict | list):
        return all(_is_finite(item) for item in (value.values() if isinstance(value, dict) else value))
    return not isinstance(value, float) or math.isfinite(value)


def _graph(plan: DagPlan) -> Iterator[str]:
    known = {task.task_id for task in plan.tasks}
    yield from (
        f"task {t.task_id!r} has no doc; say in a sentence what it does" for t in plan.tasks if not plain(t.doc)
    )
    for up, down in all_edges(plan):
        for name in {up, down} - known:
            yield f"the edge {up!r} -> {down!r} names {name!r}, which is no task; tasks are {sorted(known)}"
    for task in plan.tasks:
        for given in task.inputs if isinstance(task, PythonTask) else ():
            if given.from_task is not None and given.value is not None:
                yield f"input {given.name!r} of {task.task_id!r} has from_task and value; give one of them"
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for up, down in all_edges(plan):
        sorter.add(down, up)
    try:
        sorter.prepare()
    except CycleError as error:
        yield f"the tasks run in a circle: {' -> '.join(error.args[1])}; remove one of these edges"


def _code(plan: DagPlan) -> Iterator[str]:
    for function in plan.functions:
        yield from _function(function)
    for task in plan.tasks:
        if isinstance(task, PythonTask):
            yield from _python_task(task)


def _python_task(task: PythonTask) -> Iterator[str]:
    """Yield what is wrong with the types and the body; the text that is judged is the text that is rendered."""
    wrong = [
        f"input {given.name!r} of task {task.task_id!r}: {problem}"
        for given in task.inputs
        if (problem := annotation_problem(given.annotation))
    ]
    if problem := annotation_problem(task.returns):
        wrong.append(f"the return type of task {task.task_id!r}: {problem}")
    if wrong:
        yield from wrong
        return
    try:
        node = one_function(task_source(task))
    except (tokenize.TokenError, SyntaxError) as error:
        node = f"is not Python: {error}"
    if isinstance(node, str) and not node.startswith("must"):
        yield f"the body of task {task.task_id!r} {node}"
    elif isinstance(node, str) or node.name != task.task_id:
        yield f"the body of task {task.task_id!r} must be the statements of one function and nothing else"


def _function(function: Function) -> Iterator[str]:
    yield from (f"function {function.name!r} {problem}" for problem in function_problems(function.source))
    for statement in function.imports:
        if problem := import_problem(statement):
            yield f"{statement!r} of function {function.name!r} {problem}"
    for example in function.examples:
        for text, exception in ((example.call, False), (example.expected, example.raises)):
            if problem := example_problem(text, exception=exception):
                yield f"{text!r} in an example of {function.name!r} {problem}"


def _operators(plan: DagPlan, catalog: Catalog) -> Iterator[str]:
    for task in plan.tasks:
        if not isinstance(task, OperatorTask):
            continue
        if not _PATH.fullmatch(task.operator) or any(map(keyword.iskeyword, task.operator.split("."))):
            yield f"task {task.task_id!r}: {task.operator!r} is not the dotted path of a class"
            continue
        own = {"retries": task.retries, "execution_timeout": task.execution_timeout_minutes}
        for name in task.arguments:
            if not (name.isidentifier() and name.isascii()) or keyword.iskeyword(name):
                yield f"task {task.task_id!r}: {name!r} is not the name of an argument"
            elif name in _SET_BY_THE_PLAN or own.get(name) is not None:
                yield f"task {task.task_id!r}: the plan itself sets {name!r}; take it out of the arguments"
        for problem in catalog.problems(task.operator, {"task_id": task.task_id, **task.arguments}):
            yield f"task {task.task_id!r}: {problem}"
