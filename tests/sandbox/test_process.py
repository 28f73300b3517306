"""The one place that starts processes."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import airflow_dag_agent_provider
from airflow_dag_agent_provider.exceptions import SandboxFailed
from airflow_dag_agent_provider.sandbox.process import Ended, Job, run

PACKAGE = Path(airflow_dag_agent_provider.__file__).parent
STARTERS = {
    "Popen",
    "check_call",
    "check_output",
    "system",
    "posix_spawn",
    "spawnv",
    "execv",
    "execve",
    "fork",
    "popen",
}


def python(source: str, tmp_path: Path, *, wall_s: float = 20, channel: bool = False) -> Ended:
    argv = (sys.executable, "-c", source)
    return run(Job(argv, {}, tmp_path, wall_s, max_output_bytes=10_000, max_result_bytes=10_000, channel=channel))


def test_only_one_function_of_the_package_starts_a_process() -> None:
    found = [
        f"{path.relative_to(PACKAGE)}:{node.attr}"
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr in STARTERS
        and isinstance(node.value, ast.Name)
        and node.value.id in {"subprocess", "os"}
    ]
    assert set(found) == {"sandbox/process.py:Popen"}


def test_what_a_program_prints_is_kept(tmp_path: Path) -> None:
    assert python("print('hello')", tmp_path).stdout == b"hello\n"


def test_an_exit_code_is_told(tmp_path: Path) -> None:
    assert str(python("raise SystemExit(3)", tmp_path).death) == "it ended with exit code 3 before it gave a result"


def test_a_signal_is_told_by_its_name(tmp_path: Path) -> None:
    assert str(python("import os; os.kill(os.getpid(), 11)", tmp_path).death) == "it died of SIGSEGV"


def test_lines_come_over_the_channel(tmp_path: Path) -> None:
    assert python("import os, sys; os.write(int(sys.argv[1]), b'one\\ntwo\\nthr')", tmp_path, channel=True).lines == [
        b"one",
        b"two",
    ]


def test_the_last_line_ends_a_program_that_goes_on(tmp_path: Path) -> None:
    source = 'import os, sys, time; os.write(int(sys.argv[1]), b\'{"kind": "result"}\\n\'); time.sleep(99)'
    assert python(source, tmp_path, channel=True).elapsed_s < 10


def test_a_flood_over_the_channel_is_stopped(tmp_path: Path) -> None:
    source = "import os, sys\nwhile True: os.write(int(sys.argv[1]), b'x' * 1000)"
    stopped = python(source, tmp_path, channel=True).stopped
    assert stopped is not None
    assert stopped.kind == "output"


def test_a_program_that_holds_its_pipes_open_is_not_waited_for(tmp_path: Path) -> None:
    source = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(99)'])"
    assert python(source, tmp_path).elapsed_s < 10


def test_a_program_that_does_not_exist_is_a_failure_of_the_sandbox(tmp_path: Path) -> None:
    with pytest.raises(SandboxFailed, match="no-such-program"):
        run(Job(("/no-such-program",), {}, tmp_path, 1, 1, channel=True))
