"""ruff as a program: how it is asked and what it answers."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ruff import find_ruff_bin

from airflow_dag_agent_provider.exceptions import SandboxFailed
from airflow_dag_agent_provider.sandbox.answers import LintMessage
from airflow_dag_agent_provider.sandbox.process import Ended, Job

# The whole AIR family, so that a ruff which names or moves a rule otherwise still runs; the check keeps those
# it knows. Left out on purpose: S105-S108, S311, S607, S608 and DTZ, which fire on good DAG files.
SELECT = (
    "F",
    "E9",
    "PLE",
    "AIR",
    "S102",
    "S301",
    "S302",
    "S307",
    "S602",
    "B006",
    "B008",
    "B015",
    "B018",
    "B020",
    "B023",
)
TARGET = f"py3{min(sys.version_info.minor, 14)}"  # the newest that ruff 0.15 knows
WALL_S = 20.0
MAX_OUTPUT_BYTES = 4 << 20


def lint_job(source: bytes, *, cwd: Path) -> Job:
    """Return the job that lints ``source``: no configuration file, no cache, no ``# noqa``.

    Raises:
        SandboxFailed: The ruff package has no program.
    """
    try:
        program = find_ruff_bin()
    except FileNotFoundError as error:
        raise SandboxFailed("lint the file", why=f"{error}; install it: pip install ruff") from error
    argv = (
        program,
        "check",
        "--isolated",
        "--no-cache",
        "--ignore-noqa",
        "--preview",
        "--quiet",
        "--exit-zero",
    )
    chosen = ("--select", ",".join(SELECT), "--target-version", TARGET, "--output-format", "json")
    return Job(
        argv=(*argv, *chosen, "--stdin-filename", "dag_file.py", "-"),
        env={"RAYON_NUM_THREADS": "1"},
        cwd=cwd,
        wall_s=WALL_S,
        max_output_bytes=MAX_OUTPUT_BYTES,
        stdin=source or b"\n",
    )


def lint_messages(ended: Ended) -> tuple[LintMessage, ...]:
    """Return ruff's messages in the order of the file.

    Raises:
        SandboxFailed: ruff gave no JSON.
    """
    try:
        messages = json.loads(ended.stdout) if ended.stopped is None else None
    except ValueError:
        messages = None
    if messages is None:
        said = ended.stderr[-500:].decode(errors="replace").strip()
        raise SandboxFailed("lint the file", why=f"{ended.death}; ruff said: {said or 'nothing'}")
    found = [
        LintMessage(
            code=message["code"] or "invalid-syntax",
            message=message["message"],
            line=message["location"]["row"],
            column=message["location"]["column"],
            fix=(message["fix"] or {}).get("message") or "",
        )
        for message in messages
    ]
    return tuple(sorted(found, key=lambda message: (message.line, message.column, message.code)))
