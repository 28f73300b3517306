"""runs/durable.py: what is recorded is not paid for twice; what is not certain runs again."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from airflow.sdk.log import mask_secret
from pydantic_ai import Agent, BinaryContent, ModelRetry, ToolFailed, ToolReturn
from pydantic_ai import exceptions as errors
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from airflow_dag_agent_provider.runs.durable import DurableSteps
from airflow_dag_agent_provider.runs.run import run_agent
from airflow_dag_agent_provider.runs.step_store import Step, StepStore
from airflow_dag_agent_provider.storage import MemoryStore, ObjectStore

IDENTITY = ("dag", "run", "task", -1, 1)


class Crash(Exception):
    """The process is gone: nothing of this attempt goes on."""


@dataclass
class World:
    """What happened outside, over all attempts; ``crash_at`` is the effect at which the next attempt dies."""

    done: Counter[str] = field(default_factory=Counter)
    crash_at: str | None = None

    def effect(self, name: str) -> None:
        self.done[name] += 1
        if name == self.crash_at:
            self.crash_at = None
            raise Crash(name)


def counting_model(world: World, *turns: list[ToolCallPart] | str) -> FunctionModel:
    def respond(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        number = sum(isinstance(message, ModelResponse) for message in messages)
        world.effect(f"model {number}")
        turn = turns[number]
        return ModelResponse([TextPart(turn)] if isinstance(turn, str) else list(turn))

    return FunctionModel(respond, model_name="scripted")


def call(tool: str, id: str, **args: Any) -> ToolCallPart:
    return ToolCallPart(tool, args, tool_call_id=id)


def six_steps(world: World) -> Agent[None, str]:
    """Six tool calls, one a turn, and an answer."""
    turns = [[call("step", f"c{n}", n=n)] for n in range(6)]
    agent = Agent(counting_model(world, *turns, "done"))

    @agent.tool_plain
    def step(n: int) -> str:
        world.effect(f"tool {n}")
        return f"result {n}"

    return agent


def attempt(agent: Agent[Any, Any], store: ObjectStore, **options: Any) -> tuple[Any, DurableSteps]:
    durable = DurableSteps(StepStore(store, identity=IDENTITY))
    return run_agent(agent, "go", capabilities=[durable], **options), durable


EFFECTS = [f"{kind} {n}" for n in range(6) for kind in ("model", "tool")] + ["model 6"]


@pytest.mark.parametrize("crash_at", EFFECTS)
def test_a_crash_repeats_only_the_step_in_flight(crash_at: str) -> None:
    world, store = World(crash_at=crash_at), MemoryStore()
    with pytest.raises(Crash):
        attempt(six_steps(world), store)
    run, durable = attempt(six_steps(world), store)
    assert run.output == "done"
    assert {name: times for name, times in world.done.items() if times > 1} == {crash_at: 2}
    assert durable.replayed == EFFECTS.index(crash_at)
    assert durable.replayed + durable.executed == len(EFFECTS)


def test_a_third_attempt_of_a_finished_run_executes_nothing() -> None:
    world, store = World(), MemoryStore()
    first, _ = attempt(six_steps(world), store)
    second, durable = attempt(six_steps(world), store)
    assert (durable.replayed, durable.executed, max(world.done.values())) == (13, 0, 1)
    assert [m.parts for m in second.messages if isinstance(m, ModelResponse)] == [
        m.parts for m in first.messages if isinstance(m, ModelResponse)
    ]


def test_a_changed_prompt_runs_afresh() -> None:
    world, store = World(), MemoryStore()
    attempt(six_steps(world), store)
    durable = DurableSteps(StepStore(store, identity=IDENTITY))
    run_agent(six_steps(world), "go elsewhere", capabilities=[durable])
    assert world.done["model 0"] == 2
    assert durable.executed >= 7


def test_another_task_instance_shares_nothing() -> None:
    world, store = World(), MemoryStore()
    attempt(six_steps(world), store)
    other = DurableSteps(StepStore(store, identity=(*IDENTITY[:-1], 2)))
    run_agent(six_steps(world), "go", capabilities=[other])
    assert other.replayed == 0


def test_equal_calls_of_one_turn_have_records_of_their_own() -> None:
    world, store = World(), MemoryStore()

    def build() -> Agent[None, str]:
        agent = Agent(counting_model(world, [call("roll", "a"), call("roll", "b")], "done"))

        @agent.tool_plain
        async def roll() -> int:
            await asyncio.sleep(0.01)
            world.effect("roll")
            return world.done["roll"]

        return agent

    attempt(build(), store)
    run, durable = attempt(build(), store)
    results = [part.content for m in run.messages for part in m.parts if part.part_kind == "tool-return"]
    assert (sorted(results), durable.executed) == ([1, 2], 0)


def test_what_a_tool_told_the_model_is_replayed() -> None:
    world, store = World(), MemoryStore()

    def build() -> Agent[None, str]:
        agent = Agent(counting_model(world, [call("again", "a")], [call("gone", "b")], "done"), retries=3)

        @agent.tool_plain
        def again() -> str:
            world.effect("again")
            raise ModelRetry("other words, please")

        @agent.tool_plain
        def gone() -> str:
            world.effect("gone")
            raise ToolFailed("no such table")

        return agent

    attempt(build(), store)
    run, durable = attempt(build(), store)
    told = [part.content for m in run.messages for part in m.parts if part.part_kind == "tool-return"]
    assert "other words, please" in str(told[0])
    assert "no such table" in str(told[1])
    assert (world.done["again"], world.done["gone"], durable.executed) == (1, 1, 0)


IMAGE = BinaryContent(data=b"\x89PNG", media_type="image/png")


@pytest.mark.parametrize("value", [{"rows": [1, 2.5, None]}, "text", IMAGE, ToolReturn("short", content=[IMAGE])])
def test_results_of_every_kind_come_back_as_the_model_saw_them(value: Any) -> None:
    world, store, seen = World(), MemoryStore(), []

    def build() -> Agent[None, str]:
        def respond(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
            seen.append([part for message in messages for part in message.parts])
            return ModelResponse([call("give", "a") if len(messages) == 1 else TextPart("done")])

        agent = Agent(FunctionModel(respond))

        @agent.tool_plain
        def give() -> Any:
            world.effect("give")
            if world.done["give"] == 1:
                return value
            raise AssertionError

        return agent

    attempt(build(), store)
    first = attempt(build(), store)[0].messages
    second = attempt(build(), store)[0].messages
    assert [m.parts[0].content for m in first if m.kind == "request"][1:] == [
        m.parts[0].content for m in second if m.kind == "request"
    ][1:]
    assert world.done["give"] == 1


def test_a_result_without_a_json_form_runs_again_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    world, store = World(), MemoryStore()

    def build() -> Agent[None, str]:
        agent = Agent(counting_model(world, [call("give", "a")], "done"))

        @agent.tool_plain
        def give() -> Any:
            world.effect("give")
            return object()

        return agent

    for _ in range(2):
        with pytest.raises(Exception, match="serialize"):
            attempt(build(), store)
    assert world.done["give"] == 2
    assert "The result of tool give is no JSON" in caplog.text


def test_a_limit_on_tool_calls_holds_over_all_attempts() -> None:
    world, store = World(crash_at="model 4"), MemoryStore()
    with pytest.raises(Crash):
        attempt(six_steps(world), store, usage_limits={"tool_calls_limit": 5})
    with pytest.raises(errors.UsageLimitExceeded, match="tool_calls_limit of 5"):
        attempt(six_steps(world), store, usage_limits={"tool_calls_limit": 5})
    assert max(times for name, times in world.done.items() if name.startswith("tool")) == 1


def test_an_answer_that_ended_the_run_is_asked_for_again() -> None:
    world, store, answers = World(), MemoryStore(), iter(["not a number", "7"])

    def respond(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        world.effect("model")
        return ModelResponse([ToolCallPart(info.output_tools[0].name, {"response": next(answers)})])

    def build() -> Agent[None, int]:
        return Agent(FunctionModel(respond), output_type=int, retries={"output": 0})

    with pytest.raises(errors.UnexpectedModelBehavior):
        attempt(build(), store)
    assert attempt(build(), store)[0].output == 7


@pytest.mark.parametrize("damage", [b"", b"{", b'{"format": 1, "kind": "result"', b"[]", b'{"format": 9}'])
def test_a_damaged_record_is_logged_and_its_step_runs_again(damage: bytes, caplog: pytest.LogCaptureFixture) -> None:
    world, store = World(), MemoryStore()
    attempt(six_steps(world), store)
    key = sorted(store.list("v1"))[0]
    store.delete(key)
    store.put_new(key, damage)
    run, durable = attempt(six_steps(world), store)
    assert (run.output, durable.executed, sum(world.done.values())) == ("done", 1, 14)
    assert "A recorded step is damaged" in caplog.text


def test_the_first_record_of_a_step_wins_over_a_second_attempt() -> None:
    store = MemoryStore()
    slow, quick = (StepStore(store, identity=IDENTITY) for _ in range(2))
    assert not slow.has("s")
    quick.commit("s", Step(kind="result", value="first"))
    assert slow.commit("s", Step(kind="result", value="second")).value == "first"


@pytest.mark.usefixtures("_planted")
def test_a_secret_in_a_tool_result_is_in_no_record() -> None:
    world, store = World(), MemoryStore()
    agent = Agent(counting_model(world, [call("leak", "a")], "done"))

    @agent.tool_plain
    def leak() -> dict[str, Any]:
        return {"deep": [{"er": [{"and": [{"deeper": "planted-canary-123"}]}]}]}

    run, _ = attempt(agent, store)
    assert "planted-canary-123" not in everything(store)
    assert "planted-canary-123" not in str(run.messages)
    assert "***" in everything(store)


@pytest.mark.usefixtures("_planted")
def test_a_model_response_with_a_secret_is_not_recorded(caplog: pytest.LogCaptureFixture) -> None:
    world, store = World(), MemoryStore()
    attempt(Agent(counting_model(world, "the password is planted-canary-123")), store)
    _, durable = attempt(Agent(counting_model(world, "the password is planted-canary-123")), store)
    assert (durable.replayed, everything(store)) == (0, "")
    assert "A model response holds a secret" in caplog.text


@pytest.mark.usefixtures("_planted")
@pytest.mark.parametrize("error", [ModelRetry, ToolFailed])
def test_a_secret_in_a_tool_error_reaches_nobody(error: Callable[[str], Exception]) -> None:
    world, store = World(), MemoryStore()
    agent = Agent(counting_model(world, [call("leak", "a")], "done"))

    @agent.tool_plain
    def leak() -> str:
        raise error("cannot connect with planted-canary-123")

    run, _ = attempt(agent, store)
    assert "cannot connect with ***" in str(run.messages)
    assert "planted-canary-123" not in str(run.messages) + everything(store)


@pytest.fixture
def _planted() -> None:
    mask_secret("planted-canary-123")


def everything(store: MemoryStore) -> str:
    return "".join((store.get(key) or b"").decode() for key in store.list("v1"))


def test_the_counts_are_logged_also_when_the_run_fails(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "airflow_dag_agent_provider.runs")
    world, store = World(crash_at="tool 1"), MemoryStore()
    with pytest.raises(Crash):
        attempt(six_steps(world), store)
    attempt(six_steps(world), store)
    lines = [r.getMessage() for r in caplog.records if "Durable steps" in r.getMessage()]
    assert lines == ["Durable steps: 0 replayed, 3 executed", "Durable steps: 3 replayed, 10 executed"]


def test_replayed_calls_stand_in_the_tool_sequence() -> None:
    world, store = World(), MemoryStore()
    attempt(six_steps(world), store)
    assert attempt(six_steps(world), store)[0].tool_calls == ("step",) * 6


def test_one_small_object_per_step_and_none_after_clear() -> None:
    world, store = World(), MemoryStore()
    _, durable = attempt(six_steps(world), store)
    assert len(store.list("v1")) == 13
    assert max(len(store.get(key) or b"") for key in store.list("v1")) < 1_500
    durable.steps.clear()
    assert store.list("v1") == []
