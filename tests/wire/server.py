"""The loopback vendor.

    with WireServer(Reply(calls=(Call("rows", {"table": "orders"}),)), Reply("42 orders")) as vendor:
        vendor.openai_url, vendor.anthropic_url   # base URLs for the two clients
        vendor.seen                               # what arrived

Each request takes the next item of the script, the last one repeats. An item may be a function of the request.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from tests.wire.formats import encode
from tests.wire.reply import Call, Failure, Reply, Seen

__all__ = ["Call", "Failure", "Reply", "Seen", "WireServer"]

Item = Reply | Failure | Callable[[Seen], "Reply | Failure"]


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that is gone: tests kill some."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class WireServer:
    """A vendor that answers by script; thread-safe, on a free port of 127.0.0.1."""

    def __init__(self, *script: Item) -> None:
        self.seen: list[Seen] = []
        self._script = list(script)
        self._lock = threading.Lock()
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: Any) -> None: ...

            def do_POST(self) -> None:
                vendor._answer(self)

        self._server = _QuietServer(("127.0.0.1", 0), Handler)

    @property
    def anthropic_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def openai_url(self) -> str:
        return f"{self.anthropic_url}/v1"

    def connection(self, model: str) -> str:
        """Return the JSON of an Airflow connection to this vendor (for AIRFLOW_CONN_...)."""
        host = self.anthropic_url if model.startswith("anthropic:") else self.openai_url
        return json.dumps(
            {"conn_type": "pydanticai", "host": host, "password": "sk-loopback-key", "extra": {"model": model}}
        )

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _next(self, seen: Seen) -> tuple[Reply | Failure, int]:
        with self._lock:
            self.seen.append(seen)
            item = self._script.pop(0) if len(self._script) > 1 else self._script[0]
            number = len(self.seen)
        return (item(seen) if callable(item) else item), number

    def _answer(self, http: BaseHTTPRequestHandler) -> None:
        body = json.loads(http.rfile.read(int(http.headers.get("content-length", 0))) or b"{}")
        seen = Seen(http.path.partition("?")[0], body, dict(http.headers))
        item, number = self._next(seen)
        time.sleep(item.delay_s)
        if isinstance(item, Reply):
            kind, data = encode(seen.path, item, body, number)
            self._send(http, 200, {"content-type": kind}, data)
        elif item.status == 0:
            http.close_connection = True
            http.connection.close()
        else:
            error = {"error": {"message": item.message, "type": "scripted", "code": item.code}}
            data = (item.raw if item.raw is not None else json.dumps(error)).encode()
            self._send(http, item.status, {"content-type": "application/json", **item.headers}, data)

    @staticmethod
    def _send(http: BaseHTTPRequestHandler, status: int, headers: dict[str, str], data: bytes) -> None:
        try:
            http.send_response(status)
            for name, value in {**headers, "content-length": str(len(data))}.items():
                http.send_header(name, value)
            http.end_headers()
            http.wfile.write(data)
        except (BrokenPipeError, ConnectionResetError):
            return  # the client gave up: a test of timeouts or cancelling
