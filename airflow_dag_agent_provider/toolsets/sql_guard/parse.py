"""Text becomes one statement, bounded before it is parsed; ordinary function names stay as they were written."""

from __future__ import annotations

import itertools
import logging
import re
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokens import Token, TokenType  # type: ignore[attr-defined]

from airflow_dag_agent_provider.exceptions import SqlRefused
from airflow_dag_agent_provider.toolsets.sql_guard.dialect import SqlDialect

MAX_CHARACTERS = 20_000
MAX_DEPTH = 32
MAX_TYPED_DEPTH = 7  # sqlglot takes exponential time for nested ARRAY[, ROW( and type constructors
MAX_CHAINED = 192

# sqlglot would log the text of a statement that it keeps as text; such a statement is refused here anyway.
logging.getLogger("sqlglot").addFilter(lambda record: "contains unsupported syntax" not in str(record.msg))

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_OPENING = {TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE}
_CLOSING = {TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE}
_CHAINED = {TokenType.NOT, TokenType.DASH, TokenType.TILDE, TokenType.CASE, TokenType.DCOLON}
_CHAINED_APART = {TokenType.CASE, TokenType.DCOLON}
_CONSTRUCTORS = {"ARRAY", "ROW", "STRUCT", "MAP"}
_TYPES = frozenset(sqlglot.Parser.TYPE_TOKENS)
# Keywords that are ordinary functions, which sqlglot would write under another name.
_MASKED_KEYWORDS = {"UTC_DATE", "UTC_TIME", "UTC_TIMESTAMP", "FORMAT", "SEQUENCE"}
# What may stand between EXPLAIN and the query without running it.
_EXPLAIN_OPTIONS = {
    "postgres": r"(?:VERBOSE\b|\((?:\s*(?:FORMAT\s+\w+|COSTS|VERBOSE|SETTINGS|SUMMARY|GENERIC_PLAN)"
    r"(?:\s+(?:TRUE|FALSE|ON|OFF))?\s*,?)+\))?",
    "redshift": r"(?:VERBOSE\b)?",
    "sqlite": r"(?:QUERY\s+PLAN\b)?",
    "duckdb": r"(?:\(FORMAT \w+\))?",
    "snowflake": r"(?:USING\s+(?:JSON|TEXT|TABULAR)\b)?",
    "trino": r"(?:\((?:\s*(?:TYPE|FORMAT)\s+\w+\s*,?)+\))?",
    "spark": r"(?:(?:EXTENDED|CODEGEN|COST|FORMATTED)\b)?",
    "databricks": r"(?:(?:EXTENDED|CODEGEN|COST|FORMATTED)\b)?",
    "datafusion": r"(?:(?:VERBOSE|FORMAT\s+\w+)\b)?",
}


@dataclass(frozen=True)
class Parsed:
    """One statement; ``explain`` is the prefix that asks for its plan, or empty."""

    root: exp.Expr
    explain: str
    tokens: list[Token]


def parse(sql: str, dialect: SqlDialect) -> Parsed:
    """Return the one statement of ``sql``.

    Raises:
        SqlRefused: It is no text, too long, too deep, not valid, or not exactly one statement.
    """
    if not isinstance(sql, str) or not sql.strip():
        raise SqlRefused("an empty statement")
    if len(sql) > MAX_CHARACTERS:
        raise SqlRefused(f"{len(sql)} characters", way_out=f"at most {MAX_CHARACTERS}")
    if _CONTROL.search(sql):
        raise SqlRefused("a control character")
    try:
        tokens = list(dialect.grammar.tokenize(sql))
        _refuse_costly(tokens)
        _refuse_executable_comments(tokens, dialect)
        explain, query = _without_explain(sql, tokens, dialect)
        statements = _statements(query, dialect)
    except RecursionError:
        raise SqlRefused("a statement nested too deeply") from None
    except SqlglotError as error:
        first = str(error).splitlines()[0][:120]
        raise SqlRefused(f"not valid {dialect.name} SQL ({first})") from None
    if len(statements) != 1:
        raise SqlRefused(f"{len(statements)} statements", way_out="send exactly one")
    return Parsed(statements[0], explain, tokens)


def _statements(sql: str, dialect: SqlDialect) -> list[exp.Expr]:
    """Parse with ordinary calls masked (``length(`` -> ``_fn0_(``) and put the names back.

    Each call stays a call of its own name: what is checked is what runs, and nothing is renamed on the way out.
    """
    parser = dialect.grammar.parser_class
    special = set(parser.FUNCTION_PARSERS) | set(getattr(parser, "NO_PAREN_FUNCTION_PARSERS", ())) | {"COLUMNS"}
    tokens = list(dialect.grammar.tokenize(sql))
    names: dict[str, str] = {}
    for place, (token, following) in enumerate(itertools.pairwise(tokens)):
        upper = token.text.upper()
        ordinary = upper in parser.FUNCTIONS and upper not in special and not upper.startswith("PERCENTILE_")
        as_name = token.token_type == TokenType.VAR or upper in _MASKED_KEYWORDS
        if ordinary and as_name and following.token_type == TokenType.L_PAREN:
            mask = f"_fn{place}_"
            names[mask] = token.text
            tokens[place] = Token(
                TokenType.VAR, mask, token.line, token.col, token.start, token.end, list(token.comments)
            )
    parsed = dialect.grammar.parser().parse(tokens, sql)
    statements = [one for one in parsed if one is not None and not isinstance(one, exp.Semicolon)]
    for node in (node for one in statements for node in one.walk() if names):
        called = node.args.get("this")
        if isinstance(called, str) and called.lower() in names:
            node.set("this", names[called.lower()])
    return statements


def _without_explain(sql: str, tokens: list[Token], dialect: SqlDialect) -> tuple[str, str]:
    """Cut an EXPLAIN that runs nothing off its query; sqlglot would keep the whole as text."""
    if not tokens or tokens[0].text.upper() != "EXPLAIN" or dialect.family not in _EXPLAIN_OPTIONS:
        return "", sql
    start = tokens[0].start
    match = re.match(rf"EXPLAIN\s*({_EXPLAIN_OPTIONS[dialect.family]})\s*", sql[start:], re.IGNORECASE)
    if match is None:
        raise SqlRefused("EXPLAIN with these options", way_out="plain EXPLAIN")
    return " ".join(filter(None, ("EXPLAIN", match[1]))) + " ", sql[start + match.end() :]


def _refuse_executable_comments(tokens: list[Token], dialect: SqlDialect) -> None:
    if dialect.family == "mysql" and any(c.lstrip().startswith(("!", "M!")) for t in tokens for c in t.comments):
        raise SqlRefused("an executable comment /*! */", way_out="write the text without the comment marks")


def _refuse_costly(tokens: list[Token]) -> None:
    """Refuse what would take the parser forever or exhaust its stack."""
    open_brackets: list[bool] = []
    deepest = deepest_typed = chained = 0
    before: Token | None = None
    for token in tokens:
        kind = token.token_type
        if kind in _OPENING:
            typed = before is not None and (before.token_type in _TYPES or before.text.upper() in _CONSTRUCTORS)
            open_brackets.append(typed)
            deepest = max(deepest, len(open_brackets))
            deepest_typed = max(deepest_typed, sum(open_brackets))
        elif kind in _CLOSING and open_brackets:
            open_brackets.pop()
        if kind in _CHAINED and before is not None and (kind in _CHAINED_APART or before.token_type == kind):
            chained += 1
        elif kind == TokenType.SELECT:
            chained = 0
        before = token
    if deepest > MAX_DEPTH or deepest_typed > MAX_TYPED_DEPTH:
        way_out = f"at most {MAX_DEPTH} levels, {MAX_TYPED_DEPTH} of ARRAY, ROW and type constructors"
        raise SqlRefused(f"{deepest} levels of brackets", way_out=way_out)
    if chained > MAX_CHAINED:
        raise SqlRefused(f"{chained} chained operators", way_out=f"at most {MAX_CHAINED}")
