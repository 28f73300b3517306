"""Atoms become one schedule, and the schedule is run against the atoms before anybody believes it.

What was read and does not fit is never dropped: it becomes a question. `Timing` can say more than a plan can
(several crons, an interval, an event); the planner asks where a plan cannot hold it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise
from typing import Any, Final, Literal

from croniter import croniter

from airflow_dag_agent_provider.offline.atoms import Atom, Clock, Period, scan
from airflow_dag_agent_provider.offline.spans import Reading
from airflow_dag_agent_provider.offline.words import DAY_NAMES, MONTH_NAMES
from airflow_dag_agent_provider.offline.zones import CERTAIN

Kind = Literal["cron", "manual", "interval", "event", "once", "unsaid", "open"]
PRESETS: Final = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@quarterly": "0 0 1 1,4,7,10 *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_ALL_DAYS = frozenset(range(7))
_GROUPS = {
    **dict.fromkeys(("every", "adverb"), "period"),
    **dict.fromkeys(("time", "window", "start", "minute", "override"), "time"),
    **dict.fromkeys(("days", "ordinal_day", "working_day", "month_day", "quarter_day", "alternate"), "days"),
    **dict.fromkeys(("cron", "manual", "once", "event"), "kind"),
}
_BASE = datetime(2026, 1, 1)


@dataclass(frozen=True)
class Timing:
    """When a DAG runs, as far as its request says it.

    ``kind`` "open": something was said and a question must be answered first; "unsaid": nothing was said.
    ``asks`` are (what was said, question); ``used`` are the atoms that the schedule holds.
    """

    kind: Kind
    crons: tuple[str, ...] = ()
    timezone: str | None = None
    start: date | None = None
    minutes: int | None = None
    assumptions: tuple[str, ...] = ()
    decisions: tuple[tuple[str, str], ...] = ()
    asks: tuple[tuple[str, str], ...] = ()
    used: tuple[Atom, ...] = ()


@dataclass
class _Group:
    days: frozenset[int] | None = None
    times: tuple[Clock, ...] = ()


@dataclass
class _Fields:
    """What all crons of one schedule share."""

    minutes: tuple[int, ...] = ()
    hours: tuple[int, ...] = ()
    day: str = "*"
    month: str = "*"
    weekday: str = "*"


@dataclass
class _Compiler:
    reading: Reading
    text: str
    atoms: list[Atom]
    used: list[Atom] = field(default_factory=list)
    asks: list[tuple[str, str]] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)
    decisions: list[tuple[str, str]] = field(default_factory=list)

    def take(self, *slots: str) -> list[Any]:
        """Return the values of the atoms of these slots; they count as used."""
        found = [atom for atom in self.atoms if atom.slot in slots]
        self.used += [atom for atom in found if atom not in self.used]
        return [atom.value for atom in found]

    def said(self, *slots: str) -> str:
        return ", ".join(self.words(atom) for atom in self.atoms if atom.slot in slots)

    def words(self, atom: Atom) -> str:
        return self.reading.original(atom.start, atom.end)

    def ask(self, said: str, question: str) -> None:
        self.asks.append((said, question))


def read_schedule(reading: Reading, text: str | None = None) -> Timing:
    """Return what a request says of its schedule.

    Args:
        reading: The request.
        text: Its normalised text, with the characters that other facts have used taken out.
    """
    text = reading.norm if text is None else text
    work = _Compiler(reading, text, [atom for atom in scan(text) if atom.slot != "duration"])
    _correct(work)
    zone = _zone(work)
    start = _start(work)
    kind, crons, minutes = _kind(work)
    for atom in work.atoms:
        if atom not in work.used:
            work.ask(work.words(atom), f"What should {work.words(atom)!r} change in the schedule?")
    if work.asks and kind in ("cron", "unsaid", "manual"):
        kind = "open"
    if kind == "cron" and not _verified(work, crons):
        work.ask(work.said("every", "days", "time"), "Which days and times exactly? The words do not give one schedule.")
        kind = "open"
    kept = crons if kind == "cron" else ()
    return Timing(
        kind, kept, zone, start, minutes, tuple(work.assumptions), tuple(work.decisions), tuple(work.asks), tuple(work.used)
    )


def _correct(work: _Compiler) -> None:
    """Apply "no, I mean ..." and "not daily": what was said first of the same thing is replaced."""
    for atom in [atom for atom in work.atoms if atom.slot == "correction"]:
        before = [a for a in work.atoms if a.start < atom.start]
        after = [a for a in work.atoms if a.start > atom.start]
        near = [a for a in after if a.start - atom.end < 60 and not re.search(r"[.;]\s", work.text[atom.end : a.start])]
        groups = {_GROUPS.get(a.slot, a.slot) for a in near if a.slot != "correction"}
        replaced = [a for a in before if _GROUPS.get(a.slot, a.slot) in groups]
        work.atoms = [a for a in work.atoms if a not in replaced and a is not atom]
        if replaced:
            work.used += [*replaced, atom]
            first = ", ".join(work.words(a) for a in replaced)
            work.decisions.append((", ".join(work.words(a) for a in near), f"you first said {first!r} and corrected it"))
    negated = [atom for atom in work.atoms if atom.slot == "not_period"]
    if any(_GROUPS.get(a.slot) in ("days", "kind") or a.slot in ("every", "adverb", "time") for a in work.atoms):
        work.used += negated
        work.atoms = [atom for atom in work.atoms if atom not in negated]


def _zone(work: _Compiler) -> str | None:
    values = [(work.reading.marks[z].value, None) if n is None else (z, n) for z, n in work.take("zone")]
    for zone, name in values:
        if name is not None and name not in CERTAIN:
            work.assumptions.append(f"{name!r} is read as the time zone {zone}.")
    zones = list(dict.fromkeys(zone for zone, _ in values))
    if len(zones) > 1:
        work.ask(work.said("zone"), f"Which time zone: {' or '.join(zones)}?")
    return zones[0] if zones else None


def _start(work: _Compiler) -> date | None:
    starts = []
    for words in work.take("since"):
        mark = next((work.reading.marks[char].value for char in words if char in work.reading.marks), None)
        starts.append(_iso_day(mark) if mark else _named_day(words))
    days = list(dict.fromkeys(starts))
    if len(days) > 1 or None in days:
        work.ask(work.said("since"), "Which start date, as YYYY-MM-DD?")
    return days[0] if days else None


def _iso_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _named_day(words: str) -> date | None:
    found = re.search(r"(?:(\d{1,2})\s+)?([a-z]{3})[a-z]*\.?\s*(?:(\d{1,2})(?:st|nd|rd|th)?,?\s+)?(\d{4})", words)
    if found is None:
        return None
    month = next(n for n, name in enumerate(MONTH_NAMES, 1) if name.startswith(found[2]))
    return _iso_day(f"{found[4]}-{month:02}-{int(found[1] or found[3] or 1):02}")


def _kind(work: _Compiler) -> tuple[Kind, tuple[str, ...], int | None]:
    """Return the kind of the schedule, its crons, and the minutes of an interval."""
    timed = [a for a in work.atoms if _GROUPS.get(a.slot) in ("period", "time", "days") or a.slot in ("pod", "month")]
    if literals := list(dict.fromkeys(work.reading.marks[char].value for char in work.take("cron"))):
        crons = list(dict.fromkeys(PRESETS.get(literal.lower(), literal) for literal in literals))
        if literals[0].lower() in ("@once", "@continuous"):
            return "once", (), None
        if len(crons) > 1:
            work.ask(", ".join(literals), "Which of these crons is the schedule?")
        work.used += [a for a in timed if a.slot in ("every", "adverb") and _same(work, a, crons)]
        return "cron", (crons[0],), None
    if work.take("manual"):
        return "manual", (), None
    if work.take("event"):
        return "event", (), None
    if work.take("once"):
        work.used += [a for a in timed if a.slot == "time"]
        return "once", (), None
    if not timed:
        return "unsaid", (), None
    for atom in [atom for atom in work.atoms if atom.slot in ("alternate", "vague")]:
        work.used.append(atom)
        hint = "from which date, and on which days?" if atom.slot == "alternate" else "at what time exactly?"
        work.ask(work.words(atom), f"{work.words(atom)!r}: {hint} A cron cannot say it.")
    return _calendar(work)


def _same(work: _Compiler, atom: Atom, crons: list[str]) -> bool:
    alone = _Compiler(work.reading, work.text, [atom])
    return _calendar(alone)[1] == tuple(crons)


def _calendar(work: _Compiler) -> tuple[Kind, tuple[str, ...], int | None]:
    """Compile periods, days and times into crons."""
    periods = _periods(work)
    inside = [p for p in periods if p.unit in ("second", "minute", "hour")]
    outer = [p for p in periods if p not in inside]
    if len(set(inside)) > 1 or len({p[:2] for p in outer}) > 1:
        work.ask(work.said("every", "adverb"), f"How often: {work.said('every', 'adverb')}? These do not go together.")
        return "open", (), None
    period = inside[0] if inside else None
    groups = _groups(work)
    shared = _Fields()
    _month_fields(work, shared, outer[0] if outer else None, groups)
    if period is not None:
        minutes = _interval(period)
        if minutes is None:
            work.ask(work.said("every"), f"{work.said('every')!r} is no schedule that Airflow runs: how many minutes apart?")
            return "open", (), None
        if minutes < 60 and 60 % minutes or minutes >= 60 and (minutes % 60 or 24 % (minutes // 60)):
            return "interval", (), minutes
        if outer and (outer[0].unit, outer[0].n) != ("day", 1):
            work.ask(work.said("every", "adverb"), f"How often: {work.said('every', 'adverb')}? These do not go together.")
        _inside_day(work, shared, minutes)
        return "cron", tuple(_cron(shared, _weekday(work, g)) for g in groups), None
    if past := work.take("minute"):
        if not any(hourly for _, hourly in past) or len(past) > 1:
            work.ask(work.said("minute"), f"{work.said('minute')!r}: of every hour?")
        shared.minutes, shared.hours = past[0][0], tuple(range(24))
        return "cron", tuple(_cron(shared, _weekday(work, g)) for g in groups), None
    return "cron", _at_times(work, shared, outer[0] if outer else None, groups), None


def _periods(work: _Compiler) -> list[Period]:
    """Return the periods; an adverb glued to a noun ("daily report") yields to what is said outright."""
    strong: list[Period] = work.take("every")
    weak = [atom for atom in work.atoms if atom.slot == "adverb"]
    glued = [a for a in weak if re.match(r"\s+(?!(?:at|on|from|between|during|in|by|around|and|except|but|not|"
             r"after|every|each|when|then|to|starting|i|we|please|with|for|as|via|pick|load|read|run|take)\b)[a-z]", work.text[a.end :])]  # fmt: skip
    free = [atom for atom in weak if atom not in glued]
    strong += [atom.value for atom in free]
    work.used += free
    days_said = any(a.slot in ("days", "ordinal_day", "month_day", "working_day", "quarter_day") for a in work.atoms)
    for atom in glued:
        work.used.append(atom)
        if strong or (days_said and atom.value.unit != "hour"):
            if atom.value not in strong:
                work.decisions.append((work.words(atom), "read as a name, because the schedule is said elsewhere"))
        elif all(atom.value == other.value for other in glued):
            strong = [atom.value]
        else:
            work.ask(work.words(atom), f"Is {work.words(atom)!r} the schedule?")
    if any(every for _, every in (a.value for a in work.atoms if a.slot == "pod")) and not strong:
        strong = [Period(1, "day")]
    return list(dict.fromkeys(strong))


def _interval(period: Period) -> int | None:
    """Return the minutes between two runs of a period shorter than a day, None where it cannot be."""
    if period.n < 1 or period.unit == "second":
        return None
    whole = period.n * (60 if period.unit == "hour" else 1)
    return None if whole % period.times else whole // period.times


def _groups(work: _Compiler) -> list[_Group]:
    """Pair days with times ("weekdays at 9 and Saturdays at 11"), or join them into one group."""
    atoms = [a for a in work.atoms if a.slot in ("days", "time", "override")]
    rows: list[Atom] = []
    for atom in atoms:
        if atom.slot != "override":
            rows.append(atom)
        elif not any(a.slot == "time" and a.start < atom.start for a in atoms):
            work.used.append(atom)
            days, times = atom.value
            work.atoms += [Atom("except", days, atom.start, atom.end), Atom("time", times, atom.start, atom.end)]
            rows.append(work.atoms[-1])
    work.used += rows
    kinds = [row.slot for row in rows]
    paired = len(rows) >= 4 and len(rows) % 2 == 0 and all(a != b for a, b in pairwise(kinds))
    if paired:
        pairs = [(a, b) if a.slot == "days" else (b, a) for a, b in zip(rows[::2], rows[1::2], strict=True)]
        groups = [_Group(days.value, _resolved(work, time)) for days, time in pairs]
        if sum(len(g.days or ()) for g in groups) > len(frozenset().union(*(g.days or () for g in groups))):
            work.ask(work.said("days"), f"Which time holds on which day: {work.said('days', 'time')}?")
        same_times = {g.times for g in groups}
        if len(same_times) == 1:
            return [_Group(frozenset().union(*(g.days or () for g in groups)), groups[0].times)]
        return groups
    return [_Group(_joined_days(work, rows), _joined_times(work, rows))]


def _joined_days(work: _Compiler, rows: Sequence[Atom]) -> frozenset[int] | None:
    days = [row for row in rows if row.slot == "days"]
    if not days:
        return None
    for first, second in pairwise(days):
        gap = work.text[first.end : second.start]
        if first.value != second.value and not re.fullmatch(r"[\s,]*(?:\b(?:and|also|on|plus|as well as)\b[\s,]*)*", gap):
            work.ask(work.said("days"), f"Which days: {work.said('days')}?")
            break
    return frozenset().union(*(row.value for row in days))


def _joined_times(work: _Compiler, rows: Sequence[Atom]) -> tuple[Clock, ...]:
    times = [row for row in rows if row.slot == "time"]
    resolved = [_resolved(work, row) for row in times]
    for (first, a), (second, b) in pairwise(zip(times, resolved, strict=True)):
        gap = work.text[first.end : second.start]
        if set(a) != set(b) and not re.fullmatch(r"[\s,]*(?:(?:and|also|at|again|every|each|morning|evening|in|the|night|afternoon|then)\b[\s,]*)*", gap):
            work.ask(work.said("time"), f"At which time: {work.said('time')}?")
            break
    return tuple(dict.fromkeys(clock for clocks in resolved for clock in clocks))


_PARTS: Final = {"morning": range(0, 12), "afternoon": range(12, 19), "evening": range(16, 24)}


def _resolved(work: _Compiler, atom: Atom) -> tuple[Clock, ...]:
    """Return the times of an atom with morning and evening settled; ask where they do not fit."""
    pods = [a for a in work.atoms if a.slot == "pod"]
    times = [a for a in work.atoms if a.slot == "time"]
    if len(pods) == 1 or len(pods) == len(times):
        own = pods[0] if len(pods) == 1 else pods[times.index(atom)]
        work.used.append(own)
        part: str | None = own.value[0]
    else:
        part = None
    return tuple(_settled(work, atom, clock, clock.pod or part) for clock in atom.value)


def _settled(work: _Compiler, atom: Atom, clock: Clock, part: str | None) -> Clock:
    words = work.words(atom)
    hour = clock.hour
    if hour > 23 or hour == 12 and not clock.sure and part in (None, "morning"):
        work.ask(words, f"Which time of day is {words!r}? Write it as HH:MM on the 24-hour clock.")
        return Clock(0, clock.minute, True)
    if not clock.sure and part is None and hour < 12:
        work.assumptions.append(f"{words!r} is read on the 24-hour clock: {hour:02}:{clock.minute:02}.")
    if not clock.sure and hour <= 12:
        if part == "night":
            hour = 0 if hour == 12 else hour + 12 if hour >= 6 else hour
        elif part in ("afternoon", "evening"):
            hour = hour % 12 + 12 if not (part == "evening" and hour == 12) else 12
    if part in _PARTS and hour not in _PARTS[part] or part == "night" and 6 < hour < 18:
        work.ask(words, f"{words!r} is not in the {part}: which time of day do you mean?")
    if part == "night" and hour < 6 and any(a.slot == "days" for a in work.atoms):
        work.ask(words, f"{words!r} at night: of the day you name, or of the next one?")
    if re.match(r"(?:around|about|approximately|roughly)", words.lower()):
        work.assumptions.append(f"{words!r} is read as exactly {hour:02}:{clock.minute:02}.")
    return Clock(hour, clock.minute, True)


def _month_fields(work: _Compiler, shared: _Fields, outer: Period | None, groups: list[_Group]) -> None:
    """Fill day of month, month and n-th weekday."""
    days: list[int | str] = [day for value in work.take("month_day") for day in value]
    months: list[int] = []
    for named, named_days in work.take("month"):
        months += named
        days += named_days
    if ordinal := work.take("ordinal_day"):
        shared.weekday = ",".join(f"L{day}" if n == "last" else f"{day}#{n}" for value in ordinal for n, day in value)
    for n in work.take("working_day"):
        if n != 1:
            work.ask(work.said("working_day"), "Only the first working day of a month can be a cron: which day instead?")
        days.append("1W")
    if quarter := work.take("quarter_day"):
        days += quarter
        months += [3, 6, 9, 12] if quarter[0] == "L" else [1, 4, 7, 10]
    _apply_outer(work, shared, outer, days, months, groups)
    if shared.weekday != "*" and (groups[0].days or days) or days and groups[0].days:
        work.ask(
            work.said("ordinal_day", "month_day", "working_day", "days", "month"),
            "A cron with a day of the month and a weekday runs on both: which one do you mean?",
        )
    if any(isinstance(day, int) and not 1 <= day <= 31 for day in days):
        work.ask(work.said("month_day", "month"), "Which day of the month (1 to 31)?")
        days = ["1"]
    if any(isinstance(day, int) and day > 28 for day in days) and not months:
        work.assumptions.append("Months without that day have no run.")
    if days:
        shared.day = ",".join(map(str, days)) if any(isinstance(d, str) for d in days) else compact(days)  # type: ignore[arg-type]
    if months:
        shared.month = compact(months)


def _apply_outer(
    work: _Compiler, shared: _Fields, outer: Period | None, days: list[int | str], months: list[int], groups: list[_Group]
) -> None:
    """Let "every month", "every quarter" and so on fill the fields that nobody named."""
    weekdays = groups[0].days
    if outer is None:
        if months and not days and weekdays is None and shared.weekday == "*" and not work.said("every", "adverb"):
            work.ask(work.said("month"), f"On which days {work.said('month')}?")
        return
    if outer.unit == "month":
        if 12 % outer.n:
            work.ask(work.said("every", "adverb"), f"Every {outer.n} months: counted from which month?")
        elif outer.n > 1 and not months:
            months += range(1, 13, outer.n)
            work.assumptions.append(f"Every {outer.n} months means the months {compact(months)} of each year.")
        if not days and shared.weekday == "*":
            if weekdays is not None:
                work.ask(work.said("days", "every", "adverb"), "Which of these weekdays in the month: the first, the last?")
            days.append(1)
            work.assumptions.append("The day of the month is not said: the 1st.")
    elif outer.unit == "year":
        if outer.n > 1:
            work.ask(work.said("every"), f"Every {outer.n} years: starting with which year?")
        if not months:
            months.append(1)
            work.assumptions.append("The month is not said: January.")
        if not days and shared.weekday == "*":
            days.append(1)
            work.assumptions.append("The day is not said: the 1st.")
    elif outer.n > 1:
        work.ask(work.said("every", "adverb"), f"Every {outer.n} {outer.unit}s: counted from which date? A cron starts anew each month.")
    elif outer.unit == "week" and (days or months):
        work.ask(work.said("every", "adverb", "month_day", "month"), "Weekly, or on days of the month?")
    elif outer.unit == "week" and weekdays is None and outer.times == 1:
        groups[0].days = frozenset({0})
        work.assumptions.append("The day of the week is not said: Sunday.")
    if outer.times > 1:
        count = {"day": sum(len(g.times) for g in groups), "week": len(weekdays or ()), "month": len(days)}.get(outer.unit, 0)
        if count != outer.times:
            work.ask(work.said("every"), f"{work.said('every')!r}: at which times or on which days?")


def _inside_day(work: _Compiler, shared: _Fields, minutes: int) -> None:
    """Fill minutes and hours for a period shorter than a day."""
    past: list[tuple[tuple[int, ...], bool]] = work.take("minute")
    offset = past[0][0] if past else (0,)
    if len(past) > 1 or (past and minutes < 60):
        work.ask(work.said("every", "minute"), f"{work.said('minute')!r}: at which minutes of the hour?")
    if any(a.slot == "time" for a in work.atoms):
        work.ask(work.said("every", "adverb", "time"), "At that time of day, or all day long?")
    if any(a.slot == "pod" for a in work.atoms):
        work.take("pod")
        work.ask(work.said("pod"), f"{work.said('pod')!r}: from what time to what time?")
    step = max(minutes // 60, 1)
    shared.minutes = tuple(range(0, 60, minutes)) if minutes < 60 else offset
    hours = list(range(0, 24, step))
    if windows := work.take("window"):
        hours = _window_hours(work, windows, minutes)
    if starts := work.take("start"):
        hour, minute = _settled(work, next(a for a in work.atoms if a.slot == "start"), starts[0], None)[:2]
        if windows or len(starts) > 1 or (minute and minutes < 60) or hour >= step:
            work.ask(work.said("every", "start"), f"{work.said('start')!r}: also in the hours before it, on the next day?")
        hours, shared.minutes = list(range(hour % step, 24, step)), (minute,) if minutes >= 60 else shared.minutes
    shared.hours = tuple(hours)


def _window_hours(work: _Compiler, windows: list[Any], minutes: int) -> list[int]:
    said, step = work.said("window"), max(minutes // 60, 1)
    if len(windows) > 1 or (windows[0] != "business" and len(windows[0]) != 2):
        work.ask(said, f"{said!r}: one span of hours, please.")
        return list(range(24))
    if windows[0] == "business":
        first, last = Clock(9, 0, True), Clock(17, 0, True)
        work.assumptions.append("Business hours are read as 09:00 to 17:00.")
    else:
        first, last = windows[0]
        if not last.sure and last.hour <= first.hour and last.hour <= 12 and first.hour < 12:
            last = Clock(last.hour % 12 + 12, last.minute, True)
            work.assumptions.append(f"{said!r} is read as {first.hour:02}:00 to {last.hour:02}:00.")
    if first.minute or last.minute or first.hour > 23 or last.hour > 24:
        work.ask(said, f"{said!r}: a cron can only hold full hours; from which hour to which?")
        return list(range(24))
    if last.hour <= first.hour and any(a.slot in ("days", "except") for a in work.atoms):
        work.ask(said, f"{said!r} goes past midnight: do the hours after midnight belong to the day you name?")
    span = (last.hour - first.hour) % 24 or 24
    if minutes < 60:
        work.assumptions.append(f"{said!r}: the last run is before {last.hour:02}:00.")
        return sorted((first.hour + n) % 24 for n in range(span))
    work.assumptions.append(f"{said!r}: {last.hour % 24:02}:00 itself belongs to it.")
    return sorted({(first.hour + n) % 24 for n in range(0, span + 1, step)})


def _at_times(work: _Compiler, shared: _Fields, outer: Period | None, groups: list[_Group]) -> tuple[str, ...]:
    """Return the crons of runs at times of the day."""
    crons: list[str] = []
    dated = outer or shared.day != "*" or shared.weekday != "*" or any(g.days for g in groups)
    for group in groups:
        times = group.times
        if not times:
            parts = [name for name, _ in work.take("pod")]
            if any(part != "night" for part in parts):
                work.ask(work.said("pod"), f"{work.said('pod')!r}: at what time?")
            times = (Clock(0, 0, True),)
            work.assumptions.append("The time of day is not said: 00:00.")
        elif not dated:
            work.assumptions.append("A time without days means every day.")
        if any(a.slot == "except" for a in work.atoms) and not dated:
            work.ask(work.said("except"), f"On which days, {work.said('except')}?")
        weekday = _weekday(work, group)
        for minutes, hours in _products(times):
            shared.minutes, shared.hours = minutes, hours
            crons.append(_cron(shared, weekday))
    return tuple(dict.fromkeys(crons))


def _products(times: Iterable[Clock]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Return the times as (minutes, hours) pairs, each a full product: one cron can say one pair."""
    by_minute: dict[int, set[int]] = {}
    for time in times:
        by_minute.setdefault(time.minute, set()).add(time.hour)
    by_hours: dict[tuple[int, ...], list[int]] = {}
    for minute, hours in sorted(by_minute.items()):
        by_hours.setdefault(tuple(sorted(hours)), []).append(minute)
    return [(tuple(minutes), hours) for hours, minutes in by_hours.items()]


def _weekday(work: _Compiler, group: _Group) -> frozenset[int]:
    days = _ALL_DAYS if group.days is None else group.days
    for excluded in work.take("except"):
        days -= excluded
    if not days:
        work.ask(work.said("days", "except"), "On which days? Every day named is also excluded.")
    return days


def _cron(shared: _Fields, days: frozenset[int]) -> str:
    weekday = shared.weekday if shared.weekday != "*" else compact(days) if days and len(days) < 7 else "*"
    minutes, hours = steps(shared.minutes, 60), steps(shared.hours, 24)
    return f"{minutes} {hours} {shared.day} {shared.month} {weekday}"


def steps(values: Sequence[int], size: int) -> str:
    """Return minutes or hours as a cron field: ``*``, ``*/n`` where they fill the circle, else a list."""
    values = sorted(set(values))
    if len(values) == size:
        return "*"
    if len(values) > 2 or (len(values) == 2 and values[0] == 0 and values[1] * 2 == size):
        step = values[1] - values[0]
        if step > 1 and values == list(range(values[0], size, step)) and (values[0] == 0 or len(values) > 3):
            return f"*/{step}" if values[0] == 0 else f"{values[0]}-{size - 1}/{step}"
        if step > 1 and len(values) > 3 and values == list(range(values[0], values[-1] + 1, step)):
            return f"{values[0]}-{values[-1]}/{step}"
    return compact(values)


def compact(values: Iterable[int]) -> str:
    """Return numbers as a cron field: runs of three and more as ``a-b``, the rest as a list."""
    parts: list[str] = []
    run: list[int] = []
    for value in [*sorted(set(values)), None]:
        if value is not None and run and value == run[-1] + 1:
            run.append(value)
            continue
        if run:
            parts += [f"{run[0]}-{run[-1]}"] if len(run) > 2 else map(str, run)
        run = [] if value is None else [value]
    return ",".join(parts)


def _verified(work: _Compiler, crons: tuple[str, ...]) -> bool:
    """Run the crons and hold every fire against the days and times that were said."""
    if not all(croniter.is_valid(cron) for cron in crons):
        return False
    days = [a.value for a in work.atoms if a.slot == "days"]
    named = frozenset().union(*days) if days else None
    excluded: frozenset[int] = frozenset().union(*(a.value for a in work.atoms if a.slot == "except"))
    minutes = {clock.minute for a in work.atoms if a.slot == "time" for clock in a.value}
    for cron in crons:
        fires = croniter(cron, _BASE)
        for _ in range(24):
            fire: datetime = fires.get_next(datetime)
            day = (fire.weekday() + 1) % 7
            if (named is not None and day not in named) or day in excluded or (minutes and fire.minute not in minutes):
                return False
    return True


def next_runs(cron: str, after: date, count: int = 3) -> tuple[str, ...]:
    """Return the next run times of a cron after a day, as ``Mon 2026-11-23 04:00`` in its own zone."""
    fires = croniter(cron, datetime(after.year, after.month, after.day))
    return tuple(f"{fire:%a %Y-%m-%d %H:%M}" for fire in (fires.get_next(datetime) for _ in range(count)))


def days_in_words(days: Iterable[int]) -> str:
    """Return day numbers (0 = Sunday) as names."""
    return ", ".join(DAY_NAMES[day].capitalize() for day in sorted(days))
