"""What the example DAGs need: a vendor behind `pydanticai_default`, a shop behind `postgres_default`, an API."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.toolsets.databases import Shop, postgres_shop, sqlite_shop
from tests.wire.server import Item, WireServer

MODELS = ["openai:gpt-5-mini", "openai-chat:gpt-5-mini", "anthropic:claude-haiku-4-5"]


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions and steps of this test."""
    monkeypatch.setenv("AIRFLOW__DAG_AGENT__SESSIONS_PATH", str(tmp_path / "sessions"))
    monkeypatch.setenv("AIRFLOW__DAG_AGENT__STEP_CACHE_PATH", str(tmp_path / "steps"))


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> str:
    """Each wire format in turn: OpenAI responses, OpenAI chat completions, Anthropic messages."""
    return str(request.param)


@pytest.fixture
def vendor(model: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., WireServer]]:
    """Start a vendor that answers with the given script behind the connection of the examples."""
    with ExitStack() as stack:

        def start(*script: Item) -> WireServer:
            server = stack.enter_context(WireServer(*script))
            monkeypatch.setenv("AIRFLOW_CONN_PYDANTICAI_DEFAULT", server.connection(model))
            return server

        yield start


@pytest.fixture(params=["sqlite", "postgres"])
def shop(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The tables that the examples ask about."""
    if request.param == "sqlite":
        made = sqlite_shop(tmp_path)
    else:
        made = postgres_shop(request.getfixturevalue("postgres_dsn"))
    monkeypatch.setenv("AIRFLOW_CONN_POSTGRES_DEFAULT", made.connection)
    return made


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """An HTTP API behind `my_api`; yields the paths that were asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None: ...

        def do_GET(self) -> None:
            asked.append(self.path)
            body = json.dumps({"status": "all systems green"}).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    connection = {"conn_type": "http", "host": "127.0.0.1", "port": server.server_address[1]}
    monkeypatch.setenv("AIRFLOW_CONN_MY_API", json.dumps(connection))
    yield asked
    server.shutdown()
    server.server_close()
