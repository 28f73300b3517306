"""What Airflow finds of this package, in an Airflow that has it installed."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from airflow_dag_agent_provider.plugin import AUTHORING_DAG_ID, DagAgentPlugin
from airflow_dag_agent_provider.provider_info import get_provider_info
from tests.operators.provider_home import in_airflow, make_provider_home

LOOK = """
import json, logging
logging.basicConfig(level=logging.WARNING)
from airflow.providers_manager import ProvidersManager
from airflow.configuration import conf
manager = ProvidersManager()
manager.initialize_providers_list()
hook = manager.hooks.get("pydanticai")
manager.initialize_providers_taskflow_decorator()
decorators = dict(manager.taskflow_decorators)
print(json.dumps({
    "version": manager.providers["airflow-dag-agent-provider"].version,
    "hook": hook and hook.hook_class_name,
    "widgets": sorted(w for w in manager.connection_form_widgets if "pydanticai" in w),
    "relabeled": (manager.field_behaviours.get("pydanticai") or {}).get("relabeling"),
    "decorators": {name: f"{made.__module__}.{made.__name__}" for name, made in decorators.items() if "agent" in name},
    "isolation": conf.get("dag_agent", "isolation"),
}))
"""

DECORATORS = """
import json
from airflow.sdk import task
print(json.dumps([name for name in ("agent", "dag_agent") if hasattr(task, name)]))
"""

PLUGINS = """
import json
from airflow import plugins_manager
from airflow.api_fastapi.core_api.datamodels.plugins import PluginResponse
[info] = [p for p in plugins_manager.get_plugin_info() if p["name"] == "dag_agent"]
plugin = PluginResponse.model_validate(info)
print(json.dumps({
    "views": [view.model_dump() for view in plugin.external_views],
    "errors": plugins_manager.get_import_errors(),
}))
"""

DECORATOR_PATH = "airflow_dag_agent_provider.decorators.agent_task.agent"


def test_the_info_fits_airflows_schema() -> None:
    import airflow

    schema = json.loads((Path(airflow.__path__[0]) / "provider_info.schema.json").read_text())
    jsonschema.validate(get_provider_info(), schema)


def test_every_setting_is_documented() -> None:
    from dataclasses import fields

    from airflow_dag_agent_provider.settings import Settings

    described = set(get_provider_info()["config"]["dag_agent"]["options"])
    assert described == {field.name for field in fields(Settings)} - {"bundles", "paused_at_creation"}


def test_airflow_finds_everything(tmp_path: Path) -> None:
    found, noise = in_airflow(make_provider_home(tmp_path), LOOK)
    assert found["version"] == "0.1.0"
    assert found["hook"] == "airflow_dag_agent_provider.hooks.llm.PydanticAIHook"
    assert found["widgets"] == ["extra__pydanticai__model"]
    assert found["relabeled"] == {"password": "API key", "host": "Base URL"}
    assert found["decorators"] == {"agent": DECORATOR_PATH, "dag_agent": DECORATOR_PATH}
    assert found["isolation"] == "best"
    assert "WARNING" not in noise


def test_beside_common_ai_its_names_stay_its_own(tmp_path: Path) -> None:
    found, noise = in_airflow(make_provider_home(tmp_path, neighbour=True), LOOK)
    assert found["hook"] is None
    assert found["decorators"] == {"dag_agent": DECORATOR_PATH}
    assert "WARNING" not in noise


@pytest.mark.parametrize(("neighbour", "names"), [(False, ["agent", "dag_agent"]), (True, ["dag_agent"])])
def test_the_decorators_hang_on_task(tmp_path: Path, neighbour: bool, names: list[str]) -> None:
    assert in_airflow(make_provider_home(tmp_path, neighbour=neighbour), DECORATORS)[0] == names


def test_the_navigation_leads_to_the_authoring_dag(tmp_path: Path) -> None:
    found, _ = in_airflow(make_provider_home(tmp_path), PLUGINS)
    assert [view["href"] for view in found["views"]] == [f"dags/{AUTHORING_DAG_ID}"]
    assert found["errors"] == {}


def test_the_plugin_points_at_the_dag_that_the_factory_makes() -> None:
    meta_dag = pytest.importorskip("airflow_dag_agent_provider.meta_dag")
    assert AUTHORING_DAG_ID == meta_dag.DEFAULT_DAG_ID
    assert DagAgentPlugin.name == "dag_agent"
