"""Linear use: every word of a request belongs to a fact, is a name, is filler, or is asked about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from airflow_dag_agent_provider.offline.facts import Fact, Sheet, is_label
from airflow_dag_agent_provider.offline.spans import ANY_MARK, TAKEN, is_english
from airflow_dag_agent_provider.offline.words import (
    CARRIERS,
    FILLER,
    FOREIGN,
    GLUE,
    HEADING,
    UNSUPPORTED,
    WRITERS,
)

_TOKEN = re.compile(
    rf"{ANY_MARK}|[^\W_](?:[\w'/+-]*\w)?|!=|[<>=%$\u20ac\u00a3^~|*\u2265\u2264]+|[^\s\w\x00.,;:!?()\"'`\[\]&/-]"
)
_SENTENCE_END = re.compile(r"[.;!?](?=\s|$)")
_OBJECTS: Final = frozenset({"csv", "folder", "sink", "columns", "noun", "target_folder", "source_table", "header"})
_TRANSPARENT: Final = frozenset(
    {
        "schedule",
        "connection",
        "mode",
        "order",
        "keys",
        "dedupe",
        "make",
        "run",
        "name",
        "correction",
        "engine",
        "arrow",
        "field",
    }
)


@dataclass(frozen=True)
class Leftover:
    """Words that nobody understood: ``slot`` is what they seem to be about ("unread" where nothing fits)."""

    slot: str
    said: str
    words: tuple[str, ...]


def unread(sheet: Sheet) -> tuple[Leftover, ...]:
    """Return the groups of words that belong to nothing; titles are taken as names on the way."""
    _title(sheet)
    tokens = [match for match in _TOKEN.finditer(sheet.text) if not _is_read(sheet, match)]
    groups: list[list[re.Match[str]]] = []
    for token in tokens:
        if groups and _together(sheet, groups[-1][-1].end(), token.start()):
            groups[-1].append(token)
        else:
            groups.append([token])
    return tuple(_leftover(sheet, group) for group in groups)


def english_share(sheet: Sheet) -> float:
    """Return the share of the words that English or the field knows; 1.0 for very few words."""
    if len(FOREIGN.intersection(re.findall(r"[a-z]+", sheet.text))) >= 2:
        return 0.0
    words = re.findall(r"(?<![\w-])[^\W\d_]{2,}(?![\w-])", sheet.reading.norm)
    return 1.0 if len(words) < 5 else sum(map(is_english, words)) / len(words)


def _is_read(sheet: Sheet, token: re.Match[str]) -> bool:
    word = token[0]
    if word in UNSUPPORTED:
        return False
    if word in CARRIERS:
        return _carries(sheet, token)
    return word in FILLER or word in GLUE


def _carries(sheet: Sheet, token: re.Match[str]) -> bool:
    """Return whether a verb such as "load" has an object that is known: after it, or before it ("are stored")."""
    facts = sorted(sheet.facts, key=lambda fact: fact.start)
    objects = _OBJECTS - {"csv", "header"} if token[0] in WRITERS else _OBJECTS
    position = token.end()
    while True:
        fact = next((f for f in facts if f.end > position), None)
        edge = len(sheet.text) if fact is None else max(fact.start, position)
        for word in _TOKEN.finditer(sheet.text, position, edge):
            if word[0] not in FILLER | GLUE | CARRIERS:
                return False
        if _SENTENCE_END.search(sheet.text, position, edge) or fact is None:
            break
        if fact.slot in objects:
            return True
        if fact.slot not in _TRANSPARENT | _OBJECTS:
            return False
        position = fact.end
    start = max((m.end() for m in _SENTENCE_END.finditer(sheet.text, 0, token.start())), default=0)
    return any(start <= fact.start < token.start() and fact.slot in objects for fact in facts)


def _title(sheet: Sheet) -> None:
    """Take the words before a first colon as the title, where they are only names."""
    match = re.match(r"[^.;!?:\n]{2,80}:(?=\s)", sheet.text)
    if match is None:
        return
    timed = any(fact.slot == "schedule" and fact.value != "adverb" for fact in sheet.facts if fact.start < match.end())
    for token in list(_TOKEN.finditer(sheet.text, 0, match.end())):
        word = token[0]
        if word in HEADING:
            sheet.take("title", word, *token.span())
        elif not timed and word.isalpha() and len(word) > 2 and is_label(word):
            sheet.take("name", word, *token.span())


def _together(sheet: Sheet, end: int, start: int) -> bool:
    gap = sheet.text[end:start]
    return TAKEN not in gap and not _SENTENCE_END.search(gap) and "," not in gap


def _leftover(sheet: Sheet, group: list[re.Match[str]]) -> Leftover:
    start, end = group[0].start(), group[-1].end()
    words = tuple(token[0] for token in group)
    slots = [UNSUPPORTED[word] for word in words if word in UNSUPPORTED]
    kinds = {mark.kind for word in words if (mark := sheet.reading.marks.get(word))}
    slot = slots[0] if slots else "notify" if kinds & {"channel", "email"} else "unread"
    return Leftover(slot, _in_context(sheet, start, end), words)


def _in_context(sheet: Sheet, start: int, end: int) -> str:
    """Return the user's words around a leftover: to the next fact, comma or end of sentence."""
    before = re.search(r"[^\x00,.;:!?]*$", sheet.text[:start])
    after = re.match(r"[^\x00,.;:!?]*", sheet.text[end:])
    first = start - (len(before[0].lstrip()) if before else 0)
    last = end + (len(after[0].rstrip()) if after else 0)
    return sheet.reading.original(first, last)


def names(sheet: Sheet) -> tuple[Fact, ...]:
    """Return the words that were read as names and change nothing."""
    labels = [fact for fact in sheet.facts if fact.slot == "name" or (fact.slot == "csv" and fact.value)]
    return tuple(sorted(labels, key=lambda fact: fact.start))
