"""Atoms become one schedule, and the schedule is run against the atoms before anybody believes it.

What was read and does not fit is never dropped: it becomes a question. `Timing` can say more than a plan can
(several crons, an interval, an event); the planner asks where a plan cannot hold it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from croniter import CroniterBadDateError, croniter

from airflow_dag_agent_provider.offline.atoms import Atom, scan
from airflow_dag_agent_provider.offline.compiler import Compiler, Kind, calendar
from airflow_dag_agent_provider.offline.spans import Reading
from airflow_dag_agent_provider.offline.words import MONTH_NAMES
from airflow_dag_agent_provider.offline.zones import CERTAIN

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


def read_schedule(reading: Reading, text: str | None = None) -> Timing:
    """Return what a request says of its schedule.

    Args:
        reading: The request.
        text: Its normalised text, with the characters that other facts have used taken out.
    """
    text = reading.norm if text is None else text
    work = Compiler(reading, text, [atom for atom in scan(text) if atom.slot != "duration"])
    _correct(work)
    zone = _zone(work)
    start = _start(work)
    kind, crons, minutes = _kind(work)
    for atom in work.atoms:
        if atom not in work.used:
            work.used.append(atom)
            work.ask(work.words(atom), f"What should {work.words(atom)!r} change in the schedule?")
    if work.asks and kind in ("cron", "unsaid", "manual"):
        kind = "open"
    if kind == "cron" and not _verified(work, crons):
        work.ask(
            work.said("every", "days", "time"), "Which days and times exactly? The words do not give one schedule."
        )
        kind = "open"
    kept = crons if kind == "cron" else ()
    return Timing(
        kind,
        kept,
        zone,
        start,
        minutes,
        tuple(work.assumptions),
        tuple(work.decisions),
        tuple(work.asks),
        tuple(work.used),
    )


def _correct(work: Compiler) -> None:
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
            work.decisions.append(
                (", ".join(work.words(a) for a in near), f"you first said {first!r} and corrected it")
            )
    negated = [atom for atom in work.atoms if atom.slot == "not_period"]
    if any(_GROUPS.get(a.slot) in ("days", "kind") or a.slot in ("every", "adverb", "time") for a in work.atoms):
        work.used += negated
        work.atoms = [atom for atom in work.atoms if atom not in negated]


def _zone(work: Compiler) -> str | None:
    values = [(work.reading.marks[z].value, None) if n is None else (z, n) for z, n in work.take("zone")]
    for zone, name in values:
        if name is not None and name not in CERTAIN:
            work.assumptions.append(f"{name!r} is read as the time zone {zone}.")
    zones = list(dict.fromkeys(zone for zone, _ in values))
    if len(zones) > 1:
        work.ask(work.said("zone"), f"Which time zone: {' or '.join(zones)}?")
    return zones[0] if zones else None


def _start(work: Compiler) -> date | None:
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


def _kind(work: Compiler) -> tuple[Kind, tuple[str, ...], int | None]:
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
    return calendar(work)


def _same(work: Compiler, atom: Atom, crons: list[str]) -> bool:
    alone = Compiler(work.reading, work.text, [atom])
    return calendar(alone)[1] == tuple(crons)


def _verified(work: Compiler, crons: tuple[str, ...]) -> bool:
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
            try:
                fire: datetime = fires.get_next(datetime)
            except CroniterBadDateError:  # such as 30 February: a date that never comes
                return False
            day = (fire.weekday() + 1) % 7
            if (named is not None and day not in named) or day in excluded or (minutes and fire.minute not in minutes):
                return False
    return True
