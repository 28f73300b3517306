"""What a child takes away from itself before it runs anything foreign."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from airflow_dag_agent_provider.sandbox.child.landlock import restrict

PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38


def lock(limits: Mapping[str, int], *, folder: Path) -> list[str]:
    """Apply every layer this system gives; return the names of those that hold.

    Args:
        limits: The fields of `Limits`.
        folder: The only folder in which this process may write from now on.
    """
    layers = []
    if _prctl(PR_SET_NO_NEW_PRIVS, 1):
        layers.append("no_new_privs")
    if _prctl(PR_SET_PDEATHSIG, signal.SIGKILL):
        layers.append("parent_death_signal")
    if _rlimits(limits):
        layers.append("rlimits")
    if os.getuid() != 0 and _process_limit(limits["processes"]):
        layers.append("process_limit")
    layers += restrict(folder)
    return layers


def _prctl(option: int, value: int) -> bool:
    with suppress(AttributeError, OSError):  # AttributeError: no prctl, not Linux
        return bool(ctypes.CDLL(None).prctl(option, value, 0, 0, 0) == 0)
    return False


def _rlimits(limits: Mapping[str, int]) -> bool:
    wanted = {
        resource.RLIMIT_AS: limits["memory_mb"] << 20,
        resource.RLIMIT_FSIZE: limits["file_mb"] << 20,
        resource.RLIMIT_NOFILE: limits["open_files"],
        resource.RLIMIT_CORE: 0,
    }
    try:
        for name, value in wanted.items():
            _lower(name, value, value)
        _lower(resource.RLIMIT_CPU, limits["cpu_s"], limits["cpu_s"] + 2)
    except (OSError, ValueError):
        return False
    return True


def _lower(name: int, soft: int, hard: int) -> None:
    """Set a limit, never above the one that is already there."""
    _, ceiling = resource.getrlimit(name)
    if ceiling != resource.RLIM_INFINITY:
        soft, hard = min(soft, ceiling), min(hard, ceiling)
    resource.setrlimit(name, (soft, hard))


def _process_limit(more: int) -> bool:
    """Allow ``more`` processes and threads than this user already has.

    The kernel counts those of other containers too, which are not to be seen here: where the limit already
    forbids one thread it is taken back, a good file must not fail for it.
    """
    before = resource.getrlimit(resource.RLIMIT_NPROC)
    wanted = _tasks_of(os.getuid()) + more
    if before[1] != resource.RLIM_INFINITY:
        wanted = min(wanted, before[1])
    try:
        resource.setrlimit(resource.RLIMIT_NPROC, (wanted, before[1]))
        probe = threading.Thread(target=lambda: None)
        probe.start()
        probe.join()
        resource.setrlimit(resource.RLIMIT_NPROC, (wanted, wanted))
    except (OSError, ValueError, RuntimeError):
        resource.setrlimit(resource.RLIMIT_NPROC, before)
        return False
    return True


def _tasks_of(uid: int) -> int:
    """Return how many threads run as ``uid``."""
    found = 0
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile
            if process.stat().st_uid == uid:
                found += sum(1 for _ in (process / "task").iterdir())
    return found
