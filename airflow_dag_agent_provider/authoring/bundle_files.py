"""What the files in the local DAG bundles say, where no Airflow can be asked: the command line."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from airflow_dag_agent_provider.checks.deployment import DeployedDag
from airflow_dag_agent_provider.settings import Settings

_MAX_BYTES = 1_000_000


class BundleFiles:
    """A `checks.deployment.Deployment` that reads the DAG files themselves, without importing them.

    It finds a DAG whose id stands in the file as text. An id that is computed is not found, so the answer for
    the others is *unknown*, never *absent*.
    """

    def __init__(self, settings: Settings) -> None:
        self._bundles = settings.bundles

    def connection_type(self, conn_id: str) -> str | None:  # noqa: ARG002 (connections are in the database)
        """Return None: unknown."""
        return None

    def dag(self, dag_id: str) -> DeployedDag | bool | None:
        """Return the DAG of that id with its file relative to the bundle; None: unknown."""
        for bundle in self._bundles:
            for path in sorted(bundle.path.rglob("*.py")):
                if dag_id in _dag_ids(path):
                    return DeployedDag(dag_id, path=path.resolve().relative_to(bundle.path.resolve()).as_posix())
        return None


def _dag_ids(path: Path) -> set[str]:
    """Return the dag ids that stand as text in ``DAG(...)`` calls and on ``@dag`` functions of a file."""
    try:
        if not path.is_file() or path.stat().st_size > _MAX_BYTES:
            return set()
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return set()
    return {dag_id for node in ast.walk(tree) for dag_id in _named(node)}


def _named(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call) and _last_name(node.func) in ("DAG", "dag"):
        given = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "dag_id")]
        yield from (arg.value for arg in given if isinstance(arg, ast.Constant) and isinstance(arg.value, str))
    elif isinstance(node, ast.FunctionDef) and any(_is_dag_decorator(decorator) for decorator in node.decorator_list):
        yield node.name


def _is_dag_decorator(node: ast.expr) -> bool:
    return _last_name(node.func if isinstance(node, ast.Call) else node) == "dag"


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
