"""An Airflow for the authoring DAG: an empty folder for releases, drafts beside it, a scripted model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.meta_dag.vendor import AuthoringModel
from tests.wire.server import WireServer


@pytest.fixture
def dag_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "dags"
    folder.mkdir()
    bundle = {
        "name": "dags-folder",
        "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
        "kwargs": {"path": str(folder)},
    }
    monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", json.dumps([bundle]))
    monkeypatch.setenv("AIRFLOW__DAG_AGENT__DAGS_PATH", str(folder))
    monkeypatch.setenv("AIRFLOW__DAG_AGENT__DRAFTS_PATH", str(tmp_path / "drafts"))
    return folder


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[AuthoringModel], WireServer]]:
    """Make the connection ``llm`` reach a scripted model through the real OpenAI client."""
    servers: list[WireServer] = []

    def start(script: AuthoringModel) -> WireServer:
        server = WireServer(script).__enter__()
        servers.append(server)
        monkeypatch.setenv("AIRFLOW_CONN_LLM", server.connection("openai-chat:gpt-5-mini"))
        return server

    yield start
    for server in servers:
        server.__exit__(None, None, None)
