"""What ruff knows of Python and of Airflow's versions, in this package's own codes."""

from __future__ import annotations

import ast

from airflow_dag_agent_provider.checks.codes import finding
from airflow_dag_agent_provider.checks.finding import Finding
from airflow_dag_agent_provider.checks.subject import Subject
from airflow_dag_agent_provider.sandbox.answers import LintMessage

# ruff's code -> (our code, hint; "" where ruff's own proposal or this text must do)
RULES = {
    "F821": ("undefined-name", "Import it or define it"),
    "F822": ("undefined-name", "Define it, or take it out of __all__"),
    "F823": ("undefined-name", "Assign it before it is used"),
    "AIR301": ("af2-removed", "Write it the Airflow 3 way"),
    "AIR302": ("af2-moved", "Install the provider package and import it from there"),
    "AIR303": ("af2-signature", "Call it with Airflow 3's arguments"),
    "AIR311": ("af2-deprecated", "Use the new name; the old one will go"),
    "AIR312": ("af2-deprecated", "Import it from its provider package"),
    "AIR321": ("af2-deprecated", "Import it from its new place"),
    "AIR002": ("no-schedule", "Say schedule=..., or schedule=None for a DAG that is only triggered"),
    "AIR003": ("variable-at-parse", "Read it inside of a task, or as {{ var.value.name }} in a template"),
    "AIR304": ("structure-varies", "Use a fixed value; take run-dependent ones from the context"),
    "S102": ("eval-exec", "Write the code itself"),
    "S307": ("eval-exec", "Use ast.literal_eval for literals, or json.loads"),
    "S301": ("unsafe-deserialization", "Use JSON, Parquet or another plain format"),
    "S302": ("unsafe-deserialization", "Use JSON, Parquet or another plain format"),
    "S602": ("shell-injection", "Pass a list of arguments and leave shell=True out"),
    "F401": ("unused-import", "Delete the import"),
    "F841": ("unused-variable", "Delete the variable, or use it"),
    **dict.fromkeys(
        ("B006", "B008", "B015", "B018", "B020", "B023", "F601", "F632", "F811", "PLE0604", "PLE0605",
         "PLE1205", "PLE1206"),
        ("likely-bug", "Write what is meant"),
    ),
    **dict.fromkeys(
        ("F501", "F502", "F503", "F505", "F506", "F507", "F509", "F521", "F524", "F622", "F701", "F702",
         "F704", "F706", "PLE0100", "PLE0101", "PLE0116", "PLE0117", "PLE0118", "PLE1142", "PLE1307",
         "PLE1700"),
        ("broken-construct", "Correct it; it raises as soon as it runs"),
    ),
}  # fmt: skip


def lint(subject: Subject) -> list[Finding]:
    """Find what is wrong by the look of the code."""
    messages = [message for message in subject.sandbox.lint(subject.source) if message.code in RULES]
    ids = _dag_id_arguments(subject.tree)
    return [_finding(message, ids) for message in messages]


def _finding(message: LintMessage, dag_ids: list[ast.expr]) -> Finding:
    code, hint = RULES[message.code]
    if code == "structure-varies" and any(_covers(node, message) for node in dag_ids):
        code, hint = "dag-id-varies", "Write the dag_id as a literal; each parse would register another DAG"
    return finding(code, message.message, message.fix or hint, line=message.line, column=message.column)


def _dag_id_arguments(tree: ast.Module) -> list[ast.expr]:
    """Return the expressions that are given as dag_id to DAG(...) or @dag(...)."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_dag(node.func)]
    named = [keyword.value for call in calls for keyword in call.keywords if keyword.arg == "dag_id"]
    return named + [call.args[0] for call in calls if call.args]


def _is_dag(function: ast.expr) -> bool:
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in {"DAG", "dag"}


def _covers(node: ast.expr, message: LintMessage) -> bool:
    start = (node.lineno, node.col_offset + 1)
    return start <= (message.line, message.column) < (node.end_lineno or 0, (node.end_col_offset or 0) + 1)
