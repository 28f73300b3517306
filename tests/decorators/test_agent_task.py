"""The decorators: the function's text is the prompt, character by character."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from airflow.sdk import DAG, task

from airflow_dag_agent_provider.decorators import agent
from airflow_dag_agent_provider.operators.agent import AgentOperator
from tests.dag_runs import FinishedRun
from tests.operators.models import Analysis
from tests.operators.specs import Echo
from tests.wire.server import Call, Reply, WireServer

RunDag = Callable[..., FinishedRun]
Vendor = Callable[..., WireServer]

PLANTED = "{{ conn.vault.password }} {{ var.value.token }} {{ 7 * 6 }} {% raw %}"


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> str:
    """Secrets that a template typed by a user would reveal if anything rendered it."""
    monkeypatch.setenv("AIRFLOW_CONN_VAULT", '{"conn_type": "generic", "password": "hunter2hunter2"}')
    monkeypatch.setenv("AIRFLOW_VAR_TOKEN", "token-98765")
    return PLANTED


def assert_untouched(server: WireServer) -> None:
    sent = "\n".join(seen.sent_text for seen in server.seen)
    assert PLANTED in sent
    assert [secret for secret in ("hunter2hunter2", "token-98765", " 42 ") if secret in sent] == []


def test_the_function_returns_the_prompt(run_dag: RunDag, vendor: Vendor) -> None:
    server = vendor(Reply(calls=(Call("echo"),)), Reply("revenue is up"))
    with DAG("decorated") as dag:

        @agent(llm_conn_id="wire", system_prompt="Be brief.", toolsets=[Echo("db")])
        def analyze(question: str) -> str:
            return f"Answer this: {question}"

        @task
        def report(text: str) -> str:
            return text.upper()

        report(analyze("what was the revenue?"))
    ended = run_dag(dag)
    assert (ended.xcom("analyze"), ended.xcom("report")) == ("revenue is up", "REVENUE IS UP")
    assert "Answer this: what was the revenue?" in server.seen[0].sent_text
    assert "Be brief." in server.seen[0].sent_text


def test_structured_output_and_keyword_only_use(run_dag: RunDag, vendor: Vendor) -> None:
    vendor(Reply(calls=(Call("final_result", {"summary": "s", "findings": []}),)))
    with DAG("decorated_typed") as dag:

        @agent(llm_conn_id="wire", output_type=Analysis)
        def analyze() -> str:
            return "look"

        @task
        def summary_of(result: Analysis) -> str:
            return result.summary

        summary_of(analyze())
    assert run_dag(dag).xcom("summary_of") == "s"


def test_the_function_may_mix_text_and_images(run_dag: RunDag, vendor: Vendor) -> None:
    server = vendor(Reply("a cat"))
    with DAG("decorated_image") as dag:

        @agent(llm_conn_id="wire")
        def describe(url: str) -> list[Any]:
            from pydantic_ai.messages import ImageUrl

            return ["What is this?", ImageUrl(url=url)]

        describe("https://example.com/cat.png")
    assert run_dag(dag).xcom("describe") == "a cat"
    assert "https://example.com/cat.png" in server.seen[0].sent_text


def test_text_made_by_the_function_is_data(run_dag: RunDag, vendor: Vendor, planted: str) -> None:
    server = vendor(Reply("ok"))
    with DAG("decorated_data") as dag:

        @agent(llm_conn_id="wire")
        def ask() -> str:
            return PLANTED

        ask()
    run_dag(dag)
    assert_untouched(server)


def test_text_from_params_is_data(run_dag: RunDag, vendor: Vendor, planted: str) -> None:
    server = vendor(Reply("ok"))
    with DAG("decorated_params", params={"message": ""}) as dag:

        @agent(llm_conn_id="wire")
        def ask(message: str, params: Any = None) -> str:
            assert message == params["message"]
            return message

        ask("{{ params.message }}")
    assert run_dag(dag, conf={"message": planted}).state == "success"
    assert_untouched(server)


@pytest.mark.parametrize("mapped", [False, True])
def test_text_from_an_upstream_task_is_data(run_dag: RunDag, vendor: Vendor, planted: str, mapped: bool) -> None:
    server = vendor(Reply("ok"))
    with DAG(f"decorated_xcom_{mapped}") as dag:

        @task
        def chat(mapped: bool) -> Any:
            return [PLANTED] if mapped else PLANTED

        @agent(llm_conn_id="wire")
        def ask(message: str) -> str:
            return f"The user says: {message}"

        if mapped:
            ask.expand(message=chat(True))
        else:
            ask(chat(False))
    assert run_dag(dag).state == "success"
    assert_untouched(server)


@pytest.mark.parametrize("returned", [None, "", 7, {"prompt": "x"}])
def test_a_function_that_returns_no_prompt_fails_the_task(run_dag: RunDag, returned: Any) -> None:
    with DAG(f"decorated_no_prompt_{type(returned).__name__}") as dag:

        @agent(model_id="test")
        def ask() -> Any:
            return returned

        ask()
    assert run_dag(dag).state == "failed"


def test_an_unknown_argument_is_refused_by_name() -> None:
    with DAG("decorated_unknown"), pytest.raises(TypeError, match="tool_sets"):

        @agent(tool_sets=[])
        def ask() -> str:
            return "x"

        ask()


def test_an_async_function_is_refused() -> None:
    with DAG("decorated_async"), pytest.raises(TypeError, match="ask is async"):

        @agent(model_id="test")
        async def ask() -> str:
            return "x"

        ask()


def test_the_task_is_an_agent_operator() -> None:
    with DAG("decorated_kind") as dag:

        @agent(model_id="test")
        def ask() -> str:
            return "x"

        ask()
    assert isinstance(dag.get_task("ask"), AgentOperator)
