"""What a durable step costs on local disk, against the same agent without it: milliseconds, bytes, objects.

    python tests/benchmarks/durable_steps.py

A turn is one model call and one tool call, so two steps.
"""

from __future__ import annotations

import logging
import tempfile
import time
from pathlib import Path

from pydantic_ai import Agent
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.usage import RequestUsage

from airflow_dag_agent_provider.runs.durable import DurableSteps
from airflow_dag_agent_provider.runs.run import run_agent
from airflow_dag_agent_provider.runs.step_store import StepStore
from airflow_dag_agent_provider.storage import LocalStore

TURNS = (10, 100, 400)
ROWS = list(range(50))
USAGE = RequestUsage(input_tokens=1, output_tokens=1)  # else the scripted model counts tokens, which costs most


def agent_of(turns: int) -> Agent[None, str]:
    """Return an agent that calls a tool ``turns`` times, each with a result of 50 numbers."""

    def respond(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        done = len(messages) // 2
        part = TextPart("done") if done == turns else ToolCallPart("rows", {"n": done}, tool_call_id=f"c{done}")
        return ModelResponse([part], usage=USAGE)

    agent = Agent(FunctionModel(respond))

    @agent.tool_plain
    def rows(n: int) -> list[int]:
        return [n + one for one in ROWS]

    return agent


def seconds(turns: int, durable: DurableSteps | None) -> float:
    """Return how long one run takes."""
    agent, limits = agent_of(turns), {"request_limit": None}
    before = time.perf_counter()
    run_agent(agent, "go", usage_limits=limits, capabilities=[durable] if durable else [], log_tools=False)
    return time.perf_counter() - before


def main() -> None:
    """Print one row per length of a run; each figure is the best of three, taken in turn."""
    logging.disable(logging.WARNING)
    seconds(3, None)
    print("turns  bare s  durable s  replay s  ms per step  bytes per step  objects")  # noqa: T201
    for turns in TURNS:
        bare, first, replay = [], [], []
        for _ in range(3):
            with tempfile.TemporaryDirectory() as folder:
                store = LocalStore(Path(folder), flush=False)
                bare.append(seconds(turns, None))
                first.append(seconds(turns, DurableSteps(StepStore(store, identity=("task",)))))
                replay.append(seconds(turns, DurableSteps(StepStore(store, identity=("task",)))))
                sizes = [path.stat().st_size for path in Path(folder).rglob("*") if path.is_file()]
        per_step, size = (min(first) - min(bare)) / len(sizes) * 1000, sum(sizes) / len(sizes)
        figures = f"{min(bare):7.2f} {min(first):10.2f} {min(replay):9.2f} {per_step:12.2f} {size:15.0f}"
        print(f"{turns:5} {figures} {len(sizes):8}")  # noqa: T201


if __name__ == "__main__":
    main()
