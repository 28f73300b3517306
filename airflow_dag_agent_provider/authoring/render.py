"""DagPlan -> Python source. Pure: no process, and the same plan gives the same bytes.

The text is assembled plainly here and laid out by black (as a library). ``ruff format`` finds nothing to change in
what is written here: header, imports, constants, signatures, the ``with DAG`` block. Bodies and functions of a plan
stand as black lays them out, which differs from ruff in details (implicitly joined strings, quotes in f-strings,
long assert messages); what black cannot read stands as it was written. The order in the file is the order in which
it is read: what it does, constants, functions, tasks, and the DAG that joins them.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Set
from graphlib import TopologicalSorter

from pydantic import JsonValue

from airflow_dag_agent_provider import __version__
from airflow_dag_agent_provider.authoring.diff import visible
from airflow_dag_agent_provider.authoring.markdown import plain, plain_lines
from airflow_dag_agent_provider.authoring.names import OURS, hoisted, result_name
from airflow_dag_agent_provider.authoring.plan import DagPlan, OperatorTask, PythonTask, Schedule, TaskSpec
from airflow_dag_agent_provider.authoring.snippets import indented, laid_out, names_read, normalized

_DOC_WIDTH = 86


def render(plan: DagPlan) -> str:
    """Return the DAG file of ``plan``.

    The plan must be valid (see `authoring.validate.problems`); nothing is checked again here.
    """
    sha256 = plan.sha256
    plan = plan.model_copy(update={"constants": {**plan.constants, **dict(hoisted(plan))}})
    parts = [
        _constants(plan),
        *(normalized(function.source) for function in plan.functions),
        *(task_source(task) for task in plan.tasks if isinstance(task, PythonTask)),
        _dag(plan),
    ]
    body = "\n\n".join(part for part in parts if part)
    used = names_read(body)
    head = "log = logging.getLogger(__name__)\n\n" if "log" in used else ""
    imports = _imports(plan, used)
    source = (
        f"{_docstring(_module_doc(plan, sha256))}\n\nfrom __future__ import annotations\n\n{imports}\n\n{head}{body}\n"
    )
    return laid_out(source)


def data_edges(plan: DagPlan) -> list[tuple[str, str]]:
    """Return (upstream, downstream) for every value that one task passes to another."""
    return [
        (given.from_task, task.task_id)
        for task in plan.tasks
        if isinstance(task, PythonTask)
        for given in task.inputs
        if given.from_task is not None
    ]


def all_edges(plan: DagPlan) -> list[tuple[str, str]]:
    """Return every edge of the DAG, sorted, each once."""
    return sorted({*data_edges(plan), *((edge.upstream, edge.downstream) for edge in plan.edges)})


# --- the parts of the file -------------------------------------------------------------------------------


def _module_doc(plan: DagPlan, sha256: str) -> str:
    """Return what a reader and the Airflow UI (doc_md) must know; user words stand in an indented code block."""
    asked = _wrapped(" ".join(visible(plan.request).split()), indent="    ")
    lines = [*plain_lines(plan.summary, width=_DOC_WIDTH), "", "Asked for:", "", *asked]
    if plan.assumptions:
        lines += ["", "Assumed, because the request does not say:", ""]
        for assumption in plan.assumptions:
            lines += plain_lines(assumption, width=_DOC_WIDTH, first="- ", rest="  ")
    made_by = f"Compiled by airflow-dag-agent-provider {__version__} for Airflow 3.3+ from plan {sha256[:16]}."
    lines += ["", *_wrapped(made_by), "To change it, ask again: a release never overwrites an edit by hand."]
    return "\n".join(lines)


def task_source(task: PythonTask) -> str:
    """Return the decorated function of ``task``.

    Raises:
        TokenError, SyntaxError: The body is not Python.
    """
    options = _call_arguments(_overrides(task))
    decorator = f"@task({options})" if options else "@task"
    inputs = ", ".join(f"{given.name}: {given.annotation}" for given in task.inputs)
    inner = f"{_docstring(plain(task.doc))}\n{normalized(task.body)}\n"
    return f"{decorator}\ndef {task.task_id}({inputs}) -> {task.returns}:\n{indented(inner)}"


def _dag(plan: DagPlan) -> str:
    names = {value: name for name, value in plan.constants.items() if isinstance(value, str)}
    arguments: dict[str, str] = {
        "dag_id": _literal(plan.dag_id),
        "schedule": _schedule(plan.schedule),
        "start_date": f"datetime({plan.start_date.year}, {plan.start_date.month}, {plan.start_date.day}, tzinfo=UTC)",
        "catchup": str(plan.catchup),
        "max_active_runs": str(plan.max_active_runs),
    }
    if plan.dagrun_timeout_minutes:
        arguments["dagrun_timeout"] = _duration(plan.dagrun_timeout_minutes)
    arguments["default_args"] = _default_args(plan)
    if plan.params:
        arguments["params"] = _params(plan)
    arguments["tags"] = _literal(list(plan.tags))
    arguments["doc_md"] = "__doc__"
    lines = [f"with DAG({_call_arguments(arguments)}) as dag:"]
    linked = {end for edge in _written_edges(plan) for end in edge} | {up for up, _ in data_edges(plan)}
    variables = {task.task_id: result_name(task) for task in plan.tasks}
    for task in _in_order(plan):
        call = _task_call(task, variables, names)
        lines.append(indented(f"{variables[task.task_id]} = {call}" if task.task_id in linked else call))
    lines += [indented(line) for line in _edge_lines(plan, variables)]
    return "\n".join(lines)


def _default_args(plan: DagPlan) -> str:
    entries = {"owner": _literal(plan.owner), "retries": str(plan.retries)}
    if plan.retries:
        entries["retry_delay"] = _duration(plan.retry_delay_minutes)
    if plan.retry_exponential_backoff:
        entries["retry_exponential_backoff"] = "2"
    return "{" + ", ".join(f"{_literal(name)}: {value}" for name, value in entries.items()) + "}"


def _params(plan: DagPlan) -> str:
    fields = (
        f"{_literal(param.name)}: Param({_literal(param.default)}, type={_literal(param.type)}"
        + (f", description={_literal(param.description)})" if param.description else ")")
        for param in plan.params
    )
    return "{" + ", ".join(fields) + "}"


def _schedule(schedule: Schedule) -> str:
    if schedule.cron is None:
        return "None"
    cron = _literal(schedule.cron)
    if schedule.data_interval:
        return f"CronDataIntervalTimetable({cron}, timezone={_literal(schedule.timezone)})"
    if schedule.timezone != "UTC":
        return f"CronTriggerTimetable({cron}, timezone={_literal(schedule.timezone)})"
    return cron


def _task_call(task: TaskSpec, variables: Mapping[str, str], names: Mapping[str, str]) -> str:
    if isinstance(task, PythonTask):
        given = {
            i.name: variables[i.from_task] if i.from_task is not None else _literal(i.value, names) for i in task.inputs
        }
        return f"{task.task_id}({_call_arguments(given)})"
    arguments = {"task_id": _literal(task.task_id), "doc_md": _literal(plain(task.doc))}
    arguments |= {name: _literal(value, names) for name, value in task.arguments.items()}
    return f"{task.operator.rsplit('.', 1)[1]}({_call_arguments(arguments | _overrides(task))})"


def _overrides(task: TaskSpec) -> dict[str, str]:
    """Return the arguments in which a task differs from the DAG's default_args."""
    arguments = {}
    if task.retries is not None:
        arguments["retries"] = str(task.retries)
    if task.execution_timeout_minutes is not None:
        arguments["execution_timeout"] = _duration(task.execution_timeout_minutes)
    return arguments


def _duration(minutes: int) -> str:
    """Return a timedelta in the largest unit that says it whole."""
    for unit, size in (("days", 1440), ("hours", 60)):
        if minutes and minutes % size == 0:
            return f"timedelta({unit}={minutes // size})"
    return f"timedelta(minutes={minutes})"


def _edge_lines(plan: DagPlan, variables: Mapping[str, str]) -> Iterator[str]:
    """Yield ``a >> b`` lines, with the upstreams of one task gathered in a list."""
    upstreams: dict[str, list[str]] = {}
    for up, down in _written_edges(plan):
        upstreams.setdefault(down, []).append(variables[up])
    for down, ups in upstreams.items():
        yield f"{ups[0] if len(ups) == 1 else '[' + ', '.join(ups) + ']'} >> {variables[down]}"


def _written_edges(plan: DagPlan) -> list[tuple[str, str]]:
    """Return the edges that no passed value already says, in the order of the tasks."""
    said = set(data_edges(plan))
    order = {task.task_id: n for n, task in enumerate(plan.tasks)}
    extra = {(edge.upstream, edge.downstream) for edge in plan.edges} - said
    return sorted(extra, key=lambda edge: (order[edge[1]], order[edge[0]]))


def _in_order(plan: DagPlan) -> list[TaskSpec]:
    """Return the tasks upstream first; among free ones in the order of the plan."""
    tasks = {task.task_id: task for task in plan.tasks}
    sorter: TopologicalSorter[str] = TopologicalSorter(dict.fromkeys(tasks, ()))
    for up, down in all_edges(plan):
        sorter.add(down, up)
    sorter.prepare()
    ordered: list[TaskSpec] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=list(tasks).index)
        ordered += [tasks[task_id] for task_id in ready]
        sorter.done(*ready)
    return ordered


# --- imports ---------------------------------------------------------------------------------------------


def _imports(plan: DagPlan, used: Set[str]) -> str:
    """Return the import block: what the functions ask for, and of our own names those that are ``used``."""
    statements = [statement for function in plan.functions for statement in function.imports]
    wanted = used - {"annotations", "logging"} | ({"logging"} if "log" in used else set())
    statements += [statement for name, statement in OURS.items() if name in wanted and "import" in statement]
    for task in plan.tasks:
        if isinstance(task, OperatorTask):
            module, name = task.operator.rsplit(".", 1)
            statements.append(f"from {module} import {name}")
    return sorted_imports(statements)


def sorted_imports(statements: Iterable[str]) -> str:
    """Return import statements merged and sorted as isort does, the standard library apart from the rest."""
    plain: set[str] = set()
    names: dict[str, set[str]] = {}
    for node in ast.walk(ast.parse("\n".join(statements))):
        if isinstance(node, ast.Import):
            plain |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.setdefault(node.module, set()).update(alias.name for alias in node.names)
    groups = []
    for third_party in (False, True):
        lines = [f"import {name}" for name in sorted(plain) if _is_third_party(name) is third_party]
        for module in sorted(names):
            if _is_third_party(module) is third_party:
                lines.append(f"from {module} import {', '.join(sorted(names[module], key=_isort_key))}")
        groups.append("\n".join(lines))
    return "\n\n".join(group for group in groups if group)


def _is_third_party(module: str) -> bool:
    import sys

    return module.split(".")[0] not in sys.stdlib_module_names


def _isort_key(name: str) -> tuple[int, str]:
    """Return isort's order within one statement: CONSTANTS, Classes, functions."""
    return (0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2, name)


# --- text ------------------------------------------------------------------------------------------------


def _constants(plan: DagPlan) -> str:
    """Return the constants; those of one line stand together, one of several lines has a blank line after it."""
    pieces = [laid_out(f"{name} = {_literal(value)}\n").rstrip("\n") for name, value in plan.constants.items()]
    return "".join(piece + ("\n\n" if "\n" in piece else "\n") for piece in pieces).rstrip("\n")


def _literal(value: JsonValue, names: Mapping[str, str] | None = None) -> str:
    """Return ``value`` as a Python literal, or the name of the constant that holds it."""
    if isinstance(value, str):
        return (names or {}).get(value) or (_block_string(value) if "\n" in value else _string(value))
    if isinstance(value, list):
        return "[" + ", ".join(_literal(item, names) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_string(k)}: {_literal(v, names)}" for k, v in value.items()) + "}"
    return repr(value)


def _string(value: str) -> str:
    """Return a double-quoted literal where that needs no more escapes than a single-quoted one."""
    literal = repr(visible(value)) if visible(value) == value else repr(value)
    if literal.startswith("'") and '"' not in literal:
        return f'"{literal[1:-1]}"'
    return literal


def _block_string(value: str) -> str:
    """Return a triple-quoted literal of exactly ``value``; a backslash hides the line breaks that are not in it."""
    if "\\" in value or '"""' in value or visible(value) != value:
        return repr(value)
    return f'"""\\\n{value}"""' if value.endswith("\n") else f'"""\\\n{value}\\\n"""'


def _call_arguments(arguments: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in arguments.items())


def _docstring(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"""', r"\"\"\"")
    if "\n" in escaped:
        return f'"""{escaped}\n"""'
    return f'"""{escaped} """' if escaped.endswith('"') else f'"""{escaped}"""'


def _wrapped(text: str, *, indent: str = "") -> list[str]:
    """Return lines of at most 86 characters; a path or another long word is never cut."""
    return textwrap.wrap(
        text,
        _DOC_WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
