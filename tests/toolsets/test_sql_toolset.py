"""SQLToolset on real databases: what the model is told, and that nothing changes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import BaseHook
from pydantic_ai import ModelRetry, ToolFailed

from airflow_dag_agent_provider.toolsets import SQLToolset
from airflow_dag_agent_provider.toolsets.sql_session import read_only_cursor
from airflow_dag_agent_provider.toolsets.sql_tools import SqlTools
from tests.toolsets.databases import Shop, mariadb_shop, postgres_shop, sqlite_shop

FAMILIES = {"sqlite": "sqlite", "postgres": "postgres", "mariadb": "mysql"}


@pytest.fixture(params=list(FAMILIES))
def shop(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """The shop on each engine, behind the connection ``shop``."""
    if request.param == "sqlite":
        made = sqlite_shop(tmp_path)
    elif request.param == "postgres":
        made = postgres_shop(request.getfixturevalue("postgres_dsn"))
    else:
        made = mariadb_shop(request.getfixturevalue("mariadb_url"))
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", made.connection)
    yield made


def tools(**options: Any) -> SqlTools:
    return SQLToolset("shop", **options).tools()


def here(names: list[str]) -> list[str]:
    """The names of the connection's own schema: a MariaDB user may see the databases of other tests too."""
    return [name for name in names if "." not in name]


# --- looking around -------------------------------------------------------------------------------------------


def test_tables_and_views_are_listed(shop: Shop) -> None:
    found = tools().list_tables()
    assert here(found["tables"]) == ["customers", "orders", "secrets"]
    assert here(found["views"]) == ["big_orders"]
    assert (found["total"], found["next_offset"]) == (len(found["tables"] + found["views"]), None)


def test_only_allowed_tables_are_listed(shop: Shop) -> None:
    found = tools(allowed_tables=["orders", "big_orders", "not_there"]).list_tables()
    assert (found["tables"], found["views"]) == (["orders"], ["big_orders"])


def test_tables_are_found_by_a_part_of_their_name(shop: Shop) -> None:
    found = tools().list_tables(contains="ORDER")
    assert here(found["tables"] + found["views"]) == ["orders", "big_orders"]


def test_many_tables_come_in_pages(shop: Shop) -> None:
    shop.run(*[f"CREATE TABLE t_{n:03d} (a INTEGER)" for n in range(210)])
    mine = tools(allowed_tables=[f"t_{n:03d}" for n in range(210)])
    first = mine.list_tables(contains="T_")
    second = mine.list_tables(contains="T_", offset=first["next_offset"])
    assert (len(first["tables"]), first["next_offset"], second["next_offset"]) == (200, 200, None)
    assert first["tables"] + second["tables"] == [f"t_{n:03d}" for n in range(210)]


@pytest.mark.parametrize("name", ["orders", "big_orders"])
def test_the_columns_of_a_table_have_names_types_and_nullability(shop: Shop, name: str) -> None:
    schema = tools(allowed_tables=["orders", "big_orders"]).get_schema(name)
    columns = {column["name"]: column for column in schema["columns"]}
    assert schema["table"] == name
    assert "amount" in columns
    assert any(word in columns["amount"]["type"].lower() for word in ("decimal", "numeric"))
    assert columns["amount"]["nullable"] is True


def test_the_columns_of_a_table_outside_of_the_list_are_refused(shop: Shop) -> None:
    with pytest.raises(ModelRetry, match=r"secrets' is not on the list.*use: .*orders"):
        tools(allowed_tables=["orders"]).get_schema("secrets")


@pytest.mark.parametrize("name", ["nowhere", "orders; DROP TABLE orders", "x' OR '1'='1", '"'])
def test_a_table_that_is_none_is_an_answer(shop: Shop, name: str) -> None:
    with pytest.raises((ToolFailed, ModelRetry)):
        tools().get_schema(name)
    assert len(here(tools().list_tables()["tables"])) == 3


# --- querying -------------------------------------------------------------------------------------------------


def test_a_query_returns_columns_and_rows_as_json(shop: Shop) -> None:
    found = tools().query("SELECT id, customer, amount, note FROM orders ORDER BY id")
    assert json.loads(json.dumps(found)) == {
        "columns": ["id", "customer", "amount", "note"],
        "rows": [[1, "ann", 12.5, "first"], [2, "bob", 250, None]],
        "row_count": 2,
        "cut": None,
    }


def test_times_are_iso_8601_and_bytes_are_base64(shop: Shop) -> None:
    blank = {"sqlite": "x'00ff'", "postgres": "decode('00ff', 'hex')", "mariadb": "x'00ff'"}[shop.engine]
    shop.run(f"UPDATE customers SET picture = {blank}")
    found = tools().query("SELECT joined, picture FROM customers")
    assert found["rows"] == [["2026-01-02", {"base64": "AP8=", "bytes": 2}]]


def test_more_rows_than_wanted_are_cut_with_the_reason(shop: Shop) -> None:
    found = tools(max_rows=1).query("SELECT id FROM orders ORDER BY id")
    assert (found["rows"], found["cut"]) == ([[1]], "there are more than 1 rows: aggregate, filter, or order and limit")


def test_exactly_as_many_rows_as_wanted_are_not_cut(shop: Shop) -> None:
    assert tools(max_rows=2).query("SELECT id FROM orders")["cut"] is None


def test_a_huge_cell_is_cut_and_its_row_arrives(shop: Shop) -> None:
    shop.run(f"UPDATE orders SET note = '{'x' * 1_000_000}' WHERE id = 1")
    found = tools().query("SELECT id, note FROM orders ORDER BY id")
    assert found["rows"][0][1].endswith("… [cut: 1000000 characters]")
    assert (found["row_count"], len(json.dumps(found)) < 10_000) == (2, True)


def test_a_result_longer_than_its_bytes_is_cut_with_the_reason(shop: Shop) -> None:
    shop.run(*[f"INSERT INTO orders VALUES ({n}, 'c', 1, NULL, '{'y' * 500}')" for n in range(3, 40)])
    found = tools(max_bytes=4_000).query("SELECT note FROM orders WHERE id > 2")
    assert 0 < found["row_count"] < 37
    assert "longer than 4000 bytes" in found["cut"]
    assert len(json.dumps(found)) < 5_000


def test_a_view_and_a_join_can_be_queried(shop: Shop) -> None:
    sql = "SELECT o.customer, b.amount FROM orders o JOIN big_orders b ON b.id = o.id"
    assert tools(allowed_tables=["orders", "big_orders"]).query(sql)["rows"] == [["bob", 250]]


def test_only_the_rows_that_are_wanted_leave_the_database(shop: Shop) -> None:
    many = " CROSS JOIN ".join(f"orders o{n}" for n in range(20))  # a million rows
    before = time.monotonic()
    found = tools(max_rows=3).query(f"SELECT o0.id FROM {many}")
    assert (found["row_count"], found["cut"] is not None) == (3, True)
    assert time.monotonic() - before < 10


def test_a_percent_sign_is_no_parameter(shop: Shop) -> None:
    assert tools().query("SELECT id FROM orders WHERE customer LIKE '%nn%'")["rows"] == [[1]]


def test_a_database_error_goes_back_to_the_model(shop: Shop) -> None:
    with pytest.raises(ToolFailed, match=r"The query on 'shop' failed: .*no_such_column"):
        tools().query("SELECT no_such_column FROM orders")


def test_calls_run_side_by_side(shop: Shop) -> None:
    mine = tools()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: mine.query(f"SELECT {n} AS n FROM orders WHERE id = 1")["rows"], range(16)))
    assert found == [[[n]] for n in range(16)]


def test_a_query_can_be_checked_without_running(shop: Shop) -> None:
    mine = tools(allowed_tables=["orders"])
    assert mine.check_query("SELECT id FROM orders")["ok"] is True
    refused = mine.check_query("SELECT pw FROM secrets")
    assert refused["ok"] is False
    assert "is not on the list" in refused["problem"]
    assert mine.check_query("SELEC id FROM orders")["ok"] is False


# --- the first lock -------------------------------------------------------------------------------------------

HOSTILE = [
    "DELETE FROM orders",
    "INSERT INTO orders VALUES (3, 'x', 1, NULL, NULL)",
    "UPDATE orders SET amount = 0",
    "DROP TABLE orders",
    "SELECT 1; DELETE FROM orders",
    "WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone",
    "CREATE TABLE copy AS SELECT * FROM orders",
    "SELECT * INTO copy FROM orders",
    "SELECT * FROM orders FOR UPDATE",
    "SELECT pw FROM secrets",
    "SELECT id FROM orders UNION SELECT pw FROM secrets",
    "SELECT (SELECT pw FROM secrets) FROM orders",
    "ATTACH DATABASE 'x' AS y",
    "SET max_statement_time = 0",
    "SELECT load_extension('x') FROM orders",
    "SELECT pg_sleep(10) FROM orders",
    "SELECT sleep(10) FROM orders",
]


@pytest.mark.parametrize("sql", HOSTILE)
def test_what_is_no_harmless_read_is_refused_before_it_is_sent(tmp_path: Path, monkeypatch: Any, sql: str) -> None:
    made = sqlite_shop(tmp_path)
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", made.connection)
    mine = tools(allowed_tables=["orders"])
    with pytest.raises(ModelRetry, match=r"Refused: .* Way out: "):
        mine.query(sql)


# --- the second lock ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO orders VALUES (3, 'x', 1, NULL, NULL)",
        "DELETE FROM orders",
        "UPDATE orders SET amount = 0",
        "DROP TABLE orders",
        "CREATE TABLE copy (a INTEGER)",
    ],
)
def test_the_engine_itself_refuses_a_write_that_passed_the_guard(shop: Shop, sql: str) -> None:
    hook = BaseHook.get_connection("shop").get_hook()
    with (
        pytest.raises(Exception, match=r"(?i)read.?only|not authorized"),
        read_only_cursor(hook, FAMILIES[shop.engine], timeout_s=5) as cursor,
    ):
        cursor.execute(sql)
    assert shop.run("SELECT count(*) FROM orders") == [(2,)]


def test_postgres_does_not_let_a_transaction_be_made_writable(postgres_dsn: str, monkeypatch: Any) -> None:
    made = postgres_shop(postgres_dsn)
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", made.connection)
    hook = BaseHook.get_connection("shop").get_hook()
    with (
        pytest.raises(Exception, match="read-write mode must be set before any query"),
        read_only_cursor(hook, "postgres", timeout_s=5) as cursor,
    ):
        cursor.execute("SET TRANSACTION READ WRITE")


def test_a_function_called_like_a_column_cannot_write(postgres_dsn: str, monkeypatch: Any) -> None:
    made = postgres_shop(postgres_dsn)
    made.run(
        "CREATE FUNCTION wipe(orders) RETURNS integer LANGUAGE sql AS 'DELETE FROM orders RETURNING 1'",
    )
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", made.connection)
    with pytest.raises(ToolFailed, match="read-only transaction"):
        tools(allowed_tables=["orders"]).query("SELECT o.wipe FROM orders o")
    assert made.run("SELECT count(*) FROM orders") == [(2,)]


def test_a_backslash_cannot_end_a_text_early(postgres_dsn: str, monkeypatch: Any) -> None:
    made = postgres_shop(postgres_dsn)
    made.run(f'ALTER DATABASE "{postgres_dsn.rpartition("/")[2]}" SET standard_conforming_strings = off')
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", made.connection)
    sql = r"SELECT '\'' || (SELECT pw FROM secrets) --' FROM orders"
    with pytest.raises((ModelRetry, ToolFailed)) as refused:
        found = tools(allowed_tables=["orders"]).query(sql)
        raise ToolFailed(str(found))
    assert "hunter2" not in str(refused.value)


SLOW = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    "postgres": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    "mariadb": "SELECT count(*) FROM " + ", ".join(f"orders o{n}" for n in range(30)),
}


def test_a_statement_that_takes_too_long_is_ended(shop: Shop) -> None:
    before = time.monotonic()
    with pytest.raises(ToolFailed, match=r"(?i)timeout|interrupt|max_statement_time"):
        tools(timeout_s=1).query(SLOW[shop.engine])
    assert time.monotonic() - before < 8


def test_a_value_made_to_fill_the_memory_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", sqlite_shop(tmp_path).connection)
    with pytest.raises(ToolFailed, match="too big"):
        tools().query("SELECT zeroblob(1000000000)")


# --- the specification ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"allowed_tables": []}, "allowed_tables is empty"),
        ({"allowed_tables": "orders"}, "must be a list"),
        ({"allowed_tables": ["sales.*"]}, "patterns do not work"),
        ({"allowed_tables": [7]}, "write each table out"),
        ({"max_rows": 0}, "max_rows = 0 must be"),
        ({"max_bytes": True}, "max_bytes = True must be"),
        ({"timeout_s": "5"}, "timeout_s = '5' must be"),
        ({"allow_writes": True}, "allow_writes=True is not available"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_when_the_file_is_parsed(options: Any, problem: str) -> None:
    with pytest.raises((TypeError, ValueError), match=problem):
        SQLToolset("shop", **options)


def test_two_toolsets_of_one_agent_have_ids_and_names_of_their_own() -> None:
    left, right = SQLToolset("a", tool_name_prefix="a_"), SQLToolset("b", tool_name_prefix="b_")
    assert left.id != right.id
    names = sorted(left.tools().toolset(id=left.id, prefix=left.tool_name_prefix).tools)
    assert names == ["a_check_query", "a_get_schema", "a_list_tables", "a_query"]


def test_a_connection_that_is_no_database_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", '{"conn_type": "http", "host": "example.com"}')
    with pytest.raises(ToolFailed, match="of type 'http' is no SQL database"):
        tools().list_tables()


def test_a_missing_connection_is_an_answer() -> None:
    with pytest.raises(ToolFailed, match="Opening the connection 'nowhere' failed"):
        SQLToolset("nowhere").tools().list_tables()


def test_names_in_other_schemas_are_listed_and_queried_with_their_schema(postgres_dsn: str, monkeypatch: Any) -> None:
    made = postgres_shop(postgres_dsn)
    made.run("CREATE SCHEMA sales", 'CREATE TABLE sales."Items" (a INTEGER)', 'INSERT INTO sales."Items" VALUES (7)')
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", made.connection)
    mine = tools(allowed_tables=['sales."Items"', "orders"])
    assert mine.list_tables()["tables"] == ["orders", 'sales."Items"']
    assert mine.query('SELECT a FROM sales."Items"')["rows"] == [[7]]
    assert mine.get_schema('sales."Items"')["columns"][0]["name"] == "a"
    with pytest.raises(ModelRetry, match="not on the list"):
        mine.query("SELECT a FROM sales.items")
    assert mine.query("SELECT id FROM public.orders WHERE id = 1")["rows"] == [[1]]
