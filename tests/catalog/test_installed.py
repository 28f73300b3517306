"""The catalog agrees with the classes that are really installed."""

from __future__ import annotations

import ast
import importlib
import inspect
from pathlib import Path

import airflow.providers
import pytest

from airflow_dag_agent_provider.catalog import Catalog

EXAMPLES = sorted(
    file
    for folder in airflow.providers.__path__
    for file in Path(folder).rglob("example_dags/*.py")
    if "_" in file.stem
)


def test_sql_execute_query_is_known(installed: Catalog) -> None:
    operator = installed.get("airflow.providers.common.sql.operators.sql.SQLExecuteQueryOperator")

    assert operator is not None
    assert operator.required == ("sql",)
    assert operator.conn_ids == ("conn_id",)
    assert {"sql", "conn_id"} <= {*operator.template_fields}


def test_an_airflow_2_path_leads_to_the_class(installed: Catalog) -> None:
    operator = installed.get("airflow.operators.bash.BashOperator")

    assert operator is not None
    assert operator.path == "airflow.providers.standard.operators.bash.BashOperator"


def test_http_is_known_only_if_it_is_installed(installed: Catalog) -> None:
    operator = installed.get("airflow.providers.http.operators.http.HttpOperator")

    assert (operator is not None) == ("apache-airflow-providers-http" in installed.distributions)


def test_every_task_takes_base_operators_arguments(installed: Catalog) -> None:
    assert {"retries", "pool", "trigger_rule", "on_failure_callback"} <= {p.name for p in installed.task_parameters}


def test_nothing_installed_here_is_unverified(installed: Catalog) -> None:
    providers = ("apache-airflow-providers-standard", "apache-airflow-providers-common-")

    assert [o.path for o in installed.operators if o.distribution.startswith(providers) and not o.verified] == []


@pytest.mark.filterwarnings("ignore")  # providers import names that Airflow 3.3 has deprecated
def test_what_was_read_is_what_python_sees(installed: Catalog) -> None:
    """Standard and SQL classes are imported: same arguments, same defaults missing, same template fields."""
    wrong = []
    for operator in installed.operators:
        if operator.kind == "decorator" or not operator.module.startswith(
            ("airflow.providers.standard.", "airflow.providers.common.sql.operators.sql")
        ):
            continue
        real = getattr(importlib.import_module(operator.module), operator.name)
        own = inspect.signature(vars(real)["__init__"]).parameters if "__init__" in vars(real) else {}
        named = {n: p for n, p in own.items() if n != "self" and p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)}
        read = {p.name: p.required for p in operator.parameters if not p.inherited}
        if {n: p.default is p.empty for n, p in named.items()} != {n: r for n, r in read.items() if n in named}:
            wrong.append(f"{operator.path}: arguments {sorted(named)} != {sorted(read)}")
        if {*real.template_fields} != {*operator.template_fields}:
            wrong.append(f"{operator.path}: template_fields {real.template_fields} != {operator.template_fields}")

    assert wrong == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda file: file.stem)
def test_no_provider_example_has_a_problem(installed: Catalog, example: Path) -> None:
    tree = ast.parse(example.read_bytes())
    imported = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            operator = installed.get(imported.get(node.func.id, ""))
            arguments = {k.arg: None for k in node.keywords if k.arg and k.arg != "default_args"}
            if operator and operator.kind not in ("notifier", "decorator") and len(arguments) == len(node.keywords):
                found += installed.problems(operator.path, arguments)

    assert found == []
