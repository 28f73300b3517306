"""What a request says besides its schedule: one extractor per slot, each gives facts with their places.

A `Sheet` holds the normalised text; a fact takes its characters out of it, so nothing is read twice and what is
left in the end is what nobody understood.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

from airflow_dag_agent_provider.offline.fact_patterns import (
    BACKOFF,
    BY_LIST,
    CHECKS,
    CONNECTION,
    CORRECTION,
    CSV,
    DEDUPE,
    DELAY,
    DELAY_ALONE,
    ENGINE,
    ENGINE_ALONE,
    FOLDER,
    FRAME,
    HARMFUL,
    HEADER,
    KEY_TAIL,
    KEYS,
    KEYS_AFTER,
    MODE,
    NAMED_LEAD,
    NEXT,
    NOUN,
    ORDER,
    PLAIN,
    QUOTED,
    RETRY,
    SINKS,
    TYPED,
    TYPED_LEAD,
    TYPES,
    WINNER,
)
from airflow_dag_agent_provider.offline.spans import ANY_MARK, TAKEN, Reading
from airflow_dag_agent_provider.offline.words import (
    CARRIERS,
    COMMANDS,
    FILLER,
    GLUE,
    NUMBERS,
    OPERATORS,
    QUALIFIERS,
    TEMPORAL,
    TERMS,
    UNSUPPORTED,
)


@dataclass(frozen=True)
class Fact:
    """One thing that a request says: the slot it fills, its value and its place in the normalised text."""

    slot: str
    value: Any
    start: int
    end: int
    said: str


@dataclass
class Sheet:
    """The text while it is read; ``text`` has what is taken replaced by `TAKEN`."""

    reading: Reading
    text: str = ""
    facts: list[Fact] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.text = self.text or self.reading.norm

    def take(self, slot: str, value: object, start: int, end: int) -> Fact:
        """Record a fact and take its characters out of the text."""
        while end > start and self.text[end - 1] in " ,":
            end -= 1
        fact = Fact(slot, value, start, end, self.reading.original(start, end))
        self.facts.append(fact)
        self.text = self.text[:start] + TAKEN * (end - start) + self.text[end:]
        return fact

    def all(self, slot: str) -> list[Fact]:
        """Return the facts of a slot in the order of the text."""
        return sorted((fact for fact in self.facts if fact.slot == slot), key=lambda fact: fact.start)

    def find(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """Yield matches one by one on the text as it is then."""
        position = 0
        while (match := pattern.search(self.text, position)) is not None:
            yield match
            position = max(match.end(), match.start() + 1)

    def name(self, start: int, end: int) -> str:
        """Return a name as the user wrote it, without quotes."""
        said = self.reading.norm[start:end].strip()
        mark = self.reading.marks.get(said)
        return mark.value if mark else self.reading.original(start, end)


def orders(sheet: Sheet) -> None:
    """Take sentences that are orders to the planner or bring code of their own."""
    spans = [match.span() for match in sheet.find(ORDER)]
    for match in sheet.find(QUOTED):
        if HARMFUL.search(sheet.reading.marks[match[0]].value):
            spans.append(match.span())
    for start, end in spans:
        if sheet.text[start] == TAKEN:
            continue
        first = max((m.end() for m in re.finditer(r"[.!?;]\s+|\n", sheet.text[:start])), default=0)
        last = re.search(r"[.!?;](?=\s|$)", sheet.text[end:])
        stop = end + (last.end() if last else len(sheet.text) - end)
        if follow := re.match(r"\s*(?:otherwise|apart from that|besides|anyway)\b,?", sheet.text[stop:]):
            stop += follow.end()
        sheet.take("refused", None, first, stop)


_NO_NAME: Final = FILLER | OPERATORS | CARRIERS | COMMANDS


def columns(sheet: Sheet) -> None:
    """Take the lists of columns: (name, type or None) pairs."""
    for match in sheet.find(TYPED_LEAD):
        items, end = _column_list(sheet, match.end(), typed=True)
        if items:
            sheet.take("columns", items, match.start(), _close(sheet, end))
    if sheet.all("columns"):
        return
    for match in sheet.find(NAMED_LEAD):
        items, end = _column_list(sheet, match.end(), typed=False)
        if items:
            sheet.take("columns", items, match.start(), _close(sheet, end))


def _close(sheet: Sheet, end: int) -> int:
    closing = re.match(r"\s*\)", sheet.text[end:])
    return end + (closing.end() if closing else 0)


def _column_list(sheet: Sheet, position: int, *, typed: bool) -> tuple[tuple[tuple[str, str | None], ...], int]:
    items: list[tuple[str, str | None]] = []
    end = position
    while True:
        match = TYPED.match(sheet.text, position)
        if match is None or (match["name"] in _NO_NAME and not match[0].rstrip(")").endswith(match["type"])):
            match = PLAIN.match(sheet.text, position)
            if match is None or not _may_be_column(sheet, match, typed=typed):
                return tuple(items), end
        kind = TYPES[match["type"]] if "type" in match.groupdict() else None
        if match.groupdict().get("size"):
            sheet.facts.append(Fact("type_size", kind, *match.span(), sheet.reading.original(*match.span())))
        items.append((sheet.name(*match.span("name")), kind))
        end = match.end()
        following = NEXT.match(sheet.text, end)
        if following is None:
            return tuple(items), end
        position = following.end()


def _may_be_column(sheet: Sheet, match: re.Match[str], *, typed: bool) -> bool:
    """Return whether an untyped word belongs to a list of columns."""
    if match["name"] in _NO_NAME:
        return False
    rest = sheet.text[match.end() :]
    if typed:  # only between typed ones: "id: string, name, value: float"
        following = NEXT.match(rest)
        return following is not None and TYPED.match(rest, following.end()) is not None
    return re.match(r"\s*(?:$|[,.;:)&]|\x00|(?:and|into|to|from|with|per|in|then|out)\b)", rest) is not None


def keys(sheet: Sheet) -> None:
    """Take "drop duplicates by ...", "keyed by ..." and "by <columns>"."""
    known = {name.lower() for fact in sheet.all("columns") for name, _ in fact.value}
    for match in sheet.find(DEDUPE):
        lead = BY_LIST.match(sheet.text, match.end())
        names, end = _key_list(sheet, lead.end() if lead else match.end(), known) if lead else ((), match.end())
        sheet.take("dedupe", names, match.start(), end if names else match.end())
    for match in sheet.find(KEYS_AFTER):
        names, end = _key_list(sheet, match.start("list"), known, sure=False)
        if names and end >= match.end("list"):
            sheet.take("keys", names, *match.span())
    for pattern in (KEYS, KEY_TAIL):
        for match in sheet.find(pattern):
            names, end = _key_list(sheet, match.end(), known, sure=pattern is KEYS)
            if names:
                sheet.take("keys", names, match.start(), _close(sheet, end))
    for match in sheet.find(WINNER):
        sheet.take("winner", match["who"] or match["wins"], *match.span())


def _key_list(sheet: Sheet, position: int, known: set[str], *, sure: bool = True) -> tuple[tuple[str, ...], int]:
    names: list[str] = []
    end = position
    while (match := PLAIN.match(sheet.text, position)) is not None:
        name = sheet.name(*match.span("name"))
        foreign = match["name"] in _NO_NAME or match["name"] in TERMS or not sure or bool(names)
        if name.lower() not in known and (foreign if known else match["name"] in _NO_NAME | TERMS or not sure):
            break
        names.append(name)
        end = match.end()
        following = NEXT.match(sheet.text, end)
        if following is None:
            break
        position = following.end()
    return tuple(names), end


_NO_TABLE: Final = _NO_NAME | {
    "first",
    "last",
    "next",
    "sqlite",
    "sqlite3",
    "postgres",
    "postgresql",
    "pg",
    "psql",
    "postgre",
    "csv",
    "database",
    "in",
    "on",
    "with",
    "if",
    "and",
    "when",
    "using",
    "called",
    "named",
}


def sink(sheet: Sheet) -> None:
    """Take the table that is written, and engines named alone."""
    for number, pattern in enumerate(SINKS):
        if number == 3 and sheet.all("sink"):
            break
        for match in sheet.find(pattern):
            if match["name"] in _NO_TABLE or match["name"] in COMMANDS or match["name"] in UNSUPPORTED:
                continue
            slot = "source_table" if match["prep"] in ("from", "out of") else "sink"
            engine = re.search(ENGINE, match[0])
            sheet.take(slot, (sheet.name(*match.span("name")), _engine(engine[0]) if engine else None), *match.span())
    for match in sheet.find(ENGINE_ALONE):
        sheet.take("engine", _engine(match[0]), *match.span())


def _engine(words: str) -> str:
    return "sqlite" if "sqlite" in words else "postgres"


def source(sheet: Sheet) -> None:
    """Take folders, CSV files and what is said of them as a name."""
    for match in sheet.find(FOLDER):
        value = sheet.reading.marks[match["place"]].value
        before = sheet.text[max(0, match.start("place") - 24) : match.start("place")]
        if re.search(r"\b(?:database|db|sqlite)\b[^.]*$", before) or value.endswith((".db", ".sqlite", ".sqlite3")):
            slot = "database_file"
        else:
            slot = "target_folder" if match["prep"] in ("to", "into", "onto") else "folder"
        sheet.take(slot, value, *match.span())
    for match in sheet.find(HEADER):
        sheet.take("header", True, *match.span())
    for match in sheet.find(CSV):
        start, end = match.start(), match.end()
        words = match["label"].split()
        if not all(map(is_label, words)):
            start, words = _label_start(match), _trailing_labels(match["label"].split())
        if match["tail"] and not all(map(is_label, match["tail"].split()[2:])):
            end = match.start("tail")
        sheet.take("csv", " ".join(words), start, end)
    for match in sheet.find(NOUN):
        sheet.take("noun", True, *match.span())


_NOUNS_TOO: Final = frozenset(["sensor", "email", "mail", "message", "asset", "group"])
"""Words that ask for something elsewhere, and are plain names in front of "CSV files"."""


def is_label(word: str) -> bool:
    """Return whether a word can only be part of a name."""
    known = OPERATORS | QUALIFIERS | TERMS | CARRIERS | COMMANDS | FILLER | GLUE
    if any(stem in word for stem in TEMPORAL.split()):
        return False
    return word in _NOUNS_TOO or (word not in known and word not in UNSUPPORTED)


def _trailing_labels(words: list[str]) -> list[str]:
    kept: list[str] = []
    for word in reversed(words):
        if not is_label(word):
            break
        kept.insert(0, word)
    return kept


def _label_start(match: re.Match[str]) -> int:
    """Return where the name of the files begins, after the last word that cannot be one."""
    kept = _trailing_labels(match["label"].split())
    if not kept:
        return match.end("label")
    return match.start("label") + match["label"].rindex(kept[0])


def mode(sheet: Sheet) -> None:
    """Take how the table is written: upsert, append or replace."""
    for match in sheet.find(MODE):
        sheet.take("mode", match.lastgroup, *match.span())


def checks(sheet: Sheet) -> None:
    """Take row count checks; the value is the fewest rows that pass."""
    for pattern in CHECKS:
        for match in sheet.find(pattern):
            sheet.take("min_rows", _fewest(match), *match.span())


def _fewest(match: re.Match[str]) -> int:
    for group, value in match.groupdict().items():
        if value is not None and group in ("fewer", "below", "least", "ormore", "atleast"):
            return count(value)
        if value is not None and group in ("orless", "atmost", "more", "above"):
            return count(value) + 1
    return 1


def count(text: str) -> int:
    """Return the number that digits or a word say."""
    text = text.replace(",", "").strip()
    return int(text) if text.isdigit() else 0 if text == "zero" else NUMBERS[text]


def retries(sheet: Sheet) -> None:
    """Take the number of retries, the minutes between them and exponential backoff."""
    for match in sheet.find(RETRY):
        words = {"once": 1, "twice": 2, "thrice": 3}
        number = match["n"] or match["n2"]
        sheet.take(
            "retries", 0 if match["never"] else words.get(match["word"] or "", 0) or count(number), *match.span()
        )
        if delay := DELAY.match(sheet.text, match.end()):
            _take_delay(sheet, delay)
    for delay in sheet.find(DELAY_ALONE):
        _take_delay(sheet, delay)
    for match in sheet.find(BACKOFF):
        sheet.take("backoff", True, *match.span())
        if delay := DELAY.match(sheet.text, match.end()):
            _take_delay(sheet, delay)


def _take_delay(sheet: Sheet, match: re.Match[str]) -> None:
    groups = match.groupdict()
    number, unit = groups["d1"] or groups.get("d2") or "a", groups["unit"] or groups.get("unit2") or ""
    amount = 1 if number in ("a", "an") else count(number)
    seconds = amount * (1 if unit.startswith("s") else 60 if unit.startswith("m") else 3600)
    sheet.take("retry_delay_s", seconds, *match.span())


def connections(sheet: Sheet) -> None:
    """Take connection ids; the value is (id, "storage", "database" or None where the words do not say)."""
    for match in sheet.find(CONNECTION):
        group = "id" if match["id"] else "before"
        if match[group] in _NO_NAME:
            continue
        lead = match[0][: match.start(group) - match.start()]
        role = "storage" if re.search(r"\b(?:s3|aws|storage|source|gcs|folder)\b", lead) else None
        role = "database" if re.search(rf"{ENGINE}|\bdatabase\b|\bdb\b", lead) else role
        sheet.take("connection", (sheet.name(*match.span(group)), role), *match.span())


def frame(sheet: Sheet) -> None:
    """Take what concerns the DAG as a whole: id, owner, tags, catchup."""
    for slot, pattern in FRAME:
        for match in sheet.find(pattern):
            value: object = True
            if "value" in match.groupdict():
                value = sheet.name(*match.span("value"))
                if match["value"] in _NO_NAME:
                    continue
            if slot == "tags":
                start, end = match.span("value")
                words = re.finditer(rf"{ANY_MARK}|[\w-]+", sheet.text[start:end])
                value = tuple(sheet.name(start + w.start(), start + w.end()) for w in words if w[0] != "and")
            sheet.take(slot, value, *match.span())


EXTRACTORS: Final[tuple[Callable[[Sheet], None], ...]] = (
    orders, columns, keys, checks, retries, connections, source, sink, mode, frame,
)  # fmt: skip


def corrections(sheet: Sheet) -> list[tuple[Fact, Fact]]:
    """Replace facts by a later one of their slot right after "sorry, I mean ..."; return (new, old) pairs."""
    pairs: list[tuple[Fact, Fact]] = []
    for match in sheet.find(CORRECTION):
        later = next((f for f in sorted(sheet.facts, key=lambda f: f.start) if 0 <= f.start - match.end() < 12), None)
        if later is None:
            continue
        earlier = [fact for fact in sheet.all(later.slot) if fact.end <= match.start()]
        if earlier:
            sheet.facts = [fact for fact in sheet.facts if fact is not earlier[-1]]
            sheet.take("correction", True, *match.span())
            if later.slot == "sink" and later.value[1] is None:  # "SQLite table a, sorry, table b"
                later = replace(later, value=(later.value[0], earlier[-1].value[1]))
                sheet.facts = [later if fact.start == later.start else fact for fact in sheet.facts]
            pairs.append((later, earlier[-1]))
    return pairs


def extract(reading: Reading) -> Sheet:
    """Return the sheet of a request after every extractor has taken its facts."""
    sheet = Sheet(reading)
    for extractor in EXTRACTORS:
        extractor(sheet)
    return sheet
