"""DagAuthoringToolset: what an authoring agent can look up and write, and that it cannot publish."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic_ai import Agent, ToolFailed
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from airflow_dag_agent_provider.authoring.workshop import Workshop, open_workshop
from airflow_dag_agent_provider.runs.run import run_agent
from airflow_dag_agent_provider.toolsets import DagAuthoringToolset
from airflow_dag_agent_provider.toolsets.dag_tools import DagTools
from tests.authoring.plans import SQL, draft_content, plan

LOOK_UP = {"search_operators", "describe_operator", "list_connections", "list_dags", "read_dag", "check_plan"}
WRITE = {"write_dag", "test_dag", "diff_draft"}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    folder = tmp_path / "dags"
    folder.mkdir()
    local = "airflow.dag_processing.bundles.local.LocalDagBundle"
    bundles = [{"name": "dags-folder", "classpath": local, "kwargs": {"path": str(folder)}}]
    monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", json.dumps(bundles))
    monkeypatch.setenv("AIRFLOW__DAG_AGENT__DAGS_PATH", str(folder))
    monkeypatch.setenv("AIRFLOW__DAG_AGENT__DRAFTS_PATH", str(tmp_path / "drafts"))
    return open_workshop()


@pytest.mark.parametrize(("read_only", "tools"), [(True, LOOK_UP), (False, LOOK_UP | WRITE)])
def test_an_agent_has_exactly_these_tools_and_none_publishes(shop: Workshop, read_only: bool, tools: set[str]) -> None:
    assert set(DagTools(shop).toolset(id="x", read_only=read_only).tools) == tools


def test_words_find_an_operator_and_its_real_arguments(shop: Workshop) -> None:
    tools = DagTools(shop)
    assert SQL in [found["path"] for found in tools.search_operators("run a sql query")]
    arguments = {parameter["name"] for parameter in tools.describe_operator(SQL)["parameters"]}
    assert {"sql", "conn_id"} <= arguments


def test_an_unknown_operator_fails_with_the_nearest(shop: Workshop) -> None:
    with pytest.raises(ToolFailed, match="SQLExecuteQueryOperator"):
        DagTools(shop).describe_operator(SQL + "s")


def test_operators_that_are_not_allowed_are_neither_found_nor_described_nor_planned(shop: Workshop) -> None:
    tools = DagTools(shop, operators=("airflow.providers.standard.",))
    assert SQL not in [found["path"] for found in tools.search_operators("run a sql query")]
    with pytest.raises(ToolFailed):
        tools.describe_operator(SQL)
    assert tools.check_plan(plan()) == {"ok": False, "problems": [f"operator {SQL!r} may not be used here"]}


def test_connections_are_listed_by_id_and_never_with_a_secret(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SHOP_PG", '{"conn_type": "postgres", "password": "planted-s3cret"}')
    listed = DagTools(shop).list_connections()
    assert "shop_pg" in [connection["id"] for connection in listed]
    assert "planted-s3cret" not in json.dumps(listed)


def test_a_draft_can_be_tested_and_compared_before_anybody_reviews_it(shop: Workshop) -> None:
    draft = shop.drafts.add(draft_content())
    tools = DagTools(shop)
    assert tools.test_dag(draft.draft_id)["ok"]
    assert "+with DAG(" in tools.diff_draft(draft.draft_id)
    assert tools.list_dags() == []
    with pytest.raises(ToolFailed, match="was not released from here"):
        tools.read_dag("count_files")


def test_an_unknown_draft_is_an_answer_to_the_model_and_the_run_goes_on(shop: Workshop) -> None:
    with pytest.raises(ToolFailed, match="There is no draft 'nothing-1'"):
        DagTools(shop).diff_draft("nothing-1")


def test_a_plan_that_cannot_be_compiled_goes_back_to_the_model(shop: Workshop) -> None:
    plans = [plan(tasks=plan().tasks[:1], edges=(), constants={"lower": 1}), plan()]

    def model(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        returned = [p for m in messages for p in m.parts if isinstance(p, ToolReturnPart) and p.outcome == "success"]
        if returned:
            return ModelResponse(parts=[TextPart(returned[-1].model_response_str())])
        arguments = {"plan": plans.pop(0).model_dump(mode="json")}
        return ModelResponse(parts=[ToolCallPart("write_dag", arguments)])

    toolset = DagTools(shop).toolset(id="x", read_only=False)
    agent = Agent(FunctionModel(model), toolsets=[toolset], retries=2)
    answer = run_agent(agent, "count the files every day").output
    assert json.loads(answer)["ok"]
    assert plans == []
    assert shop.drafts.ids() == ["count_files-1"]


def test_the_spec_is_data_whose_identity_says_what_it_allows() -> None:
    assert DagAuthoringToolset().id != DagAuthoringToolset(read_only=True).id
    assert repr(DagAuthoringToolset(operators=("a.",))) != repr(DagAuthoringToolset())
