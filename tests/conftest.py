"""The test home: a throw-away Airflow, made before anything imports airflow.

pytest                      everything that needs no service, no browser and no started Airflow
pytest -m airflow | ui      the tests that start a real Airflow, or drive a browser
pytest --require-services   a missing service (PostgreSQL ...) is a failure, not a skip
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

_ROOT = "DAG_AGENT_TESTS_ROOT"
_OWNS_ROOT = _ROOT not in os.environ  # xdist workers inherit the folder of the process that started them


def _make_home() -> Path:
    """Point this process at an Airflow home of its own and forget the caller's Airflow and API keys."""
    root = Path(os.environ.get(_ROOT) or tempfile.mkdtemp(prefix="dag-agent-tests-"))
    home = root / os.environ.get("PYTEST_XDIST_WORKER", "main")
    (home / "dags").mkdir(parents=True, exist_ok=True)
    for name in list(os.environ):
        if name.startswith(("AIRFLOW_", "OPENAI_", "ANTHROPIC_")) or name.endswith("_API_KEY"):
            del os.environ[name]
    os.environ |= {
        _ROOT: str(root),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__UNIT_TEST_MODE": "True",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__ALLOWED_DESERIALIZATION_CLASSES": "airflow.* airflow_dag_agent_provider.* unusual_prefix_*",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
        "PYDANTIC_AI_NO_BANNER": "1",
    }
    return home


HOME = _make_home()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--require-services", action="store_true", help="fail where a test would skip because a service is missing"
    )


def pytest_unconfigure(config: pytest.Config) -> None:
    if _OWNS_ROOT and not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ[_ROOT], ignore_errors=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what starts an Airflow or a browser unless ``-m`` names it."""
    selected = str(config.getoption("markexpr", default=""))
    for item in items:
        for mark in ("airflow", "ui"):
            if item.get_closest_marker(mark) and mark not in selected:
                item.add_marker(pytest.mark.skip(reason=f"runs with: pytest -m {mark}"))


@pytest.fixture(scope="session")
def airflow_db() -> Iterator[None]:
    """An initialised metadata database in this process's home; made once and copied for further workers."""
    from tests.dag_runs import make_database

    make_database(HOME, template=Path(os.environ[_ROOT]) / "template.db")
    yield
    from airflow import settings

    settings.dispose_orm()


@pytest.fixture
def run_dag(airflow_db: None) -> Callable[..., Any]:
    """`tests.dag_runs.run_dag`: put a DAG built in the test into the database and run it in this process."""
    from tests.dag_runs import run_dag

    return run_dag


@pytest.fixture
def answer(airflow_db: None) -> Callable[..., Any]:
    """`tests.dag_runs.answer`: answer a human-in-the-loop task from a thread while ``run_dag`` waits."""
    from tests.dag_runs import answer

    return answer


@pytest.fixture
def missing_service(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Skip the test and say why, or fail it under ``--require-services``."""

    def missing(why: str) -> None:
        if request.config.getoption("--require-services"):
            pytest.fail(why)
        pytest.skip(why)

    return missing


@pytest.fixture
def postgres_dsn(missing_service: Callable[[str], None]) -> Iterator[str]:
    """DSN of a new, empty database on the server of $DAG_AGENT_TEST_POSTGRES; dropped after the test."""
    from tests.services import ServiceMissing, empty_postgres_database

    with ExitStack() as stack:
        try:
            dsn = stack.enter_context(empty_postgres_database())
        except ServiceMissing as error:
            missing_service(str(error))
        yield dsn


@pytest.fixture
def mariadb_url(missing_service: Callable[[str], None]) -> Iterator[str]:
    """URL of a new, empty database on the server of $DAG_AGENT_TEST_MARIADB; dropped after the test."""
    from tests.services import ServiceMissing, empty_mariadb_database

    with ExitStack() as stack:
        try:
            url = stack.enter_context(empty_mariadb_database())
        except ServiceMissing as error:
            missing_service(str(error))
        yield url
