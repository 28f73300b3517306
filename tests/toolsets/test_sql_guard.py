"""The SQL guard: pairs of statement and verdict in sql_corpus.jsonl, and what is sent instead of what was asked."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_dag_agent_provider.exceptions import SqlRefused
from airflow_dag_agent_provider.toolsets.sql_guard import guard

CORPUS = [json.loads(line) for line in Path(__file__).with_name("sql_corpus.jsonl").read_text().splitlines()]
ALLOWED = ["orders", "customers"]
SCHEMAS = {"postgres": "public"}


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: f"{case['dialect']}: {case['sql'][:50]}")
def test_the_verdict_on_a_statement(case: dict[str, str]) -> None:
    dialect = case["dialect"]
    if case["verdict"] == "allow":
        assert guard(case["sql"], dialect=dialect, allowed_tables=ALLOWED, schema=SCHEMAS.get(dialect)).sql
    else:
        with pytest.raises(SqlRefused, match="Way out: "):
            guard(case["sql"], dialect=dialect, allowed_tables=ALLOWED, schema=SCHEMAS.get(dialect))


@pytest.mark.parametrize(
    ("dialect", "sql", "sent"),
    [
        ("postgres", "SELECT id FROM orders -- all", "SELECT id FROM orders LIMIT 51"),
        ("postgres", "SELECT id FROM orders LIMIT 5", "SELECT id FROM orders LIMIT 5"),
        ("postgres", "SELECT id FROM orders LIMIT 5000", "SELECT id FROM orders LIMIT 51"),
        ("postgres", "SELECT id FROM orders LIMIT 9 OFFSET 3", "SELECT id FROM orders LIMIT 9 OFFSET 3"),
        ("postgres", "SELECT 1 UNION ALL SELECT 2", "SELECT 1 UNION ALL SELECT 2 LIMIT 51"),
        ("postgres", "VALUES (1)", "VALUES (1)"),
        ("postgres", "EXPLAIN SELECT id FROM orders", "EXPLAIN SELECT id FROM orders"),
        ("tsql", "SELECT id FROM orders", "SELECT TOP 51 id FROM orders"),
        ("oracle", "SELECT o.id FROM orders o", "SELECT o.id FROM orders o FETCH FIRST 51 ROWS ONLY"),
        ("postgres", "SELECT to_hex(id) FROM orders", "SELECT to_hex(id) FROM orders LIMIT 51"),
        ("mysql", "SELECT UTC_DATE()", "SELECT UTC_DATE() LIMIT 51"),
        ("mysql", "SELECT 'a' REGEXP '^a'", "SELECT ('a' REGEXP '^a') LIMIT 51"),
        ("postgres", r"SELECT 'a\b'", r"SELECT E'a\\b' LIMIT 51"),
        ("sqlite", "PRAGMA table_info(orders)", 'PRAGMA table_info("orders")'),
    ],
)
def test_what_is_sent_is_written_anew_with_the_row_cap(dialect: str, sql: str, sent: str) -> None:
    assert guard(sql, dialect=dialect, max_rows=50).sql == sent


def test_the_tables_that_are_read_are_named_once_and_without_ctes() -> None:
    sql = "WITH t AS (SELECT * FROM orders) SELECT * FROM t JOIN orders o ON true JOIN customers c ON true"
    assert guard(sql, dialect="postgres").tables == (("orders",), ("customers",))


def test_without_a_list_every_table_but_credentials_may_be_read() -> None:
    assert guard("SELECT * FROM anything", dialect="postgres").sql
    with pytest.raises(SqlRefused, match="holds credentials"):
        guard("SELECT * FROM pg_authid", dialect="postgres")


@pytest.mark.parametrize(
    ("table", "dialect", "wanted"),
    [
        ("Orders", "postgres", "orders"),
        ('"Orders"', "postgres", '"Orders"'),
        ("Orders", "snowflake", "ORDERS"),
        ("sales.orders", "postgres", "SALES.Orders"),
        ("[orders]", "tsql", "Orders"),
    ],
)
def test_names_are_compared_as_the_engine_does(table: str, dialect: str, wanted: str) -> None:
    assert guard(f"SELECT * FROM {table}", dialect=dialect, allowed_tables=[wanted]).sql


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT " + "(" * 200 + "1" + ")" * 200,
        "SELECT " + "ARRAY[" * 40 + "1" + "]" * 40,
        "SELECT " + "NOT " * 2_000 + "true",
        "SELECT " + "CASE WHEN true THEN " * 400 + "1" + " END" * 400,
        "SELECT 1" + "::int" * 3_000,
        "SELECT '" + "x" * 30_000 + "'",
        "SELECT 1 " + "UNION SELECT 1 " * 1_900,
        "SELECT " + " + ".join(["1"] * 9_000),
        "SELECT * FROM " + ", ".join(f"t{n}" for n in range(100)),
        "SELECT \x00 1",
        "(" * 5_000,
        "'",
        "\ud800",
    ],
)
def test_what_would_take_forever_is_refused_or_done_soon(sql: str) -> None:
    try:
        guard(sql, dialect="postgres")
    except SqlRefused as refused:
        assert len(str(refused)) < 500


@pytest.mark.parametrize("sql", [None, 7, b"SELECT 1", "", "  ", ";", ";;"])
def test_what_is_no_statement_is_refused(sql: Any) -> None:
    with pytest.raises(SqlRefused):
        guard(sql, dialect="postgres")


def test_an_engine_without_a_grammar_is_refused_with_the_way_out() -> None:
    with pytest.raises(SqlRefused, match="name the dialect"):
        guard("SELECT 1", dialect="klingon")


def test_a_refused_statement_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(SqlRefused):
        guard("CALL wipe('private words')", dialect="postgres")
    assert "private words" not in caplog.text


# --- a table outside of the list, wherever it stands ----------------------------------------------------------

_LEAF = st.sampled_from(
    ["SELECT pw FROM secrets", "TABLE secrets", 'SELECT pw FROM "secrets"', "SELECT s.pw FROM public.secrets AS s"]
)
_AROUND = st.sampled_from(
    [
        "SELECT * FROM ({}) AS a",
        "SELECT id FROM orders WHERE id IN ({})",
        "SELECT ({}) AS x FROM orders",
        "SELECT id FROM orders UNION {}",
        "WITH orders AS ({}) SELECT * FROM orders",
        "WITH a AS (SELECT 1), b AS ({}) SELECT * FROM a, b",
        "SELECT * FROM orders JOIN LATERAL ({}) AS a ON true",
        "SELECT * FROM orders ORDER BY ({})",
        "SELECT count(*) FILTER (WHERE EXISTS ({})) FROM orders",
        "SELECT CASE WHEN id = ANY ({}) THEN 1 END FROM orders GROUP BY id HAVING EXISTS ({})",
        "SELECT ARRAY({})",
        "SELECT coalesce(({}), 'x') FROM orders LIMIT ({})",
        "SELECT sum(id) OVER (ORDER BY ({})) FROM orders",
        "VALUES (({}))",
    ]
)


@given(leaf=_LEAF, around=st.lists(_AROUND, max_size=4))
@settings(max_examples=200, deadline=None)
def test_a_table_outside_of_the_list_is_found_wherever_it_stands(leaf: str, around: list[str]) -> None:
    sql = leaf
    for shell in around:
        sql = shell.replace("{}", sql)
    with pytest.raises(SqlRefused):
        guard(sql, dialect="postgres", allowed_tables=ALLOWED, schema="public")
