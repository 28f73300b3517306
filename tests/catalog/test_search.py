"""Words find operators."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from airflow_dag_agent_provider.catalog import Catalog
from airflow_dag_agent_provider.catalog.search import Fts5Missing, SearchIndex
from tests.catalog.trees import MAKE, Tree

WANTED = {
    "run sql query": "SQLExecuteQueryOperator",
    "create a table in a database": "SQLExecuteQueryOperator",
    "execute a postgres statement": "SQLExecuteQueryOperator",
    "run a bash command": "BashOperator",
    "call a python function": "PythonOperator",
    "wait for a file": "FileSensor",
    "wait until another DAG has finished": "ExternalTaskSensor",
    "trigger another dag": "TriggerDagRunOperator",
    "insert rows into a table": "SQLInsertRowsOperator",
    "check that a column has no nulls": "SQLColumnCheckOperator",
    "copy a file": "FileTransferOperator",
    "transfer rows from one database to another": "GenericTransfer",
}


@pytest.mark.parametrize(("query", "name"), WANTED.items(), ids=WANTED.keys())
def test_plain_words_find_the_operator_among_the_first_three(installed: Catalog, query: str, name: str) -> None:
    assert name in [operator.name for operator in installed.search(query, limit=3)]


@pytest.mark.parametrize(
    ("query", "first"),
    [("copy from acme to rust", "AcmeToRustOperator"), ("rust into acme", "RustToAcmeOperator")],
)
def test_the_direction_of_a_transfer_counts(tree: Tree, query: str, first: str) -> None:
    tree.operators(MAKE.replace("MakeOperator", "AcmeToRustOperator"), module="transfers/acme_to_rust")
    tree.operators(MAKE.replace("MakeOperator", "RustToAcmeOperator"), module="transfers/rust_to_acme")

    assert tree.catalog().search(query)[0].name == first


def test_base_classes_are_not_found(installed: Catalog) -> None:
    found = installed.search("base sql operator", limit=50)
    assert not [operator.name for operator in found if operator.abstract or operator.name.startswith("Base")]


@pytest.mark.parametrize("query", ["", "   ", "the a of", '"', "AND OR NOT", "name:*", "ü", "a\x00b"])
def test_no_query_breaks_the_search(installed: Catalog, query: str) -> None:
    assert isinstance(installed.search(query), list)


def test_no_more_than_the_limit_is_found(installed: Catalog) -> None:
    assert len(installed.search("sql", limit=2)) == 2


def test_threads_share_the_index(installed: Catalog) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: installed.search("run sql query", limit=1)[0].name, range(40)))

    assert set(found) == {"SQLExecuteQueryOperator"}


def test_a_python_without_fts5_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class WithoutFts5(sqlite3.Connection):
        def execute(self, *args: object) -> sqlite3.Cursor:  # type: ignore[override]
            raise sqlite3.OperationalError("no such module: fts5")

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **kwargs: connect(*args, factory=WithoutFts5, **kwargs))

    with pytest.raises(Fts5Missing, match="FTS5"):
        SearchIndex([])
