"""A second review has a form of its own: Airflow keeps the first text of an approval over retries and clears."""

import time

import pytest

from example_dags.demo import road
from example_dags.demo.__main__ import AUTHORING_DAG, AUTHORING_FILE
from example_dags.demo.data import Workplace
from example_dags.demo.local_airflow import LocalAirflow
from example_dags.demo.rest import RestError, TaskInstance

pytestmark = [pytest.mark.airflow, pytest.mark.timeout(400)]


def waiting(airflow: LocalAirflow, run_id: str, *, map_index: int, timeout_s: float = 120) -> TaskInstance:
    """Return the review of ``map_index`` once it waits for a person."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        for task in airflow.rest.task_instances(AUTHORING_DAG, run_id):
            if (task.task_id, task.map_index, task.state) == ("review", map_index, "awaiting_input"):
                return task
        time.sleep(0.3)
    pytest.fail(f"review[{map_index}] did not wait for a person within {timeout_s} s")


def test_a_draft_written_again_is_reviewed_in_a_form_that_shows_it(airflow: LocalAirflow, place: Workplace) -> None:
    road.wait_for_dag(airflow.rest, AUTHORING_DAG, file_name=AUTHORING_FILE, timeout_s=60)
    conf = {"request": place.request(None), "dag_id": "second_review"}
    journey = road.start(airflow.rest, AUTHORING_DAG, conf=conf)
    first = waiting(airflow, journey.run_id, map_index=0)
    assert "draft second_review-1" in airflow.rest.asked(AUTHORING_DAG, journey.run_id, first)["subject"]

    time.sleep(road.SETTLE_S)
    airflow.rest.clear(AUTHORING_DAG, journey.run_id, ["synthesize", "review"])

    second = waiting(airflow, journey.run_id, map_index=1)
    assert "draft second_review-2" in airflow.rest.asked(AUTHORING_DAG, journey.run_id, second)["subject"]

    journey.decide = lambda asked: True
    journey.follow(timeout_s=120)
    states = {task.name: task.state for task in airflow.rest.task_instances(AUTHORING_DAG, journey.run_id)}
    assert (states["review[0]"], states["review[1]"]) == ("skipped", "success")
    answer = airflow.rest.xcom(AUTHORING_DAG, journey.run_id, "review", map_index=1)
    assert answer["release"]["draft_id"] == "second_review-2"


def test_an_empty_form_is_refused_before_a_run_starts(airflow: LocalAirflow, place: Workplace) -> None:
    road.wait_for_dag(airflow.rest, AUTHORING_DAG, file_name=AUTHORING_FILE, timeout_s=60)
    with pytest.raises(RestError) as refused:
        airflow.rest.trigger(AUTHORING_DAG)
    assert refused.value.status == 400


def test_open_questions_fail_understand_at_once_and_stand_in_its_log(airflow: LocalAirflow, place: Workplace) -> None:
    road.wait_for_dag(airflow.rest, AUTHORING_DAG, file_name=AUTHORING_FILE, timeout_s=60)
    journey = road.start(
        airflow.rest, AUTHORING_DAG, conf={"request": "Every day load the CSV files in /data/in into SQLite."}
    )
    with pytest.raises(road.RoadBlocked) as blocked:
        journey.follow(timeout_s=120)
    assert "question(s) must be answered" in str(blocked.value)
    tries = {task.task_id: task.try_number for task in airflow.rest.task_instances(AUTHORING_DAG, journey.run_id)}
    assert tries["understand"] == 1
