"""Numbers as cron fields, and the runs of a cron."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from croniter import croniter

from airflow_dag_agent_provider.offline.atoms import Clock


def products(times: Iterable[Clock]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Return the times as (minutes, hours) pairs, each a full product: one cron can say one pair."""
    by_minute: dict[int, set[int]] = {}
    for time in times:
        by_minute.setdefault(time.minute, set()).add(time.hour)
    by_hours: dict[tuple[int, ...], list[int]] = {}
    for minute, hours in sorted(by_minute.items()):
        by_hours.setdefault(tuple(sorted(hours)), []).append(minute)
    return [(tuple(minutes), hours) for hours, minutes in by_hours.items()]


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


def next_runs(cron: str, after: date, count: int = 3) -> tuple[str, ...]:
    """Return the next run times of a cron after the end of a day, as ``Mon 2026-11-23 04:00`` in its own zone."""
    fires = croniter(cron, datetime(after.year, after.month, after.day, 23, 59))
    return tuple(f"{fire:%a %Y-%m-%d %H:%M}" for fire in (fires.get_next(datetime) for _ in range(count)))
