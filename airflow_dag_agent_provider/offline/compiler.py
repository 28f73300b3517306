"""Periods, days and times become the fields of crons; what does not fit together becomes a question."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final, Literal

from airflow_dag_agent_provider.offline.atoms import Atom, Clock, Period
from airflow_dag_agent_provider.offline.cron import compact, products, steps
from airflow_dag_agent_provider.offline.spans import Reading

Kind = Literal["cron", "manual", "interval", "event", "once", "unsaid", "open"]
_BEFORE_NOUN: Final = re.compile(
    r"\s+(?!(?:at|on|from|between|during|in|by|around|and|except|but|not|after|every|each|when|then|to|starting|i|we|"
    r"please|with|for|as|via|pick|load|read|run|take)\b)[a-z]"
)
_ALL_DAYS = frozenset(range(7))


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
class Compiler:
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


def calendar(work: Compiler) -> tuple[Kind, tuple[str, ...], int | None]:
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
            work.ask(
                work.said("every"), f"{work.said('every')!r} is no schedule that Airflow runs: how many minutes apart?"
            )
            return "open", (), None
        if (minutes < 60 and 60 % minutes) or (minutes >= 60 and (minutes % 60 or 24 % (minutes // 60))):
            return "interval", (), minutes
        if outer and (outer[0].unit, outer[0].n) != ("day", 1):
            work.ask(
                work.said("every", "adverb"), f"How often: {work.said('every', 'adverb')}? These do not go together."
            )
        _inside_day(work, shared, minutes)
        return "cron", tuple(_cron(shared, _weekday(work, g)) for g in groups), None
    if past := work.take("minute"):
        if not any(hourly for _, hourly in past) or len(past) > 1:
            work.ask(work.said("minute"), f"{work.said('minute')!r}: of every hour?")
        shared.minutes, shared.hours = past[0][0], tuple(range(24))
        return "cron", tuple(_cron(shared, _weekday(work, g)) for g in groups), None
    return "cron", _at_times(work, shared, outer[0] if outer else None, groups), None


def _periods(work: Compiler) -> list[Period]:
    """Return the periods; an adverb glued to a noun ("daily report") yields to what is said outright."""
    strong: list[Period] = work.take("every")
    weak = [atom for atom in work.atoms if atom.slot == "adverb"]
    glued = [atom for atom in weak if _BEFORE_NOUN.match(work.text, atom.end)]
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


def _groups(work: Compiler) -> list[_Group]:
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


def _joined_days(work: Compiler, rows: Sequence[Atom]) -> frozenset[int] | None:
    days = [row for row in rows if row.slot == "days"]
    if not days:
        return None
    for first, second in pairwise(days):
        gap = work.text[first.end : second.start]
        if first.value != second.value and not re.fullmatch(
            r"[\s,]*(?:\b(?:and|also|on|plus|as well as)\b[\s,]*)*", gap
        ):
            work.ask(work.said("days"), f"Which days: {work.said('days')}?")
            break
    return frozenset().union(*(row.value for row in days))


def _joined_times(work: Compiler, rows: Sequence[Atom]) -> tuple[Clock, ...]:
    times = [row for row in rows if row.slot == "time"]
    resolved = [_resolved(work, row) for row in times]
    for (first, a), (second, b) in pairwise(zip(times, resolved, strict=True)):
        gap = work.text[first.end : second.start]
        if set(a) != set(b) and not re.fullmatch(
            r"[\s,]*(?:(?:and|also|at|again|every|each|morning|evening|in|the|night|afternoon|then)\b[\s,]*)*", gap
        ):
            work.ask(work.said("time"), f"At which time: {work.said('time')}?")
            break
    return tuple(dict.fromkeys(clock for clocks in resolved for clock in clocks))


_PARTS: Final = {"morning": range(0, 12), "afternoon": range(12, 19), "evening": range(16, 24)}


def _resolved(work: Compiler, atom: Atom) -> tuple[Clock, ...]:
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


def _settled(work: Compiler, atom: Atom, clock: Clock, part: str | None) -> Clock:
    words = work.words(atom)
    hour = clock.hour
    if hour > 23 or (hour == 12 and not clock.sure and part in (None, "morning")):
        work.ask(words, f"Which time of day is {words!r}? Write it as HH:MM on the 24-hour clock.")
        return Clock(0, clock.minute, True)
    if not clock.sure and part is None and hour < 12:
        work.assumptions.append(f"{words!r} is read on the 24-hour clock: {hour:02}:{clock.minute:02}.")
    if not clock.sure and hour <= 12:
        if part == "night":
            hour = 0 if hour == 12 else hour + 12 if hour >= 6 else hour
        elif part in ("afternoon", "evening"):
            hour = hour % 12 + 12 if not (part == "evening" and hour == 12) else 12
    if (part in _PARTS and hour not in _PARTS[part]) or (part == "night" and 6 < hour < 18):
        work.ask(words, f"{words!r} is not in the {part}: which time of day do you mean?")
    if part == "night" and hour < 6 and any(a.slot == "days" for a in work.atoms):
        work.ask(words, f"{words!r} at night: of the day you name, or of the next one?")
    if re.match(r"(?:around|about|approximately|roughly)", words.lower()):
        work.assumptions.append(f"{words!r} is read as exactly {hour:02}:{clock.minute:02}.")
    return Clock(hour, clock.minute, True)


def _month_fields(work: Compiler, shared: _Fields, outer: Period | None, groups: list[_Group]) -> None:
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
            work.ask(
                work.said("working_day"), "Only the first working day of a month can be a cron: which day instead?"
            )
        days.append("1W")
    if quarter := work.take("quarter_day"):
        days += quarter
        months += [3, 6, 9, 12] if quarter[0] == "L" else [1, 4, 7, 10]
    _apply_outer(work, shared, outer, days, months, groups)
    if (shared.weekday != "*" and (groups[0].days or days)) or (days and groups[0].days):
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
    work: Compiler,
    shared: _Fields,
    outer: Period | None,
    days: list[int | str],
    months: list[int],
    groups: list[_Group],
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
                work.ask(
                    work.said("days", "every", "adverb"), "Which of these weekdays in the month: the first, the last?"
                )
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
        work.ask(
            work.said("every", "adverb"),
            f"Every {outer.n} {outer.unit}s: counted from which date? A cron starts anew each month.",
        )
    elif outer.unit == "week" and (days or months):
        work.ask(work.said("every", "adverb", "month_day", "month"), "Weekly, or on days of the month?")
    elif outer.unit == "week" and weekdays is None and outer.times == 1:
        groups[0].days = frozenset({0})
        work.assumptions.append("The day of the week is not said: Sunday.")
    if outer.times > 1:
        count = {"day": sum(len(g.times) for g in groups), "week": len(weekdays or ()), "month": len(days)}.get(
            outer.unit, 0
        )
        if count != outer.times:
            work.ask(work.said("every"), f"{work.said('every')!r}: at which times or on which days?")


def _inside_day(work: Compiler, shared: _Fields, minutes: int) -> None:
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
            work.ask(
                work.said("every", "start"), f"{work.said('start')!r}: also in the hours before it, on the next day?"
            )
        hours, shared.minutes = list(range(hour % step, 24, step)), (minute,) if minutes >= 60 else shared.minutes
    shared.hours = tuple(hours)


def _window_hours(work: Compiler, windows: list[Any], minutes: int) -> list[int]:
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


def _at_times(work: Compiler, shared: _Fields, outer: Period | None, groups: list[_Group]) -> tuple[str, ...]:
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
        for minutes, hours in products(times):
            shared.minutes, shared.hours = minutes, hours
            crons.append(_cron(shared, weekday))
    return tuple(dict.fromkeys(crons))


def _weekday(work: Compiler, group: _Group) -> frozenset[int]:
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
