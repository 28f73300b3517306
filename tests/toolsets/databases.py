"""The shop: the same small tables in SQLite, PostgreSQL and MariaDB, behind an Airflow connection each."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_SHOP = (
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, amount DECIMAL(10, 2), at {timestamp}, note {text})",
    "CREATE TABLE customers (name VARCHAR(40), joined DATE, picture {binary})",
    "CREATE TABLE secrets (pw TEXT)",
    "CREATE VIEW big_orders AS SELECT id, amount FROM orders WHERE amount > 100",
    "INSERT INTO orders VALUES (1, 'ann', 12.50, '2026-01-31 04:05:06', 'first'), (2, 'bob', 250.00, NULL, NULL)",
    "INSERT INTO customers VALUES ('ann', '2026-01-02', NULL)",
    "INSERT INTO secrets VALUES ('hunter2')",
)


@dataclass(frozen=True)
class Shop:
    """One database; ``run`` executes statements as its owner and returns the rows of the last one."""

    engine: str
    connection: str
    run: Callable[..., list[Any]]


def statements(timestamp: str, binary: str, *, text: str = "TEXT") -> list[str]:
    return [statement.format(timestamp=timestamp, binary=binary, text=text) for statement in _SHOP]


def sqlite_shop(folder: Path) -> Shop:
    path = folder / "shop.db"

    def run(*sql: str) -> list[Any]:
        with closing(sqlite3.connect(path)) as connection:
            rows = [connection.execute(one).fetchall() for one in sql]
            connection.commit()
        return rows[-1]

    run(*statements("TIMESTAMP", "BLOB"))
    return Shop("sqlite", json.dumps({"conn_type": "sqlite", "host": str(path)}), run)


def postgres_shop(dsn: str) -> Shop:
    import psycopg2

    def run(*sql: str) -> list[Any]:
        with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
            rows: list[Any] = []
            for one in sql:
                cursor.execute(one)
                rows = cursor.fetchall() if cursor.description else []
            connection.commit()
        return rows

    run(*statements("TIMESTAMP", "BYTEA"))
    parts = urlsplit(dsn)
    connection = {"conn_type": "postgres", "host": parts.hostname, "port": parts.port, "login": parts.username}
    return Shop("postgres", json.dumps({**connection, "schema": parts.path[1:], "password": parts.password}), run)


def mariadb_shop(url: str) -> Shop:
    import mysql.connector

    parts = urlsplit(url)
    place = {"host": parts.hostname, "port": parts.port or 3306, "database": parts.path[1:]}

    def run(*sql: str) -> list[Any]:
        with closing(
            mysql.connector.connect(user=parts.username, password=parts.password or "", **place)
        ) as connection:
            cursor = connection.cursor(buffered=True)
            rows: list[Any] = []
            for one in sql:
                cursor.execute(one)
                rows = cursor.fetchall() if cursor.description else []
            connection.commit()
        return rows

    run(*statements("TIMESTAMP NULL", "BLOB", text="LONGTEXT"))
    connection = {"conn_type": "mysql", "host": parts.hostname, "port": parts.port or 3306, "login": parts.username}
    extra = {"client": "mysql-connector-python"}
    return Shop("mariadb", json.dumps({**connection, "schema": parts.path[1:], "extra": extra}), run)
