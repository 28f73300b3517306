"""What tables a database has and what columns they have: one query per question, written for its engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from airflow_dag_agent_provider.toolsets.sql_guard.dialect import SqlDialect

_SYSTEM_SCHEMAS = ("information_schema", "pg_catalog", "pg_toast", "mysql", "performance_schema", "sys")
_CURRENT_SCHEMA = {
    "postgres": "SELECT current_schema()",
    "redshift": "SELECT current_schema()",
    "mysql": "SELECT DATABASE()",
    "snowflake": "SELECT CURRENT_SCHEMA()",
    "tsql": "SELECT SCHEMA_NAME()",
    "duckdb": "SELECT current_schema()",
}
_SQLITE_TABLES = "SELECT 'main', name, type FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name"
_POSTGRES_TABLES = """
SELECT n.nspname, c.relname, CASE WHEN c.relkind IN ('v', 'm') THEN 'view' ELSE 'table' END
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('information_schema', 'pg_catalog')
AND n.nspname NOT LIKE 'pg\\_%' AND pg_catalog.has_table_privilege(c.oid, 'SELECT') ORDER BY 1, 2
"""


@dataclass(frozen=True)
class TableName:
    """A table or view as the database spells it."""

    schema: str
    name: str
    is_view: bool


def current_schema(cursor: Any, dialect: SqlDialect) -> str | None:
    """Return the schema that a bare name stands in; None: the engine has none, or does not say."""
    statement = _CURRENT_SCHEMA.get(dialect.family)
    if statement is None:
        return dialect.default_schema
    cursor.execute(statement)
    rows = cursor.fetchall()
    return str(rows[0][0]) if rows and rows[0][0] else None


def tables(cursor: Any, dialect: SqlDialect) -> list[TableName]:
    """Return the tables and views that the user may see, without those of the system."""
    if dialect.family == "sqlite":
        cursor.execute(_SQLITE_TABLES)
    elif dialect.family == "postgres":
        cursor.execute(_POSTGRES_TABLES)
    else:
        source = exp.to_table("information_schema.tables")
        query = (
            exp.select("table_schema", "table_name", "table_type").from_(source).order_by("table_schema", "table_name")
        )
        cursor.execute(dialect.sql(query))
    rows = [(str(schema), str(name), str(kind).lower()) for schema, name, kind in cursor.fetchall()]
    return [
        TableName(schema, name, "view" in kind)
        for schema, name, kind in rows
        if schema.lower() not in _SYSTEM_SCHEMAS and not name.startswith("sqlite_")
    ]


def columns(cursor: Any, dialect: SqlDialect, *, schema: str | None, name: str) -> list[dict[str, Any]]:
    """Return name, type and nullability of each column in order; an empty list when there is no such table."""
    if dialect.family == "sqlite":
        table = exp.to_identifier(name, quoted=True).sql("sqlite")
        cursor.execute(f"PRAGMA table_info({table})")
        rows = [(column, kind, not required) for _, column, kind, required, *_ in cursor.fetchall()]
    else:
        query = (
            exp.select("column_name", "data_type", "is_nullable")
            .from_(exp.to_table("information_schema.columns"))
            .where(exp.column("table_name").eq(exp.Literal.string(name)))
            .order_by("ordinal_position")
        )
        if schema is not None:
            query = query.where(exp.column("table_schema").eq(exp.Literal.string(schema)))
        cursor.execute(dialect.sql(query))
        rows = [(column, kind, str(nullable).upper() == "YES") for column, kind, nullable in cursor.fetchall()]
    return [{"name": str(column), "type": str(kind), "nullable": nullable} for column, kind, nullable in rows]
