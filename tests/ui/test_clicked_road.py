"""The main road as a person clicks it: fill the form, watch the graph, read, approve, and run the new DAG."""

import re
import time
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from example_dags.demo import road
from example_dags.demo.__main__ import AUTHORING_DAG, AUTHORING_FILE
from example_dags.demo.data import EXPECTED_ROWS, TABLE, Workplace
from example_dags.demo.local_airflow import LocalAirflow
from tests.ui import screens

pytestmark = [pytest.mark.ui, pytest.mark.timeout(600)]


@dataclass(frozen=True)
class Author:
    """An authoring DAG, what its review must show, and what it makes."""

    dag_id: str
    file_name: str
    upstream: tuple[str, ...]
    subject: str
    shown: tuple[str, ...]


OURS = Author(
    AUTHORING_DAG,
    AUTHORING_FILE,
    upstream=("understand", "decompose", "design", "synthesize"),
    subject="sha256",
    shown=("Plan", "Findings", "with DAG(", "releases exactly these bytes"),
)


def test_a_request_is_filled_in_reviewed_approved_and_runs(airflow: LocalAirflow, page: Page):
    author = OURS
    road.wait_for_dag(airflow.rest, author.dag_id, file_name=author.file_name, timeout_s=60)
    airflow.rest.unpause(author.dag_id)

    run_id = trigger(airflow, page, author)
    watch_until_review(page, author)
    review_and_approve(airflow, page, author)
    release = released(airflow, author, run_id)
    run_new_dag(airflow, page, release)

    [table] = [table for table in Workplace(airflow.home).tables() if table.name == TABLE]
    assert table.typed() == EXPECTED_ROWS


def trigger(airflow: LocalAirflow, page: Page, author: Author) -> str:
    """Fill the trigger form in and submit it."""
    request = Workplace(airflow.home).request(None)
    screens.fill_trigger_form(page, airflow.url, author.dag_id, request=request)
    screens.picture(page, "1-trigger-form")
    return screens.submit_trigger_form(page)


def watch_until_review(page: Page, author: Author) -> None:
    """Look at the graph until all is green up to the waiting review."""
    screens.show_graph(page)
    expect(screens.node(page, "review")).to_contain_text("awaiting_input", timeout=180_000)
    for task_id in author.upstream:
        expect(screens.node(page, task_id)).to_contain_text("success")
    screens.picture(page, "2-graph-up-to-review")
    screens.show_grid(page)


def review_and_approve(airflow: LocalAirflow, page: Page, author: Author) -> None:
    """Open the approval, read it, and approve (no earlier than Airflow can take it)."""
    screens.open_review(page, airflow.url, re.compile(author.subject))
    for text in author.shown:
        expect(page.get_by_text(text).first).to_be_attached()
    screens.picture(page, "3-review", height=2600)
    time.sleep(road.SETTLE_S)
    screens.approve(page)
    screens.picture(page, "4-approved")


def released(airflow: LocalAirflow, author: Author, run_id: str) -> road.Release:
    """Wait for the end of the authoring run and return what it released."""
    journey = road.Journey(airflow.rest, author.dag_id, run_id)
    journey.follow(timeout_s=120)
    [release] = journey.releases()
    assert road.file_sha256(release) == release.sha256
    road.wait_for_dag(airflow.rest, release.dag_id, file_name=release.path.name, timeout_s=60)
    return release


def run_new_dag(airflow: LocalAirflow, page: Page, release: road.Release) -> None:
    """Switch the new DAG on, trigger it, and wait until its graph is green."""
    run_id = screens.unpause_and_trigger(page, airflow.url, release.dag_id)
    screens.show_graph(page)
    road.Journey(airflow.rest, release.dag_id, run_id).follow(timeout_s=120)
    for task in airflow.rest.task_instances(release.dag_id, run_id):
        expect(screens.node(page, task.task_id)).to_contain_text("success")
    screens.picture(page, "5-new-dag-ran")
