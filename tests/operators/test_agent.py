"""AgentOperator in a DAG run: what goes to the model, what comes back, how it fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from airflow.sdk import DAG, BaseOperator, task

from airflow_dag_agent_provider.operators.agent import AgentOperator
from tests.dag_runs import FinishedRun
from tests.operators.models import Analysis, Finding
from tests.operators.specs import Echo, Host
from tests.wire.server import Call, Failure, Reply, Seen, WireServer

RunDag = Callable[..., FinishedRun]
Vendor = Callable[..., WireServer]

ANALYSIS = {"summary": "two tables", "findings": [{"table": "orders", "rows": 42}]}


def final(arguments: dict[str, Any]) -> Reply:
    return Reply(calls=(Call("final_result", arguments),))


# --- the road -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["openai:gpt-5-mini", "openai-chat:gpt-5-mini", "anthropic:claude-haiku-4-5"])
def test_the_agent_uses_its_tools_and_answers(run_dag: RunDag, vendor: Vendor, model: str) -> None:
    server = vendor(Reply(calls=(Call("echo"),)), Reply("done"), model=model)
    with DAG(f"agent_road_{model.partition(':')[0]}") as dag:
        AgentOperator(task_id="a", prompt="look", llm_conn_id="wire", toolsets=[Echo("db")], system_prompt="Be brief.")
    ended = run_dag(dag)
    assert (ended.state, ended.xcom("a")) == ("success", "done")
    assert "Be brief." in server.seen[0].sent_text
    assert "conn=db" in server.seen[1].sent_text


def test_usage_model_and_run_id_go_to_xcom(run_dag: RunDag, vendor: Vendor) -> None:
    vendor(Reply("done"))
    with DAG("agent_usage") as dag:
        AgentOperator(task_id="a", prompt="look", llm_conn_id="wire")
    ended = run_dag(dag)
    assert ended.xcom("a", "usage")["total_tokens"] == 18
    assert ended.xcom("a", "model") == "gpt-5-mini"
    assert len(ended.xcom("a", "run_id")) == 36


def test_structured_output_arrives_typed_downstream(run_dag: RunDag, vendor: Vendor) -> None:
    vendor(final(ANALYSIS))
    with DAG("agent_typed") as dag:
        agent = AgentOperator(task_id="a", prompt="look", llm_conn_id="wire", output_type=Analysis)

        @task
        def rows_of(result: Analysis) -> int:
            assert isinstance(result.findings[0], Finding)
            return result.findings[0].rows

        rows_of(agent.output)
    assert run_dag(dag).xcom("rows_of") == 42


def test_serialize_output_gives_plain_data(run_dag: RunDag, vendor: Vendor) -> None:
    vendor(final(ANALYSIS))
    with DAG("agent_plain") as dag:
        AgentOperator(task_id="a", prompt="look", llm_conn_id="wire", output_type=Analysis, serialize_output=True)
    assert run_dag(dag).xcom("a") == ANALYSIS


def test_an_answer_that_does_not_fit_is_asked_for_again(run_dag: RunDag, vendor: Vendor) -> None:
    server = vendor(final({"summary": 1}), final({"nonsense": True}), final(ANALYSIS))
    with DAG("agent_again") as dag:
        AgentOperator(task_id="a", prompt="look", llm_conn_id="wire", output_type=Analysis, serialize_output=True)
    assert run_dag(dag).xcom("a") == ANALYSIS
    assert len(server.seen) == 3


def test_agent_params_reach_the_agent(run_dag: RunDag, vendor: Vendor) -> None:
    server = vendor(Reply("done"), model="openai-chat:gpt-4.1")
    with DAG("agent_params_used") as dag:
        AgentOperator(
            task_id="a", prompt="look", llm_conn_id="wire", agent_params={"model_settings": {"temperature": 0.25}}
        )
    run_dag(dag)
    assert server.seen[0].body["temperature"] == 0.25


# --- what is rendered, and what is not ------------------------------------------------------------------------


def test_what_the_author_wrote_is_rendered(run_dag: RunDag, vendor: Vendor) -> None:
    server = vendor(Reply(calls=(Call("echo"),)), Reply("done"))
    with DAG("agent_rendered", params={"table": "orders", "db": "warehouse"}) as dag:
        AgentOperator(
            task_id="a",
            prompt="Count {{ params.table }}.",
            system_prompt="You know {{ params.db }}.",
            llm_conn_id="{{ 'wi' ~ 're' }}",
            toolsets=[Echo("{{ params.db }}")],
        )
    run_dag(dag)
    assert "Count orders." in server.seen[0].sent_text
    assert "You know warehouse." in server.seen[0].sent_text
    assert "conn=warehouse" in server.seen[1].sent_text


PLANTED = "{{ conn.vault.password }} {{ var.value.token }} {{ 7 * 6 }}"


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> str:
    """Secrets that a template typed by a user would reveal if anything rendered it."""
    monkeypatch.setenv("AIRFLOW_CONN_VAULT", '{"conn_type": "generic", "password": "hunter2hunter2"}')
    monkeypatch.setenv("AIRFLOW_VAR_TOKEN", "token-98765")
    return PLANTED


def assert_untouched(server: WireServer) -> None:
    sent = "\n".join(seen.sent_text for seen in server.seen)
    assert PLANTED in sent
    assert [secret for secret in ("hunter2hunter2", "token-98765", " 42") if secret in sent] == []


def test_text_from_params_is_not_rendered_again(run_dag: RunDag, vendor: Vendor, planted: str) -> None:
    server = vendor(Reply("done"))
    with DAG("agent_param_text", params={"question": ""}) as dag:
        AgentOperator(task_id="a", prompt="{{ params.question }}", llm_conn_id="wire")
    run_dag(dag, conf={"question": planted})
    assert_untouched(server)


@pytest.mark.parametrize("mapped", [False, True])
def test_text_from_xcom_is_not_rendered_again(run_dag: RunDag, vendor: Vendor, planted: str, mapped: bool) -> None:
    server = vendor(Reply("done"))
    with DAG(f"agent_xcom_text_{mapped}") as dag:

        @task
        def chat(mapped: bool) -> Any:
            return [PLANTED] if mapped else PLANTED

        if mapped:
            AgentOperator.partial(task_id="a", llm_conn_id="wire").expand(prompt=chat(True))
        else:
            AgentOperator(task_id="a", prompt=chat(False), llm_conn_id="wire")
    assert run_dag(dag).state == "success"
    assert_untouched(server)


# --- toolsets -------------------------------------------------------------------------------------------------


def test_plain_pydantic_ai_toolsets_are_taken_too(run_dag: RunDag, vendor: Vendor) -> None:
    from pydantic_ai.toolsets import FunctionToolset

    server = vendor(Reply(calls=(Call("rows"),)), Reply("done"))

    def rows() -> int:
        return 4711

    with DAG("agent_plain_toolset") as dag:
        AgentOperator(task_id="a", prompt="look", llm_conn_id="wire", toolsets=[FunctionToolset([rows])])
    run_dag(dag)
    assert "4711" in server.seen[1].sent_text


def test_prefixed_and_renamed_specs_offer_other_tool_names(run_dag: RunDag, vendor: Vendor) -> None:
    server = vendor(Reply("done"), model="openai-chat:gpt-4.1")
    with DAG("agent_prefixed") as dag:
        AgentOperator(
            task_id="a",
            prompt="look",
            llm_conn_id="wire",
            toolsets=[Echo("a").prefixed("left"), Echo("b").renamed({"say": "echo"})],
        )
    run_dag(dag)
    assert [tool["function"]["name"] for tool in server.seen[0].body["tools"]] == ["left_echo", "say"]


def test_mapped_agents_render_their_specs_per_index(run_dag: RunDag, vendor: Vendor) -> None:
    server = vendor(lambda seen: Reply("done") if "conn=" in seen.sent_text else Reply(calls=(Call("echo"),)))
    with DAG("agent_mapped_spec") as dag:
        AgentOperator.partial(task_id="a", llm_conn_id="wire", toolsets=[Echo("db_{{ ti.map_index }}")]).expand(
            prompt=["one", "two"]
        )
    ended = run_dag(dag)
    sent = "\n".join(seen.sent_text for seen in server.seen)
    assert ended.states == {"a[0]": "success", "a[1]": "success"}
    assert "conn=db_0" in sent
    assert "conn=db_1" in sent


def test_toolsets_may_ask_airflow_for_connections(
    run_dag: RunDag, vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_DB", '{"conn_type": "generic", "host": "db.example.com"}')
    server = vendor(Reply(calls=(Call("echo"),)), Reply("done"))
    with DAG("agent_tool_conn") as dag:
        AgentOperator(task_id="a", prompt="look", llm_conn_id="wire", toolsets=[Host("db")])
    assert run_dag(dag).state == "success"
    assert "db.example.com db.example.com" in server.seen[1].sent_text


# --- failures -------------------------------------------------------------------------------------------------


def test_a_failure_that_a_retry_cannot_help_is_not_retried(run_dag: RunDag, vendor: Vendor) -> None:
    server = vendor(Failure(401))
    with DAG("agent_401") as dag:
        AgentOperator(task_id="a", prompt="look", llm_conn_id="wire", retries=3)
    assert run_dag(dag).state == "failed"
    assert len(server.seen) == 1


def test_an_outage_is_retried(run_dag: RunDag, vendor: Vendor) -> None:
    now = {"retry-after": "0"}
    vendor(*[Failure(503, headers=now)] * 3, Reply("back again"))
    with DAG("agent_503") as dag:
        AgentOperator(task_id="a", prompt="look", llm_conn_id="wire", retries=1, retry_delay=timedelta(0))
    assert run_dag(dag).xcom("a") == "back again"


def test_usage_goes_to_xcom_when_the_run_fails(run_dag: RunDag, vendor: Vendor) -> None:
    vendor(Reply(calls=(Call("echo"),)), Failure(401))
    with DAG("agent_failed_usage") as dag:
        AgentOperator(task_id="a", prompt="look", llm_conn_id="wire", toolsets=[Echo("db")])
    ended = run_dag(dag)
    assert (ended.state, ended.xcom("a", "usage")["input_tokens"], ended.xcom("a", "model")) == (
        "failed",
        11,
        "gpt-5-mini",
    )


@pytest.mark.parametrize("limits", [{"request_limit": 2}, {"tool_calls_limit": 1}])
def test_a_runaway_loop_ends_at_its_limit(run_dag: RunDag, vendor: Vendor, limits: dict[str, int]) -> None:
    server = vendor(Reply(calls=(Call("echo"),)))
    with DAG(f"agent_limit_{next(iter(limits))}") as dag:
        AgentOperator(
            task_id="a", prompt="look", llm_conn_id="wire", toolsets=[Echo("db")], usage_limits=limits, retries=2
        )
    assert run_dag(dag).state == "failed"
    assert len(server.seen) == 2


@pytest.mark.parametrize(
    "arguments",
    [
        {"llm_conn_id": "gone"},
        {"model_id": "gpt-5"},
        {"prompt": ""},
        {"usage_limits": {"requests": 1}, "model_id": "test"},
        {"toolsets": [Echo("a"), Echo("b")], "model_id": "test"},
    ],
)
def test_a_task_that_can_never_run_is_not_retried(run_dag: RunDag, arguments: dict[str, Any]) -> None:
    attempts: list[int] = []
    with DAG(f"agent_never_{next(iter(arguments))}") as dag:
        AgentOperator(
            **{"task_id": "a", "prompt": "look", **arguments},
            retries=3,
            on_retry_callback=lambda context: attempts.append(1),
        )
    assert (run_dag(dag).state, attempts) == ("failed", [])


def test_a_tool_may_skip_the_task(run_dag: RunDag, vendor: Vendor) -> None:
    from airflow.sdk.exceptions import AirflowSkipException
    from pydantic_ai.toolsets import FunctionToolset

    vendor(Reply(calls=(Call("nothing_new"),)), Reply("never said"))

    def nothing_new() -> str:
        raise AirflowSkipException("no rows since yesterday")

    with DAG("agent_skip") as dag:
        AgentOperator(task_id="a", prompt="look", llm_conn_id="wire", toolsets=[FunctionToolset([nothing_new])])
    assert run_dag(dag).states == {"a": "skipped"}


# --- killing --------------------------------------------------------------------------------------------------


def test_on_kill_ends_the_run_and_keeps_its_usage(run_dag: RunDag, vendor: Vendor) -> None:
    arrived = threading.Event()

    def slow(seen: Seen) -> Reply:
        arrived.set()
        return Reply("too late", delay_s=20)

    vendor(Reply(calls=(Call("echo"),)), slow)
    killed: list[BaseOperator] = []

    class Killable(AgentOperator):
        def run_agent(self, context: Any) -> Any:
            killed.append(self)
            threading.Thread(target=lambda: (arrived.wait(20), self.on_kill()), daemon=True).start()
            return super().run_agent(context)

    with DAG("agent_killed") as dag:
        Killable(task_id="a", prompt="look", llm_conn_id="wire", toolsets=[Echo("db")])
    before = time.monotonic()
    ended = run_dag(dag)
    assert (ended.state, ended.xcom("a", "usage")["requests"]) == ("failed", 1)
    assert time.monotonic() - before < 15


def test_an_execution_timeout_ends_the_run_and_keeps_its_usage(run_dag: RunDag, vendor: Vendor) -> None:
    vendor(Reply(calls=(Call("echo"),)), Reply("too late", delay_s=20))
    with DAG("agent_timeout") as dag:
        AgentOperator(
            task_id="a",
            prompt="look",
            llm_conn_id="wire",
            toolsets=[Echo("db")],
            execution_timeout=timedelta(seconds=3),
        )
    before = time.monotonic()
    ended = run_dag(dag)
    assert (ended.state, ended.xcom("a", "usage")["requests"]) == ("failed", 1)
    assert time.monotonic() - before < 15


def test_on_kill_before_and_after_the_run_does_nothing(run_dag: RunDag) -> None:
    with DAG("agent_kill_idle") as dag:
        operator = AgentOperator(task_id="a", prompt="look", model_id="test")
    operator.on_kill()
    run_dag(dag)
    operator.on_kill()


# --- arguments ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("later", [{"code_mode": True}, {"enable_hitl_review": True}])
def test_what_comes_later_is_refused_by_name(later: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=f"{next(iter(later))} is not available in this version"):
        AgentOperator(task_id="a", prompt="look", **later)


def test_their_neutral_values_are_taken() -> None:
    AgentOperator(task_id="a", prompt="look", code_mode=False, enable_hitl_review=False)


@pytest.mark.parametrize("name", ["model", "output_type", "toolsets", "instructions"])
def test_agent_params_cannot_hide_a_parameter(name: str) -> None:
    with pytest.raises(TypeError, match=f"agent_params must not hold '{name}'"):
        AgentOperator(task_id="a", prompt="look", agent_params={name: "x"})


def test_an_unknown_argument_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="tool_sets"):
        AgentOperator(task_id="a", prompt="look", tool_sets=[])
