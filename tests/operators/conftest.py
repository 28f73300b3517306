"""A scripted vendor behind the connection ``wire``, for operators and decorators."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.wire.server import Item, WireServer


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., WireServer]]:
    """Start a vendor that answers with the given script; the connection ``wire`` leads to it."""
    with ExitStack() as stack:

        def start(*script: Item, model: str = "openai:gpt-5-mini") -> WireServer:
            server = stack.enter_context(WireServer(*script))
            monkeypatch.setenv("AIRFLOW_CONN_WIRE", server.connection(model))
            return server

        yield start
