"""LLMOperator: one prompt, one answer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from airflow.sdk import DAG

from airflow_dag_agent_provider.operators.llm import LLMOperator
from tests.dag_runs import FinishedRun
from tests.wire.server import Call, Reply, WireServer


def test_it_asks_once_and_offers_no_tools(
    run_dag: Callable[..., FinishedRun], vendor: Callable[..., WireServer]
) -> None:
    server = vendor(Reply("blue"), model="openai-chat:gpt-4.1")
    with DAG("llm_once") as dag:
        LLMOperator(task_id="ask", prompt="Which colour?", llm_conn_id="wire")
    assert run_dag(dag).xcom("ask") == "blue"
    assert [seen.body.get("tools") for seen in server.seen] == [None]


def test_it_returns_structured_data(run_dag: Callable[..., FinishedRun], vendor: Callable[..., WireServer]) -> None:
    vendor(Reply(calls=(Call("final_result", {"response": [1, 2]}),)))
    with DAG("llm_list") as dag:
        LLMOperator(task_id="ask", prompt="Which numbers?", llm_conn_id="wire", output_type=list[int])
    assert run_dag(dag).xcom("ask") == [1, 2]


def test_it_takes_no_toolsets() -> None:
    with pytest.raises(TypeError, match="toolsets"):
        LLMOperator(task_id="ask", prompt="x", toolsets=[])
