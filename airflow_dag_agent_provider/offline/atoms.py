"""What a text says about time, as typed atoms: a time of day, a set of days, a period, a window ...

`scan` finds the rows of `time_patterns.PATTERNS` as islands, the earliest first and the longest
of those. What `duration` atoms cover is taken away from the schedule ("retry every 10 minutes") and left to others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, NamedTuple

from airflow_dag_agent_provider.offline.spans import kind_class
from airflow_dag_agent_provider.offline.time_patterns import (
    ANY_CLOCK,
    DAY,
    DAYSET,
    MONTH,
    ORDINAL,
    PATTERNS,
    POD,
    UNIT,
    N,
)
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
    last = re.search(r"[^,&]*?([ap])\.?\s?m\b\.?$", text.strip())
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
    group = r"(?P<group>week-?end|week-?day|work|business)"
    pattern = rf"(?P<a>{DAY})\s*(?:-|to|through|thru|until)\s*(?P<b>{DAY})|(?P<one>{DAY})|{group}"
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


def _part_of_day(text: str) -> tuple[str, bool]:
    """Return morning, afternoon, evening or night, and whether it is every one."""
    found = re.search(POD, text)
    assert found is not None  # as the pattern of the atom says
    return found["pod"], text.startswith(("every", "each"))


READERS: Final[dict[str, Callable[[str], Any]]] = {
    "override": lambda t: (_dayset(t), _times(t[max(m.end() for m in re.finditer(DAYSET, t)) :])),
    "except": _dayset,
    "ordinal_day": _ordinal_days,
    "working_day": lambda t: ([*_month_days(t), 0])[0],
    "month_day": _month_days,
    "month_day:2": _month_days,
    "quarter_day": lambda t: "L" if "last" in t else 1,
    "month": _month,
    "window": _window,
    "start": lambda t: _times(t)[0],
    "minute": _minutes,
    "every": lambda t: (
        Period(1, "day") if t.startswith("everyday") or t.endswith("of the week") else _every(t.replace("per run", ""))
    ),
    "every:2": _times_per,
    "every:3": lambda t: Period(number(t.split("-")[0]), "hour"),
    "adverb": lambda t: ADVERBS.get(t) or Period(1, t.split()[-1]),
    "days": _dayset,
    "pod": _part_of_day,
    "time": _times,
}
"""How the words of a row become a value; rows that are not here keep their words."""


@cache
def _compiled() -> tuple[tuple[str, re.Pattern[str], Callable[[str], Any]], ...]:
    rows = ((slot.partition(":")[0], re.compile(pattern), READERS.get(slot, str)) for slot, pattern in PATTERNS)
    return tuple(rows)


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
    """Return literal crons and zones, and names of zones beside another atom, "time" or "time zone"."""
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
    after = any(
        end <= atom.start and re.fullmatch(r"[\s,)]*", text[end : atom.start]) for atom in atoms if atom.slot == "time"
    )
    return before or after
