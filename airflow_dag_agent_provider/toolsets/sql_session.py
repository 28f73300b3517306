"""The second lock: one connection per call that the engine itself keeps from writing, and ends in time.

PostgreSQL      read-only transaction, statement_timeout
MariaDB, MySQL  read-only transaction, max_statement_time or max_execution_time
SQLite          an authorizer that lets only reads through, a deadline
others          what the connection's user may do; the statement is rolled back
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from typing import Any

# What SQLite may do while it runs a read; PRAGMA only for those that describe one table.
_SQLITE_READS = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
_SQLITE_PRAGMAS = {"table_info", "table_xinfo", "index_list", "index_info", "index_xinfo", "foreign_key_list"}
_SQLITE_MAX_BYTES = 50_000_000  # of one value: zeroblob(1e9) would take it from the worker's memory
_SQLITE_STEPS = 10_000  # virtual machine instructions between two looks at the clock


@contextmanager
def read_only_cursor(hook: Any, family: str, *, timeout_s: float) -> Iterator[Any]:
    """Yield a cursor of a new connection in which the engine refuses writes; always rolled back and closed.

    Args:
        hook: A ``DbApiHook``.
        family: The engine whose rules hold: postgres, mysql, sqlite ...
        timeout_s: Seconds that one statement may take, where the engine can be told so.
    """
    with closing(hook.get_conn()) as connection, closing(connection.cursor()) as cursor:
        try:
            _LOCKS.get(family, _no_lock)(connection, cursor, timeout_s)
            yield cursor
        finally:
            if family == "sqlite":
                connection.set_authorizer(None)
            with suppress(_not_supported(connection)):
                connection.rollback()


def _postgres(connection: Any, cursor: Any, timeout_s: float) -> None:
    if hasattr(connection, "set_session"):  # psycopg2
        connection.set_session(readonly=True, autocommit=False)
    else:
        connection.autocommit = False
        connection.read_only = True
    cursor.execute(f"SET LOCAL statement_timeout = {int(timeout_s * 1000)}")
    cursor.execute("SET LOCAL standard_conforming_strings = on")
    cursor.execute("SELECT 1")  # after a query, SET TRANSACTION READ WRITE is an error
    cursor.fetchall()


def _mysql(connection: Any, cursor: Any, timeout_s: float) -> None:
    if hasattr(connection, "consume_results"):  # mysql-connector: rows left over must not block the rollback
        connection.consume_results = True
    cursor.execute("SELECT VERSION()")
    is_mariadb = "mariadb" in str(cursor.fetchall()[0][0]).lower()
    limit = f"max_statement_time = {timeout_s}" if is_mariadb else f"max_execution_time = {int(timeout_s * 1000)}"
    cursor.execute(f"SET SESSION {limit}")
    cursor.execute("SET SESSION TRANSACTION READ ONLY")
    cursor.execute("START TRANSACTION READ ONLY")


def _sqlite(connection: sqlite3.Connection, _cursor: Any, timeout_s: float) -> None:
    ends = time.monotonic() + timeout_s
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _SQLITE_MAX_BYTES)
    connection.set_progress_handler(lambda: int(time.monotonic() > ends), _SQLITE_STEPS)
    connection.set_authorizer(_sqlite_authorizer)


def _sqlite_authorizer(action: int, first: str | None, *_: str | None) -> int:
    harmless = action in _SQLITE_READS or (action == sqlite3.SQLITE_PRAGMA and first in _SQLITE_PRAGMAS)
    return sqlite3.SQLITE_OK if harmless else sqlite3.SQLITE_DENY


def _no_lock(_connection: Any, _cursor: Any, _timeout_s: float) -> None:
    """Leave it to the connection's user: no session setting is known for this engine."""


def _not_supported(connection: Any) -> type[Exception]:
    """Return the error of drivers without transactions."""
    found = getattr(connection, "NotSupportedError", NotImplementedError)
    return found if isinstance(found, type) and issubclass(found, Exception) else NotImplementedError


_LOCKS: Mapping[str, Callable[[Any, Any, float], None]] = {
    "postgres": _postgres,
    "mysql": _mysql,
    "sqlite": _sqlite,
}
