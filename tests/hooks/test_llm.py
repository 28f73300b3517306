"""hooks/llm.py: which model a connection, an id or the configuration leads to, and what is said when none is."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import pytest

from airflow_dag_agent_provider.exceptions import ModelUnavailable
from airflow_dag_agent_provider.hooks.llm import PydanticAIHook, resolve_model
from tests.wire.server import Reply, WireServer

AddConnection = Callable[..., str]


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch, airflow_db: None) -> AddConnection:
    """Add a connection of this process; returns its id."""

    def add(conn_id: str = "llm", **fields: object) -> str:
        values = {"conn_type": "pydanticai", "password": "sk-0123456789", **fields}
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(values))
        return conn_id

    return add


@pytest.fixture
def config_model(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    return lambda model: monkeypatch.setenv("AIRFLOW__DAG_AGENT__MODEL", model)


def name_of(**wanted: str | None) -> str:
    model = resolve_model(**{"model_id": None, "llm_conn_id": None, **wanted})  # type: ignore[arg-type]
    return f"{model.system}:{model.model_name}"


# --- the order ------------------------------------------------------------------------------------------------


def test_model_id_wins_over_the_connection(connection: AddConnection) -> None:
    conn_id = connection(extra={"model": "openai:gpt-5"})
    assert name_of(llm_conn_id=conn_id, model_id="openai:gpt-5-mini") == "openai:gpt-5-mini"


def test_the_connections_model_wins_over_the_configuration(
    connection: AddConnection, config_model: Callable[[str], None]
) -> None:
    config_model("openai:gpt-4.1")
    assert name_of(llm_conn_id=connection(extra={"model": "openai:gpt-5"})) == "openai:gpt-5"


def test_the_configuration_names_the_model_of_a_connection_without_one(
    connection: AddConnection, config_model: Callable[[str], None]
) -> None:
    config_model("anthropic:claude-sonnet-4-6")
    assert name_of(llm_conn_id=connection()) == "anthropic:claude-sonnet-4-6"


def test_the_configuration_is_enough_without_any_connection(
    airflow_db: None, config_model: Callable[[str], None]
) -> None:
    config_model("test")
    assert name_of() == "test:test"


def test_the_default_model_comes_last_and_the_log_says_so(airflow_db: None, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "airflow_dag_agent_provider.hooks")
    assert name_of(default_model="test") == "test:test"
    assert "No model is configured, so test is used" in caplog.text


def test_the_default_model_does_not_hide_a_missing_connection_that_was_named(airflow_db: None) -> None:
    with pytest.raises(ModelUnavailable, match="connection 'gone' does not exist"):
        resolve_model(model_id=None, llm_conn_id="gone", default_model="test")


def test_the_default_connection_is_used_when_none_is_named(connection: AddConnection) -> None:
    connection("pydanticai_default", extra={"model": "openai:gpt-5"})
    assert name_of(llm_conn_id="") == "openai:gpt-5"


def test_test_needs_no_connection() -> None:
    assert name_of(model_id="test", llm_conn_id="gone") == "test:test"


def test_the_offline_planner_is_a_model_like_another() -> None:
    pytest.importorskip("airflow_dag_agent_provider.offline.model")
    assert name_of(model_id="offline:planner") == "offline:planner"


@pytest.mark.parametrize("conn_type", ["pydanticai", "pydanticai_azure", "pydanticai-bedrock"])
def test_every_pydanticai_type_is_taken(connection: AddConnection, conn_type: str) -> None:
    assert name_of(llm_conn_id=connection(conn_type=conn_type, extra={"model": "openai:gpt-5"})) == "openai:gpt-5"


# --- what the connection gives --------------------------------------------------------------------------------


def test_password_and_host_reach_the_client(connection: AddConnection) -> None:
    conn_id = connection(host="http://127.0.0.1:9/v1", extra={"model": "openai-chat:local"})
    client = resolve_model(model_id=None, llm_conn_id=conn_id).client  # type: ignore[attr-defined]
    assert (client.api_key, str(client.base_url)) == ("sk-0123456789", "http://127.0.0.1:9/v1/")


def test_a_base_url_without_key_serves_a_local_model(connection: AddConnection) -> None:
    conn_id = connection(password=None, host="http://127.0.0.1:9/v1", extra={"model": "ollama:qwen3"})
    assert resolve_model(model_id=None, llm_conn_id=conn_id).model_name == "qwen3"


def test_an_extra_with_the_name_of_a_provider_argument_reaches_it(connection: AddConnection) -> None:
    host = "https://me.openai.azure.com"
    conn_id = connection(host=host, extra={"model": "azure:gpt-5", "api_version": "2026-01-01", "else": 1})
    client = resolve_model(model_id=None, llm_conn_id=conn_id).client  # type: ignore[attr-defined]
    assert client._api_version == "2026-01-01"


def test_a_gateway_model_goes_to_the_gateway(connection: AddConnection) -> None:
    conn_id = connection(password="pylf_v2_us_0123456789abcdef", extra={"model": "gateway/openai:gpt-5"})
    client = resolve_model(model_id=None, llm_conn_id=conn_id).client  # type: ignore[attr-defined]
    assert "gateway" in str(client.base_url)


# --- what is said when there is no model ----------------------------------------------------------------------

ERRORS = [
    # connection, model id, what the message must say
    (None, None, ["'pydanticai_default' does not exist", "[dag_agent] model is not set", "airflow connections add"]),
    ("gone", None, ["the connection 'gone' does not exist", "airflow connections add gone"]),
    ({"conn_type": "http"}, None, ["type 'http'", "'pydanticai'"]),
    ({}, None, ["'llm' names no model", '{"model": "anthropic:claude-sonnet-4-6"}']),
    ({"host": "llm.example.com"}, "openai:gpt-5", ["'llm.example.com'", "https://llm.example.com/v1"]),
    ({}, "opnai:gpt-5", ["'opnai' is not a vendor prefix", "Did you mean 'openai'?"]),
    ({}, "claude-sonnet-4-6", ["not of the form 'vendor:model'", "'anthropic:claude-sonnet-4-6'"]),
    ({}, "openai:", ["not of the form 'vendor:model'", "'openai:gpt-5'"]),
    ({}, "offline:writer", ["one offline model", "'offline:planner'"]),
    ({}, "groq:llama", ["a package is missing", "pydantic-ai-slim[groq]"]),
    ({"password": None}, "anthropic:claude-sonnet-4-6", ["no API key", "password of connection 'llm'"]),
    ({"password": None}, "openai:gpt-5", ["no API key", "OPENAI_API_KEY"]),
    ({"host": "http://127.0.0.1:9"}, "openai-codex:x", ["takes no api_key", "'llm' empty"]),
]


@pytest.mark.parametrize(("given", "model_id", "said"), ERRORS, ids=lambda value: str(value)[:40])
def test_the_message_names_the_cause_and_the_way_out(
    connection: AddConnection, given: dict[str, object] | str | None, model_id: str | None, said: list[str]
) -> None:
    conn_id = connection(**given) if isinstance(given, dict) else given
    with pytest.raises(ModelUnavailable) as caught:
        resolve_model(model_id=model_id, llm_conn_id=conn_id)
    assert [part for part in said if part not in str(caught.value)] == []
    assert "sk-0123456789" not in str(caught.value)


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
def test_a_missing_vendor_package_names_our_extra(
    connection: AddConnection, monkeypatch: pytest.MonkeyPatch, vendor: str
) -> None:
    for module in [m for m in sys.modules if m.partition(".")[0] == vendor or m.startswith("pydantic_ai.")]:
        if vendor in module:
            monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, vendor, None)
    with pytest.raises(ModelUnavailable, match=rf"pip install 'airflow-dag-agent-provider\[{vendor}\]'"):
        resolve_model(model_id=f"{vendor}:x", llm_conn_id=connection())


# --- the hook -------------------------------------------------------------------------------------------------


def test_the_connection_test_sends_nothing(connection: AddConnection) -> None:
    with WireServer(Reply("never")) as vendor:
        conn_id = connection(host=vendor.openai_url, extra={"model": "openai:gpt-5"})
        ok, message = PydanticAIHook(conn_id).test_connection()
    assert (ok, vendor.seen) == (True, [])
    assert "No request was sent" in message


def test_the_connection_test_says_what_is_missing(connection: AddConnection) -> None:
    ok, message = PydanticAIHook(connection()).test_connection()
    assert not ok
    assert "names no model" in message


def test_the_hook_returns_its_model(connection: AddConnection) -> None:
    conn_id = connection(extra={"model": "openai:gpt-5"})
    assert PydanticAIHook(conn_id, model_id="openai:gpt-5-mini").get_conn().model_name == "gpt-5-mini"
