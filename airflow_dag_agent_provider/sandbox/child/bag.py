"""Airflow's side: the bag that takes the DAGs of a file, and the facts of each.

The facts come from what Airflow serialises: that is all the scheduler will ever see.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization
from airflow.timetables.base import TimeRestriction
from croniter import CroniterBadDateError

NEXT_RUNS = 5
MODULE = re.compile(r"unusual_prefix_[0-9a-f]{40}_")


class Bag(DagBag):
    """A DagBag that remembers every DAG it was given: two of one id leave no other trace."""

    def __init__(self, folder: Path) -> None:
        super().__init__(dag_folder=folder, collect_dags=False, load_op_links=False, safe_mode=False)
        self.offered: list[str] = []

    def bag_dag(self, dag: Any) -> None:
        """Note the dag_id, then do what Airflow does."""
        self.offered.append(dag.dag_id)
        super().bag_dag(dag)


def dag_facts(dag: Any, *, folder: Path) -> dict[str, Any]:
    """Return the facts of ``dag`` as plain JSON; raises what Airflow raises when it cannot serialise."""
    data = DagSerialization.to_dict(dag)
    text = json.dumps(data, sort_keys=True)
    scheduled = DagSerialization.from_dict(json.loads(text))
    written = data["dag"]["timetable"]
    zone = next(_values(written, "timezone"), None) or str(data["dag"].get("timezone", "UTC"))
    return {
        "dag_id": dag.dag_id,
        "schedule": None if written["__type"].endswith(".NullTimetable") else str(scheduled.timetable.summary),
        "timetable": written["__type"],
        "cron": [*_values(written, "expression"), *_values(written, "expressions")],
        "timezone": zone,
        "catchup": bool(scheduled.catchup),
        "tags": sorted(dag.tags),
        "tasks": [_task(dag.task_dict[task["__var"]["task_id"]], task["__var"]) for task in data["dag"]["tasks"]],
        "next_runs": _next_runs(scheduled, zone),
        "serialized_sha256": _sha256(text, folder),
    }


def _task(task: Any, written: dict[str, Any]) -> dict[str, Any]:
    return {
        "task_id": task.task_id,
        "operator": f"{written['_task_module']}.{written['task_type']}",
        "upstream": sorted(task.upstream_task_ids),
    }


def _values(written: Any, name: str) -> Iterator[str]:
    """Give the values of ``name`` in every time-based timetable of a serialised one, also nested."""
    if isinstance(written, list):
        for item in written:
            yield from _values(item, name)
    elif isinstance(written, dict):
        inner = written.get("__var")
        kind = str(written.get("__type", ""))
        if isinstance(inner, dict) and "Cron" in kind and name in inner:
            value = inner[name]
            yield from map(str, value) if isinstance(value, list) else [str(value)]
        if isinstance(inner, dict):
            yield from _values(inner.get("timetable"), name)
            yield from _values(inner.get("timetables"), name)


def _next_runs(dag: Any, zone: str) -> list[str]:
    """Return when the next runs start, after now, in the schedule's own zone."""
    start, end = dag.start_date, dag.end_date
    restriction = TimeRestriction(earliest=start, latest=end, catchup=False)
    now, runs, last = datetime.now(tz=UTC), [], None
    if not dag.timetable.can_be_scheduled:
        return []
    for _ in range(NEXT_RUNS + 3):  # the first ones may lie before now
        try:
            last = dag.timetable.next_dagrun_info_v2(last_dagrun_info=last, restriction=restriction)
        except CroniterBadDateError:  # a day that never comes, such as 30 February
            break
        if last is None:
            break
        if last.run_after > now:
            runs.append(last.run_after.astimezone(_zone(zone)).isoformat())
    return runs[:NEXT_RUNS]


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # a fixed offset such as +02:00
        return ZoneInfo("UTC")


def _sha256(text: str, folder: Path) -> str:
    """Hash the serialised DAG without the places in which this child happened to work."""
    data = json.loads(text)
    for name in ("fileloc", "relative_fileloc", "_processor_dags_folder"):
        data["dag"].pop(name, None)
    clean = MODULE.sub("", json.dumps(data, sort_keys=True).replace(str(folder), ""))
    return hashlib.sha256(clean.encode()).hexdigest()
