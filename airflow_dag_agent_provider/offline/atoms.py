"""What a text says about time, as typed atoms: a time of day, a set of days, a period, a window ...

Each row of `ATOMS` is (slot, pattern, reader); `scan` finds them as islands, the earliest first and the longest
of those. What `duration` atoms cover is taken away from the schedule ("retry every 10 minutes") and left to others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, NamedTuple

from airflow_dag_agent_provider.offline.spans import ANY_MARK, kind_class
from airflow_dag_agent_provider.offline.words import DAY_NAMES, MONTH_NAMES, NUMBERS, ORDINALS
from airflow_dag_agent_provider.offline.zones import zone_names


class Clock(NamedTuple):
    """A time of day; ``sure`` is False where morning or evening is open; ``pod`` is a part of day said with it."""

    hour: int
    minute: int
    sure: bool
    pod: str | None = None


class Period(NamedTuple):
    """Every ``n`` units; ``times`` > 1: so many times in each."""

    n: int
    unit: str
    times: int = 1


@dataclass(frozen=True)
class Atom:
    """One thing said about time; ``start`` and ``end`` are places in the normalised text."""

    slot: str
    value: Any
    start: int
    end: int


def _either(words: object) -> str:
    return "|".join(sorted((re.escape(str(word)) for word in words), key=len, reverse=True))  # type: ignore[attr-defined]


N = rf"(?:\b\d{{1,4}}|\b(?:{_either(NUMBERS)}|an?)\b)"
SMALL = rf"(?:{_either(list(NUMBERS)[:12])})\b"
UNIT = r"(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|quarters?|years?)\b"
SEP = r"\s*(?:,\s*(?:and\s+|or\s+)?|\band\s+(?:at\s+)?|&\s*|\+\s*)"
ORDINAL = rf"(?:\b\d{{1,2}}(?:st|nd|rd|th)\b|\b(?:{_either(ORDINALS)})\b)"
DAY = r"\b(?:sun|mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?)(?:days?)?\b\.?"
SAFE_DAY = rf"(?!(?:sun|sat)\b(?!\.?\s*(?:[,;.&-]|and\b|to\b|at\b|\d|$)))(?!wed\b(?=\s+to\b\s+a)){DAY}"
RANGE = rf"{DAY}\s*(?:-|to|through|thru|until)\s*{DAY}"
DAYSET = rf"(?:{RANGE}|{SAFE_DAY}|\bweek-?ends?\b|\bweek-?days?\b|\bwork(?:ing|\s+)?\s*days?\b|\bbusiness\s+days?\b)"
DAYS = rf"{DAYSET}(?:(?:{SEP})(?:on\s+)?{DAYSET})*"
MONTH = rf"\b(?:{_either(m for m in MONTH_NAMES if m != 'may')}|may|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?"
OF_MONTH = r"(?:\s+(?:of|in|day\s+of))?\s+(?:the\s+|each\s+|every\s+|a\s+)?(?:calendar\s+)?month\b"
POD = r"\b(?P<pod>morning|afternoon|evening|night)s?\b"
_AP = r"\s*[ap]\.?\s?m\b\.?"
_NOT_TIME = (
    r"(?!\d|[:.,]\d|%|\s*-?\s*(?:[ap]\.?m\b|past\b|times?\b|x\b|rows?\b|records?\b|lines?\b|files?\b|retr|attempts?\b|"
    r"columns?\b|percent|" + UNIT + r"))"
)
CLOCK = (
    rf"(?:\b\d{{1,2}}(?:[:h.][0-5]\d)?(?::00)?{_AP}"
    r"|(?<![\d:.])(?:[01]?\d|2[0-9])[:h][0-5]\d(?::00)?(?:\s*(?:h|hrs?|hours|o'?clock)\b)?(?:z\b)?(?![\d:])"
    r"|\b\d{1,2}\s*(?:h|o'?\s?clock)\b|\b[0-2]\d[0-5]\d\s*(?:hrs|hours|h)\b|(?<=\bat )[0-2]\d[.]?[0-5]\d\b" + _NOT_TIME + r"|(?<=\bat )\d\.[0-5]\d\b"
    rf"|\b(?:noon|midday|midnight)\b|\b{SMALL}\s*o'?\s?clock\b"
    rf"|\b(?:half|(?:a\s+)?quarter|\d{{1,2}}\s+minutes?|(?:five|ten|twenty|twenty-five)(?:\s+minutes)?)\s+"
    rf"(?:past|after|to|before)\s+(?:{SMALL}|\d{{1,2}}\b|noon\b|midnight\b))"
    r"(?:\s+(?:in\s+the\s+(?:morning|afternoon|evening)|at\s+night)\b)?"
)
_IN_POD = rf"\b(?:{SMALL}|\d{{1,2}})\s+(?:in\s+the\s+(?:morning|afternoon|evening)|at\s+night)\b"
BARE = rf"(?<![\d:.])(?:\d{{1,2}}\b|{SMALL}){_NOT_TIME}"
ANY_CLOCK = rf"(?:{_IN_POD}|{CLOCK}|{BARE})"
ADVERBS: Final[dict[str, Period]] = {
    "hourly": Period(1, "hour"),
    "daily": Period(1, "day"),
    "nightly": Period(1, "day"),
    "weekly": Period(1, "week"),
    "monthly": Period(1, "month"),
    "quarterly": Period(3, "month"),
    "yearly": Period(1, "year"),
    "annually": Period(1, "year"),
    "half-hourly": Period(30, "minute"),
    "fortnightly": Period(2, "week"),
}
_VAGUE_ADVERB = r"\b(?:bi-?weekly|bi-?monthly|semi-?(?:weekly|monthly|annually)|bi-?annually|twice-?weekly)\b"
_DATE = kind_class("date")


def number(text: str) -> int:
    """Return the number that a word, digits or an ordinal say."""
    text = text.strip().lower()
    if text in ("a", "an"):
        return 1
    digits = re.match(r"\d+", text)
    return int(digits[0]) if digits else NUMBERS.get(text) or ORDINALS[text]


def unit(text: str) -> str:
    """Return the singular name of a unit of time."""
    word = text.strip().lower().rstrip("s")
    return {"min": "minute", "hr": "hour", "sec": "second"}.get(word, word)


def clock(text: str) -> Clock:
    """Return the time of day that ``text`` says; hours above 24 stay as they are and are asked about."""
    text = text.lower().strip(" .")
    pod = None
    if found := re.search(r"\s+(?:in\s+the\s+(morning|afternoon|evening)|at\s+(night))$", text):
        pod, text = found[1] or found[2], text[: found.start()]
    if text in ("noon", "midday"):
        return Clock(12, 0, True)
    if text == "midnight":
        return Clock(0, 0, True)
    if found := re.fullmatch(r"(?:a\s+)?(\S+)(?:\s+minutes?)?\s+(past|after|to|before)\s+(\S+)", text):
        minutes = {"half": 30, "quarter": 15}.get(found[1]) or number(found[1])
        hour = {"noon": 12, "midnight": 24}.get(found[3]) or number(found[3])
        sure = found[3] in ("noon", "midnight")
        if found[2] in ("past", "after"):
            return Clock(hour % 24, minutes, sure, pod)
        return Clock((hour - 1) % 24 if hour > 1 else 12, 60 - minutes, sure, pod)
    if found := re.match(r"([0-2]\d)\.?([0-5]\d)(?:\s*(?:hrs|hours|h))?$", text):
        return Clock(int(found[1]), int(found[2]), True, pod)
    found = re.match(r"(\d{1,2}|[a-z]+)(?:[:h.](\d\d))?(?::00)?\s*(?:([ap])\.?\s?m)?", text)
    assert found is not None  # every alternative of CLOCK and BARE has this shape
    hour, minute, half = number(found[1]), int(found[2] or 0), found[3]
    if half:
        return Clock(hour % 12 + (12 if half == "p" else 0) if 1 <= hour <= 12 else 99, minute, True, pod)
    certain = bool(found[2]) and (found[1].startswith("0") or ":" in text or "h" in text)
    return Clock(hour, minute, certain or hour > 12 or hour == 0 or found[1].startswith("0"), pod)


def _clocks(text: str) -> tuple[Clock, ...]:
    return tuple(clock(found[0]) for found in re.finditer(ANY_CLOCK, text))


def _times(text: str) -> tuple[Clock, ...]:
    found = _clocks(text)
    # "6, 14 and 22h" and "8 and 10 pm": what the last one says of am and pm holds for the bare ones before it
    last = re.search(rf"[^,&]*?([ap])\.?\s?m\b\.?$", text.strip())
    if last and len(found) > 1:
        late = last[1] == "p"
        return tuple(
            c if c.sure else Clock(c.hour % 12 + 12 * late, c.minute, True, c.pod) if c.hour <= 12 else c for c in found
        )
    if len(found) > 1 and any(c.sure and c.hour > 12 for c in found):
        return tuple(Clock(c.hour, c.minute, True, c.pod) for c in found)
    return found


def _dayset(text: str) -> frozenset[int]:
    days: set[int] = set()
    pattern = rf"(?P<a>{DAY})\s*(?:-|to|through|thru|until)\s*(?P<b>{DAY})|(?P<one>{DAY})|(?P<group>week-?end|week-?day|work|business)"
    for found in re.finditer(pattern, text):
        if found["a"]:
            day, last = _day(found["a"]), _day(found["b"])
            days.add(day)
            while day != last:
                day = (day + 1) % 7
                days.add(day)
        elif found["one"]:
            days.add(_day(found["one"]))
        else:
            days |= {0, 6} if "end" in found["group"] else {1, 2, 3, 4, 5}
    return frozenset(days)


def _day(text: str) -> int:
    return next(number for number, name in enumerate(DAY_NAMES) if name.startswith(text[:3]))


def _month_numbers(text: str) -> list[int]:
    found = [
        next(n for n, name in enumerate(MONTH_NAMES, 1) if name.startswith(match[0][:3]))
        for match in re.finditer(MONTH, text)
    ]
    if len(found) == 2 and re.search(r"-|\bto\b|\bthrough\b|\buntil\b|\bbetween\b", text):
        first, last = found
        return [(first - 1 + step) % 12 + 1 for step in range((last - first) % 12 + 1)]
    return found


def _month(text: str) -> tuple[list[int], list[int]]:
    days = [number(match[0]) for match in re.finditer(rf"{ORDINAL}|\b\d{{1,2}}\b", text)]
    return _month_numbers(text), days


def _every(text: str) -> Period:
    if re.search(r"hour\s+and\s+a\s+half", text):
        return Period(90, "minute")
    if re.search(r"half", text) and not re.search(r"and\s+a\s+half", text):
        return Period(30, "minute")
    if re.search(r"quarter[\s-]+(?:of\s+an\s+)?hour", text):
        return Period(15, "minute")
    found = re.search(rf"(?:(other|alternate|\d+\.\d+|{ORDINAL}|{N})(\s+and\s+a\s+half)?\s*-?\s*)?({UNIT})", text)
    assert found is not None  # the pattern of the atom ends with a unit
    measure = unit(found[3])
    if measure == "quarter":
        measure, factor = "month", 3
    else:
        factor = 1
    if found[1] and ("." in found[1] or found[2]):
        count = float(found[1]) if "." in found[1] else number(found[1]) + 0.5
        minutes = count * {"minute": 1, "hour": 60}.get(measure, 0)
        return Period(int(minutes), "minute") if minutes and minutes == int(minutes) else Period(0, measure)
    count = 1 if not found[1] else 2 if found[1] in ("other", "alternate") else number(found[1])
    return Period(count * factor, measure)


def _times_per(text: str) -> Period:
    found = re.match(rf"(?:only\s+)?(once|twice|thrice|{N})", text)
    assert found is not None  # as the pattern of the atom says
    times = {"once": 1, "twice": 2, "thrice": 3}.get(found[1]) or number(found[1])
    per = next((period for word, period in ADVERBS.items() if text.endswith(word)), None)
    measure = per.unit if per else unit(text.rsplit(None, 1)[-1])
    factor, measure = (3, "month") if measure == "quarter" else (1, measure)
    return Period(factor, measure, times)


def _minutes(text: str) -> tuple[tuple[int, ...], bool]:
    """Return the minutes of the hour and whether the words say that it is every hour."""
    hourly = bool(re.search(r"(?:the|every|each)\s+(?:full\s+)?hour", text))
    if re.search(r"half", text):
        return (30,), hourly or "half-hour" in text or "half hour" in text
    if re.search(r"top\s+of|on\s+the\s+(?:full\s+)?hour", text):
        return (0,), True
    if "quarter" in text:
        return (45 if re.search(r"\bto\b|before", text) else 15,), hourly
    values = tuple(number(match[0].lstrip(":")) for match in re.finditer(rf":\d\d|{N}", re.sub(r"\ban?\b", "", text)))
    return tuple((60 - n) % 60 for n in values) if re.search(r"\bto\b|before", text) else values, hourly


def _ordinal_days(text: str) -> list[tuple[str | int, int]]:
    day = re.search(DAY, text)
    assert day is not None  # as the pattern of the atom says
    words = re.finditer(rf"{ORDINAL}|\blast\b", text[: day.start()])
    return [("last" if word[0] == "last" else number(word[0]), _day(day[0])) for word in words]


def _month_days(text: str) -> list[int | str]:
    if re.search(r"\blast\b|\bend\b", text):
        return ["L"]
    return [number(match[0]) for match in re.finditer(rf"{ORDINAL}|\d+", text)]


def _window(text: str) -> str | tuple[Clock, ...]:
    return "business" if re.search(r"business|office|working", text) else _times(text)


Row = tuple[str, str, Callable[[str], Any]]
_ONCE_A = r"(?!\s+(?:an?|per|every|each|in|daily|weekly|monthly|hourly)\b)"
_START_WORDS = r"\b(?:from|since|starting(?:\s+(?:on|from|at|with))?|starts?\s+(?:on|from)|beginning(?:\s+(?:on|from))?|as\s+of|start[\s_]date(?:\s+(?:is|of)|:)?|effective|first\s+run(?:\s+(?:on|is))?:?)"
ATOMS: Final[tuple[Row, ...]] = (
    ("correction", r"\b(?:no,?\s+)?(?:sorry|actually|scratch that|correction|no,?\s+wait|wait|i mean|i meant|or rather|rather|make (?:it|that)|oops|no,)(?:[\s,:-]*\b(?:i mean|i meant|make (?:it|that)|no|sorry|rather|wait)\b)*", str),
    ("duration", rf"\b(?:within|for|in|after|than|last|past|previous|next|most|max|under|timeout(?:\s+of)?|first|up\s+to)\s+(?:the\s+)?(?:last\s+)?{N}\s+{UNIT}|{N}[- ]{UNIT}\s+(?:apart|later|ago|old|window|rolling|average|timeout|delay|pause|wait|in\s+between)|\b\d+-(?:minute|hour|day|week|month)\b", str),
    ("manual", r"\b(?:(?:trigger|start|run|launch)(?:ed)?\s+(?:it\s+|this\s+)?)?(?:only\s+)?(?:manual(?:ly)?\b(?:\s+(?:runs?|trigger\w*|starts?|execution))?(?:\s+only)?|by\s+hand|on[\s-]demand)(?:\s+only)?|\b(?:no|without(?:\s+an?y?)?|not\s+on\s+an?)\s+(?:fixed\s+)?schedule\b|\b(?:un|not\s+)scheduled\b|\bschedule\s*:?\s*none\b|\b(?:don't|do\s+not)\s+schedule\s+it\b|\b(?:when|whenever)\s+(?:i|we)\s+(?:trigger|start|run)\s+it\b|\b(?:i|we)\s*(?:will|'ll)?\s+(?:trigger|start|run)\s+it\s+(?:myself|ourselves)", str),
    ("once", rf"\b(?:(?:just|only|exactly|runs?(?:\s+it)?)\s+once{_ONCE_A}|one[\s-](?:off|time|shot)\b(?:\s*[:,]?\s*just\s+once)?|a\s+single\s+time)(?:\s+on\s+{_DATE})?", str),
    ("not_period", rf"\b(?:not|never)\s+(?:just\s+)?(?:{_either(ADVERBS)}|(?:every|each)\s+(?:day|hour|week|month))\b", str),
    ("override", rf"\b(?:but|except|excluding)\s+(?:(?:for|on|every|each)\s+)*{DAYSET}(?:(?:{SEP})(?:on\s+)?{DAYSET})*\s*,?\s*(?:it\s+(?:runs?|should\s+run)\s+)?(?:\bat\s+{ANY_CLOCK}|{CLOCK})", lambda t: (_dayset(t), _times(t[max(m.end() for m in re.finditer(DAYSET, t)) :]))),
    ("except", rf"\b(?:except|but|excluding|not|never|don't|skip(?:ping)?|apart\s+from|other\s+than)(?:\s+(?:not|for|on|run|the|at|during|in|every|it|any|never))*\s+{DAYS}", _dayset),
    ("event", rf"\b(?:when(?:ever)?|as\s+soon\s+as|once|upon|every\s+time|each\s+time|triggered?\s+(?:by|on|when))\s+[^.;]{{0,60}}?\b(?:updated|refreshed|finish(?:ed|es)|complet\w+|succeed(?:ed|s)|lands?|landed|arrives?|arrived|appears?|changes|changed|ready|done|created|uploaded|dropped|available|exists?|new\s+(?:file|object)s?)\b|\bafter\s+(?:the\s+)?(?:dag\s+{ANY_MARK}|{ANY_MARK}\s+dag|dag\s+\w+)[^.;,]*", str),
    ("ordinal_day", rf"\b(?:on\s+)?(?:the\s+|every\s+|each\s+)?(?:{ORDINAL}|last\b)(?:{SEP}(?:the\s+)?(?:{ORDINAL}|last\b))*\s+{DAY}{OF_MONTH}", _ordinal_days),
    ("working_day", rf"\b(?:on\s+)?(?:the\s+|every\s+|each\s+)?(?:{ORDINAL}|last\b)\s+(?:business|working|week)[\s-]*day(?:{OF_MONTH})?", lambda t: (_month_days(t) + [0])[0]),
    ("alternate", rf"\b(?:every|each)\s+(?:other|alternate|{N}|{ORDINAL})\s+{DAYSET}|\balternat(?:e|ing)\s+(?:{DAYSET}|days|weeks|months)|{_VAGUE_ADVERB}|\b(?:odd|even)\s+(?:hours?|days?|weeks?|minutes?)\b", str),
    ("month_day", rf"\b(?:(?:on|at|by)\s+)?(?:the\s+|every\s+|each\s+)?(?:last\s+day(?:{OF_MONTH})?|(?:very\s+)?end{OF_MONTH}|month[\s-]end\b)|\bon\s+the\s+last\b(?={OF_MONTH})", _month_days),
    ("month_day", rf"\b(?:on\s+)?(?:the\s+|every\s+|each\s+)?{ORDINAL}(?:{SEP}(?:the\s+)?{ORDINAL})*(?:\s+days?)?{OF_MONTH}|\bon\s+the\s+\d{{1,2}}(?:st|nd|rd|th)\b(?:{SEP}(?:the\s+)?\d{{1,2}}(?:st|nd|rd|th)\b)*|\b(?:every|each)\s+\d{{1,2}}(?:st|nd|rd|th)\b(?!\s+(?:day|hour|minute|week|month|quarter|year|{DAY}))|\b(?:on\s+)?days?\s+\d{{1,2}}\b(?:{SEP}\d{{1,2}}\b{_NOT_TIME})*(?:{OF_MONTH})?|\b(?:on\s+)?(?:the\s+)?first\s+day(?:{OF_MONTH})", _month_days),
    ("quarter_day", r"\b(?:on\s+)?(?:the\s+)?(?:first|last)\s+day\s+of\s+(?:the|each|every|a)\s+quarter\b", lambda t: "L" if "last" in t else 1),
    ("month", rf"\b(?:(?:on|in|every|each)\s+)+(?:the\s+)?(?:{ORDINAL}\s+(?:of\s+)?)?{MONTH}(?:\s+(?:the\s+)?\d{{1,2}}(?:st|nd|rd|th)?\b(?![:h]))?(?:{SEP}{MONTH})*|\b(?:from|between)\s+{MONTH}\s*(?:-|to|and|through|until)\s*{MONTH}|\b(?:the\s+)?(?:{ORDINAL}|\d{{1,2}})\s+(?:of\s+)?{MONTH}|(?!\bmay\b\s)(?!\bmar\b\s)(?!\bmarch\b\s){MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?\b(?![:h\d])", _month),
    ("since", rf"{_START_WORDS}\s+(?:{_DATE}|{MONTH}\s+\d{{4}}\b|{MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}\b|\d{{1,2}}\s+{MONTH}\s+\d{{4}}\b)(?:\s+(?:to|until|till)\s+(?:now|today)|\s+on(?:wards?)?\b)?", str),
    ("vague", rf"\b(?:before|by|after|(?:no|not)\s+later\s+than|until|till|latest(?:\s+at)?|earliest(?:\s+at)?|sometime)\s+{ANY_CLOCK}|\bovernight\b|\b(?:during|in|at)\s+(?:the\s+)?(?:early\s+|late\s+)?(?:mornings?|afternoons?|evenings?|nights?)\b(?=\s*,?\s*(?:every|each)\s+(?:{N}\s+)?(?:hours?|minutes?|mins?))|\boutside\s+(?:of\s+)?(?:business|office|working)\s+hours", str),
    ("window", rf"\b(?:between|from)\s+{ANY_CLOCK}\s*(?:and|to|until|till|-|through)\s*{ANY_CLOCK}|{CLOCK}\s*(?:-|to|until|till)\s*{CLOCK}|\b\d{{1,2}}\s*(?:-|to)\s*{CLOCK}|\b(?:(?:during|in|within)\s+)?(?:the\s+)?(?:business|office|working)\s+hours", _window),
    ("start", rf"\b(?:starting|beginning)\s+(?:at|from)\s+{ANY_CLOCK}|\bfrom\s+{CLOCK}(?:\s+on(?:wards?)?)?\b", lambda t: _times(t)[0]),
    ("minute", rf"\b(?:at\s+|on\s+)?(?:{N}|quarter|half)\s+(?:minutes?\s+)?(?:past|after)(?:\s+(?:the|every|each)\s+(?:full\s+)?hour)?\b(?!\s+(?:{N}|noon|midnight))|\b(?:at\s+)?(?:{N}\s+minutes?|quarter)\s+(?:to|before)\s+(?:the|every|each)\s+(?:full\s+)?hour\b|\b(?:at|on)\s+(?:the\s+)?minutes?\s+\d{{1,2}}(?:{SEP}\d{{1,2}}\b)*(?:\s+(?:of|past)\s+(?:the|every|each)\s+hour)?|\b(?:on|at)\s+the\s+(?:top\s+of\s+(?:the|every|each)\s+hour|half[\s-]hour|full\s+hour|hour)\b|\bat\s+:\d\d(?:{SEP}:\d\d)*", _minutes),
    ("every", rf"\b(?:(?:once\s+)?(?:every|each)|one\s+run\s+per|once\s+per)\s+(?:(?:an?\s+)?half[\s-]+(?:an\s+)?hour\b|quarter[\s-]+(?:of\s+an\s+)?hour\b|hour\s+and\s+a\s+half\b|(?:single\s+)?(?:(?:other|alternate|\d+\.\d+|{ORDINAL}|{N}(?:\s+and\s+a\s+half)?)\s*-?\s*)?{UNIT}(?:\s+of\s+the\s+(?:week|month|year))?)|\beveryday\b|\b(?:one|an?)\s+(?:day|hour|week|month)\s+per\s+run\b", lambda t: Period(1, "day") if t.startswith("everyday") or t.endswith("of the week") else _every(t.replace("per run", ""))),
    ("every", rf"\b(?:only\s+)?(?:once|twice|thrice|{N}\s*(?:times|x))\s+(?:(?:an?|per|every|each|in\s+an?)\s+{UNIT}|(?:daily|weekly|monthly|yearly|hourly)\b)", _times_per),
    ("every", rf"\b(?:\d+|{_either(NUMBERS)})-hourly\b", lambda t: Period(number(t.split("-")[0]), "hour")),
    ("adverb", rf"\b(?:{_either(ADVERBS)})\b|\bper\s+(?:day|hour|week|month)\b", lambda t: ADVERBS.get(t) or Period(1, t.split()[-1])),
    ("days", rf"\b(?:(?:every|each|on|only)\s+)*{DAYS}(?:\s+only\b)?", _dayset),
    ("pod", rf"\b(?:(?:in|during)\s+the\s+|at\s+|every\s+|each\s+)?{POD}", lambda t: (re.search(POD, t)["pod"], bool(re.match(r"every|each", t)))),  # type: ignore[index]
    ("time", rf"(?:(?:\bat|\baround|\babout|\bapproximately|\broughly|@)\s+)?(?:{_IN_POD}|(?:{BARE}{SEP})*{CLOCK})(?:{SEP}(?:{_IN_POD}|{CLOCK}))*|(?:\bat|\baround|\babout|@)\s+{BARE}(?:{SEP}{BARE}(?=\s*(?:[.,;:()]|$|\bon\b|\bo'?clock)))*", _times),
)  # fmt: skip


@cache
def _compiled() -> tuple[tuple[str, re.Pattern[str], Callable[[str], Any]], ...]:
    return tuple((slot, re.compile(pattern), reader) for slot, pattern, reader in ATOMS)


def scan(text: str) -> tuple[Atom, ...]:
    """Return the atoms of a normalised text, in order, without overlap."""
    found = list(_islands(text))
    found += _zones(text, found)
    return tuple(sorted(found, key=lambda atom: atom.start))


def _islands(text: str) -> Iterator[Atom]:
    position = 0
    rows = _compiled()
    upcoming = [pattern.search(text) for _, pattern, _ in rows]
    while True:
        for index, match in enumerate(upcoming):
            if match is not None and match.start() < position:
                upcoming[index] = rows[index][1].search(text, position)
        alive = [(match.start(), -len(match[0]), index) for index, match in enumerate(upcoming) if match is not None]
        if not alive:
            return
        start, _, index = min(alive)
        chosen = upcoming[index]
        assert chosen is not None  # only matches are alive
        said = chosen[0].rstrip(" ,")
        yield Atom(rows[index][0], rows[index][2](said), start, start + len(said))
        position = chosen.end()


def _zones(text: str, atoms: list[Atom]) -> list[Atom]:
    """Return literal crons and presets, and zone names that stand beside another atom, before "time" or after "time zone"; UTC anywhere."""
    found = [Atom("zone", (m[0], None), m.start(), m.end()) for m in re.finditer(kind_class("zone"), text)]
    found += [Atom("cron", m[0], m.start(), m.end()) for m in re.finditer(kind_class("cron", "preset"), text)]
    for match in re.finditer(r"\b(?:utc|gmt)\s?([+-])\s?(\d{1,2})(?::?00)?\b", text):
        zone = f"Etc/GMT{'-' if match[1] == '+' else '+'}{int(match[2])}"
        found.append(Atom("zone", (zone, match[0]), match.start(), match.end()))
    edges = [atom for atom in atoms if atom.slot not in ("duration", "correction")]
    names = zone_names()
    for match in re.finditer(r"(?<![\w-])[a-z]+(?: [a-z]+){0,2}", text):
        words = match[0].split(" ")
        for first in range(len(words)):
            for last in range(len(words), first, -1):
                name = " ".join(words[first:last])
                start = match.start() + len(" ".join(words[:first])) + (first > 0)
                end = start + len(name)
                taken = any(a.start < end and start < a.end for a in (*found, *atoms))
                if name in names and not taken:
                    tail = re.match(r"\s+time\b(?:\s*zone)?", text[end:])
                    if tail or _beside(text, start, end, edges) or name in ("utc", "gmt"):
                        end += tail.end() if tail else 0
                        found.append(Atom("zone", (names[name], name), start, end))
    return found


def _beside(text: str, start: int, end: int, atoms: list[Atom]) -> bool:
    if re.search(r"\b(?:time\s*zone|tz)\s*(?:is|in|of|:|=)?\s*$", text[:start]):
        return True
    before = any(
        atom.end <= start and re.fullmatch(r"[\s,(]*(?:in|local|our)?[\s,]*", text[atom.end : start]) for atom in atoms
    )
    after = any(end <= atom.start and re.fullmatch(r"[\s,)]*", text[end : atom.start]) for atom in atoms if atom.slot == "time")
    return before or after
