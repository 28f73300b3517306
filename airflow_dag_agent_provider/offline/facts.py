"""What a request says besides its schedule: one extractor per slot, each gives facts with their places.

A `Sheet` holds the normalised text; a fact takes its characters out of it, so nothing is read twice and what is
left in the end is what nobody understood.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from airflow_dag_agent_provider.offline.spans import ANY_MARK, TAKEN, Reading, kind_class
from airflow_dag_agent_provider.offline.words import (
    CARRIERS,
    FILLER,
    GLUE,
    NUMBERS,
    OPERATORS,
    QUALIFIERS,
    TERMS,
    UNSUPPORTED,
)

NAME = kind_class("name", "quoted", "code")
WORD = r"[a-z][\w]*"
ENGINE = r"\b(?:sqlite3?|postgres(?:ql)?|postgre|pg|psql)\b(?:\s+(?:database|db|server))?"
COUNT = rf"(?:\d{{1,3}}(?:,\d{{3}})+|\d+|zero|\b(?:{'|'.join(sorted(NUMBERS, key=len, reverse=True))})\b)"
TYPES: Final[dict[str, str]] = {
    **dict.fromkeys("string str text varchar char strings".split(), "string"),
    **dict.fromkeys("int integer bigint long smallint integers".split(), "integer"),
    **dict.fromkeys("float double number real float64 floats".split(), "float"),
    **dict.fromkeys("decimal numeric money".split(), "decimal"),
    **dict.fromkeys("bool boolean".split(), "boolean"),
    "date": "date",
    **dict.fromkeys("timestamp datetime timestamptz timestamps".split(), "timestamp"),
}
_TYPE = rf"(?:{'|'.join(sorted(TYPES, key=len, reverse=True))})\b"
_VERBS: Final = frozenset(
    """drop remove dedupe deduplicate dedup upsert append merge replace overwrite fail retry check ensure verify make
    run schedule start every each daily hourly weekly monthly at then abort raise keep skip discard do don't"""
    .split()
)  # fmt: skip


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


def _rx(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


# ---- orders to the planner itself ----------------------------------------------------------------------------

_RULES = r"(?:rules?|instructions?|prompts?|guidelines?|polic(?:y|ies)|restrictions?|constraints?|safety)"
_ORDER = _rx(
    rf"\b(?:ignore|disregard|forget|override|bypass|violate)\s+(?:(?:all|any|of|your|the|my|previous|prior|above|system|former|these|those)\s+)*{_RULES}\b"
    r"|\b(?:skip|bypass|disable|avoid|without)\s+(?:(?:the|any|all|every|human)\s+)*(?:approvals?|reviews?|safety\s+checks?)\b"
    r"|\b(?:reveal|print|show|repeat)\s+(?:me\s+)?(?:your|the)\s+(?:system\s+)?(?:prompt|instructions)\b|\byou\s+are\s+now\b"
)  # fmt: skip
_HARMFUL = re.compile(r"\bimport\s|os\.|subprocess|\bexec\b|\beval\b|__\w+__|\bcurl\b|\|\s*(?:ba)?sh\b|rm\s+-", re.I)


def orders(sheet: Sheet) -> None:
    """Take sentences that are orders to the planner or bring code of their own."""
    spans = [match.span() for match in sheet.find(_ORDER)]
    for match in sheet.find(_rx(kind_class("code", "quoted"))):
        if _HARMFUL.search(sheet.reading.marks[match[0]].value):
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


# ---- columns and keys ------------------------------------------------------------------------------------------

_COLUMN_LEAD = (
    r"(?:\b(?:pars(?:e|es|ed|ing)|expect(?:ing)?|cast|convert|transform|keep|select|map|read|with|where|having|have|has|"
    r"contain(?:s|ing)?|use|using|apply|validate)\s+)*"
    r"(?:\b(?:only|the|a|this|following|these|their|its|them|it|as|to|into|against|by|csv|rows?|files?|each|every|file's)\s+)*"
)
_COLUMN_NOUN = (
    r"\b(?:schema|columns?|fields?|types?|layout|structure)\b\s*(?:with\s+)?(?:(?:the\s+)?(?:columns?|fields?)\b\s*)?"
    r"(?:\b(?:are|is|being|of|named|called|has|have|contains?)\b)?\s*[:=(]*\s*"
)
_TYPED_LEAD = _rx(
    rf"{_COLUMN_LEAD}(?:{_COLUMN_NOUN})?\(?\s*(?=(?:{NAME}|{WORD})\s*(?::|=|\(|\bas\s+an?\b|\bas\b|\bis\s+an?\b)\s*{_TYPE})"
    rf"|{_COLUMN_LEAD}{_COLUMN_NOUN}(?=(?:{NAME}|{WORD})\s+{_TYPE})"
)
_NAMED_LEAD = _rx(
    rf"{_COLUMN_LEAD}{_COLUMN_NOUN}(?=(?:{NAME}|{WORD}))|\bpars(?:e|ing)\s+(?=(?:{NAME}|{WORD})\s*(?:,|and\s+))"
)
_TYPED = _rx(rf"\s*(?P<name>{NAME}|{WORD})\s*(?::|=|\(|\bas\s+an?\b|\bas\b|\bis\s+an?\b|\s)\s*(?P<type>{_TYPE})(?:\s*\))?")
_PLAIN = _rx(rf"\s*(?P<name>{NAME}|{WORD})")
_NEXT = _rx(r"\s*(?:[,;]\s*(?:and\s+)?|\band\s+|&\s*)(?:the\s+)?")
_NO_NAME: Final = FILLER | OPERATORS | CARRIERS | _VERBS


def columns(sheet: Sheet) -> None:
    """Take the lists of columns: (name, type or None) pairs."""
    for match in sheet.find(_TYPED_LEAD):
        items, end = _column_list(sheet, match.end(), typed=True)
        if items:
            sheet.take("columns", items, match.start(), _close(sheet, end))
    if sheet.all("columns"):
        return
    for match in sheet.find(_NAMED_LEAD):
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
        match = _TYPED.match(sheet.text, position)
        if match is None or (match["name"] in _NO_NAME and not match[0].rstrip(")").endswith(match["type"])):
            match = _PLAIN.match(sheet.text, position)
            if match is None or not _may_be_column(sheet, match, typed=typed):
                return tuple(items), end
        kind = TYPES[match["type"]] if "type" in match.groupdict() else None
        items.append((sheet.name(*match.span("name")), kind))
        end = match.end()
        following = _NEXT.match(sheet.text, end)
        if following is None:
            return tuple(items), end
        position = following.end()


def _may_be_column(sheet: Sheet, match: re.Match[str], *, typed: bool) -> bool:
    """Return whether an untyped word belongs to a list of columns."""
    if match["name"] in _NO_NAME:
        return False
    rest = sheet.text[match.end() :]
    if typed:  # only between typed ones: "id: string, name, value: float"
        following = _NEXT.match(rest)
        return following is not None and _TYPED.match(rest, following.end()) is not None
    return re.match(r"\s*(?:$|[,.;:)&]|\x00|(?:and|into|to|from|with|per|in|then|out)\b)", rest) is not None


_DROP = (
    r"\b(?:(?:drop|remov|delet|skip|discard|eliminat|ignor|strip)(?:p?ing|e?s|e)?|drops?|throw\s+away|filter\s+out|get\s+rid\s+of|without|no)"
    r"\s+(?:(?:out|any|all|the|exact|of)\s+)*(?:duplicate(?:s|d)?|dupes?|doubles|doublets|repeated)"
    r"(?:\s+(?:rows?|records?|lines?|entries|ones|values))?"
)
_DEDUPE = _rx(
    rf"(?:{_DROP}|\bde-?dup(?:e|es|ed|licate|licates|licated|licating|lication|ing)?\b(?:\s+(?:the|all|them|it|rows?|records?|data|lines?|everything|result|files?)\b)*"
    r"|\b(?:keep(?:ing)?\s+)?(?:only\s+|just\s+)?one\s+(?:row|record|line)\s+(?=per|for)|\b(?:mak(?:e|ing)\s+(?:it|them|the\s+rows)\s+)?unique\s+(?=by|on|per))"
)  # fmt: skip
_BY = (
    r"(?:\s*[,(]?\s*\b(?:by|on|based\s+on|per|over|using|for\s+(?:each|every|the)|keyed\s+(?:by|on)|according\s+to|"
    r"(?:with|that\s+(?:share|have)|which\s+(?:share|have)|having|sharing)(?:\s+the)?(?:\s+(?:same|equal))?)\s+"
    r"(?:(?:the|same|both|combination\s+of|pair\s+of|columns?|keys?|fields?|each)\s*:?\s+)*)"
)
_BY_LIST = _rx(_BY)
_KEYS = _rx(
    r"(?:\b(?:with|using|use|on|by|the|its|a|and)\s+)*(?:\bkeyed\s+(?:by|on)|"
    r"\b(?:(?:primary|unique|natural|business|composite|merge|upsert|conflict|dedupe)\s+)?keys?\b(?:\s+columns?)?\s*(?:is|are|:|=|of|on|being)?|"
    r"\bon\s+conflict\s*(?:on|of|with)?|\bmatch(?:ed|ing)?\s+(?:by|on)|\bidentified\s+by|\bunique\s+(?:by|on|per))\s*(?:the\s+|columns?\s+)*\(?\s*"
)
_KEY_TAIL = _rx(r"\b(?:by|on|per|using|with)\s+(?:the\s+)?(?:columns?\s+|fields?\s+)?\(?\s*")
_WINNER = _rx(
    r"(?:\band\s+)?\b(?:keep(?:ing)?|retain(?:ing)?|take|taking)\s+(?:only\s+)?(?:the\s+)?(?P<who>last|first|latest|newest|oldest|earliest|most\s+recent)"
    r"(?:\s+(?:one|row|record|line|read|of\s+them|value|version))*|\b(?:the\s+)?(?P<wins>last|first|latest|newest|oldest)(?:\s+(?:one|row|record))?\s+wins"
)


def keys(sheet: Sheet) -> None:
    """Take "drop duplicates by ...", "keyed by ..." and "by <columns>"."""
    known = {name.lower() for fact in sheet.all("columns") for name, _ in fact.value}
    for match in sheet.find(_DEDUPE):
        lead = _BY_LIST.match(sheet.text, match.end())
        names, end = _key_list(sheet, lead.end() if lead else match.end(), known) if lead else ((), match.end())
        sheet.take("dedupe", names, match.start(), end if names else match.end())
    for pattern in (_KEYS, _KEY_TAIL):
        for match in sheet.find(pattern):
            names, end = _key_list(sheet, match.end(), known, sure=pattern is _KEYS)
            if names:
                sheet.take("keys", names, match.start(), _close(sheet, end))
    for match in sheet.find(_WINNER):
        sheet.take("winner", match["who"] or match["wins"], *match.span())


def _key_list(sheet: Sheet, position: int, known: set[str], *, sure: bool = True) -> tuple[tuple[str, ...], int]:
    names: list[str] = []
    end = position
    while (match := _PLAIN.match(sheet.text, position)) is not None:
        name = sheet.name(*match.span("name"))
        foreign = match["name"] in _NO_NAME or match["name"] in TERMS or not sure or bool(names)
        if name.lower() not in known and (foreign if known else match["name"] in _NO_NAME | TERMS or not sure):
            break
        names.append(name)
        end = match.end()
        following = _NEXT.match(sheet.text, end)
        if following is None:
            break
        position = following.end()
    return tuple(names), end


# ---- source and sink -------------------------------------------------------------------------------------------

_PLACE = r"(?:folder|directory|dir|path|bucket|prefix|location|uri|url)s?"
_FOLDER = _rx(
    rf"(?:\b(?P<prep>in|from|under|inside|within|at|of|out\s+of|on|below|into|to|onto)\s+)?"
    rf"(?:\b(?:the|a|an|our|my|local|s3|gcs|aws|input|source|incoming|landing|shared|object|storage|amazon|google)\s+)*"
    rf"(?:\b{_PLACE}\b\s*)?(?:\b(?:called|named|at|is)\b|:|=)?\s*(?P<place>{kind_class('path', 'uri')})"
)
_ROWS_OF = r"(?:[\s-]+(?:files?|exports?|reports?|dumps?|feeds?|extracts?|data|format(?:ted)?|documents?|drops?|uploads?))*\b"
_CSV = _rx(
    r"(?:\b(?:all|every|each|any|the|our|my|these|those|of|a|an|many|several|some|single|incoming)\s+)*"
    rf"(?P<label>(?:\b[a-z][a-z'-]*\s+){{0,2}})\.?\bcsvs?\b{_ROWS_OF}(?P<tail>\s+(?:of|for)\s+(?:the|our|all|my)\s+(?:[a-z][a-z'-]*\s*){{1,2}}(?=[,.;]|$|\bfrom\b|\bin\b|\bunder\b|\binto\b))?"
)
_NOUN = _rx(
    r"\b(?:all|every|each|any|both)\s+(?:of\s+)?(?:(?:the|their|these|those|its)\s+)?"
    r"(?:files?|rows?|records?|lines?|data|values|contents?|of\s+them|of\s+it|them|it)\b|\bonly\s+(?=\w*csv)"
)
_HEADER = _rx(
    r"(?:\b(?:with|have|has|having|and|includ\w+)\s+)*(?:\ban?\s+|\bthe\s+)?\bheader(?:\s+(?:row|line))?s?\b"
    r"|\b(?:the\s+)?first\s+(?:row|line)\s+(?:is|holds|contains|has)\s+(?:the\s+)?(?:header|column\s+names)\b"
)
_ON_ENGINE = rf"(?:\s*[,(]?\s*(?:\b(?:in|of|on|within|inside)\s+)?(?:\b(?:the|a|our|my)\s+)?{ENGINE}\)?)?"
_TO = r"(?:\b(?P<prep>into|to|in|onto|inside|from|of|out\s+of|on)\s+)?(?:\b(?:the|a|an|our|my|one|target|destination|existing|new|single|its|is)\s+)*"
_SINKS: Final = (
    _rx(rf"{_TO}(?:{ENGINE}\s+)?(?:\b(?:database|db|target|destination|output|sink)\s+)?\btable\b\s*(?:\b(?:called|named|is)\b|:|=)?\s*(?P<name>{NAME}|{WORD}){_ON_ENGINE}"),
    _rx(rf"\b(?P<prep>into|to|in|onto|from)\s+(?:\b(?:the|our|my|a)\s+)*(?:{ENGINE}\s+)?(?P<name>{NAME}|{WORD})\s+table\b{_ON_ENGINE}"),
    _rx(rf"\b(?P<prep>into|to|onto|in|from)\s+(?:\b(?:the|our|my)\s+)*{ENGINE}\s*[:,]?\s*(?:as\s+)?(?P<name>{NAME})"),
    _rx(rf"\b(?P<prep>into|to|onto|in|from)\s+(?P<name>{NAME}){_ON_ENGINE}"),
)  # fmt: skip
_ENGINE = _rx(rf"(?:\b(?:in|into|to|on|of|a|an|the|our|my|using|use)\s+)*{ENGINE}")
_NO_TABLE: Final = _NO_NAME | {"in", "on", "with", "if", "and", "when", "using", "called", "named"}


def sink(sheet: Sheet) -> None:
    """Take the table that is written, and engines named alone."""
    for number, pattern in enumerate(_SINKS):
        if number == 3 and sheet.all("sink"):
            break
        for match in sheet.find(pattern):
            if match["name"] in _NO_TABLE or match["name"] in _VERBS or match["name"] in UNSUPPORTED:
                continue
            slot = "source_table" if match["prep"] in ("from", "out of") else "sink"
            engine = re.search(ENGINE, match[0])
            sheet.take(slot, (sheet.name(*match.span("name")), _engine(engine[0]) if engine else None), *match.span())
    for match in sheet.find(_ENGINE):
        sheet.take("engine", _engine(match[0]), *match.span())


def _engine(words: str) -> str:
    return "sqlite" if "sqlite" in words else "postgres"


def source(sheet: Sheet) -> None:
    """Take folders, CSV files and what is said of them as a name."""
    for match in sheet.find(_FOLDER):
        value = sheet.reading.marks[match["place"]].value
        before = sheet.text[max(0, match.start("place") - 24) : match.start("place")]
        if re.search(r"\b(?:database|db|sqlite)\b[^.]*$", before) or value.endswith((".db", ".sqlite", ".sqlite3")):
            slot = "database_file"
        else:
            slot = "target_folder" if match["prep"] in ("to", "into", "onto") else "folder"
        sheet.take(slot, value, *match.span())
    for match in sheet.find(_HEADER):
        sheet.take("header", True, *match.span())
    for match in sheet.find(_CSV):
        start, end = match.start(), match.end()
        words = [word for word in match["label"].split() if word not in FILLER | {"all", "every", "each", "any"}]
        if not all(map(_is_label, words)):
            start, words = _label_start(match), _trailing_labels(match["label"].split())
        if match["tail"] and not all(map(_is_label, match["tail"].split()[2:])):
            end = match.start("tail")
        sheet.take("csv", " ".join(words), start, end)
    for match in sheet.find(_NOUN):
        sheet.take("noun", True, *match.span())


def _is_label(word: str) -> bool:
    known = OPERATORS | QUALIFIERS | TERMS | CARRIERS | _VERBS | FILLER | GLUE
    return word not in known and word not in UNSUPPORTED


def _trailing_labels(words: list[str]) -> list[str]:
    kept: list[str] = []
    for word in reversed(words):
        if not _is_label(word):
            break
        kept.insert(0, word)
    return kept


def _label_start(match: re.Match[str]) -> int:
    """Return where the name of the files begins, after the last word that cannot be one."""
    kept = _trailing_labels(match["label"].split())
    if not kept:
        return match.end("label")
    return match.start("label") + match["label"].rindex(kept[0])


_MODE = _rx(
    r"\b(?P<upsert>upsert(?:s|ed|ing)?|merge(?:s|d)?|merging|insert\s+or\s+update|update\s+or\s+insert|insert/update|updat(?:e|ing)\s+(?:the\s+)?existing\s+(?:rows|ones|records))\b"
    r"|\b(?P<append>append(?:s|ed|ing)?|add(?:s|ed|ing)?)\b(?:\s+only\b)?"
    r"|\b(?P<replace>(?:replac|overwrit)(?:e|es|ed|ing)|truncate\s+and\s+(?:re)?load|full(?:y)?\s+(?:refresh|reload)|reload)\b"
    r"(?:\s+(?:the|its|all|existing|old|previous|whole|contents?|rows|data|of|in)\b)*"
)


def mode(sheet: Sheet) -> None:
    """Take how the table is written: upsert, append or replace."""
    for match in sheet.find(_MODE):
        sheet.take("mode", match.lastgroup, *match.span())


# ---- checks, retries, connections and the frame ------------------------------------------------------------------

_ROWS = r"(?:rows?|records?|lines?|data|entries|entry|values?)\b"
_CAME = (
    r"(?:\s+(?:at\s+all|have|has|had|was|were|is|are|been|be|got|gets?|came|comes?|come|arrived?|arrives?|arriving|found|loaded|read|written|"
    r"in|there|imported|ingested|parsed|left|present|received|available|delivered|inserted|upserted)\b)*"
)
_NONE = (
    rf"(?:there\s+(?:is|are|was|were)\s+)?(?:(?:no|zero|0|not\s+(?:a\s+single|one|any|even\s+one))\s+(?:csv\s+|valid\s+)?{_ROWS}"
    r"|nothing|(?:it|they|we|the\s+(?:load|result|data|input|run|table|batch))\s+(?:is|are|was|were|got|get|finds?|found|has|have|reads?|loads?|loaded|ends?\s+up)\s+"
    rf"(?:empty|nothing|no\s+{_ROWS})){_CAME}"
)
_THERE = r"(?:(?:there\s+(?:are|is|were|was)|we\s+(?:get|got|have|read|load)|it\s+(?:has|loads?|loaded|reads?|got|finds?))\s+)?"
_ROW_COUNT = r"(?:the\s+|a\s+)?(?:(?:row|record)s?[\s_]*)?(?:count(?:\(\*\))?|number)(?:\s+of\s+(?:the\s+)?(?:loaded\s+)?(?:rows|records))?(?:\s+(?:is|was|be|must\s+be|should\s+be|to\s+be|equals?))?\s*"
_BELOW = (
    rf"(?:{_THERE}(?:fewer|less)\s+than\s+(?P<fewer>{COUNT})\s+{_ROWS}{_CAME}|{_THERE}(?P<orless>{COUNT})\s+(?:{_ROWS}\s+)?or\s+(?:fewer|less)(?:\s+{_ROWS})?{_CAME}"
    rf"|{_ROW_COUNT}(?:<=|at\s+most)\s*(?P<atmost>{COUNT})|{_ROW_COUNT}(?:<|below|under|less\s+than|fewer\s+than)\s*(?P<below>{COUNT})|{_ROW_COUNT}(?:==?\s*)?(?P<zero>0|zero)\b|(?P<none>{_NONE}))"
)
_ENOUGH = (
    rf"(?:{_THERE}(?:at\s+least|>=|no\s+(?:fewer|less)\s+than|a\s+minimum\s+of)\s+(?P<least>{COUNT})\s+{_ROWS}{_CAME}|{_THERE}(?:more\s+than|>)\s+(?P<more>{COUNT})\s+{_ROWS}{_CAME}"
    rf"|{_THERE}(?P<ormore>{COUNT})\s+or\s+more\s+{_ROWS}{_CAME}|{_ROW_COUNT}(?:>=|at\s+least|\u2265)\s*(?P<atleast>{COUNT})"
    rf"|{_ROW_COUNT}(?:>|above|over|greater\s+than|more\s+than)\s*(?P<above>{COUNT})|{_ROW_COUNT}(?:not|!=|is\s+not|isn't|<>)\s*(?P<notzero>0|zero)\b|{_THERE}(?:any|some)\s+{_ROWS}{_CAME}"
    r"|(?:(?:the|that)\s+)*(?:table|result|load|data|it)?\s*(?:is\s+not|isn't|must\s+not\s+be|are\s+not|not)\s+empty)"
)
_FAIL = r"\b(?:fail(?:s|ing)?|raise(?:s)?(?:\s+an?\s+(?:error|exception))?|error(?:\s+out)?|abort(?:s)?|stop\s+with\s+an\s+error|break(?:s)?|throw(?:\s+an?\s+(?:error|exception))?)\b"
_WHAT = r"(?:\s+(?:the|this|whole|entire|dag|run|task|job|pipeline|it|hard|loudly|load|import|workflow)\b)*"
_CHECKS: Final = tuple(
    map(
        _rx,
        (
            rf"(?:\b(?:it|the|dag|run|should|must|has\s+to|let\s+it)\s+)*{_FAIL}{_WHAT}\s*,?\s+(?:if|when|whenever|in\s+case)\s+(?:that\s+)?{_BELOW}",
            rf"\b(?:if|when|whenever|in\s+case)\s+{_BELOW}\s*,?\s*(?:then\s+)?(?:(?:the|this|it|dag|run|task|job|pipeline|must|should|has\s+to|let|please|make)\s+)*{_FAIL}{_WHAT}",
            rf"(?:\b(?:it|the|dag|run|should|must)\s+)*{_FAIL}{_WHAT}\s*,?\s+unless\s+{_ENOUGH}",
            r"(?:\b(?:run|do|add|with|make|have|finally|include)\s+)*(?:\b(?:a|an|the|final|data|quality|row[\s-]count|sanity)\s+)*"
            rf"\b(?:check|ensure|verify|verifies|make\s+sure|assert|require|expect|validate|validation|test|demand|checks)(?:s|ed|ing)?\b\s*(?:that\b|for\b|of\b|:|,|whether\b)?\s*{_ENOUGH}",
            rf"{_ENOUGH}\s+(?:must|have\s+to|should|are\s+(?:expected|required|needed)|need\s+to)\b(?:\s+(?:arrive|come\s+in|be\s+(?:there|loaded|read|written)))?",
            r"(?:\bthe\s+)?\b(?:table|result|load|data)\s+must\s+not\s+be\s+empty\b",
        ),
    )
)


def checks(sheet: Sheet) -> None:
    """Take row count checks; the value is the fewest rows that pass."""
    for pattern in _CHECKS:
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


_TIMES = rf"(?:(?P<n>{COUNT})\s*(?:times|x|attempts)?|(?P<word>once|twice|thrice))"
_ON_FAIL = r"(?:\s+(?:on|if|when|after|in\s+case\s+of|upon)\s+(?:an?\s+|any\s+)?(?:failures?|errors?|(?:it|a\s+task|something|anything|the\s+\w+)\s+fails)\b)?"
_RETRY = _rx(
    r"(?:\b(?:if|when)\s+(?:it|a\s+task|something|anything|the\s+(?:run|dag|task|job|load))\s+fails?\s*,?\s*|\bon\s+(?:failure|errors?)\s*,?\s*)?"
    r"(?:\b(?:with|allow|use|set|give\s+it|has|have|up\s+to|do)\s+)*"
    rf"(?:\bretr(?:y|ies|ying)\b(?:\s+(?:the|failed|failing|each|every|all|tasks?|it|them|dag|run|whole|failures?|a|task's)\b)*{_ON_FAIL}\s*(?:up\s+to|at\s+most|a\s+maximum\s+of|max(?:imum)?|:|=|is|are|of|to)?\s*{_TIMES}{_ON_FAIL}"
    rf"|(?P<n2>{COUNT})\s+(?:automatic\s+)?retr(?:y|ies)\b(?:\s+(?:per|for\s+each|on\s+each|each)\s+task)?"
    r"|(?P<never>\b(?:no|without|zero|never|don't|do\s+not)\s+(?:any\s+)?retr(?:y|ies)\b(?:\s+(?:it|anything|on\s+failure))?))"
)
_UNIT = r"(?P<unit>seconds?|secs?|minutes?|mins?|hours?|hrs?)\b"
_DELAY = _rx(
    r"[\s,;(]*(?:\b(?:and|with|but|waiting|wait|at|an|a|the)\s+)*"
    rf"(?:(?:\b(?:every|after|intervals?\s+of|each|delay(?:ed)?(?:\s+(?:of|by))?|pauses?\s+of|gap\s+of|waiting|wait)\s+)(?P<d1>{COUNT}|an?)[\s-]*{_UNIT}(?:\s+(?:apart|between(?:\s+(?:the\s+)?(?:attempts|retries|tries|them|each))?|delay|in\s+between|each\s+time|pause))?"
    rf"|(?P<d2>{COUNT}|an?)[\s-]*{_UNIT.replace('<unit>', '<unit2>')}\s+(?:apart|between(?:\s+(?:the\s+)?(?:attempts|retries|tries|them|each))?|(?:retry\s+)?delay|in\s+between|pause|wait|intervals?|later)(?:\s+(?:between(?:\s+(?:attempts|retries|tries|them))|each\s+time))?)\)?"
)
_DELAY_ALONE = _rx(rf"(?:\b(?:with|a|the|and|use)\s+)*\b(?:retry[\s_]delay|delay\s+between\s+retries)\s*(?:of|is|:|=)?\s*(?P<d1>{COUNT}|an?)[\s-]*{_UNIT}")
_BACKOFF = _rx(
    r"[\s,]*(?:\b(?:and|with|using|use|an?)\s+)*(?:\bexponential(?:ly)?\s+(?:back-?\s?off|(?:growing|increasing)\s+(?:delay|pause|wait)s?|delays?|backing\s+off)|\bback(?:ing)?[\s-]?off\s+exponentially)"
)


def retries(sheet: Sheet) -> None:
    """Take the number of retries, the minutes between them and exponential backoff."""
    for match in sheet.find(_RETRY):
        words = {"once": 1, "twice": 2, "thrice": 3}
        number = match["n"] or match["n2"]
        sheet.take("retries", 0 if match["never"] else words.get(match["word"] or "", 0) or count(number), *match.span())
        if delay := _DELAY.match(sheet.text, match.end()):
            _take_delay(sheet, delay)
    for delay in sheet.find(_DELAY_ALONE):
        _take_delay(sheet, delay)
    for match in sheet.find(_BACKOFF):
        sheet.take("backoff", True, *match.span())
        if delay := _DELAY.match(sheet.text, match.end()):
            _take_delay(sheet, delay)


def _take_delay(sheet: Sheet, match: re.Match[str]) -> None:
    groups = match.groupdict()
    number, unit = groups["d1"] or groups.get("d2") or "a", groups["unit"] or groups.get("unit2") or ""
    amount = 1 if number in ("a", "an") else count(number)
    seconds = amount * (1 if unit.startswith("s") else 60 if unit.startswith("m") else 3600)
    sheet.take("retry_delay_s", seconds, *match.span())


_CONNECTION = _rx(
    rf"\(?(?:\b(?:on|with|using|use|via|through|over|by|at|under|and|its|the|a|of|for|airflow|database|db|s3|aws|storage|source|gcs|folder|postgres(?:ql)?|pg|sqlite)\s+)*"
    rf"(?:\bconn(?:ection)?(?:[\s_]?id)?\b\s*(?:\b(?:is|called|named|id)\b|:|=)?\s*(?P<id>{NAME}|[a-z][\w-]*)|(?P<before>{NAME})\s+conn(?:ection)?\b)\)?"
)


def connections(sheet: Sheet) -> None:
    """Take connection ids; the value is (id, "storage", "database" or None where the words do not say)."""
    for match in sheet.find(_CONNECTION):
        group = "id" if match["id"] else "before"
        if match[group] in _NO_NAME:
            continue
        lead = match[0][: match.start(group) - match.start()]
        role = "storage" if re.search(r"\b(?:s3|aws|storage|source|gcs|folder)\b", lead) else None
        role = "database" if re.search(rf"{ENGINE}|\bdatabase\b|\bdb\b", lead) else role
        sheet.take("connection", (sheet.name(*match.span(group)), role), *match.span())


_FRAME: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("dag_id", _rx(rf"(?:\b(?:the|with|and|use|a)\s+)*(?:\bdag[\s_]id\b|\b(?:dag|pipeline|job)\s+(?:named|called|name)\b|\b(?:call|name)\s+(?:it|the\s+(?:dag|job|pipeline)|this\s+dag)\b|\b(?:named|called)\b)\s*(?:is|:|=|as)?\s*(?P<value>{ANY_MARK}|[a-z][\w.-]*\w)")),
    ("owner", _rx(r"(?:\b(?:the|with|and|its|it)\s+)*(?:\bowner\b(?:\s+is)?|\b(?:is\s+)?owned\s+by\b)\s*[:=]?\s*(?:the\s+)?(?P<value>" + ANY_MARK + r"|[\w@-]+)(?:\s+team\b)?")),
    ("tags", _rx(rf"(?:\b(?:the|with|and|its|it|add)\s+)*\b(?:tags?|tagged)\b(?:\s+(?:it|the\s+dag|are|is|as|with|by))*\s*[:=]?\s*(?P<value>(?:{ANY_MARK}|[\w-]+)(?:\s*(?:,\s*(?:and\s+)?|and\s+)(?:{ANY_MARK}|(?!(?:retry|owner|load|fail|no)\b)[\w-]+)(?=\s*(?:[,.;]|and\b|$)))*)")),
    ("no_catchup", _rx(r"\b(?:no|without|disable|do\s+not|don't|never|with\s+no)\s+(?:any\s+)?(?:catch[\s-]?up|back-?fill(?:ing|s)?)\b|\bcatch[\s-]?up\s*(?:is\s+|[:=]\s*)?(?:false|off|no|disabled)\b")),
    ("catchup", _rx(r"(?:\b(?:with|enable|and|do)\s+)*\b(?:catch[\s-]?up(?:\s*(?:is\s+|[:=]\s*)?(?:true|on|enabled))?|back-?fill(?:s|ing)?(?:\s+needed)?)\b")),
    ("one_run", _rx(r"(?:\b(?:only|at\s+most|max(?:imum)?|never\s+more\s+than)\s+)?\b(?:one|1)\s+(?:active\s+)?run\s+at\s+(?:a|the\s+same|any)\s+time\b|\bmax_active_runs\s*(?:is|:|=)?\s*1\b")),
    ("make", _rx(r"\b(?:create|build|make|write|generate|set\s+up|design|develop|author)(?=\s+(?:me\s+|us\s+)?(?:an?|the|one)\s+(?:[\w-]+\s+){0,3}(?:dag|pipeline|job|workflow|etl|process|task|import)\b)")),
    ("make", _rx(r"\b(?:simple|small|new|little|basic)\s+(?=(?:[\w-]+\s+)?(?:dag|pipeline|job|workflow)\b)")),
    ("order", _rx(r"(?:(?<=[.;:,]\s)|^)(?:first(?:ly)?|secondly|thirdly|after\s+that|after\s+this|at\s+the\s+end|lastly|as\s+a\s+last\s+step)(?=[\s,:])|(?:(?<=\s)|^)\d{1,2}[.)](?=\s+[a-z])")),
    ("run", _rx(r"\b(?:(?:it|the\s+(?:dag|job|pipeline))\s+)?(?:must|should)\s+(?=run\b)|\b(?:start|kick\s+off|trigger)\s+(?:it|the\s+(?:dag|job|pipeline))\b")),
)  # fmt: skip


def frame(sheet: Sheet) -> None:
    """Take what concerns the DAG as a whole: id, owner, tags, catchup."""
    for slot, pattern in _FRAME:
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


def extract(reading: Reading) -> Sheet:
    """Return the sheet of a request after every extractor has taken its facts."""
    sheet = Sheet(reading)
    for extractor in EXTRACTORS:
        extractor(sheet)
    return sheet
