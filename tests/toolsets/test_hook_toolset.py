"""HookToolset: which methods become tools, what a model may pass, and what it gets to see."""

from __future__ import annotations

import asyncio
import copy
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from airflow.providers.http.hooks.http import HttpHook
from airflow.providers.sqlite.hooks.sqlite import SqliteHook
from pydantic_ai import Agent, UserError
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart, ToolReturnPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.models.test import TestModel

from airflow_dag_agent_provider.toolsets import HookToolset
from tests.operators.test_parse_time import in_a_fresh_process
from tests.toolsets.hooks import Warehouse


def call(spec: HookToolset, tool: str, arguments: dict[str, Any] | str | None = None) -> ToolReturnPart:
    """Let an agent call one tool and return what the model is told."""
    return calls(spec, [(tool, arguments or {})])[0]


def calls(spec: HookToolset, asked: list[tuple[str, dict[str, Any] | str]]) -> list[ToolReturnPart]:
    def model(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        if len(messages) > 1:
            return ModelResponse(parts=[TextPart("done")])
        return ModelResponse(parts=[ToolCallPart(tool, arguments) for tool, arguments in asked])

    ended = asyncio.run(Agent(FunctionModel(model), toolsets=[spec.build]).run("go"))
    return [part for message in ended.all_messages() for part in message.parts if isinstance(part, ToolReturnPart)]


def schema(spec: HookToolset, tool: str) -> dict[str, Any]:
    return spec.build(None).tools[tool].tool_def.parameters_json_schema  # type: ignore[attr-defined,arg-type]


def returned(value: Any, **options: Any) -> ToolReturnPart:
    return call(HookToolset(Warehouse(value=value), ["returns"], **options), "returns")


# --- real hooks ---------------------------------------------------------------------------------------------------


class Api(BaseHTTPRequestHandler):
    """Answers like a small JSON service."""

    def do_GET(self) -> None:
        kind, body, status = {
            "/status": ("application/json", b'{"up": true, "version": 3}', 200),
            "/notes": ("text/plain", "grün".encode(), 200),
            "/broken": ("application/json", b"{", 200),
            "/logo": ("image/png", b"\x89PNG", 200),
            "/many": ("application/json", json.dumps(list(range(100_000))).encode(), 200),
        }.get(self.path, ("text/plain", b"no such thing", 404))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Set-Cookie", "session=planted-s3cret")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None: ...


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The id of a connection that leads to a loopback service."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        connection = {
            "conn_type": "http",
            "host": "127.0.0.1",
            "port": server.server_port,
            "password": "planted-s3cret",
        }
        monkeypatch.setenv("AIRFLOW_CONN_MY_API", json.dumps(connection))
        yield "my_api"
        server.shutdown()
        thread.join()


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The id of a connection to a SQLite file with two orders."""
    with closing(sqlite3.connect(tmp_path / "shop.db")) as database, database:
        database.execute("create table orders (id integer, item text)")
        database.executemany("insert into orders values (?, ?)", [(1, "tea"), (2, "milk")])
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", json.dumps({"conn_type": "sqlite", "host": str(tmp_path / "shop.db")}))
    return "shop"


def http(conn_id: str, **options: Any) -> HookToolset:
    hook = HttpHook(method="GET", http_conn_id=conn_id)
    return HookToolset(hook, allowed_methods=["run"], tool_name_prefix="http_", **options)


def test_a_response_becomes_its_status_few_headers_and_json(api: str) -> None:
    told = call(http(api), "http_run", {"endpoint": "status"})
    assert told.outcome == "success"
    assert told.content == {
        "status_code": 200,
        "headers": {"content-type": "application/json", "content-length": "26"},
        "json": {"up": True, "version": 3},
    }


def test_a_connection_id_becomes_its_hook_when_the_task_runs(api: str) -> None:
    told = call(HookToolset("{{ x }}", allowed_methods=["run"]).rendered(lambda _: api), "run", {"endpoint": "x"})
    assert told.outcome == "failed"  # the hook of a connection posts
    assert "HttpHook.run failed" in told.content


@pytest.mark.parametrize(
    ("endpoint", "shown"),
    [
        ("notes", {"text": "grün"}),
        ("broken", {"text": "{"}),
        ("logo", {"content": {"base64": "iVBORw==", "bytes": 4}}),
    ],
)
def test_a_response_that_is_no_json_is_shown_as_what_it_is(api: str, endpoint: str, shown: dict[str, Any]) -> None:
    content = call(http(api), "http_run", {"endpoint": endpoint}).content
    assert {key: value for key, value in content.items() if key not in ("status_code", "headers")} == shown


def test_a_long_response_is_cut_and_says_so(api: str) -> None:
    content = call(http(api, max_bytes=1_000), "http_run", {"endpoint": "many"}).content
    assert len(json.dumps(content)) < 1_300
    assert content["json"][-1].endswith("of 100000 items, results may have 1000 bytes]")


def test_an_error_of_the_service_is_an_answer_and_the_run_goes_on(api: str) -> None:
    told = call(http(api), "http_run", {"endpoint": "nothing"})
    assert (told.outcome, "404" in told.content) == ("failed", True)


def test_the_model_sees_what_to_ask_for_and_not_how_the_client_is_set_up() -> None:
    found = schema(http("x"), "http_run")
    assert set(found["properties"]) == {"endpoint", "data", "headers"}
    assert found["properties"]["endpoint"]["description"] == "the endpoint to be called i.e. resource/v1/query?"
    assert found["additionalProperties"] is False


@pytest.mark.parametrize(
    "arguments",
    [
        {"endpoint": "http://169.254.169.254/latest"},
        {"endpoint": " HTTPS://other.example"},
        {"endpoint": "//other.example"},
        {"endpoint": "\\\\other.example"},
        {"endpoint": "@other.example"},
        {"endpoint": ":8080@other.example"},
        {"endpoint": "file:/etc/passwd"},
        {"endpoint": "/v1/../admin"},
        {"endpoint": "/v1/%2e%2e/admin"},
        {"endpoint": "/v1\r\nHost: other.example"},
        {"endpoint": "/v1", "headers": {"Host": "other.example"}},
        {"endpoint": "/v1", "headers": {"authorization ": "Bearer x"}},
        {"endpoint": "/v1", "headers": {"X-A": "1\r\nX-B: 2"}},
    ],
    ids=str,
)
def test_a_call_cannot_leave_the_connections_host(api: str, arguments: dict[str, Any]) -> None:
    assert call(http(api), "http_run", arguments).outcome == "failed"


@pytest.mark.parametrize("endpoint", ["status", "/status", "v1/items:batchGet", "a..b", "?q=http://x"])
def test_ordinary_endpoints_pass(endpoint: str) -> None:
    spec = HookToolset(Warehouse(), ["by_place"])
    assert call(spec, "by_place", {"name": "a", "endpoint": endpoint}).content == ["a", endpoint]


def test_a_whole_url_passes_where_the_author_says_so() -> None:
    spec = HookToolset(Warehouse(), ["look_up"], allow_urls=["name"])
    assert call(spec, "look_up", {"name": "https://docs.example"}).outcome == "success"


def test_rows_of_a_database_are_rows(shop: str) -> None:
    spec = HookToolset(SqliteHook(sqlite_conn_id=shop), ["get_records", "get_first"], "sql_")
    told = calls(
        spec,
        [
            ("sql_get_records", {"sql": "select * from orders order by id"}),
            ("sql_get_first", {"sql": "select item from orders where id = ?", "parameters": [2]}),
        ],
    )
    assert [part.content for part in told] == [[[1, "tea"], [2, "milk"]], ["milk"]]


def test_the_hook_of_a_connection_id_answers_too(shop: str) -> None:
    assert call(HookToolset(shop, ["get_first"]), "get_first", {"sql": "select count(*) from orders"}).content == [2]


def test_a_wrong_statement_is_an_answer(shop: str) -> None:
    told = call(HookToolset(shop, ["get_records"]), "get_records", {"sql": "select * from missing"})
    assert told.outcome == "failed"
    assert "no such table: missing" in told.content


def test_calls_of_one_turn_run_side_by_side() -> None:
    together = threading.Barrier(2, timeout=20)

    class Waits(Warehouse):
        def meet(self) -> int:
            return together.wait() and 0

    assert [part.outcome for part in calls(HookToolset(Waits(), ["meet"]), [("meet", {}), ("meet", {})])] == (
        ["success", "success"]
    )


# --- which methods ------------------------------------------------------------------------------------------------

HANDS_OUT = (
    *("get_connection", "get_connections", "aget_connection", "get_hook", "aget_hook", "get_conn", "get_async_conn"),
    *("get_client", "get_session", "get_sqlalchemy_engine", "get_uri", "get_credentials", "get_cursor", "get_conn_id"),
)


@pytest.mark.parametrize(
    ("names", "why"),
    [
        ([], "is empty"),
        ("look_up", "must be a list"),
        ([1], "write the names as strings"),
        (["look_up", "look_up"], "more than once"),
        (["_private"], "is private"),
        (["__init__"], "is private"),
        (["look_*"], "patterns do not work"),
        (["look_up "], "is no name"),
        (["seen.append"], "is no name"),
        (["look_upp"], "is no method of Warehouse. It has .*look_up"),
        (["token"], "is a property"),
        (["not_callable"], "is a int"),
        (["seen"], "is no method"),
        (["mro"], "is no method"),
        *[([name], "hands out the connection") for name in HANDS_OUT],
    ],
    ids=str,
)
def test_what_is_no_method_for_a_model_is_refused_when_written(names: Any, why: str) -> None:
    with pytest.raises((ValueError, TypeError), match=why):
        HookToolset(Warehouse(), allowed_methods=names)


@pytest.mark.parametrize("hook", [None, 3, "", " ", Warehouse, {"conn": "x"}], ids=str)
def test_what_is_no_hook_is_refused(hook: Any) -> None:
    with pytest.raises((ValueError, TypeError), match="hook"):
        HookToolset(hook, allowed_methods=["look_up"])


def test_a_name_that_no_model_takes_is_refused() -> None:
    with pytest.raises(ValueError, match="is no tool name"):
        HookToolset(Warehouse(), ["look_up"], tool_name_prefix="my api ")


def test_the_methods_of_a_connection_id_are_checked_when_the_task_runs(shop: str) -> None:
    with pytest.raises(UserError, match="'get_recrods' is no method of SqliteHook"):
        HookToolset(shop, ["get_recrods"]).build(None)  # type: ignore[arg-type]


def test_a_required_parameter_without_a_form_in_json_is_an_error_that_names_the_way_out() -> None:
    with pytest.raises(UserError, match=r"parameter 'handler' has no form in JSON.*Give it in fixed"):
        HookToolset(Warehouse(), ["needs_callable"]).build(None)  # type: ignore[arg-type]
    assert call(HookToolset(Warehouse(), ["needs_callable"], fixed={"handler": str}), "needs_callable").content == "1"


# --- arguments ----------------------------------------------------------------------------------------------------


def test_parameters_without_a_form_in_json_are_left_out_and_unions_keep_what_has_one() -> None:
    found = schema(HookToolset(Warehouse(), ["mixed"]), "mixed")
    assert set(found["properties"]) == {"rows", "anything", "of", "tags"}
    assert found["required"] == ["rows"]
    assert found["properties"]["of"]["type"] == "string"
    assert found["properties"]["rows"]["anyOf"] == [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]


@pytest.mark.parametrize("method", ["look_up", "look_up_google"])
def test_docstrings_of_both_styles_describe_tool_and_parameters(method: str) -> None:
    definition = HookToolset(Warehouse(), [method]).build(None).tools[method].tool_def  # type: ignore[attr-defined,arg-type]
    assert "Look up an article." in definition.description
    assert (
        definition.parameters_json_schema["properties"]["name"]["description"].lower().startswith("what it is called")
    )


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"name": None},
        {"name": 5},
        {"name": "tea", "limit": "5"},
        {"name": "tea", "limit": 5.0},
        {"name": "tea", "limit": 1e308},
        {"name": "tea", "limit": True},
        {"name": "tea", "limit": 2**80},
        {"name": "tea", "exact": 1},
        {"name": "tea", "other": 1},
        {"name": "tea", "self": 1},
        {"name": "x" * 200_000},
        '{"name": ' + "[" * 2_000 + "]" * 2_000 + "}",
        '{"name": "tea"',
    ],
    ids=lambda arguments: str(arguments)[:40],
)
def test_wrong_arguments_go_back_to_the_model_and_the_hook_is_not_called(arguments: Any) -> None:
    hook = Warehouse()
    assert call(HookToolset(hook, ["look_up"]), "look_up", arguments).outcome == "retried"
    assert hook.seen == []


def test_any_json_has_an_end_in_depth() -> None:
    deep: Any = 1
    for _ in range(60):
        deep = [deep]
    assert call(HookToolset(Warehouse(), ["mixed"]), "mixed", {"rows": "a", "anything": deep}).outcome == "retried"


def test_more_arguments_than_the_signature_has_never_reach_the_hook() -> None:
    spec = HookToolset(Warehouse(), ["mixed"])
    assert call(spec, "mixed", {"rows": "a", "timeout": 1}).outcome == "retried"


def test_fixed_arguments_are_passed_unseen_also_into_keyword_arguments() -> None:
    spec = HookToolset(Warehouse(), ["mixed"], fixed={"of": "fixed", "timeout": 3})
    assert {"of", "timeout"}.isdisjoint(schema(spec, "mixed")["properties"])
    assert call(spec, "mixed", {"rows": "a"}).content == {
        "rows": "a", "anything": None, "of": "fixed", "options": {"timeout": 3}
    }  # fmt: skip
    assert call(spec, "mixed", {"rows": "a", "of": "mine"}).outcome == "retried"


def test_a_fixed_argument_that_nothing_takes_is_an_error() -> None:
    with pytest.raises(UserError, match="fixed names 'colour'"):
        HookToolset(Warehouse(), ["look_up"], fixed={"colour": 1}).build(None)  # type: ignore[arg-type]


def test_async_methods_and_positional_parameters_work() -> None:
    spec = HookToolset(Warehouse(), ["look_up_async", "by_place"])
    told = calls(spec, [("look_up_async", {"name": "a"}), ("by_place", {"name": "b"})])
    assert [part.content for part in told] == ["a", ["b", "/"]]


# --- results ------------------------------------------------------------------------------------------------------


class Colour(Enum):
    RED = "red"


class Row(NamedTuple):
    id: int
    item: str


@dataclass
class Order:
    id: int
    day: date


@dataclass
class Login:
    user: str
    password: str


class Frame:
    """Behaves like a data frame."""

    columns = ("n",)

    def __len__(self) -> int:
        return 5_000

    def head(self, n: int) -> Frame:
        return self

    def to_dict(self, orient: str) -> list[dict[str, int]]:
        return [{"n": 1}] * 1_000


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, None),
        (Colour.RED, "red"),
        (Row(1, "tea"), {"id": 1, "item": "tea"}),
        (Order(1, date(2026, 1, 31)), {"id": 1, "day": "2026-01-31"}),
        ({1: Decimal("1.5"), date(2026, 1, 31): {2}}, {"1": 1.5, "2026-01-31": [2]}),
        (float("nan"), "NaN"),
        ("half \ud800", "half \\ud800"),
        ({"a": 1}.values(), [1]),
        (range(3), [0, 1, 2]),
        (10**400, hex(10**400)),
        (Path("a/b"), "a/b"),
    ],
    ids=str,
)
def test_data_is_shown_as_json(value: Any, shown: Any) -> None:
    assert returned(value).content == shown


@pytest.mark.parametrize(
    "value",
    [object(), Login("me", "planted-s3cret"), [Login("me", "planted-s3cret")], lambda: 1, sqlite3, Warehouse(), Order],
    ids=lambda value: str(type(value)),
)
def test_what_is_no_data_is_refused_and_never_shown_as_text(value: Any) -> None:
    told = returned(value)
    assert (told.outcome, "planted" in told.content) == ("failed", False)


def test_a_connection_is_refused_by_its_type() -> None:
    told = call(HookToolset(Warehouse(), ["connection_itself"]), "connection_itself")
    assert (told.outcome, "can hold credentials" in told.content) == ("failed", True)


def test_a_cursor_is_refused_by_its_type() -> None:
    with closing(sqlite3.connect(":memory:", check_same_thread=False)) as database:
        told = returned(database.execute("select 1"))
    assert (told.outcome, "sqlite3.Cursor" in told.content) == ("failed", True)


def test_an_endless_iterator_is_cut_and_says_so() -> None:
    content = call(HookToolset(Warehouse(), ["endless"]), "endless").content
    assert content[:3] == [0, 1, 2]
    assert content[-1] == "… [cut: the first 1000 items]"


def test_a_data_frame_becomes_records_of_a_bounded_number() -> None:
    content = returned(Frame()).content
    assert content[0] == {"n": 1}
    assert content[-1] == "… [cut: the first 1000 of 5000 items]"


@pytest.mark.parametrize(
    "value",
    [
        "x" * 10_000_000,
        "ü" * 100_000,
        ["x" * 100] * 100_000,
        {str(n): "x" * 50 for n in range(50_000)},
        b"x" * 9_999_999,
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_long_result_is_cut_to_its_bytes(value: Any) -> None:
    told = returned(value, max_bytes=2_000)
    size = len(json.dumps(told.content, ensure_ascii=False).encode())
    assert (told.outcome, 1_500 < size < 3_000, "cut" in json.dumps(told.content)) == ("success", True, True)


def test_a_result_that_holds_itself_has_an_end() -> None:
    loop: list[Any] = []
    loop.append(loop)
    assert "deeper than 50 levels" in json.dumps(returned(loop).content, ensure_ascii=False)


def test_a_secret_is_masked_also_where_the_result_is_cut() -> None:
    from airflow.sdk.log import mask_secret

    mask_secret("planted-s3cret-of-a-hook")
    assert returned("x" * 90 + "planted-s3cret-of-a-hook" + "y" * 900, max_bytes=100).content.startswith(
        "x" * 90 + "***"
    )


@pytest.mark.parametrize(
    "error", [ValueError("no"), SystemExit(0), KeyboardInterrupt(), asyncio.CancelledError()], ids=repr
)
def test_whatever_a_hook_raises_is_an_answer(error: BaseException) -> None:
    told = call(HookToolset(Warehouse(error=error), ["fails"]), "fails")
    assert (told.outcome, type(error).__name__ in told.content) == ("failed", True)


# --- the spec -----------------------------------------------------------------------------------------------------


def test_two_toolsets_of_one_agent_differ_in_their_id() -> None:
    specs = [
        HookToolset("a", ["run"]),
        HookToolset("b", ["run"]),
        HookToolset("a", ["run"], "x_"),
        http("a"),
        http("b"),
        HookToolset(Warehouse("a"), ["look_up"]),
    ]
    assert len({spec.id for spec in specs}) == len(specs)


def test_two_hooks_serve_one_agent() -> None:
    specs = [HookToolset(Warehouse(name), ["look_up"], f"{name}_") for name in ("a", "b")]
    ended = asyncio.run(Agent(TestModel(), toolsets=[spec.build for spec in specs]).run("go"))
    assert set(json.loads(ended.output)) == {"a_look_up", "b_look_up"}


def test_a_task_that_holds_a_hook_which_cannot_be_copied_can_be_copied() -> None:
    spec = http("a")
    assert copy.deepcopy([spec])[0] is spec


def test_the_repr_tells_configuration_and_neither_secret_nor_address() -> None:
    hook = Warehouse("w", region="eu", password="planted-s3cret", uri="db://me:planted-s3cret@host/x")
    text = repr(HookToolset(hook, ["look_up"], fixed={"limit": 3, "api_key": "planted-s3cret"}))
    assert "tests.toolsets.hooks.Warehouse(" in text
    assert "region" in text and "'eu'" in text and "'limit': 3" in text
    assert "planted" not in text and " at 0x" not in text


HASHES = """
import datetime
from airflow.sdk import DAG
from airflow.serialization.serialized_objects import DagSerialization
from airflow.models.serialized_dag import SerializedDagModel
from airflow.providers.http.hooks.http import HttpHook
from airflow_dag_agent_provider.operators.agent import AgentOperator
from airflow_dag_agent_provider.toolsets import HookToolset
import sys
assert "pydantic_ai" not in sys.modules

def hash_of(mapped, spec):
    with DAG("hashed", schedule=None, start_date=datetime.datetime(2026, 1, 1)) as dag:
        common = dict(task_id="a", llm_conn_id="x", toolsets=[spec])
        if mapped:
            AgentOperator.partial(**common).expand(prompt=["p"])
        else:
            AgentOperator(prompt="p", **common)
    return SerializedDagModel.hash(DagSerialization.to_dict(dag))

def http(method="GET", conn="a", **options):
    return HookToolset(HttpHook(method, conn), **{"allowed_methods": ["run"], **options})

specs = [http(), http("POST"), http(conn="b"), http(tool_name_prefix="x_"),
         http(allowed_methods=["run", "url_from_endpoint"]),
         http(fixed={"endpoint": "a"}), http(max_bytes=9), http().prefixed("p"), HookToolset("a", ["run"])]
print(repr([[hash_of(mapped, spec) for spec in specs] for mapped in (False, True)]))
"""


@pytest.mark.usefixtures("airflow_db")
def test_the_dag_version_is_the_same_in_every_process_and_follows_the_hook() -> None:
    first, second = (eval(in_a_fresh_process(HASHES, hash_seed=seed)) for seed in ("1", "2"))
    assert first == second
    for hashes in first:
        assert len(set(hashes)) == len(hashes)


# --- kinds of cases -----------------------------------------------------------------------------------------------

KINDS: dict[str, tuple[Callable[[], HookToolset], str, Any, str]] = {
    "listed": (lambda: HookToolset(Warehouse(), ["look_up"]), "look_up", {"name": "tea"}, "success"),
    "not listed": (lambda: HookToolset(Warehouse(), ["look_up"]), "by_place", {"name": "tea"}, "retried"),
    "other spelling": (lambda: HookToolset(Warehouse(), ["look_up"]), "Look_up", {"name": "tea"}, "retried"),
    "dunder": (lambda: HookToolset(Warehouse(), ["look_up"]), "__dict__", {}, "retried"),
    "traversal": (lambda: HookToolset(Warehouse(), ["look_up"]), "look_up.__func__", {}, "retried"),
    "credential": (lambda: HookToolset(Warehouse(), ["look_up"]), "get_connection", {"conn_id": "x"}, "retried"),
    "injection": (lambda: HookToolset(Warehouse(), ["mixed"]), "mixed", {"rows": "a", "_x": 1}, "retried"),
    "ssrf": (lambda: HookToolset(Warehouse(), ["by_place"]), "by_place", {"name": "a", "endpoint": "//b"}, "failed"),
    "object": (lambda: HookToolset(Warehouse(value=object()), ["returns"]), "returns", {}, "failed"),
    "exit": (lambda: HookToolset(Warehouse(error=SystemExit(3)), ["fails"]), "fails", {}, "failed"),
}


@pytest.mark.parametrize(("spec", "tool", "arguments", "outcome"), KINDS.values(), ids=KINDS.keys())
def test_a_call_of_each_kind_ends_as_it_must(
    spec: Callable[[], HookToolset], tool: str, arguments: Any, outcome: str
) -> None:
    assert call(spec(), tool, arguments).outcome == outcome
