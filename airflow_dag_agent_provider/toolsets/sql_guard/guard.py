"""The gate: text becomes one read over tables that may be read, written anew from its tree, or is refused.

    text -> bounds -> one statement -> root by white list -> every node -> row cap -> SQL of the tree

Only regenerated SQL runs, so comments, second statements and what the parser did not see never reach the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokens import Token, TokenType  # type: ignore[attr-defined]

from airflow_dag_agent_provider.exceptions import SqlRefused
from airflow_dag_agent_provider.toolsets.sql_guard.dialect import SqlDialect, dialect_of
from airflow_dag_agent_provider.toolsets.sql_guard.nodes import Nodes
from airflow_dag_agent_provider.toolsets.sql_guard.parse import Parsed, parse
from airflow_dag_agent_provider.toolsets.sql_guard.tables import Name, Tables

_QUERY_ROOTS = (exp.Select, exp.SetOperation, exp.Subquery, exp.Values, exp.Pivot)
_SHOW = {
    "TABLES",
    "ALL TABLES",
    "COLUMNS",
    "FULL COLUMNS",
    "INDEX",
    "CREATE TABLE",
    "CREATE VIEW",
    "DATABASES",
    "SCHEMAS",
    "VIEWS",
    "OBJECTS",
    "PRIMARY KEYS",
    "UNIQUE KEYS",
    "IMPORTED KEYS",
    "STATUS",
    "VARIABLES",
    "WARNINGS",
    "ERRORS",
    "ENGINES",
    "CHARACTER SET",
    "COLLATION",
    "TABLE STATUS",
    "FUNCTIONS",
    "WAREHOUSES",
}
_PRAGMAS = {"table_info", "table_xinfo", "index_list", "index_info", "index_xinfo", "foreign_key_list"}


@dataclass(frozen=True)
class Guarded:
    """A statement that may run: its SQL as it is sent, and the tables that it reads."""

    sql: str
    tables: tuple[Name, ...]


def guard(
    sql: str,
    *,
    dialect: str,
    allowed_tables: Sequence[str] | None = None,
    schema: str | None = None,
    max_rows: int | None = None,
) -> Guarded:
    """Return the statement that may be sent in the place of ``sql``.

    Args:
        sql: What a model wrote; data.
        dialect: The engine: sqlglot's name, or mariadb, datafusion, cockroachdb.
        allowed_tables: Tables that may be read, ``schema.table`` or quoted where needed; None: all but credentials.
        schema: Schema that a bare name stands in; None: the engine's fixed one, if it has one.
        max_rows: Rows that are wanted at most; a query is sent with LIMIT ``max_rows`` + 1, which shows a cut.

    Raises:
        SqlRefused: It is anything but one harmless read; the message says what, and the way out.

    >>> guard("select id -- all\\nfrom orders", dialect="postgres", allowed_tables=["orders"], max_rows=50).sql
    'SELECT id FROM orders LIMIT 51'
    """
    engine = dialect_of(dialect)
    nodes = Nodes(engine, Tables(engine, allowed=allowed_tables, schema=schema))
    parsed = parse(sql, engine)
    try:
        return Guarded(_checked(parsed, nodes, max_rows), tuple(nodes.read))
    except RecursionError:
        raise SqlRefused("a statement nested too deeply") from None
    except SqlglotError as error:
        raise SqlRefused(f"{dialect} cannot say this ({str(error).splitlines()[0][:120]})") from None


def _checked(parsed: Parsed, nodes: Nodes, max_rows: int | None) -> str:
    """Return the SQL of a statement whose root and nodes are all harmless."""
    root, engine = parsed.root, nodes.dialect
    if isinstance(root, _QUERY_ROOTS):
        nodes.check(root)
        if max_rows is not None and not parsed.explain:
            root = _limited(root, max_rows + 1)
        return parsed.explain + engine.sql(_as_the_engine_reads_it(root, engine))
    if parsed.explain:
        raise SqlRefused("EXPLAIN of what is not a query")
    if isinstance(root, exp.Pragma):
        return _pragma(root, nodes)
    if isinstance(root, exp.Command):
        return _show_as_text(root, parsed.tokens, nodes)
    if isinstance(root, exp.Describe):
        _describe(root)
    elif isinstance(root, exp.Show):
        _show(root, nodes)
    elif not isinstance(root, exp.Summarize):
        raise SqlRefused(f"{type(root).__name__} is not a query")
    nodes.check(root)
    return engine.sql(_as_the_engine_reads_it(root, engine))


def _describe(root: exp.Describe) -> None:
    if str(root.args.get("style") or "").upper() == "ANALYZE":
        raise SqlRefused("EXPLAIN ANALYZE runs the statement", way_out="plain EXPLAIN")
    if not isinstance(root.this, (*_QUERY_ROOTS, exp.Table)):
        raise SqlRefused("EXPLAIN of what is not a query")


def _show(root: exp.Show, nodes: Nodes) -> None:
    if str(root.name).upper() not in _SHOW:
        raise SqlRefused(f"SHOW {root.name}")
    if nodes.tables.allowed is None:
        return
    target = root.args.get("target") or root.args.get("scope")
    schema = root.args.get("db")
    if isinstance(target, exp.Identifier):
        db = exp.to_identifier(schema.name) if isinstance(schema, exp.Expr) else None
        nodes.table(exp.Table(this=target.copy(), db=db))
    elif not isinstance(target, exp.Table) or root.args.get("scope_kind") not in (None, "TABLE", "VIEW"):
        raise SqlRefused("SHOW over tables outside of the list", way_out="the tools list_tables and get_schema")


def _show_as_text(root: exp.Command, tokens: list[Token], nodes: Nodes) -> str:
    """SHOW of engines whose SHOW sqlglot keeps as text: only without an allow-list, brackets and separators."""
    word = str(root.this).upper()
    harmless = all(token.token_type not in (TokenType.L_PAREN, TokenType.SEMICOLON) for token in tokens)
    if word != "SHOW" or nodes.tables.allowed is not None or not harmless:
        raise SqlRefused(f"{word} is not a query")
    return nodes.dialect.sql(root)


def _pragma(root: exp.Pragma, nodes: Nodes) -> str:
    """PRAGMA that only describes one table."""
    called = root.this
    if nodes.dialect.family not in ("sqlite", "duckdb") or not isinstance(called, exp.EQ | exp.Anonymous):
        raise SqlRefused("PRAGMA")
    name = called.this if isinstance(called.this, str) else called.this.name
    arguments = [called.expression] if isinstance(called, exp.EQ) else called.expressions
    if name.lower() not in _PRAGMAS or len(arguments) != 1:
        raise SqlRefused(f"PRAGMA {name}", way_out="the tool get_schema")
    table = exp.to_identifier(arguments[0].name, quoted=True)
    nodes.table(exp.Table(this=exp.to_identifier(arguments[0].name)))
    return f"PRAGMA {name.lower()}({table.sql('sqlite')})"


def _limited(root: exp.Expr, rows: int) -> exp.Expr:
    """Return the query with LIMIT ``rows``, keeping a smaller one; what cannot take one is cut while fetching."""
    if not isinstance(root, exp.Select | exp.SetOperation | exp.Subquery):
        return root
    limit = root.args.get("limit")
    if limit is None:
        return root.limit(rows)
    if not isinstance(limit, exp.Limit) or {k for k, v in limit.args.items() if v} - {"expression", "this"}:
        return root
    given = limit.expression
    if isinstance(given, exp.Literal) and not given.is_string and given.name.isdigit() and int(given.name) > rows:
        return root.limit(rows)
    return root


def _as_the_engine_reads_it(root: exp.Expr, engine: SqlDialect) -> exp.Expr:
    """Return the tree with what sqlglot would write in a form that the engine reads differently."""
    if engine.family == "mysql":  # MariaDB has no REGEXP_LIKE()
        for node in reversed(list(root.find_all(exp.RegexpLike))):
            text = f"({node.this.sql(engine.grammar)} REGEXP {node.expression.sql(engine.grammar)})"
            node.replace(exp.Var(this=text))
    if engine.family == "postgres":  # a backslash is one also where standard_conforming_strings is off
        for literal in list(root.find_all(exp.Literal)):
            if literal.is_string and "\\" in literal.name:
                text = literal.name.replace("\\", "\\\\").replace("'", "''")
                literal.replace(exp.Var(this=f"E'{text}'"))
    return root
