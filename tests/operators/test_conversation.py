"""AgentOperator over several runs: history through XCom, sessions, durable steps; alone and together."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG, task

from airflow_dag_agent_provider.decorators import agent
from airflow_dag_agent_provider.operators.agent import AgentOperator
from tests.dag_runs import FinishedRun
from tests.operators.models import Analysis
from tests.operators.specs import Echo
from tests.wire.server import Call, Failure, Reply, Seen, WireServer

RunDag = Callable[..., FinishedRun]
Vendor = Callable[..., WireServer]

PLANTED = "{{ conn.vault.password }} {{ var.value.token }} {{ 7 * 6 }}"
MODELS = ["openai:gpt-5-mini", "openai-chat:gpt-5-mini", "anthropic:claude-haiku-4-5"]


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sessions and steps of this test, and secrets that only a template would reveal."""
    monkeypatch.setenv("AIRFLOW__DAG_AGENT__SESSIONS_PATH", str(tmp_path / "sessions"))
    monkeypatch.setenv("AIRFLOW__DAG_AGENT__STEP_CACHE_PATH", str(tmp_path / "steps"))
    monkeypatch.setenv("AIRFLOW_CONN_VAULT", '{"conn_type": "generic", "password": "hunter2hunter2"}')
    monkeypatch.setenv("AIRFLOW_VAR_TOKEN", "token-98765")
    return tmp_path


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


# --- message_history ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
def test_the_history_of_one_task_goes_into_the_next(run_dag: RunDag, vendor: Vendor, model: str) -> None:
    server = vendor(Reply("It is blue."), Reply("You asked about the sky."), model=model)
    with DAG(f"history_{MODELS.index(model)}") as dag:
        first = AgentOperator(task_id="first", prompt="Colour of the sky?", llm_conn_id="wire", message_history="[]")
        AgentOperator(
            task_id="second",
            prompt="What did I ask?",
            llm_conn_id="wire",
            message_history="{{ ti.xcom_pull(task_ids='first', key='message_history') }}",
        ).set_upstream(first)
    ended = run_dag(dag)
    assert ended.xcom("second") == "You asked about the sky."
    assert "Colour of the sky?" in server.seen[1].sent_text
    assert "It is blue." in server.seen[1].sent_text
    assert len(json.loads(ended.xcom("second", "message_history"))) == 4


def test_without_a_history_none_is_handed_on(run_dag: RunDag, vendor: Vendor) -> None:
    vendor(Reply("done"))
    with DAG("history_none") as dag:
        AgentOperator(task_id="a", prompt="look", llm_conn_id="wire")
    assert run_dag(dag).xcom("a", "message_history") is None


@pytest.mark.parametrize("form", ["text", "data"])
def test_a_history_is_data_and_never_rendered(run_dag: RunDag, vendor: Vendor, form: str) -> None:
    server = vendor(Reply("done"))
    messages = [{"kind": "request", "parts": [{"part_kind": "user-prompt", "content": PLANTED}]}]
    with DAG(f"history_planted_{form}") as dag:

        @task
        def load() -> Any:
            return messages if form == "data" else json.dumps(messages)

        @agent(llm_conn_id="wire", message_history=load())
        def ask_on() -> str:
            return PLANTED

        ask_on()
    assert run_dag(dag).state == "success"
    sent = server.seen[0].sent_text
    assert sent.count(PLANTED) == 2
    assert [secret for secret in ("hunter2hunter2", "token-98765", " 42") if secret in sent] == []


def test_a_history_that_is_none_fails_at_once_and_says_how_to_begin(run_dag: RunDag, vendor: Vendor) -> None:
    server = vendor(Reply("done"))
    with DAG("history_wrong") as dag:
        AgentOperator(
            task_id="a",
            prompt="look",
            llm_conn_id="wire",
            retries=2,
            message_history="{{ ti.xcom_pull(task_ids='a', key='message_history') }}",
        )
    assert run_dag(dag).state == "failed"
    assert server.seen == []


# --- sessions -------------------------------------------------------------------------------------------------


def chat(dag_id: str, **options: Any) -> DAG:
    with DAG(dag_id, params={"session_id": "s1", "message": ""}) as dag:
        AgentOperator(
            task_id="answer",
            prompt="{{ params.message }}",
            llm_conn_id="wire",
            session_id="{{ params.session_id }}",
            **options,
        )
    return dag


@pytest.mark.parametrize("model", MODELS)
def test_a_session_goes_on_over_runs(run_dag: RunDag, vendor: Vendor, model: str) -> None:
    server = vendor(Reply("Oslo, Rome and Paris."), Reply("Rome."), Reply("Paris."), model=model)
    dag_id = f"session_{MODELS.index(model)}"
    for message in ("Name three cities.", "The second one?", "And the third one?"):
        run_dag(chat(dag_id), conf={"message": message})
    last = server.seen[2].sent_text
    assert [text for text in ("Name three cities.", "Oslo, Rome", "The second one?", "Rome.") if text not in last] == []


def test_another_session_id_knows_nothing_of_it(run_dag: RunDag, vendor: Vendor) -> None:
    server = vendor(Reply("yes"))
    run_dag(chat("session_two"), conf={"message": "first words"})
    run_dag(chat("session_two"), conf={"message": "other words", "session_id": "s2"})
    assert "first words" not in server.seen[1].sent_text


def test_a_message_is_data_in_every_turn(run_dag: RunDag, vendor: Vendor) -> None:
    server = vendor(Reply("done"))
    for _ in range(2):
        run_dag(chat("session_planted"), conf={"message": PLANTED})
    sent = server.seen[1].sent_text
    assert sent.count(PLANTED) == 2
    assert [secret for secret in ("hunter2hunter2", "token-98765", " 42") if secret in sent] == []


@pytest.mark.parametrize("session_id", ["../../etc", "a/b", "", "{{ conn.vault.password }}"])
def test_an_unsafe_session_id_fails_before_anything_is_asked(
    run_dag: RunDag, vendor: Vendor, folders: Path, session_id: str
) -> None:
    server = vendor(Reply("done"))
    ended = run_dag(chat(f"session_unsafe_{len(session_id)}", retries=2), conf={"session_id": session_id})
    assert (ended.state, server.seen, files(folders)) == ("failed", [], [])


def test_history_and_session_together_are_refused() -> None:
    with pytest.raises(ValueError, match="not both"):
        AgentOperator(task_id="a", prompt="look", message_history="[]", session_id="s1")


# --- durable steps --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
def test_a_retry_goes_on_where_the_first_attempt_stopped(
    run_dag: RunDag, vendor: Vendor, folders: Path, caplog: pytest.LogCaptureFixture, model: str
) -> None:
    caplog.set_level("INFO", "airflow_dag_agent_provider.runs")
    outage = [Failure(503, headers={"retry-after": "0"})] * 3
    server = vendor(Reply(calls=(Call("echo"),)), *outage, Reply("done"), model=model)
    with DAG(f"durable_{MODELS.index(model)}") as dag:
        AgentOperator(
            task_id="a",
            prompt="look",
            llm_conn_id="wire",
            toolsets=[Echo("db")],
            durable=True,
            retries=1,
            retry_delay=timedelta(0),
        )
    assert run_dag(dag).xcom("a") == "done"
    assert len(server.seen) == 5
    assert "Durable steps: 2 replayed, 1 executed" in caplog.text
    assert files(folders) == []


def test_without_durable_the_retry_asks_again(run_dag: RunDag, vendor: Vendor) -> None:
    outage = [Failure(503, headers={"retry-after": "0"})] * 3
    server = vendor(Reply(calls=(Call("echo"),)), *outage, Reply(calls=(Call("echo"),)), Reply("done"))
    with DAG("not_durable") as dag:
        AgentOperator(
            task_id="a", prompt="look", llm_conn_id="wire", toolsets=[Echo("db")], retries=1, retry_delay=timedelta(0)
        )
    assert run_dag(dag).xcom("a") == "done"
    assert len(server.seen) == 6


def test_mapped_durable_tasks_share_no_step(run_dag: RunDag, vendor: Vendor) -> None:
    server = vendor(Reply("done"))
    with DAG("durable_mapped") as dag:
        AgentOperator.partial(task_id="a", llm_conn_id="wire", durable=True).expand(prompt=["same", "same"])
    assert run_dag(dag).state == "success"
    assert len(server.seen) == 2


def test_a_failed_durable_task_keeps_its_steps(run_dag: RunDag, vendor: Vendor, folders: Path) -> None:
    vendor(Reply(calls=(Call("echo"),)), Failure(401))
    with DAG("durable_failed") as dag:
        AgentOperator(task_id="a", prompt="look", llm_conn_id="wire", toolsets=[Echo("db")], durable=True)
    assert run_dag(dag).state == "failed"
    assert len(files(folders / "steps")) == 2


def test_everything_works_together(run_dag: RunDag, vendor: Vendor, folders: Path) -> None:
    """Durable x session x limits x structured output x toolset, with a turn of another run in between."""
    analysis = {"summary": "one table", "findings": [{"table": "orders", "rows": 3}]}

    def another_turn(seen: Seen) -> Failure:
        [first] = files(folders / "sessions")
        grown = first.read_text().replace('"answer"', '"other task"')
        first.with_name("000002.json").write_text(grown)
        return Failure(503, headers={"retry-after": "0"})

    outage = Failure(503, headers={"retry-after": "0"})
    options: dict[str, Any] = {
        "durable": True,
        "toolsets": [Echo("db")],
        "usage_limits": {"request_limit": 6, "tool_calls_limit": 2},
        "output_type": Analysis,
        "serialize_output": True,
        "retries": 1,
        "retry_delay": timedelta(0),
    }
    final = Reply(calls=(Call("final_result", analysis),))
    server = vendor(final, Reply(calls=(Call("echo"),)), another_turn, outage, outage, final)
    run_dag(chat("together", **options), conf={"message": "first"})
    ended = run_dag(chat("together", **options), conf={"message": "second"})
    assert ended.xcom("answer") == analysis
    assert len(server.seen) == 6
    assert len(files(folders / "sessions")) == 3
