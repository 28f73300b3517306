"""A real Airflow whose `pydanticai_default` is a vendor on the loopback interface, for all tests of this folder."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from example_dags.demo.__main__ import EXAMPLE_DAGS
from example_dags.demo.data import demo_variables
from example_dags.demo.local_airflow import LocalAirflow
from example_dags.demo.rest import TaskInstance
from tests.wire.server import Failure, Item, Reply, Seen, WireServer

DAGS = Path(__file__).with_name("dags")


@dataclass
class Vendor:
    """The vendor behind the connection; each test says what it answers."""

    answer: Item = field(default_factory=lambda: Failure(500, "no test has said what to answer"))
    seen: list[Seen] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, answer: Item) -> None:
        """Forget what was asked and answer like this from now on."""
        with self._lock:
            self.seen, self.answer = [], answer

    def __call__(self, seen: Seen) -> Reply | Failure:
        with self._lock:
            self.seen.append(seen)
            answer = self.answer
        return answer(seen) if callable(answer) else answer


@dataclass(frozen=True)
class Runs:
    """Runs of DAGs over the REST API."""

    airflow: LocalAirflow

    def ready(self, dag_id: str, *, timeout_s: float = 60) -> None:
        """Wait until Airflow knows the DAG, and let it run."""
        deadline = time.monotonic() + timeout_s
        while self.airflow.rest.dag(dag_id) is None:
            assert time.monotonic() < deadline, f"{dag_id} was not parsed: {self.airflow.rest.import_errors()}"
            time.sleep(0.3)
        self.airflow.rest.unpause(dag_id)

    def finish(self, dag_id: str, run_id: str, *, timeout_s: float = 120) -> str:
        """Wait until a run has ended and return its state."""
        deadline = time.monotonic() + timeout_s
        while (state := self.airflow.rest.run_state(dag_id, run_id)) not in ("success", "failed"):
            assert time.monotonic() < deadline, f"{dag_id} {run_id} is still {state}\n{self.airflow.tails()}"
            time.sleep(0.2)
        return state

    def task(self, dag_id: str, run_id: str) -> TaskInstance:
        """Return the only task instance of a run."""
        [task] = self.airflow.rest.task_instances(dag_id, run_id)
        return task


@pytest.fixture(scope="session")
def the_vendor() -> Iterator[tuple[Vendor, WireServer]]:
    vendor = Vendor()
    with WireServer(vendor) as server:
        yield vendor, server


@pytest.fixture(scope="session")
def airflow(the_vendor: tuple[Vendor, WireServer]) -> Iterator[LocalAirflow]:
    connection = {"AIRFLOW_CONN_PYDANTICAI_DEFAULT": the_vendor[1].connection("openai-chat:gpt-5-mini")}
    with LocalAirflow(
        bundles={"example-dags": EXAMPLE_DAGS, "agents": DAGS}, extra_env=demo_variables() | connection
    ) as started:
        yield started


@pytest.fixture
def vendor(the_vendor: tuple[Vendor, WireServer]) -> Vendor:
    return the_vendor[0]


@pytest.fixture
def runs(airflow: LocalAirflow) -> Runs:
    return Runs(airflow)
