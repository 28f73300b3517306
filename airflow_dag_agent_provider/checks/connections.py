"""Does the deployment have the connections that the file names?"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from airflow_dag_agent_provider.checks.codes import finding
from airflow_dag_agent_provider.checks.finding import Finding
from airflow_dag_agent_provider.checks.subject import Subject


def connections(subject: Subject) -> list[Finding]:
    """Find connection ids that are missing or that nobody could look up, each once, at its first place."""
    first: dict[str, int] = {}
    for conn_id, line in _named(subject.tree):
        first[conn_id] = min(line, first.get(conn_id, line))
    findings = []
    for conn_id, line in sorted(first.items(), key=lambda item: (item[1], item[0])):
        kind = subject.deployment.connection_type(conn_id)
        if kind == "":
            message = f"The connection {conn_id!r} does not exist"
            hint = f"Create it before the first run: airflow connections add {conn_id} --conn-type ..."
            findings.append(finding("connection-missing", message, hint, line=line))
        elif kind is None:
            message = f"Whether the connection {conn_id!r} exists is not known here"
            findings.append(finding("connection-unknown", message, "Make sure that it does", line=line))
    return findings


def _named(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Give (connection id, line) of each ``*conn_id`` keyword or dict key with a literal or constant."""
    constants = _constants(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            pairs = [(keyword.arg or "", keyword.value) for keyword in node.keywords]
        elif isinstance(node, ast.Dict):
            pairs = [
                (key.value, value)
                for key, value in zip(node.keys, node.values, strict=True)
                if isinstance(key, ast.Constant) and isinstance(key.value, str)
            ]
        else:
            continue
        for name, value in pairs:
            conn_id = constants.get(value.id, "") if isinstance(value, ast.Name) else _text(value)
            if (name == "conn_id" or name.endswith("_conn_id")) and conn_id and "{{" not in conn_id:
                yield conn_id, value.lineno


def _constants(tree: ast.Module) -> dict[str, str]:
    """Return the module-level names that are bound to a text."""
    return {
        target.id: _text(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
