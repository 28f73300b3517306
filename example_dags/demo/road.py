"""The road through a running Airflow, over its REST API only: author, review, release, run."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlparse

from example_dags.demo.console import say
from example_dags.demo.rest import AirflowRest, Json, TaskInstance

ENDED = {"success", "failed", "skipped", "upstream_failed", "removed"}
REVIEW_TASK = "review"
POLL_S = 0.3

# Airflow 3.3.2 fails a task that is answered before the scheduler has seen its parking process end.
SETTLE_S = 3.0

Decide = Callable[[Json], bool]


class RoadBlocked(Exception):
    """A part of the road did not happen; the message says which, and shows the log."""


@dataclass(frozen=True)
class Release:
    """What the review says it put into the DAG folder."""

    dag_id: str
    path: Path
    version: int
    sha256: str


@dataclass
class Journey:
    """One run of one DAG, followed to its end."""

    rest: AirflowRest
    dag_id: str
    run_id: str
    decide: Decide | None = None
    rejected: int = 0
    _told: set[tuple[str, str | None, int]] = field(default_factory=set)
    _waiting_since: dict[str, float] = field(default_factory=dict)
    _answered: set[tuple[str, int]] = field(default_factory=set)

    def follow(self, *, timeout_s: float) -> None:
        """Tell each task as it ends and answer what asks, until the run has succeeded.

        Raises:
            RoadBlocked: The run failed, or did not end in `timeout_s` seconds (a person's time is free).
        """
        deadline = time.monotonic() + timeout_s
        while (state := self.rest.run_state(self.dag_id, self.run_id)) not in {"success", "failed"}:
            deadline += self._look()
            if time.monotonic() > deadline:
                raise RoadBlocked(f"Run {self.run_id!r} of {self.dag_id!r} is {state} after {timeout_s:.0f} s.")
            time.sleep(POLL_S)
        self._look()
        if state == "failed":
            raise RoadBlocked(self._why())

    def until_asked(self, *, timeout_s: float) -> None:
        """Tell each task as it ends until one waits for a person or the run has ended."""
        deadline = time.monotonic() + timeout_s
        while self.rest.run_state(self.dag_id, self.run_id) not in {"success", "failed"}:
            tasks = self.rest.task_instances(self.dag_id, self.run_id)
            self._tell(tasks)
            if any(task.state == "awaiting_input" for task in tasks):
                return
            if time.monotonic() > deadline:
                raise RoadBlocked(f"Nothing was offered for review within {timeout_s:.0f} s.\n{self._overview()}")
            time.sleep(POLL_S)

    def releases(self) -> list[Release]:
        """Read the releases of this run from what its review tasks returned."""
        tasks = self.rest.task_instances(self.dag_id, self.run_id)
        return [
            release
            for task in tasks
            if task.task_id == REVIEW_TASK and task.state == "success"
            if (
                release := read_release(
                    self.rest.xcom(self.dag_id, self.run_id, task.task_id, map_index=task.map_index)
                )
            )
        ]

    def _look(self) -> float:
        """Tell what is new, answer what waits, and return the seconds that a person took."""
        tasks = self.rest.task_instances(self.dag_id, self.run_id)
        self._tell(tasks)
        begin = time.monotonic()
        for task in tasks:
            if task.state == "awaiting_input" and self.decide and (task.name, task.try_number) not in self._answered:
                self._answer(task, self.decide)
        return time.monotonic() - begin

    def _tell(self, tasks: list[TaskInstance]) -> None:
        for task in tasks:
            mark = (task.name, task.state, task.try_number)
            if mark in self._told:
                continue
            if task.state in ENDED:
                say(f"  {task.name:<24} {task.state:<16} {task.duration_s or 0:6.1f} s")
            elif task.state == "up_for_retry":
                say(f"  {task.name:<24} try {task.try_number} failed, tries again")
            elif task.state == "awaiting_input":
                self._waiting_since[task.name] = time.monotonic()
                say(f"  {task.name:<24} waits for a person")
            self._told.add(mark)

    def _answer(self, task: TaskInstance, decide: Decide) -> None:
        approved = decide(self.rest.asked(self.dag_id, self.run_id, task))
        time.sleep(max(0.0, self._waiting_since[task.name] + SETTLE_S - time.monotonic()))
        self.rest.answer(self.dag_id, self.run_id, task, option="Approve" if approved else "Reject")
        self._answered.add((task.name, task.try_number))
        self.rejected += not approved

    def _overview(self) -> str:
        tasks = self.rest.task_instances(self.dag_id, self.run_id)
        return "\n".join(f"  {task.name:<24} {task.state}" for task in tasks)

    def _why(self) -> str:
        """Return the overview of a failed run and the end of each failed task's log."""
        parts = [f"Run {self.run_id!r} of {self.dag_id!r} failed.", self._overview()]
        for task in self.rest.task_instances(self.dag_id, self.run_id):
            if task.state == "failed":
                lines = [line for line in self.rest.log_lines(self.dag_id, self.run_id, task) if "::" not in line[:2]]
                parts += [f"--- log of {task.name}", *lines[-25:]]
        return "\n".join(parts)


def read_release(answer: Json | None) -> Release | None:
    """Return the release that a review task reports; None: it released nothing.

    Args:
        answer: The return_value of ``review``: the answer of the person, and ``release``, a dict of dag_id,
            path (a path or a file:// URI), version and sha256.
    """
    told = (answer or {}).get("release")
    if not told:
        return None
    path = unquote(urlparse(told["path"]).path) if told["path"].startswith("file:") else told["path"]
    return Release(told["dag_id"], Path(path), int(told["version"]), told["sha256"])


def start(rest: AirflowRest, dag_id: str, *, conf: Json | None = None, logical_date: str | None = None) -> Journey:
    """Unpause a DAG and start a run of it."""
    rest.unpause(dag_id)
    return Journey(rest, dag_id, rest.trigger(dag_id, conf=conf, logical_date=logical_date))


def wait_for_dag(rest: AirflowRest, dag_id: str, *, file_name: str, timeout_s: float) -> None:
    """Wait until the dag processor has parsed a DAG.

    Raises:
        RoadBlocked: Its file cannot be imported, or the DAG did not appear in time.
    """
    deadline = time.monotonic() + timeout_s
    while rest.dag(dag_id) is None:
        broken = [error for error in rest.import_errors() if Path(error["filename"]).name == file_name]
        if broken:
            raise RoadBlocked(f"Airflow cannot import {file_name!r}:\n{broken[0]['stack_trace']}")
        if time.monotonic() > deadline:
            raise RoadBlocked(
                f"DAG {dag_id!r} did not appear within {timeout_s:.0f} s; it should come from {file_name!r}."
            )
        time.sleep(POLL_S)


def file_sha256(release: Release) -> str:
    """Return the sha256 of the released file as it stands in the DAG folder.

    Raises:
        RoadBlocked: There is no such file, or it holds other bytes than were approved.
    """
    try:
        found = hashlib.sha256(release.path.read_bytes()).hexdigest()
    except FileNotFoundError:
        raise RoadBlocked(f"The review reports {str(release.path)!r}, but there is no such file.") from None
    if found != release.sha256:
        raise RoadBlocked(f"{str(release.path)!r} has sha256 {found}, approved was {release.sha256}.")
    return found
