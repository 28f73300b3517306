"""Child processes that are always ended together, with everything they started."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil


class ProcessTrees:
    """Processes, each the leader of a session of its own, and all that descends from them.

    A session outlives process groups: Airflow moves each task into a group of its own, but not into another
    session. What leaves even the session (a BashOperator does) is found as a descendant.
    """

    def __init__(self) -> None:
        self._leaders: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: Path) -> None:
        """Start `command` in a new session; its output goes to `log`, it has no input."""
        with log.open("ab") as out:
            self._leaders[name] = subprocess.Popen(
                command,
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def ended(self) -> dict[str, int]:
        """Return name and exit code of the leaders that are no longer running."""
        codes = {name: leader.poll() for name, leader in self._leaders.items()}
        return {name: code for name, code in codes.items() if code is not None}

    def alive(self) -> list[psutil.Process]:
        """Return every living process of the sessions and every living descendant of a leader."""
        sessions = {leader.pid for leader in self._leaders.values()}
        found = {process.pid: process for process in psutil.process_iter() if _session(process.pid) in sessions}
        for process in list(found.values()):
            try:
                found.update({child.pid: child for child in process.children(recursive=True)})
            except psutil.NoSuchProcess:
                continue
        return [process for process in found.values() if _lives(process)]

    def stop(self, *, grace_s: float = 10.0) -> None:
        """End everything: SIGTERM to the leaders' groups, patience, then SIGKILL to what is left."""
        members = self.alive()
        for leader in self._leaders.values():
            _signal_group(leader.pid, signal.SIGTERM)
        deadline = time.monotonic() + grace_s
        while any(map(_lives, members)) and time.monotonic() < deadline:
            self.ended()
            time.sleep(0.05)
        for process in {*self.alive(), *filter(_lives, members)}:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        for leader in self._leaders.values():
            leader.wait()
        self._leaders.clear()


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return None


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _signal_group(pgid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pgid, number)
    except (ProcessLookupError, PermissionError):
        return
