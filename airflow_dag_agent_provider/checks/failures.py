"""What an exception of Airflow or Python means in a DAG file: its code and the way out."""

from __future__ import annotations

import ast
import re

from airflow_dag_agent_provider.checks.codes import finding
from airflow_dag_agent_provider.checks.finding import Finding
from airflow_dag_agent_provider.checks.packages import is_airflow, package_of
from airflow_dag_agent_provider.sandbox.answers import ImportFailure

# exception type, what its message must contain, our code, the way out; the first that fits wins
KINDS = (
    ("ImportError", r"relative import", "relative-import", "Import absolutely; a DAG file is in no package"),
    ("ImportError", r"", "name-not-found", "Look up the name in the installed version, or delete the import"),
    ("AttributeError", r"^module ", "name-not-found", "Look up the name in the installed version"),
    ("NameError", r"", "undefined-name", "Import it or define it"),
    ("AirflowDagCycleException", r"", "cycle", "Take one of these dependencies away"),
    ("DuplicateTaskIdFound", r"", "duplicate-task-id", "Give each task its own task_id"),
    ("AirflowTimetableInvalid", r"", "bad-schedule", "Use five cron fields, '@daily' or the like, or None"),
    ("ParamValidationError", r"", "bad-param", "Make the default fit the schema of the Param"),
    ("AirflowTaskTimeout", r"", "import-hangs", "Move slow work out of the module level into a task"),
    ("MemoryError", r"", "too-much-memory", "Move data out of the module level into a task"),
    ("SystemExit", r"", "kills-parser", "Raise AirflowSkipException in a task instead, or do nothing"),
    ("TypeError", r"[Ii]nvalid arguments|unexpected keyword|required keyword|missing (\d+ required|keyword)",
     "bad-argument", "Look up the arguments of the installed version"),
    ("AirflowException", r"missing keyword argument|Invalid arguments|is required|must be", "bad-argument",
     "Look up the arguments of the installed version"),
)  # fmt: skip
ANCESTORS = {"ModuleNotFoundError": "ImportError", "UnboundLocalError": "NameError"}
# what a constructor of Airflow says about a value, and our code
REFUSALS = frozenset({"ValueError", "TypeError", "AttributeError", "ParserError", "AirflowException"})
MESSAGES = (
    (r"not allowed to define a Schedule", "bad-param"),
    (r"[Tt]ime ?zone", "bad-schedule"),
    (r"trigger.?rule|pool.slots|tag cannot be longer|start_date|retr(y|ies)|timedelta|date string", "bad-argument"),
    (r"unexpected type .* for keyword|must be callable|[Cc]allback|scheme|dag_id|task_id", "bad-argument"),
)  # fmt: skip


def failure_finding(failure: ImportFailure, tree: ast.Module) -> Finding:
    """Return the finding that says what ``failure`` means."""
    said = f"{failure.error_type}: {failure.message}" if failure.message else failure.error_type
    if failure.stage == "serialize":
        hint = "Use plain values, and named functions or notifiers in place of lambdas and open objects"
        return finding("not-serializable", f"Airflow cannot serialise the DAG: {said}", hint, line=failure.line)
    if failure.error_type == "ModuleNotFoundError":
        return _missing_module(failure, tree)
    code, hint = _kind(failure)
    return finding(code, f"The import fails: {_last_line(said)}", hint, line=failure.line)


def _kind(failure: ImportFailure) -> tuple[str, str]:
    names = {failure.error_type, ANCESTORS.get(failure.error_type, "")}
    for error_type, pattern, code, hint in KINDS:
        if error_type in names and re.search(pattern, failure.message):
            return code, hint
    for pattern, code in MESSAGES:
        if failure.error_type in REFUSALS and re.search(pattern, failure.message):
            return code, "Correct the value"
    return "import-failed", "Correct the line, or move what it does into a task"


def _missing_module(failure: ImportFailure, tree: ast.Module) -> Finding:
    found = re.search(r"No module named '([^']+)'", failure.message)
    module = _whole_name(tree, failure.line) or (found[1] if found else "")
    if found and not module.startswith(found[1]):
        module = found[1]
    if is_airflow(module):
        hint = "Airflow 3 has no such module; import from airflow.sdk or from a provider package"
        return finding("name-not-found", f"There is no module {module!r}", hint, line=failure.line)
    hint = f"Install {package_of(module)}, or do without it"
    message = f"The module {module!r} is not installed"
    return finding("package-not-installed", message, hint, line=failure.line)


def _whole_name(tree: ast.Module, line: int | None) -> str | None:
    """Return the module that the import statement at ``line`` names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom | ast.Import) and node.lineno <= (line or 0) <= (node.end_lineno or 0):
            return node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
    return None


def _last_line(said: str) -> str:
    """Keep a message short: Airflow adds links and lists below the first lines, Python the path of a module."""
    return re.sub(r" \(/[^()]*\)$", "", " ".join(said.split()))[:400]
