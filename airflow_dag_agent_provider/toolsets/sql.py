"""`SQLToolset`: an agent reads a database, bounded and read-only.

    SQLToolset("warehouse", allowed_tables=["orders"])  ->  list_tables, get_schema, query, check_query

Nothing connects while a DAG file is parsed; what the tools do stands in `sql_tools`, what may run in `sql_guard`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_dag_agent_provider.toolsets.spec import ToolsetSpec

if TYPE_CHECKING:
    from pydantic_ai import RunContext
    from pydantic_ai.toolsets import AbstractToolset

    from airflow_dag_agent_provider.toolsets.sql_tools import SqlTools


@dataclass(frozen=True)
class SQLToolset(ToolsetSpec):
    """Tools to look at the tables of a database and to query them; nothing can be written.

    Args:
        db_conn_id: Connection of any SQL hook. May hold Jinja.
        allowed_tables: Tables and views that may be read, ``schema.table`` or quoted where needed; None: all that
            the connection's user may read, but those with credentials. May hold Jinja.
        schema: Schema that a bare table name stands in; None: the connection's own. May hold Jinja.
        max_rows: Rows of a result at most.
        max_bytes: Bytes of a result at most, as JSON.
        timeout_s: Seconds that a statement may take, where the engine can be told so.
        dialect: The engine as sqlglot names it; None: what the hook says.
        tool_name_prefix: Put before each tool's name as it is: ``"sales_"`` gives ``sales_query``.
        allow_writes: Only False in this version.

    Raises:
        TypeError: A list of names is something else.
        ValueError: The list of tables is empty, a bound is not positive, or writes are asked for.
    """

    db_conn_id: str
    allowed_tables: Sequence[str] | None = None
    schema: str | None = None
    max_rows: int = 50
    max_bytes: int = 64_000
    timeout_s: int = 30
    dialect: str | None = None
    tool_name_prefix: str = ""
    allow_writes: bool = False

    agent_template_fields: ClassVar[tuple[str, ...]] = ("db_conn_id", "schema")

    def __post_init__(self) -> None:
        """Freeze the list of tables and refuse what would widen what the agent may do."""
        if self.allow_writes:
            raise ValueError("SQLToolset: allow_writes=True is not available in this version. Leave it out.")
        if not isinstance(self.db_conn_id, str) or not self.db_conn_id.strip():
            raise ValueError(f"SQLToolset: db_conn_id = {self.db_conn_id!r} is not the id of a connection.")
        for name in ("max_rows", "max_bytes", "timeout_s"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(f"SQLToolset: {name} = {value!r} must be a whole number from 1.")
        if self.allowed_tables is not None:
            object.__setattr__(self, "allowed_tables", _table_names(self.allowed_tables))
        super().__post_init__()

    @property
    def id(self) -> str:
        """Identity of the toolset inside one agent: connection, schema, prefix."""
        return f"sql:{self.db_conn_id}:{self.schema or ''}:{self.tool_name_prefix}"

    def build(self, ctx: RunContext[Any]) -> AbstractToolset[Any]:  # noqa: ARG002
        """Make the tools; the connection is looked up when the first one is called."""
        return self.tools().toolset(id=self.id, prefix=self.tool_name_prefix)

    def tools(self) -> SqlTools:
        """Return the functions behind the tools, to call without a model."""
        from airflow_dag_agent_provider.toolsets.sql_tools import Bounds, SqlTools

        return SqlTools(
            self.db_conn_id,
            allowed_tables=self.allowed_tables,
            schema=self.schema,
            dialect=self.dialect,
            bounds=Bounds(max_rows=self.max_rows, max_bytes=self.max_bytes, timeout_s=self.timeout_s),
        )


def _table_names(given: Sequence[str]) -> tuple[str, ...]:
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise TypeError(f"SQLToolset: allowed_tables = {given!r} must be a list of table names.")
    wrong = [name for name in given if not isinstance(name, str) or not name.strip() or "*" in name]
    if wrong:
        raise ValueError(f"SQLToolset: allowed_tables holds {wrong[0]!r}: write each table out; patterns do not work.")
    if not given:
        raise ValueError("SQLToolset: allowed_tables is empty, so nothing could be read. Name tables, or leave it out.")
    return tuple(given)
