"""What a DAG file with an agent costs the dag processor, and whether it stays one version."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

IMPORTS = """
import sys
import airflow.sdk
from airflow.sdk import DAG, BaseOperator, BaseHook, task
from airflow_dag_agent_provider.operators.agent import AgentOperator
from airflow_dag_agent_provider.operators.llm import LLMOperator
from airflow_dag_agent_provider.decorators import agent
import airflow_dag_agent_provider.toolsets
from airflow_dag_agent_provider.toolsets import DagAuthoringToolset, HookToolset, SQLToolset
SQLToolset("db", allowed_tables=["orders"]), HookToolset("api", allowed_methods=["run"])
import airflow_dag_agent_provider.hooks.llm
import airflow_dag_agent_provider.plugin, airflow_dag_agent_provider.provider_info
unwanted = {"pydantic_ai", "sqlglot", "datafusion", "openai", "anthropic", "fastapi"}
heavy = sorted(unwanted & {module.partition(".")[0] for module in sys.modules})
print(repr(heavy))
"""

HASHES = """
from airflow.sdk import DAG, task
from airflow.serialization.serialized_objects import DagSerialization
from airflow.models.serialized_dag import SerializedDagModel
from airflow_dag_agent_provider.operators.agent import AgentOperator
from airflow_dag_agent_provider.toolsets import HookToolset, SQLToolset
from airflow.providers.http.hooks.http import HttpHook
import datetime

def hash_of(mapped, spec):
    with DAG("hashed", schedule=None, start_date=datetime.datetime(2026, 1, 1)) as dag:
        common = dict(task_id="a", llm_conn_id="x", toolsets=[spec])
        if mapped:
            AgentOperator.partial(**common).expand(prompt=["p"])
        else:
            AgentOperator(prompt="p", **common)
    return SerializedDagModel.hash(DagSerialization.to_dict(dag))

def http(**options):
    return HookToolset(HttpHook(**options), allowed_methods=["run"])

specs = [
    SQLToolset("a"),
    SQLToolset("b"),
    SQLToolset("a", allowed_tables=["x"]),
    SQLToolset("a", allowed_tables=["x", "y"]),
    SQLToolset("a", max_rows=7),
    SQLToolset("a").prefixed("p"),
    SQLToolset("a").renamed({"ask": "query"}),
    http(http_conn_id="a"),
    http(http_conn_id="b"),
    http(http_conn_id="a", method="GET"),
    HookToolset("a", allowed_methods=["run"]),
]
print(repr([[hash_of(mapped, spec) for spec in specs] for mapped in (False, True)]))
"""


def in_a_fresh_process(code: str, *, hash_seed: str = "0") -> str:
    """Run ``code`` in a new interpreter and return its last line of output."""
    ended = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip().splitlines()[-1]


def test_a_dag_file_with_an_agent_imports_nothing_heavy() -> None:
    assert eval(in_a_fresh_process(IMPORTS)) == []


@pytest.mark.usefixtures("airflow_db")
def test_the_dag_version_is_the_same_in_every_process_and_follows_the_configuration() -> None:
    first, second, third = (eval(in_a_fresh_process(HASHES, hash_seed=seed)) for seed in ("1", "2", "3"))
    assert first == second == third
    plain, mapped = first
    assert len(set(plain)) == len(plain) == len(set(mapped)) == 11
