"""The functions behind `SQLToolset`. Imported when a task runs, never when a DAG file is parsed."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic_ai import FunctionToolset, ModelRetry, Tool, ToolFailed
from sqlglot import exp
from sqlglot.errors import SqlglotError

from airflow_dag_agent_provider.exceptions import SqlRefused
from airflow_dag_agent_provider.toolsets import sql_catalog
from airflow_dag_agent_provider.toolsets.results import fitting, json_bytes, plain, tool_errors
from airflow_dag_agent_provider.toolsets.sql_guard import Guarded, guard
from airflow_dag_agent_provider.toolsets.sql_guard.dialect import SqlDialect, dialect_of
from airflow_dag_agent_provider.toolsets.sql_guard.tables import Tables
from airflow_dag_agent_provider.toolsets.sql_session import read_only_cursor

if TYPE_CHECKING:
    from airflow.providers.common.sql.hooks.sql import DbApiHook

MAX_CELL_CHARACTERS = 2_000
MIN_CELL_CHARACTERS = 8
TABLES_PER_PAGE = 200
# What hooks and connections call an engine, and what sqlglot calls it.
_DIALECTS = {"postgresql": "postgres", "mssql": "tsql", "awsathena": "athena", "redshift_sqlalchemy": "redshift"}
_UNKNOWN = ("", "default", "generic")


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What one call may take: rows and bytes of its result, seconds of its statement."""

    max_rows: int
    max_bytes: int
    timeout_s: int


@dataclass(frozen=True)
class Database:
    """The connection of a toolset as the tools use it."""

    hook: DbApiHook
    dialect: SqlDialect
    schema: str | None
    tables: Tables


class SqlTools:
    """The tools of one run over one connection; each call has a session of its own, so calls run side by side."""

    def __init__(
        self,
        db_conn_id: str,
        *,
        allowed_tables: Sequence[str] | None,
        schema: str | None,
        dialect: str | None,
        bounds: Bounds,
    ) -> None:
        self.db_conn_id = db_conn_id
        self.allowed_tables = allowed_tables
        self.schema = schema
        self.dialect = dialect
        self.bounds = bounds
        self._found: Database | None = None
        self._lock = threading.Lock()

    def toolset(self, *, id: str, prefix: str) -> FunctionToolset[Any]:
        """Return the tools as a pydantic-ai toolset, each named ``prefix`` and its own name."""
        functions = (self.list_tables, self.get_schema, self.query, self.check_query)
        return FunctionToolset([Tool(f, name=f"{prefix}{f.__name__}") for f in functions], id=id)

    def list_tables(self, contains: str = "", offset: int = 0) -> dict[str, Any]:
        """List the tables and views that can be queried, 200 at a time.

        Args:
            contains: Only names with this text in them, in any case.
            offset: How many to leave out; next_offset of the answer before.
        """
        with self._reading("Listing the tables") as (database, cursor):
            everything = sql_catalog.tables(cursor, database.dialect)
        allowed = [one for one in everything if self._is_allowed(database, one)]
        named = [(self._spelled(database, one), one.is_view) for one in allowed]
        found = [(name, is_view) for name, is_view in named if contains.lower() in name.lower()]
        start = max(0, offset)
        page = found[start : start + TABLES_PER_PAGE]
        return {
            "tables": [name for name, is_view in page if not is_view],
            "views": [name for name, is_view in page if is_view],
            "total": len(found),
            "next_offset": start + len(page) if start + len(page) < len(found) else None,
        }

    def get_schema(self, table_name: str) -> dict[str, Any]:
        """Return the columns of a table or view with their types.

        Args:
            table_name: A name as list_tables gives it.
        """
        database = self._database()
        table = _as_table(table_name, database)
        with _told_to_the_model():
            name = database.tables.check(table)
        with self._reading(f"Reading the columns of {table_name!r}") as (_, cursor):
            wanted = name or ()
            known = next(
                (one for one in sql_catalog.tables(cursor, database.dialect) if self._name(database, one) == wanted),
                None,
            )
            if known is None:
                raise ToolFailed(f"There is no table {table_name!r} that can be queried; list_tables shows which are.")
            found = sql_catalog.columns(cursor, database.dialect, schema=known.schema, name=known.name)
        return {"table": self._spelled(database, known), "columns": found}

    def query(self, sql: str) -> dict[str, Any]:
        """Run one read-only SQL query and return its rows.

        Args:
            sql: One SELECT over tables of list_tables. Aggregate and filter in SQL: long results are cut.
        """
        database = self._database()
        with _told_to_the_model():
            guarded = self._guarded(database, sql)
        with self._reading("The query") as (_, cursor):
            cursor.execute(guarded.sql)
            names = [str(column[0]) for column in cursor.description or ()]
            rows = cursor.fetchmany(self.bounds.max_rows + 1) if names else []
        return self._answer(names, [list(row) for row in rows])

    def check_query(self, sql: str) -> dict[str, Any]:
        """Say whether a query may run and which tables it reads, without running it.

        Args:
            sql: The query.
        """
        database = self._database()
        try:
            guarded = self._guarded(database, sql)
        except SqlRefused as refused:
            return {"ok": False, "problem": str(refused)}
        return {"ok": True, "tables": [".".join(name) for name in guarded.tables]}

    # --- the database -----------------------------------------------------------------------------------------

    def _database(self) -> Database:
        """Return the connection's hook and engine; looked up once per run."""
        with self._lock:
            if self._found is None:
                self._found = self._open()
            return self._found

    def _open(self) -> Database:
        from airflow.providers.common.sql.hooks.sql import DbApiHook
        from airflow.sdk import BaseHook

        conn_id = self.db_conn_id
        with tool_errors(f"Opening the connection {conn_id!r}"):
            connection = BaseHook.get_connection(conn_id)
            hook = connection.get_hook()
            if not isinstance(hook, DbApiHook):
                raise ToolFailed(f"The connection {conn_id!r} of type {connection.conn_type!r} is no SQL database.")
            with _told_to_the_model():
                dialect = dialect_of(self.dialect or _dialect_name(hook, str(connection.conn_type)))
            schema = self.schema
            if schema is None:
                with read_only_cursor(hook, dialect.family, timeout_s=self.bounds.timeout_s) as cursor:
                    schema = sql_catalog.current_schema(cursor, dialect)
            return Database(hook, dialect, schema, Tables(dialect, allowed=self.allowed_tables, schema=schema))

    @contextmanager
    def _reading(self, what: str) -> Iterator[tuple[Database, Any]]:
        database = self._database()
        with (
            tool_errors(f"{what} on {self.db_conn_id!r}"),
            read_only_cursor(database.hook, database.dialect.family, timeout_s=self.bounds.timeout_s) as cursor,
        ):
            yield database, cursor

    def _guarded(self, database: Database, sql: str) -> Guarded:
        return guard(
            sql,
            dialect=database.dialect.name,
            allowed_tables=self.allowed_tables,
            schema=database.schema,
            max_rows=self.bounds.max_rows,
        )

    # --- names ------------------------------------------------------------------------------------------------

    def _name(self, database: Database, table: sql_catalog.TableName) -> tuple[str, ...]:
        """Return a table of the catalog as the guard compares names: it is spelled there as it is stored."""
        schema = exp.to_identifier(table.schema, quoted=True)
        return database.tables.name_of(exp.Table(this=exp.to_identifier(table.name, quoted=True), db=schema))

    def _is_allowed(self, database: Database, table: sql_catalog.TableName) -> bool:
        return database.tables.permits(self._name(database, table))

    def _spelled(self, database: Database, table: sql_catalog.TableName) -> str:
        """Return a table as a query has to write it: quoted where needed, bare in the schema of the connection."""
        name = exp.to_identifier(table.name)
        if database.dialect.folded(exp.to_identifier(table.name)) != table.name:
            name = exp.to_identifier(table.name, quoted=True)
        bare = database.dialect.sql(name)
        if table.schema == database.schema:
            return bare
        return f"{database.dialect.sql(exp.to_identifier(table.schema))}.{bare}"

    # --- the answer -------------------------------------------------------------------------------------------

    def _answer(self, names: list[str], rows: list[list[Any]]) -> dict[str, Any]:
        """Return rows within the bounds, and say why when some are missing."""
        wanted = rows[: self.bounds.max_rows]
        share = self.bounds.max_bytes // (4 * max(1, len(names)))
        characters = max(MIN_CELL_CHARACTERS, min(MAX_CELL_CHARACTERS, share))
        values = [[plain(cell, max_chars=characters) for cell in row] for row in wanted]
        kept = fitting(values, max_bytes=self.bounds.max_bytes - json_bytes(names))
        cut = None
        if len(kept) < len(wanted):
            cut = f"the result is longer than {self.bounds.max_bytes} bytes: select fewer columns, or aggregate"
        elif len(rows) > len(wanted):
            cut = f"there are more than {self.bounds.max_rows} rows: aggregate, filter, or order and limit"
        return {"columns": names, "rows": kept, "row_count": len(kept), "cut": cut}


@contextmanager
def _told_to_the_model() -> Iterator[None]:
    """Turn a refusal into an answer that the model can mend."""
    try:
        yield
    except SqlRefused as refused:
        raise ModelRetry(str(refused)) from None


def _as_table(name: str, database: Database) -> exp.Table:
    try:
        return exp.to_table(name, dialect=database.dialect.grammar)
    except (SqlglotError, ValueError):
        raise ModelRetry(f"{name!r} is not a table name; use one of list_tables.") from None


def _dialect_name(hook: DbApiHook, conn_type: str) -> str:
    """Return sqlglot's name of the engine: what the hook says, else the connection's type."""
    said = str(getattr(hook, "dialect_name", "") or "").lower()
    name = conn_type.lower() if said in _UNKNOWN else said
    return _DIALECTS.get(name, name)
