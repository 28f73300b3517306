"""Does Airflow load the file, and what does it get?"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from airflow_dag_agent_provider.checks.codes import finding
from airflow_dag_agent_provider.checks.failures import failure_finding
from airflow_dag_agent_provider.checks.finding import Finding
from airflow_dag_agent_provider.checks.packages import package_of
from airflow_dag_agent_provider.checks.subject import Subject
from airflow_dag_agent_provider.sandbox.answers import Death, Loaded

STATIC = ("static",)
AT_PARSE = "Airflow imports this file every few seconds: do nothing at module level but build the DAG"


def load(subject: Subject) -> list[Finding]:
    """Find what only an import shows."""
    loaded, tree = subject.loaded, subject.tree
    if loaded.layers == STATIC:
        hint = "Allow isolation='best' or 'require' to have it imported"
        return [
            finding("not-loaded", "The file was read, not imported: isolation is 'static'", hint),
            *_duplicates(loaded, tree),
        ]
    if loaded.died is not None:
        return [_death(loaded.died), *_operators(loaded)]
    return [
        *_operators(loaded),
        *(failure_finding(failure, tree) for failure in loaded.import_errors),
        *_forks(loaded),
        *_duplicates(loaded, tree),
        *_shape(loaded, tree),
        *_warnings(loaded),
    ]


def _death(died: Death) -> Finding:
    message = f"The import gave no result: {died}"
    if died.kind == "timeout" or died.detail == "SIGXCPU":
        return finding("import-hangs", message, f"Find the endless or slow part. {AT_PARSE}")
    if died.kind == "output":
        return finding("output-flood", message, f"Delete the prints. {AT_PARSE}")
    if died.kind == "answer":
        return finding("import-failed", message, f"Use ids that Airflow allows. {AT_PARSE}")
    if died.detail == "SIGKILL":
        return finding("kills-parser", f"{message}, perhaps for want of memory", AT_PARSE)
    return finding("kills-parser", message, f"Take the exit out. {AT_PARSE}")


def _operators(loaded: Loaded) -> Iterator[Finding]:
    for missing in loaded.operators_unconfirmed:
        message = f"The operator {missing.operator!r} cannot be imported here: {missing.message}"
        yield finding("operator-missing", message, f"Install {package_of(missing.operator)}, or use another operator")


def _forks(loaded: Loaded) -> list[Finding]:
    if not loaded.forked_at:
        return []
    message = "The import forks this process"
    return [finding("forks-at-import", message, AT_PARSE, line=next(filter(None, loaded.forked_at), None))]


def _duplicates(loaded: Loaded, tree: ast.Module) -> Iterator[Finding]:
    """Find ids that are given twice: as literals, or computed, where Airflow was offered both DAGs."""
    lines = _literal_ids(tree)
    literal = {dag_id for dag_id, places in lines.items() if len(places) > 1}
    for dag_id in sorted(literal.union(loaded.duplicate_dag_ids)):
        message = f"More than one DAG of the file has the dag_id {dag_id!r}; Airflow keeps one and is silent"
        line = lines[dag_id][1] if dag_id in literal else None
        yield finding("duplicate-dag-id", message, "Give each its own dag_id", line=line)


def _shape(loaded: Loaded, tree: ast.Module) -> Iterator[Finding]:
    if not loaded.dags and not loaded.import_errors:
        yield _no_dag(tree)
    for dag in loaded.dags:
        if not dag.tasks:
            line = next(iter(_literal_ids(tree).get(dag.dag_id, [])), None)
            message = f"The DAG {dag.dag_id!r} has no task"
            yield finding(
                "dag-without-tasks",
                message,
                "Create the tasks inside of the DAG, and call @task functions",
                line=line,
            )
        if dag.cron and not dag.next_runs:
            message = f"The schedule {dag.schedule!r} of {dag.dag_id!r} never fires from now on"
            yield finding("no-next-run", message, "Correct the schedule or the end_date")


def _no_dag(tree: ast.Module) -> Finding:
    """Say why there may be none: a decorated function that nobody calls is the usual reason."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and any(_callee(item) == "dag" for item in node.decorator_list):
            message = f"The file gives no DAG: the @dag function {node.name!r} is never called"
            return finding("no-dag", message, f"Call it at module level: {node.name}()", line=node.lineno)
    return finding("no-dag", "The file gives no DAG", "Create a DAG at module level, or call the function that does")


def _warnings(loaded: Loaded) -> Iterator[Finding]:
    for warning in loaded.warnings:
        if "Deprecat" in warning.category or warning.category.endswith(("FutureWarning", "RemovedIn4Warning")):
            yield finding("deprecated", warning.message, "Follow the message; the old way will go", line=warning.line)


def _literal_ids(tree: ast.Module) -> dict[str, list[int]]:
    """Return the lines of each dag_id that stands as a literal at module level, outside of branches."""
    found: dict[str, list[int]] = {}
    for node in tree.body:
        for call, default in _dag_calls(node):
            if dag_id := _literal_id(call, default):
                found.setdefault(dag_id, []).append(call.lineno)
    return found


def _dag_calls(node: ast.stmt) -> Iterator[tuple[ast.expr, str]]:
    """Give the DAG(...) calls and @dag decorators of one statement, with the dag_id that a name implies."""
    if isinstance(node, ast.With):
        yield from ((item.context_expr, "") for item in node.items if _callee(item.context_expr) == "DAG")
    elif isinstance(node, ast.Assign | ast.Expr) and isinstance(node.value, ast.Call) and _callee(node.value) == "DAG":
        yield node.value, ""
    elif isinstance(node, ast.FunctionDef):
        yield from ((item, node.name) for item in node.decorator_list if _callee(item) == "dag")


def _callee(node: ast.expr) -> str:
    function = node.func if isinstance(node, ast.Call) else node
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _literal_id(node: ast.expr, default: str) -> str:
    """Return the dag_id a call gives as a literal, ``default`` when it gives none, "" when it computes it."""
    if not isinstance(node, ast.Call):
        return default
    given = [keyword.value for keyword in node.keywords if keyword.arg == "dag_id"] or node.args[:1]
    if not given:
        return default
    value = given[0].value if isinstance(given[0], ast.Constant) else ""
    return value if isinstance(value, str) else ""
