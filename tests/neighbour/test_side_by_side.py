"""Beside apache-airflow-providers-common-ai in one environment: its names stay its own, and nobody warns.

`make neighbour` installs both really and runs this; elsewhere it is skipped.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import pytest

from airflow_dag_agent_provider.provider_info import NEIGHBOUR

WANTED = "DAG_AGENT_TEST_NEIGHBOUR"

LOOK = """
import json, logging, warnings
logging.basicConfig(level=logging.WARNING)
warnings.simplefilter("always")
from airflow.providers_manager import ProvidersManager
from airflow.sdk.providers_manager_runtime import ProvidersManagerTaskRuntime
from airflow.sdk import DAG, task

manager = ProvidersManager()
manager.initialize_providers_list()
manager.initialize_providers_taskflow_decorator()
runtime = ProvidersManagerTaskRuntime()
hooks = {where: one.hooks.get("pydanticai") for where, one in (("core", manager), ("runtime", runtime))}

from airflow_dag_agent_provider.decorators import agent
from airflow_dag_agent_provider.toolsets import SQLToolset

with DAG("both", schedule=None) as dag:

    @task.agent(llm_conn_id="x")
    def theirs():
        return "hello"

    @task.dag_agent(llm_conn_id="x", toolsets=[SQLToolset("db")])
    def ours():
        return "hello"

    @agent(llm_conn_id="x")
    def imported():
        return "hello"

    theirs() >> ours() >> imported()

print(json.dumps({
    "hooks": {where: hook and hook.hook_class_name for where, hook in hooks.items()},
    "widgets": sorted(name for name in manager.connection_form_widgets if "pydanticai__" in name),
    "label": getattr(hooks["core"], "hook_name", None),
    "operators": {task_id: type(dag.get_task(task_id)).__module__ for task_id in ("theirs", "ours", "imported")},
    "names": sorted(name for name in manager.taskflow_decorators if "agent" in name),
}))
"""


@pytest.fixture(autouse=True)
def neighbour(missing_service: Callable[[str], None]) -> None:
    """Skip without the neighbour; fail where it was promised."""
    try:
        version(NEIGHBOUR)
    except PackageNotFoundError:
        why = f"{NEIGHBOUR} is not installed here; `make neighbour` tries it"
        missing_service(why) if os.environ.get(WANTED) else pytest.skip(why)


@cache
def look() -> tuple[dict[str, Any], str]:
    """Return what a new process finds in this environment, and all that it said besides."""
    ended = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    *said, found = ended.stdout.strip().splitlines()
    return json.loads(found), "\n".join([*said, ended.stderr])


def test_the_decorator_agent_is_the_neighbours() -> None:
    found, _ = look()
    assert found["names"] == ["agent", "dag_agent"]
    assert found["operators"]["theirs"].startswith("airflow.providers.common.ai.")


def test_dag_agent_and_the_imported_decorator_are_ours() -> None:
    operators = look()[0]["operators"]
    assert {operators["ours"], operators["imported"]} == {"airflow_dag_agent_provider.decorators.agent_task"}


def test_the_connection_type_is_the_neighbours() -> None:
    hooks = look()[0]["hooks"]
    assert all(name.startswith("airflow.providers.common.ai.") for name in hooks.values())


def test_nothing_warns_of_a_name_that_is_taken() -> None:
    _, said = look()
    assert [line for line in said.splitlines() if "already" in line or "airflow_dag_agent" in line] == []


def test_a_connection_of_theirs_works_for_our_agents(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow_dag_agent_provider.hooks.llm import resolve_model

    monkeypatch.setenv("AIRFLOW_CONN_LLM", '{"conn_type": "pydanticai", "password": "k", "extra": {"model": "test"}}')
    assert resolve_model(model_id=None, llm_conn_id="llm").model_name == "test"
