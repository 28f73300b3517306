"""One real Airflow for all tests of this folder, with the shipped example DAGs and the stand-in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from example_dags.demo.__main__ import EXAMPLE_DAGS
from example_dags.demo.data import Workplace, demo_variables
from example_dags.demo.local_airflow import LocalAirflow

STAND_IN = Path(__file__).with_name("dags") / "stand_in_author.py"


@pytest.fixture(scope="session")
def stand_in() -> Path:
    return STAND_IN


@pytest.fixture(scope="session")
def airflow() -> Iterator[LocalAirflow]:
    started = LocalAirflow(
        bundles={"example-dags": EXAMPLE_DAGS, "stand-in": STAND_IN.parent}, extra_env=demo_variables()
    )
    Workplace(started.home).furnish()
    with started:
        yield started


@pytest.fixture(scope="session")
def place(airflow: LocalAirflow) -> Workplace:
    return Workplace(airflow.home)
