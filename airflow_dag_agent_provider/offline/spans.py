"""Words are read once: literals are found and masked, misspelt words are repaired, offsets are kept.

A masked literal is one private-use character whose block names its kind, so a rule can say "a path" with
``kind_class("path")`` and no name, path or quoted text can ever be taken for a word of the language.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, get_args
from zoneinfo import available_timezones

from croniter import croniter
from rapidfuzz import process
from rapidfuzz.distance import OSA

from airflow_dag_agent_provider.offline.words import CARRIERS, FILLER, GLUE, OPERATORS, SLIPS, TERMS, UNSUPPORTED

Kind = Literal[
    "code", "quoted", "email", "uri", "preset", "cron", "date", "zone", "channel", "path", "template", "name"
]  # fmt: skip
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
TAKEN: Final = "\x00"
"""Stands for every character that a fact has used already."""

_BASE, _BLOCK = 0xF0000, 0x1000
_CRON_FIELD = r"(?:[\d*/,\-#LW]|\b(?:sun|mon|tue|wed|thu|fri|sat|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\b)+"
_CRON = rf"(?:{_CRON_FIELD} +){{4}}{_CRON_FIELD}"
_IN_PATH = r"(?:\{\{[^{}]*\}\}|<[\w -]+>|\{\w+\}|\[[\w!-]+\]|[^\s,;()\"'`<>{}\[\]])"
_PATTERNS: Final[dict[Kind, str]] = {
    "code": r"`[^`\n]+`",
    "quoted": r"\"[^\"\n]+\"|(?<!\w)'[^'\n]{1,120}'(?!\w)",
    "email": r"[\w.+-]+@[\w-]+\.[\w.]*\w",
    "uri": rf"(?<!\w)[A-Za-z][A-Za-z0-9+.-]*://{_IN_PATH}+",
    "preset": r"(?<!\w)@(?:hourly|daily|midnight|weekly|monthly|quarterly|yearly|annually|once|continuous)\b",
    "cron": rf"(?<![\w*/,-])(?=[\d*]){_CRON}(?![\w*/])",
    "date": r"(?<![\w-])\d{4}-\d\d-\d\d(?![\w-])",
    "zone": r"\b[A-Z][A-Za-z]+/[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z_]+)?\b",
    "channel": r"(?<!\w)#[A-Za-z][\w-]*",
    "path": rf"(?<![\w./:~])(?:\.{{0,2}}|~)/(?=[^\s/]){_IN_PATH}+|(?<![\w./:~])\*\.csv\b",
    "template": r"\{\{[^{}]*\}\}|\{%[^{}]*%\}",
    "name": (
        r"(?<![\w.])(?!(?:[ap]\.m|i\.e|e\.g)\b)[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+"
        r"|\b(?!(?:conn_id|dag_id|start_date|max_active_runs|retry_delay|row_count|time_zone)\b)(?=\w*[A-Za-z])\w+_\w*|\b_\w+|\b(?!(?:sqlite3|s3|utf8|k8s)\b)[A-Za-z]+\d\w*"
    ),
}
_SCANNER: Final = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _PATTERNS.items()), re.I)
_PLAIN = str.maketrans("\u2018\u2019\u02bc\u201c\u201d\u2013\u2014\u2212\u00a0", "'''\"\"--- ")
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?(?![a-z0-9])")


@dataclass(frozen=True)
class Mark:
    """One literal of the text: ``value`` is without quotes and backticks."""

    kind: Kind
    value: str


@dataclass(frozen=True)
class Reading:
    """A request as the rules see it.

    ``norm`` is lower case with masked literals and repaired words; ``offsets[i]`` is the place of its i-th
    character in ``text``. ``repairs`` are (start in norm, word as written, word as read).
    """

    text: str
    norm: str
    offsets: tuple[int, ...]
    marks: dict[str, Mark]
    repairs: tuple[tuple[int, str, str], ...]

    def original(self, start: int, end: int) -> str:
        """Return the user's own characters of ``norm[start:end]``."""
        if end <= start:
            return ""
        return " ".join(self.text[self.offsets[start] : self.offsets[end]].split())


def kind_class(*kinds: Kind) -> str:
    """Return a regular expression for one masked literal of these kinds."""
    ranges = (_BASE + KINDS.index(kind) * _BLOCK for kind in kinds)
    return "[" + "".join(f"{chr(first)}-{chr(first + _BLOCK - 1)}" for first in ranges) + "]"


ANY_MARK: Final = f"[{chr(_BASE)}-{chr(_BASE + len(KINDS) * _BLOCK - 1)}]"


def read(text: str) -> Reading:
    """Return ``text`` folded, masked and repaired."""
    folded = "".join(_fold(char) for char in text.translate(_PLAIN))
    pieces: list[str] = []
    offsets: list[int] = []
    marks: dict[str, Mark] = {}
    repairs: list[tuple[int, str, str]] = []
    position = length = 0
    for start, end, kind, value in _literals(folded):
        length = _add_words(folded, position, start, (pieces, offsets, repairs), length)
        number = sum(mark.kind == kind for mark in marks.values())
        char = chr(_BASE + KINDS.index(kind) * _BLOCK + number)
        marks[char] = Mark(kind, value)
        pieces.append(char)
        offsets.append(start)
        length += 1
        position = end
    _add_words(folded, position, len(folded), (pieces, offsets, repairs), length)
    return Reading(text, "".join(pieces), (*offsets, len(text)), marks, tuple(repairs))


def _fold(char: str) -> str:
    if char.isspace():
        return " "
    code = ord(char)
    if code < 0x20 or 0xE000 <= code <= 0xF8FF or code >= _BASE:
        return "\ufffd"
    return char


def _literals(text: str) -> list[tuple[int, int, Kind, str]]:
    found: list[tuple[int, int, Kind, str]] = []
    counts = dict.fromkeys(KINDS, 0)
    for match in _SCANNER.finditer(text):
        kind: Kind = match.lastgroup  # type: ignore[assignment]
        value, end = match[0], match.end()
        if kind in ("code", "quoted"):
            value = value[1:-1].strip()
            kind = _kind_of(value) or kind
        elif kind in ("uri", "path"):
            value = value.rstrip(".:!?")
            end = match.start() + len(value)
        if not _is_real(kind, value) or counts[kind] >= _BLOCK:
            continue
        counts[kind] += 1
        found.append((match.start(), end, kind, value))
    return found


def _kind_of(value: str) -> Kind | None:
    """Return the kind of a text in quotes or backticks, where the whole of it is one literal."""
    if value.startswith("/") and "\n" not in value:
        return "path"
    kinds: tuple[Kind, ...] = ("uri", "preset", "cron", "date", "zone", "template")
    for kind in kinds:
        if re.fullmatch(_PATTERNS[kind], value, re.I) and _is_real(kind, value):
            return kind
    return "name" if re.fullmatch(r"[A-Za-z_][\w.-]*", value) else None


def _is_real(kind: Kind, value: str) -> bool:
    if kind == "zone":
        return value in zones()
    if kind == "cron":
        return bool(croniter.is_valid(value))
    return True


@cache
def zones() -> frozenset[str]:
    """Return the IANA names that this machine knows."""
    return frozenset(available_timezones())


def _add_words(
    text: str, start: int, end: int, into: tuple[list[str], list[int], list[tuple[int, str, str]]], length: int
) -> int:
    """Append ``text[start:end]`` in lower case with repaired words; return the new length."""
    pieces, offsets, repairs = into
    position = start
    lower = "".join(char.lower() if len(char.lower()) == 1 else char for char in text[start:end])
    while position < end:
        before = text[position - 1] if position else " "
        match = None if before.isalnum() or before in "-_" else _WORD.match(lower, position - start)
        if match:
            written, piece = match[0], repair(match[0])
            if piece != written:
                repairs.append((length, text[position : position + len(written)], piece))
            step = len(written)
        else:
            piece, step = lower[position - start], 1
        pieces.append(piece)
        offsets.extend([position] * len(piece))
        length += len(piece)
        position += step
    return length


_KNOWN: Final = TERMS | FILLER | OPERATORS | GLUE | CARRIERS | frozenset(UNSUPPORTED)


@cache
def _english() -> frozenset[str]:
    from spellchecker import SpellChecker  # 0.2 s: only when a word is not one of ours

    return frozenset(SpellChecker().word_frequency.words())


def is_english(word: str) -> bool:
    """Return whether ``word`` (lower case) is English or a term of the field."""
    return word in _KNOWN or word in _english()


@cache
def repair(word: str) -> str:
    """Return the nearest term for a word that English does not know; ``word`` itself where none is unique."""
    if word in SLIPS:
        return SLIPS[word]
    if len(word) < 4 or is_english(word):
        return word
    limit = 1 if len(word) < 6 else 2
    hits = [
        hit for hit in process.extract(word, sorted(TERMS), scorer=OSA.distance, score_cutoff=limit, limit=3)
        if hit[0][0] == word[0]
    ]  # fmt: skip
    if not hits or len(hits[0][0]) < 4:
        return word
    unique = len(hits) == 1 or hits[0][1] < hits[1][1] or hits[1][0] in (hits[0][0] + "s", hits[0][0][:-1])
    return str(hits[0][0]) if unique else word
