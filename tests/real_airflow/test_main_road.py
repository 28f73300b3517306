"""The main road in a real Airflow, over its REST API: a sentence becomes a reviewed, running DAG."""

from datetime import UTC, datetime

import pytest

from example_dags.demo import road
from example_dags.demo.__main__ import AUTHORING_DAG, AUTHORING_FILE
from example_dags.demo.data import EXPECTED_ROWS, TABLE, Workplace
from example_dags.demo.local_airflow import LocalAirflow

pytestmark = [pytest.mark.airflow, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def shown() -> list[dict]:
    return []


@pytest.fixture(scope="module")
def release(airflow: LocalAirflow, place: Workplace, shown: list[dict]) -> road.Release:
    """The default request, authored and approved."""
    road.wait_for_dag(airflow.rest, AUTHORING_DAG, file_name=AUTHORING_FILE, timeout_s=60)
    journey = road.start(airflow.rest, AUTHORING_DAG, conf={"request": place.request(None)})
    journey.decide = lambda asked: shown.append(asked) is None
    journey.follow(timeout_s=240)
    [released] = journey.releases()
    return released


def test_the_review_shows_plan_findings_and_code(release, shown):
    [asked] = shown
    body = asked["body"].lower()
    assert all(word in body for word in ("plan", "finding", "```python", release.sha256[:12]))


def test_the_approved_bytes_stand_in_the_dag_folder(airflow, release):
    assert release.path.parent == airflow.dags_folder
    assert road.file_sha256(release) == release.sha256


def test_nothing_but_the_dag_file_is_put_into_the_dag_folder(airflow, release):
    files = [path.name for path in airflow.dags_folder.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert files == [release.path.name]


def test_the_new_dag_is_parsed_paused_and_runs_to_the_exact_table(airflow, place, release):
    road.wait_for_dag(airflow.rest, release.dag_id, file_name=release.path.name, timeout_s=60)
    assert airflow.rest.dag(release.dag_id)["is_paused"]

    for _ in range(2):  # a second run changes nothing: the upsert is idempotent
        now = datetime.now(UTC).isoformat()
        road.start(airflow.rest, release.dag_id, logical_date=now).follow(timeout_s=120)
        [table] = [each for each in place.tables() if each.name == TABLE]
        assert table.typed() == EXPECTED_ROWS


def test_no_example_dag_has_an_import_error(airflow, release):
    assert airflow.rest.import_errors() == []
