"""Is this plan compilable? Problems are sentences that a person or a model can act on."""

from __future__ import annotations

import ast
import builtins
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from airflow_dag_agent_provider.authoring.plan import DagPlan, Function, OperatorTask, PythonTask
from airflow_dag_agent_provider.authoring.render import all_edges, indented
from airflow_dag_agent_provider.catalog import Catalog
from airflow_dag_agent_provider.checks.contract import Contract

_CONSTANT = re.compile(r"[A-Z][A-Z0-9_]{0,79}")
_RESERVED = {"dag", "task", "log", "logging", "datetime", "timedelta", "DAG", "UTC", "Param"}
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
    return [*_names(plan), *_graph(plan), *_code(plan), *_operators(plan, catalog)]


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
    )


def _names(plan: DagPlan) -> Iterator[str]:
    taken = [task.task_id for task in plan.tasks] + [f.name for f in plan.functions] + list(plan.constants)
    taken += [task.result for task in plan.tasks if isinstance(task, PythonTask) and task.result]
    for name, times in Counter(taken).items():
        if times > 1:
            yield f"{name!r} is used for {times} things; give every task, function, constant and result its own name"
        if name in _RESERVED or hasattr(builtins, name):
            yield f"{name!r} already has a meaning in the file; choose another name"
    for name in plan.constants:
        if not _CONSTANT.fullmatch(name):
            yield f"constant {name!r} is not UPPER_CASE; write it like {name.upper()!r}"
    for param, times in Counter(param.name for param in plan.params).items():
        if times > 1:
            yield f"param {param!r} is declared {times} times"


def _graph(plan: DagPlan) -> Iterator[str]:
    known = {task.task_id for task in plan.tasks}
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
        yield from _function_problems(function)
    for task in plan.tasks:
        if not isinstance(task, PythonTask):
            continue
        names = ", ".join(f"{given.name}: {given.annotation}" for given in task.inputs)
        tree = _parsed(f"def {task.task_id}({names}) -> {task.returns}:\n{_body(task.body)}\n")
        if isinstance(tree, str):
            yield f"the body of task {task.task_id!r} is not Python: {tree}"
        elif not _is_one_function(tree):
            yield f"the body of task {task.task_id!r} must be the statements of one function and nothing else"


def _function_problems(function: Function) -> Iterator[str]:
    tree = _parsed(function.source)
    if isinstance(tree, str):
        yield f"function {function.name!r} is not Python: {tree}"
    elif not _is_one_function(tree):
        yield f"function {function.name!r} must be one `def` block and nothing else"
    for statement in function.imports:
        tree = _parsed(statement)
        if isinstance(tree, str) or not all(isinstance(node, ast.Import | ast.ImportFrom) for node in tree.body):
            yield f"{statement!r} of function {function.name!r} is not an import statement"
    for example in function.examples:
        for text in (example.call, example.expected):
            if isinstance(_parsed(text), str) or len(ast.parse(text).body) != 1:
                yield f"{text!r} in an example of {function.name!r} is not one Python expression"


def _operators(plan: DagPlan, catalog: Catalog) -> Iterator[str]:
    for task in plan.tasks:
        if isinstance(task, OperatorTask):
            given = {"task_id": task.task_id, **task.arguments}
            for problem in catalog.problems(task.operator, given):
                yield f"task {task.task_id!r}: {problem}"


def _body(body: str) -> str:
    try:
        return indented(body.strip() or "pass")
    except (tokenize.TokenError, SyntaxError):
        return body  # the parser says what is wrong with it


def _parsed(code: str) -> ast.Module | str:
    """Return the syntax tree, or what is wrong with the code."""
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return f"{error}"


def _is_one_function(tree: ast.Module) -> bool:
    return len(tree.body) == 1 and isinstance(tree.body[0], ast.FunctionDef)
