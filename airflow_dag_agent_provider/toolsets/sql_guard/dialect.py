"""What differs between engines: grammar, functions that are harmless, default schema.

The lists in ``functions/<engine>.json`` were read from live engines where there was one (pg_proc, MariaDB's help
tables, pragma_function_list, duckdb_functions()), else from sqlglot and the vendors' documentation; ``_meta`` says so.
"""

from __future__ import annotations

import fnmatch
import functools
import json
from dataclasses import dataclass
from importlib import resources
from typing import Any

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.optimizer.normalize_identifiers import normalize_identifiers

from airflow_dag_agent_provider.exceptions import SqlRefused

# Engines that speak another engine's SQL: whose rules and functions hold for them.
_FAMILIES = {
    "mariadb": "mysql",
    "doris": "mysql",
    "starrocks": "mysql",
    "singlestore": "mysql",
    "presto": "trino",
    "athena": "trino",
    "spark2": "spark",
    "hive": "spark",
    "fabric": "tsql",
    "materialize": "postgres",
    "risingwave": "postgres",
    "cockroachdb": "postgres",
}
# Engines that sqlglot has no grammar for.
_GRAMMARS = {"mariadb": "mysql", "datafusion": "postgres", "cockroachdb": "postgres"}
_DEFAULT_SCHEMAS = {"sqlite": "main", "duckdb": "main"}
# Schemas whose functions are the engine's own.
_OWN_SCHEMAS = {
    "postgres": {"pg_catalog"},
    "redshift": {"pg_catalog"},
    "bigquery": {"safe", "net", "hll_count", "kll_quantiles", "approx_top_k"},
}


@dataclass(frozen=True)
class Functions:
    """The functions of an engine: harmless names, those of them that may stand in FROM, and why others are denied."""

    harmless: frozenset[str]
    tables: frozenset[str]
    denied: dict[str, str]

    def effect(self, name: str) -> str | None:
        """Return what a denied function does ("file", "volatile", "catalog" ...); None: it is not on that list."""
        return self.denied.get(name) or next(
            (effect for known, effect in self.denied.items() if "*" in known and fnmatch.fnmatchcase(name, known)), None
        )


@dataclass(frozen=True, eq=False)
class SqlDialect:
    """One engine as the guard sees it; ``family`` is the engine whose rules hold."""

    name: str
    family: str
    grammar: Dialect
    functions: Functions
    default_schema: str | None
    own_schemas: frozenset[str]

    def folded(self, identifier: exp.Expr) -> str:
        """Return an identifier as the engine compares it (upper, lower or as written)."""
        return str(normalize_identifiers(identifier.copy(), dialect=self.grammar).name)

    def sql(self, node: exp.Expr) -> str:
        """Return a tree as SQL of this engine, with every function under the name it was written with.

        Raises:
            sqlglot.errors.UnsupportedError: Something would be left out.
        """
        from sqlglot.errors import ErrorLevel

        return node.sql(
            dialect=self.grammar, comments=False, normalize_functions=False, unsupported_level=ErrorLevel.RAISE
        )


@functools.cache
def dialect_of(name: str) -> SqlDialect:
    """Return the dialect of an engine by sqlglot's name, or mariadb, datafusion, cockroachdb.

    Raises:
        SqlRefused: sqlglot has no grammar for it, so nothing can be checked.
    """
    family = _FAMILIES.get(name, name)
    try:
        grammar = Dialect.get_or_raise(_GRAMMARS.get(name, name))
    except ValueError:
        raise SqlRefused(
            f"SQL of {name!r} cannot be checked", way_out="name the dialect: SQLToolset(..., dialect='postgres')"
        ) from None
    return SqlDialect(
        name,
        family,
        grammar,
        _functions_of(family),
        _DEFAULT_SCHEMAS.get(name),
        frozenset(_OWN_SCHEMAS.get(family, ())),
    )


def _functions_of(family: str) -> Functions:
    folder = resources.files(__package__) / "functions"
    file = folder / f"{family}.json"
    data: dict[str, Any] = json.loads((file if file.is_file() else folder / "_default.json").read_text())
    harmless = frozenset(name for kind in ("scalar", "aggregate", "window", "table") for name in data[kind])
    return Functions(harmless, frozenset(data["table"]), data["denied"])
