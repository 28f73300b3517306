"""What a person does on the pages of Airflow 3.3, and the pictures of it."""

import os
import re
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Locator, Page, expect

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
SETTLE_MS = 1500


def picture(page: Page, name: str, *, height: int = 1000) -> None:
    """Write docs/images/NAME.png when SCREENSHOTS=1; else do nothing."""
    if os.environ.get("SCREENSHOTS", "") in {"", "0"}:
        return
    IMAGES.mkdir(parents=True, exist_ok=True)
    page.set_viewport_size({"width": 1400, "height": height})
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=IMAGES / f"{name}.png")
    page.set_viewport_size({"width": 1400, "height": 1000})


def fill_trigger_form(page: Page, url: str, dag_id: str, *, request: str) -> None:
    """Open the trigger form of a DAG and write the request into it."""
    page.goto(f"{url}/dags/{dag_id}")
    page.get_by_role("button", name="Trigger Dag").click()
    field = page.get_by_role("dialog").locator("[name=element_request]")
    field.fill(request)
    field.press("Tab")


def submit_trigger_form(page: Page) -> str:
    """Press Trigger and return the id of the run that the page goes to."""
    page.get_by_role("dialog").get_by_role("button", name="Trigger", exact=True).click()
    page.wait_for_url(re.compile(r"/runs/[^/]+"))
    return page.url.split("/runs/")[1].split("/")[0].split("?")[0]


def open_run(page: Page, url: str, dag_id: str, run_id: str) -> None:
    """Open a run."""
    page.goto(f"{url}/dags/{dag_id}/runs/{quote(run_id, safe='')}")


def show_graph(page: Page) -> None:
    """Switch from the grid to the graph."""
    page.get_by_role("button", name="Show Graph").click()
    expect(page.locator(".react-flow__node").first).to_be_visible()


def show_grid(page: Page) -> None:
    """Switch from the graph to the grid, which leaves more room for the details."""
    page.get_by_role("button", name="Show Grid").click()


def node(page: Page, task_id: str) -> Locator:
    """Return a task's box in the graph."""
    return page.get_by_test_id(f"rf__node-{task_id}")


def open_review(page: Page, url: str, subject: str | re.Pattern[str]) -> None:
    """Open a waiting approval from the list of required actions."""
    page.goto(f"{url}/required_actions")
    page.get_by_role("link", name=subject).first.click()
    expect(page.get_by_role("button", name="Approve", exact=True)).to_be_visible()


def approve(page: Page) -> None:
    """Press Approve and wait until the page says that the answer is taken."""
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_text("response successful").first).to_be_visible()


def unpause_and_trigger(page: Page, url: str, dag_id: str) -> str:
    """Switch a DAG on, trigger it, and return the run id."""
    page.goto(f"{url}/dags/{dag_id}")
    switch = page.get_by_role("checkbox").first
    expect(switch).not_to_be_checked()
    switch.locator("..").click()
    expect(switch).to_be_checked()
    page.get_by_role("button", name="Trigger Dag").click()
    return submit_trigger_form(page)
