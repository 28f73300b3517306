"""A durable agent whose process is killed with SIGKILL: the retry repeats at most the step in flight."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.real_airflow.agents.conftest import Runs, Vendor
from tests.wire.server import Call, Reply, Seen

pytestmark = [pytest.mark.airflow, pytest.mark.timeout(300)]

STEPS = 6


def results_in(seen: Seen) -> int:
    """Count the tool results that a request carries: which step the model is asked for."""
    return sum(message["role"] == "tool" for message in seen.body["messages"])


def next_step(seen: Seen) -> Reply:
    done = results_in(seen)
    return Reply("all done") if done == STEPS else Reply(calls=(Call("step", {"n": done}),))


def when(path: Path, *, timeout_s: float = 90) -> str:
    """Return the text of a file once it is there."""
    deadline = time.monotonic() + timeout_s
    while not path.exists():
        assert time.monotonic() < deadline, f"{path.name} did not appear"
        time.sleep(0.1)
    return path.read_text()


def counts_of(runs: Runs, run_id: str) -> tuple[int, int]:
    """Return what the log of the last try says: steps replayed, steps executed."""
    log = "\n".join(runs.airflow.rest.log_lines("six_steps", run_id, runs.task("six_steps", run_id)))
    found = re.search(r"Durable steps: (\d+) replayed, (\d+) executed", log)
    assert found, log
    return int(found[1]), int(found[2])


def test_killed_while_a_tool_runs(runs: Runs, vendor: Vendor, tmp_path: Path) -> None:
    runs.ready("six_steps")
    vendor.begin(next_step)
    run_id = runs.airflow.rest.trigger("six_steps", conf={"folder": str(tmp_path), "wait_at": "4"})
    when(tmp_path / "waiting")
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)

    assert runs.finish("six_steps", run_id) == "success"
    effects = Counter((tmp_path / "effects").read_text().split())
    asked = Counter(map(results_in, vendor.seen))
    print(f"tool effects {dict(effects)}, model requests {dict(asked)}, {counts_of(runs, run_id)}")  # noqa: T201
    assert runs.task("six_steps", run_id).try_number == 2
    assert effects == {"0": 1, "1": 1, "2": 1, "3": 1, "4": 2, "5": 1}
    assert asked == dict.fromkeys(range(STEPS + 1), 1)
    assert counts_of(runs, run_id) == (9, 4)


def test_killed_while_the_model_answers(runs: Runs, vendor: Vendor, tmp_path: Path) -> None:
    asked_for_the_fifth, killed = threading.Event(), threading.Event()

    def slow_once(seen: Seen) -> Reply:
        if results_in(seen) == 4 and not killed.is_set():
            asked_for_the_fifth.set()
            killed.wait(60)
        return next_step(seen)

    runs.ready("six_steps")
    vendor.begin(slow_once)
    run_id = runs.airflow.rest.trigger("six_steps", conf={"folder": str(tmp_path)})
    assert asked_for_the_fifth.wait(90)
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    killed.set()

    assert runs.finish("six_steps", run_id) == "success"
    effects = Counter((tmp_path / "effects").read_text().split())
    asked = Counter(map(results_in, vendor.seen))
    print(f"tool effects {dict(effects)}, model requests {dict(asked)}, {counts_of(runs, run_id)}")  # noqa: T201
    assert effects == dict.fromkeys(map(str, range(STEPS)), 1)
    assert asked == {**dict.fromkeys(range(STEPS + 1), 1), 4: 2}
    assert counts_of(runs, run_id) == (8, 5)


def test_a_clear_starts_afresh_and_a_finished_task_leaves_no_record(runs: Runs, vendor: Vendor, tmp_path: Path) -> None:
    runs.ready("six_steps")
    vendor.begin(next_step)
    run_id = runs.airflow.rest.trigger("six_steps", conf={"folder": str(tmp_path)})
    assert runs.finish("six_steps", run_id) == "success"
    kept = [path for path in (runs.airflow.home / "steps").rglob("*") if path.is_file()]

    time.sleep(1)
    runs.airflow.rest.clear("six_steps", run_id, ["work"])
    deadline = time.monotonic() + 60
    while len(vendor.seen) < 2 * (STEPS + 1) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert runs.finish("six_steps", run_id) == "success"
    assert kept == []
    assert Counter((tmp_path / "effects").read_text().split()) == dict.fromkeys(map(str, range(STEPS)), 2)
