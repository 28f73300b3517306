"""A real Airflow and a headless Chromium."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from example_dags.demo.data import Workplace, demo_variables
from example_dags.demo.local_airflow import LocalAirflow

ROOT = Path(__file__).resolve().parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# No sandbox: it does not work as root. The others keep Chromium from calling home.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def airflow() -> Iterator[LocalAirflow]:
    stand_in = ROOT / "tests" / "real_airflow" / "dags"
    started = LocalAirflow(
        bundles={"example-dags": ROOT / "example_dags", "stand-in": stand_in}, extra_env=demo_variables()
    )
    Workplace(started.home).furnish()
    with started:
        yield started


@pytest.fixture
def page(airflow: LocalAirflow, missing_service: Callable[[str], None], tmp_path: Path) -> Iterator[Page]:
    """One browser window with a profile of its own."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        missing_service("no Chromium on this machine (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            tmp_path / "profile",
            executable_path=browser,
            headless=True,
            viewport={"width": 1400, "height": 1000},
            args=FLAGS,
        )
        page = context.new_page()
        page.set_default_timeout(30_000)
        yield page
        context.close()
