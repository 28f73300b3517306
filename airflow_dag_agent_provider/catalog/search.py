"""Which operators do what the words say: full text (SQLite FTS5, porter stemming) and a few preferences."""

from __future__ import annotations

import itertools
import re
import sqlite3
import weakref
from collections.abc import Sequence
from threading import Lock

from airflow_dag_agent_provider.catalog.operator import Operator
from airflow_dag_agent_provider.catalog.words import (
    ACTIONS,
    KIND_WORDS,
    NEUTRAL,
    PURPOSES,
    STOP_WORDS,
    SYNONYMS,
    TELLING,
    WAITING,
)
from airflow_dag_agent_provider.exceptions import DagAgentError

WORD = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+|\d+")
WEIGHTS = "8.0, 3.0, 2.0, 1.0"


class Fts5Missing(DagAgentError):
    """This Python's SQLite was built without full-text search."""

    def __init__(self) -> None:
        super().__init__(
            "The search for operators needs SQLite's FTS5 module, and the SQLite "
            f"{sqlite3.sqlite_version} of this Python has none. "
            "Use a Python whose sqlite3 has FTS5 (those of python.org, Debian, conda and uv do)."
        )


class SearchIndex:
    """Full-text index of operators, in memory; threads may share it."""

    def __init__(self, operators: Sequence[Operator]) -> None:
        self._operators = [o for o in operators if not o.abstract and not o.name.startswith("Base")]
        self._lock = Lock()
        self._db = sqlite3.connect(":memory:", check_same_thread=False)
        weakref.finalize(self, self._db.close)
        try:
            self._db.execute("CREATE VIRTUAL TABLE ops USING fts5(name, doc, module, parameters, tokenize='porter')")
        except sqlite3.OperationalError as error:
            raise Fts5Missing from error
        rows = (
            (
                n,
                " ".join(with_compounds(words(operator.name))),
                f"{operator.doc} {PURPOSES.get(operator.name, '')}",
                " ".join(with_compounds(words(operator.module.removeprefix("airflow.providers.")))),
                " ".join(words(" ".join(p.name for p in operator.parameters))),
            )
            for n, operator in enumerate(self._operators)
        )
        self._db.executemany("INSERT INTO ops(rowid, name, doc, module, parameters) VALUES (?, ?, ?, ?, ?)", rows)

    def search(self, query: str, *, limit: int) -> list[Operator]:
        """Return the operators that fit the words best, the best first."""
        asked = [word for word in words(query) if word not in STOP_WORDS]
        if not asked:
            return []
        terms = dict.fromkeys(term for word in asked for term in (word, *SYNONYMS.get(word, ())))
        match = " OR ".join(f'"{term}"' for term in terms)
        with self._lock:
            rows = self._db.execute(
                f"SELECT rowid, bm25(ops, {WEIGHTS}) FROM ops WHERE ops MATCH ? ORDER BY 2 LIMIT 300",
                (match,),
            ).fetchall()
        # bm25 is negative, and its scale depends on how much is installed
        best = min((rank for _, rank in rows), default=-1.0) or -1.0
        scored = [(preference(self._operators[n], query, asked) + 10 * rank / best, -n) for n, rank in rows]
        return [self._operators[-n] for _, n in sorted(scored, reverse=True)[:limit]]


def words(text: str) -> list[str]:
    """Split CamelCase, snake_case and plain text into lower-case words.

    >>> words("S3ToRedshiftOperator")
    ['s3', 'to', 'redshift', 'operator']
    """
    return [word.lower() for word in WORD.findall(text)]


def preference(operator: Operator, query: str, asked: Sequence[str]) -> float:
    """Return what speaks for an operator besides its text: direction, kind, no vendor that nobody named."""
    names = {*with_compounds(words(operator.name))}
    score = 4.0 * len(names.intersection(asked)) / len(asked)
    wanted = expanded(asked)
    score += 3.0 * len({*words(PURPOSES.get(operator.name, ""))}.intersection(asked)) / len(asked)
    plain = {*words(operator.name)} - KIND_WORDS
    score -= 2.5 * len((plain & ACTIONS) - wanted) + 1.2 * min(len(plain - wanted), 3)
    score += direction(operator, query)
    if operator.distribution.startswith(NEUTRAL):
        score += 4.0
    elif names.isdisjoint(asked) and {*words(operator.distribution), *words(operator.module)}.isdisjoint(asked):
        score -= 4.0
    if operator.kind == "sensor":
        score += 4.0 if WAITING.intersection(asked) else -2.0
    if operator.kind == "notifier":
        score += 3.0 if TELLING.intersection(asked) else -2.0
    if operator.kind == "decorator":
        score -= 2.0
    return score - (6.0 if operator.deprecated else 0.0)


def direction(operator: Operator, query: str) -> float:
    """Return what a transfer gains by words like its "A to B" or "from A", or loses by the opposite."""
    name_source, is_transfer, name_target = re.sub(r"(?<=[a-z0-9A-Z])To(?=[A-Z])", " to ", operator.name).partition(
        " to "
    )
    asked = re.sub(r"\b(?:in|on)?to\b", " to ", query.lower())
    source, says_to, target = asked.partition(" to ")
    if not is_transfer or not (says_to or "from" in asked):
        return 0.0
    left = expanded(words(source.rpartition("from ")[2]))
    right = expanded(words(target.partition(" from ")[0]))
    if " from " in target:
        left = expanded(words(target.partition(" from ")[2]))
    name_left, name_right = {*with_compounds(words(name_source))}, {*with_compounds(words(name_target))}
    score = 3.0 * (bool(name_left & left) + bool(name_right & right))
    return score - 3.0 * (bool(name_left & right) + bool(name_right & left))


def with_compounds(plain: Sequence[str]) -> list[str]:
    """Add neighbours written together: "big query" is also "bigquery".

    >>> with_compounds(["big", "query"])
    ['big', 'query', 'bigquery']
    """
    return [*plain, *(a + b for a, b in itertools.pairwise(plain))]


def expanded(plain: Sequence[str]) -> set[str]:
    """Return the words and their synonyms."""
    return {term for word in plain for term in (word, *SYNONYMS.get(word, ()))}
