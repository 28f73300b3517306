"""runs/run.py: one agent run, its report, its end."""

from __future__ import annotations

import asyncio
import contextvars
import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic_ai import Agent
from pydantic_ai import exceptions as errors
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.fallback import FallbackModel
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.usage import RequestUsage, RunUsage, UsageLimits

from airflow_dag_agent_provider.runs.limits import usage_as_data
from airflow_dag_agent_provider.runs.run import RunHandle, retry_helps, run_agent


def answering(*turns: str | ToolCallPart | Sequence[ToolCallPart]) -> FunctionModel:
    """A model that says ``turns`` one after the other."""

    def respond(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        turn = turns[sum(isinstance(m, ModelResponse) for m in messages)]
        parts = [TextPart(turn)] if isinstance(turn, str) else [turn] if isinstance(turn, ToolCallPart) else turn
        return ModelResponse(parts=list(parts))

    return FunctionModel(respond, model_name="scripted")


def agent_with_tools(model: FunctionModel) -> Agent[None, str]:
    agent = Agent(model)

    @agent.tool_plain
    def rows(table: str) -> int:
        return len(table)

    @agent.tool_plain
    def breaks() -> int:
        raise ValueError("the database said no")

    return agent


# --- what a run returns ---------------------------------------------------------------------------------------


def test_a_run_returns_output_usage_and_transcript() -> None:
    run = run_agent(agent_with_tools(answering(ToolCallPart("rows", {"table": "orders"}), "six")), "how many?")
    assert (run.output, run.model, run.tool_calls) == ("six", "scripted", ("rows",))
    assert (run.usage["requests"], run.usage["tool_calls"]) == (2, 1)
    assert len(run.messages) == 4
    assert run.elapsed_s > 0


def test_usage_is_plain_data() -> None:
    usage = RunUsage(requests=1, input_tokens=2, output_tokens=3)
    usage.incr(RequestUsage(cost=Decimal("0.25")))
    data = usage_as_data(usage)
    assert json.loads(json.dumps(data)) == data
    assert (data["total_tokens"], data["cost_usd"]) == (5, 0.25)


def test_a_structured_output_is_no_tool_call() -> None:
    class Count(BaseModel):
        rows: int

    run = run_agent(Agent(answering(ToolCallPart("final_result", {"rows": 6})), output_type=Count), "how many?")
    assert (run.output, run.tool_calls) == (Count(rows=6), ())


def test_the_run_id_is_the_handles() -> None:
    handle = RunHandle()
    assert run_agent(Agent(answering("hi")), "hello", handle=handle).run_id == handle.run_id


def test_a_run_works_inside_a_running_event_loop() -> None:
    async def caller() -> str:
        return str(run_agent(Agent(answering("hi")), "hello").output)

    assert asyncio.run(caller()) == "hi"


def test_a_run_sees_the_context_variables_of_its_caller() -> None:
    tenant = contextvars.ContextVar("tenant", default="nobody")
    agent = Agent(answering(ToolCallPart("who"), "done"))
    seen: list[str] = []
    agent.tool_plain(lambda: seen.append(tenant.get()), name="who")
    tenant.set("acme")
    run_agent(agent, "who am I?")
    assert seen == ["acme"]


# --- how a run fails ------------------------------------------------------------------------------------------


def test_a_tools_error_comes_through_as_it_is_and_usage_survives() -> None:
    handle = RunHandle()
    with pytest.raises(ValueError, match="the database said no"):
        run_agent(agent_with_tools(answering(ToolCallPart("breaks"))), "go", handle=handle)
    report = handle.report()
    assert (report.usage["requests"], report.tool_calls, report.model) == (1, ("breaks",), "scripted")
    assert len(handle.messages) >= 2


@pytest.mark.parametrize("limits", [UsageLimits(request_limit=1), {"request_limit": 1}])
def test_usage_limits_end_the_run(limits: Any) -> None:
    agent = agent_with_tools(answering(ToolCallPart("rows", {"table": "a"}), "never said"))
    with pytest.raises(errors.UsageLimitExceeded, match="request_limit of 1"):
        run_agent(agent, "go", usage_limits=limits)


def test_an_unknown_usage_limit_is_named() -> None:
    with pytest.raises(errors.UserError, match=r"usage_limits has no 'requests_limit'.*Known are: .*request_limit"):
        run_agent(Agent(answering("hi")), "go", usage_limits={"requests_limit": 1})


RETRIES = [
    (errors.ModelAuthenticationError("m", "bad key"), False),
    (errors.ModelNotFoundError("m", "no such model"), False),
    (errors.ModelQuotaExceededError("m", "spent"), False),
    (errors.ModelContextWindowExceededError("m", "too long"), False),
    (errors.UserError("two tools of one name"), False),
    (errors.UsageLimitExceeded("10 requests"), False),
    (errors.ModelRateLimitError("m", "slower"), True),
    (errors.ModelOverloadedError("m", "later"), True),
    (errors.ModelServerError("m", "sorry"), True),
    (errors.ModelTimeoutError("m", "late"), True),
    (errors.ModelConnectionError("m", "gone"), True),
    (errors.UnexpectedModelBehavior("nonsense"), True),
    (ValueError("from a tool"), True),
]


@pytest.mark.parametrize(("error", "helps"), RETRIES, ids=lambda value: type(value).__name__)
def test_a_retry_helps_against_outages_only(error: Exception, helps: bool) -> None:
    assert retry_helps(error) is helps


def test_a_retry_helps_while_one_of_the_fallback_models_may_come_back() -> None:
    def failing(error: Exception) -> FunctionModel:
        def respond(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
            raise error

        return FunctionModel(respond)

    dead, busy = errors.ModelAuthenticationError("a", "bad key"), errors.ModelServerError("b", "sorry")
    for models, helps in (((dead, busy), True), ((dead, dead), False)):
        with pytest.raises(errors.FallbackExceptionGroup) as caught:
            run_agent(Agent(FallbackModel(*(failing(error) for error in models))), "go")
        assert retry_helps(caught.value) is helps


# --- how a run is stopped -------------------------------------------------------------------------------------


def waiting_model(started: threading.Event) -> FunctionModel:
    async def respond(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        started.set()
        await asyncio.sleep(60)
        return ModelResponse(parts=[TextPart("too late")])

    return FunctionModel(respond)


def test_cancel_ends_a_waiting_model_call_at_once() -> None:
    handle, started = RunHandle(), threading.Event()
    threading.Thread(target=lambda: (started.wait(5), handle.cancel()), daemon=True).start()
    before = time.monotonic()
    with pytest.raises(errors.RunCancelled):
        run_agent(Agent(waiting_model(started)), "go", handle=handle)
    assert time.monotonic() - before < 3


def test_cancel_does_not_wait_for_a_blocking_tool() -> None:
    handle, started, release = RunHandle(), threading.Event(), threading.Event()
    agent = Agent(answering(ToolCallPart("blocks"), "never said"))
    agent.tool_plain(lambda: (started.set(), release.wait(30)), name="blocks")
    threading.Thread(target=lambda: (started.wait(5), handle.cancel()), daemon=True).start()
    before = time.monotonic()
    with pytest.raises(errors.RunCancelled):
        run_agent(agent, "go", handle=handle)
    elapsed = time.monotonic() - before
    release.set()
    assert elapsed < 3
    assert handle.report().usage["requests"] == 1


def test_an_exception_in_the_waiting_thread_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Airflow's execution timeout does, which a signal raises in the main thread."""
    handle, started = RunHandle(), threading.Event()

    class Timeout(BaseException): ...

    real_wait = threading.Event.wait

    def interrupted(event: threading.Event, timeout: float | None = None) -> bool:
        if timeout == 0.5 and threading.current_thread() is threading.main_thread():
            real_wait(started, 5)
            raise Timeout
        return real_wait(event, timeout)

    monkeypatch.setattr(threading.Event, "wait", interrupted)
    with pytest.raises(Timeout):
        run_agent(Agent(waiting_model(started)), "go", handle=handle)
    assert handle.token.cancelled
    assert len(handle.messages) >= 1


SIGTERM = """
import asyncio, os, signal, threading, time
from pydantic_ai import Agent
from pydantic_ai.exceptions import RunCancelled
from pydantic_ai.models.function import FunctionModel
from airflow_dag_agent_provider.runs.run import RunHandle, run_agent

handle = RunHandle()
signal.signal(signal.SIGTERM, lambda number, frame: handle.cancel())

async def respond(messages, info):
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.sleep(60)

before = time.monotonic()
try:
    run_agent(Agent(FunctionModel(respond)), "go", handle=handle)
except RunCancelled:
    print(time.monotonic() - before, len(handle.messages))
"""


def test_cancel_works_in_a_signal_handler() -> None:
    """As on_kill is called: in the handler of SIGTERM, on the main thread."""
    ended = subprocess.run([sys.executable, "-c", SIGTERM], capture_output=True, text=True, check=True, timeout=60)
    elapsed_s, messages = ended.stdout.split()
    assert float(elapsed_s) < 3
    assert int(messages) >= 1


# --- what a run logs ------------------------------------------------------------------------------------------


def logged(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= level]


def test_calls_and_summary_are_logged_as_the_guide_says(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "airflow_dag_agent_provider.runs")
    run_agent(agent_with_tools(answering(ToolCallPart("rows", {"table": "orders"}), "six")), "secret words")
    lines = logged(caplog, logging.INFO)
    assert lines[0] == "Tool call: rows"
    assert lines[1].startswith("Tool rows returned in 0.0")
    assert lines[3].startswith("LLM run complete: model=scripted, requests=2, tool_calls=1, input_tokens=")
    assert lines[4] == "Tool call sequence: rows"


def test_arguments_prompts_and_answers_stay_below_info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "airflow_dag_agent_provider.runs")
    agent = agent_with_tools(answering(ToolCallPart("rows", {"table": "salaries"}), "answer-text"))
    run_agent(agent, "prompt-text")
    above = "\n".join(logged(caplog, logging.INFO))
    assert [word for word in ("salaries", "answer-text", "prompt-text") if word in above] == []
    assert "salaries" in caplog.text


def test_without_tool_logging_the_summary_stays(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "airflow_dag_agent_provider.runs")
    run_agent(agent_with_tools(answering(ToolCallPart("rows", {"table": "a"}), "one")), "go", log_tools=False)
    assert not any(line.startswith("Tool call:") for line in logged(caplog, logging.INFO))
    assert "Tool call sequence: rows" in logged(caplog, logging.INFO)


def test_a_failed_run_is_summed_up_too(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "airflow_dag_agent_provider.runs")
    with pytest.raises(ValueError, match="database"):
        run_agent(agent_with_tools(answering(ToolCallPart("breaks"))), "go")
    assert any(line.startswith("LLM run failed: model=scripted, requests=1") for line in logged(caplog, logging.INFO))
    assert any(line.startswith("Tool breaks failed after") for line in logged(caplog, logging.INFO))
