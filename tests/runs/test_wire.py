"""A run through the real OpenAI and Anthropic clients, against a vendor on the loopback interface."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydantic import BaseModel
from pydantic_ai import Agent
from pydantic_ai import exceptions as errors
from pydantic_ai.models import Model
from pydantic_ai.settings import ModelSettings

from airflow_dag_agent_provider.hooks.llm import resolve_model
from airflow_dag_agent_provider.runs.run import RunHandle, retry_helps, run_agent
from tests.wire.server import Call, Failure, Reply, WireServer

VENDORS = ("openai:gpt-5-mini", "openai-chat:gpt-5-mini", "anthropic:claude-haiku-4-5")
Connect = Callable[[WireServer, str], Model]


class Answer(BaseModel):
    rows: int


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch, airflow_db: None) -> Connect:
    def make(vendor: WireServer, model: str) -> Model:
        monkeypatch.setenv("AIRFLOW_CONN_WIRE", vendor.connection(model))
        return resolve_model(model_id=None, llm_conn_id="wire")

    return make


@pytest.mark.parametrize("model", VENDORS)
def test_a_tool_loop_ends_in_text(connect: Connect, model: str) -> None:
    with WireServer(Reply(calls=(Call("rows", {"table": "orders"}),)), Reply("42 rows")) as vendor:
        agent = Agent(connect(vendor, model))
        agent.tool_plain(lambda table: {"orders": 42}[table], name="rows")
        run = run_agent(agent, "how many orders?")
    assert (run.output, run.tool_calls) == ("42 rows", ("rows",))
    assert (run.usage["input_tokens"], run.usage["output_tokens"]) == (22, 14)
    assert run.usage["cost_usd"] > 0
    assert "how many orders?" in vendor.seen[0].sent_text


@pytest.mark.parametrize("model", VENDORS)
def test_structured_output_arrives_typed(connect: Connect, model: str) -> None:
    with WireServer(Reply(calls=(Call("final_result", {"rows": 42}),))) as vendor:
        assert run_agent(Agent(connect(vendor, model), output_type=Answer), "count").output == Answer(rows=42)


@pytest.mark.parametrize("model", VENDORS)
def test_the_key_of_the_connection_is_sent(connect: Connect, model: str) -> None:
    with WireServer(Reply("hi")) as vendor:
        run_agent(Agent(connect(vendor, model)), "hello")
    headers = {name.lower(): value for name, value in vendor.seen[0].headers.items()}
    assert "sk-loopback-key" in headers.get("authorization", "") + headers.get("x-api-key", "")


FAILURES = [
    (Failure(401), errors.ModelAuthenticationError, False),
    (Failure(404), errors.ModelNotFoundError, False),
    (Failure(429, headers={"retry-after": "0"}), errors.ModelRateLimitError, True),
    (Failure(500, headers={"retry-after": "0"}), errors.ModelServerError, True),
    (Failure(200, raw="<html>proxy error</html>"), errors.AgentRunError, True),
]


@pytest.mark.parametrize("model", VENDORS)
@pytest.mark.parametrize(("failure", "expected", "helps"), FAILURES, ids=lambda value: str(value)[:24])
def test_vendor_failures_are_told_apart(
    connect: Connect, model: str, failure: Failure, expected: type[Exception], helps: bool
) -> None:
    with WireServer(failure) as vendor, pytest.raises(expected) as caught:
        run_agent(Agent(connect(vendor, model)), "hello")
    assert retry_helps(caught.value) is helps


@pytest.mark.parametrize("model", VENDORS)
def test_usage_survives_a_vendor_that_fails_in_the_second_turn(connect: Connect, model: str) -> None:
    handle = RunHandle()
    with WireServer(Reply(calls=(Call("rows"),)), Failure(401)) as vendor:
        agent = Agent(connect(vendor, model))
        agent.tool_plain(lambda: 42, name="rows")
        with pytest.raises(errors.ModelAuthenticationError):
            run_agent(agent, "how many?", handle=handle)
    assert handle.report().usage["input_tokens"] == 11


@pytest.mark.parametrize("model", VENDORS)
def test_broken_tool_arguments_are_asked_for_again(connect: Connect, model: str) -> None:
    with WireServer(Reply(calls=(Call("rows", '{"table": '),)), Reply("sorry")) as vendor:
        agent = Agent(connect(vendor, model), retries=3)
        agent.tool_plain(lambda table: 42, name="rows")
        assert run_agent(agent, "how many?").output == "sorry"


def test_a_slow_vendor_ends_in_a_timeout(connect: Connect) -> None:
    with WireServer(Reply("late", delay_s=1)) as vendor:
        agent = Agent(connect(vendor, "openai:gpt-5-mini"), model_settings=ModelSettings(timeout=0.1))
        with pytest.raises(errors.ModelTimeoutError):
            run_agent(agent, "hello")
