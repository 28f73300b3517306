"""Which tables a statement reads: names after the engine's case rules, CTEs by position, and the allow-list."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlglot import exp

from airflow_dag_agent_provider.exceptions import SqlRefused
from airflow_dag_agent_provider.toolsets.sql_guard.dialect import SqlDialect

Name = tuple[str, ...]
"""A table as the engine compares it: (table,), (schema, table) or (catalog, schema, table)."""

_FILE = re.compile(r"[/\\:*?@]|\.(csv|parquet|json|tsv|txt|xlsx|db|duckdb|avro|orc|gz|arrow)", re.IGNORECASE)
_CREDENTIALS = re.compile(
    r"(pg_shadow|pg_authid|pg_user_mappings?|pg_largeobject|global_priv|sql_logins|syslogins|duckdb_secrets|user\$"
    r"|authentication_string)",
    re.IGNORECASE,
)
# In these, the second branch of a recursive CTE sees the CTE also without the word RECURSIVE.
_RECURSIVE_ANYWAY = {"tsql", "oracle", "snowflake", "sqlite"}


class Tables:
    """The tables that may be read.

    Args:
        dialect: Whose rules for names hold.
        allowed: Table names as the author writes them, ``schema.table`` or quoted where needed; None: all.
        schema: Stands in for a schema that is left out; None: the engine's own default, if it has a fixed one.
    """

    def __init__(self, dialect: SqlDialect, *, allowed: Sequence[str] | None, schema: str | None) -> None:
        self.dialect = dialect
        self.schema = dialect.folded(exp.to_identifier(schema)) if schema else dialect.default_schema
        self.allowed: frozenset[Name] | None = None
        if allowed is not None:
            self.allowed = frozenset(self.name_of(exp.to_table(name, dialect=dialect.grammar)) for name in allowed)

    def name_of(self, table: exp.Table) -> Name:
        """Return the name of a table; the default schema stands in for a missing one."""
        written = [table.args.get("catalog"), table.args.get("db"), table.this]
        parts = [self.dialect.folded(part) if isinstance(part, exp.Identifier) else "" for part in written]
        while len(parts) > 1 and not parts[0]:  # a..b keeps its empty middle part
            parts.pop(0)
        if self.dialect.family == "bigquery":
            parts = [piece for part in parts for piece in part.split(".")]
        return (self.schema, *parts) if self.schema and len(parts) == 1 else tuple(parts)

    def permits(self, name: Name) -> bool:
        """Say whether a table is on the list; every table is where there is none."""
        return self.allowed is None or name in self.allowed

    def check(self, table: exp.Table) -> Name | None:
        """Return the name of a table that is read; None for a CTE.

        Raises:
            SqlRefused: It is no plain name, a file, holds credentials, or is not on the list.
        """
        if not isinstance(table.this, exp.Identifier):
            raise SqlRefused(f"table {self._said(table)} that is not a plain name (stage, variable, linked server)")
        if self._is_cte(table):
            return None
        name = self.name_of(table)
        if "".join(name).isascii() and not table.name.isascii():
            raise SqlRefused(f"{table.name!r} reads as another name", way_out="write it in ASCII")
        if len(name) > 3 or any(map(_FILE.search, name)) or (self.dialect.family == "duckdb" and "." in name[-1]):
            what = f"{'.'.join(name)!r} reads a file, a wildcard or a linked server"
            raise SqlRefused(what, way_out="name one table of the database")
        if _CREDENTIALS.fullmatch(name[-1]) or (self.dialect.family == "mysql" and name[0] == "mysql"):
            raise SqlRefused(f"{'.'.join(name)!r} holds credentials")
        if not self.permits(name) and not (self.dialect.family == "oracle" and name == ("DUAL",)):
            listed = ", ".join(sorted(".".join(one) for one in self.allowed or ()))
            raise SqlRefused(f"table {'.'.join(name)!r} is not on the list", way_out=f"use: {listed}")
        return name

    def _said(self, table: exp.Table) -> str:
        return repr(table.sql(self.dialect.grammar)[:60])

    def _is_cte(self, table: exp.Table) -> bool:
        """Say whether a bare name is bound by a WITH that is visible here; when unsure it is a table."""
        if table.args.get("db") or table.args.get("catalog"):
            return False
        wanted = self.dialect.folded(table.this)
        around = [node for node in _upwards(table) if isinstance(node, exp.CTE)]
        for node in _upwards(table):
            bound = node.args.get("with_")
            if bound is None:
                continue
            for cte in bound.expressions:
                same = self.dialect.folded(cte.args["alias"].this) == wanted
                if any(cte is one for one in around):  # by identity: inside of this very CTE
                    if same and self._sees_itself(bound, cte, table):
                        return True
                    break
                if same:
                    return True
        return False

    def _sees_itself(self, bound: exp.Expr, cte: exp.CTE, table: exp.Table) -> bool:
        """Say whether the name stands in the recursive branch; in the first branch it is the real table."""
        body = cte.this.unnest() if isinstance(cte.this, exp.Subquery) else cte.this
        recursive = bound.args.get("recursive") or self.dialect.family in _RECURSIVE_ANYWAY
        if not recursive or not isinstance(body, exp.Union):
            return False
        branch: exp.Expr = table
        while branch.parent is not None and branch.parent is not body:
            branch = branch.parent
        return branch is body.expression


def _upwards(node: exp.Expr) -> list[exp.Expr]:
    found = []
    above: exp.Expr | None = node
    while above is not None:
        found.append(above)
        above = above.parent
    return found
