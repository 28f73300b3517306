"""Every example DAG runs as it stands, through the real clients, and shows what it is there to show."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.dag_runs import FinishedRun
from tests.toolsets.databases import Shop
from tests.wire.server import Call, Failure, Reply, WireServer

FOLDER = Path(__file__).parents[2] / "example_dags"
FILES = sorted(FOLDER.glob("*.py"))
RunDag = Callable[..., FinishedRun]
Vendor = Callable[..., WireServer]


def load(file: str) -> dict[str, Any]:
    """Return the DAGs of an example file, as the dag processor finds them."""
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dag_folder=str(FOLDER / file), safe_mode=False, load_op_links=False)
    assert bag.import_errors == {}
    return dict(bag.dags)


def load_one(file: str) -> Any:
    [dag] = load(file).values()
    return dag


def ask(sql: str) -> Reply:
    return Reply(calls=(Call("query", {"sql": sql}),))


LOOK = """
import sys, runpy
runpy.run_path(sys.argv[1])
heavy = {"pydantic_ai", "sqlglot", "datafusion", "openai", "anthropic"} & {m.partition(".")[0] for m in sys.modules}
print(sorted(heavy))
"""


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_an_example_is_a_dag_file_that_imports_nothing_heavy(file: Path) -> None:
    assert load(file.name)
    ended = subprocess.run(
        [sys.executable, "-c", LOOK, str(file)],
        capture_output=True,
        text=True,
        check=True,
        cwd=FOLDER.parent,
        env={**os.environ, "PYTHONPATH": str(FOLDER.parent)},
    )
    assert ended.stdout.strip().splitlines()[-1] == "[]"


def test_every_example_is_listed_in_the_docs() -> None:
    page = (FOLDER.parent / "docs" / "examples.md").read_text()
    assert [file.name for file in FILES if f"{file.name}`" not in page] == []


def test_sql(run_dag: RunDag, vendor: Vendor, shop: Shop) -> None:
    server = vendor(
        Reply(calls=(Call("list_tables"),)),
        Reply(calls=(Call("get_schema", {"table_name": "orders"}),)),
        ask("SELECT pw FROM secrets"),
        ask("SELECT customer, count(*) AS n FROM orders GROUP BY customer ORDER BY customer"),
        Reply("ann and bob, one order each"),
    )
    assert run_dag(load_one("example_agent_sql.py")).xcom("analyst") == "ann and bob, one order each"
    tables, columns, refused, rows = (seen.sent_text.replace("\\", "") for seen in server.seen[1:])
    assert '"orders"' in tables
    assert '"secrets"' not in tables
    assert '"amount"' in columns
    assert "is not on the list" in refused
    assert '[["ann",1],["bob",1]]' in rows
    assert "hunter2" not in rows


def test_hook(run_dag: RunDag, vendor: Vendor, api: list[str]) -> None:
    server = vendor(Reply(calls=(Call("http_run", {"endpoint": "/status"}),)), Reply("All is well."))
    assert run_dag(load_one("example_agent_hook.py")).xcom("api_explorer") == "All is well."
    assert api == ["/status"]
    assert "all systems green" in server.seen[1].sent_text


def test_decorator(run_dag: RunDag, vendor: Vendor, shop: Shop) -> None:
    server = vendor(ask("SELECT sum(amount) AS revenue FROM orders"), Reply("262.50"))
    assert run_dag(load_one("example_agent_decorator.py")).xcom("analyze") == "262.50"
    assert "Answer this question about our orders data: What was our total revenue" in server.seen[0].sent_text
    assert "262.5" in server.seen[1].sent_text


def test_structured_output(run_dag: RunDag, vendor: Vendor, shop: Shop) -> None:
    analysis = {"summary": "Tea is up.", "top_items": ["tea", "cups"], "row_count": 2}
    vendor(ask("SELECT note FROM orders"), Reply(calls=(Call("final_result", analysis),)))
    assert run_dag(load_one("example_agent_structured_output.py")).xcom("first_item") == "tea"


def test_chain(run_dag: RunDag, vendor: Vendor, shop: Shop) -> None:
    vendor(ask("SELECT count(*) FROM orders"), Reply("Two orders."))
    assert run_dag(load_one("example_agent_chain.py")).xcom("send_report") == "Report: Two orders."


def test_session(run_dag: RunDag, vendor: Vendor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = vendor(Reply("It is noted."), Reply("You asked about tea."))
    for question in ("Is tea in stock?", "What did I ask you a moment ago?"):
        dag = load_one("example_agent_session.py")
        from airflow.sdk import ObjectStoragePath

        scope = dag.get_task("load_history").python_callable.__globals__
        monkeypatch.setitem(scope, "SESSIONS", ObjectStoragePath(f"file://{tmp_path}/kept"))
        ended = run_dag(dag, conf={"session_id": "../../etc/cron", "question": question})
    assert ended.xcom("ask") == "You asked about tea."
    assert "Is tea in stock?" in server.seen[1].sent_text
    assert "It is noted." in server.seen[1].sent_text
    assert len(list((tmp_path / "kept").iterdir())) == 1


OUTAGE = [Failure(503, headers={"retry-after": "0"})] * 3


@pytest.mark.parametrize("kind", ["operator", "decorator"])
def test_durable(run_dag: RunDag, vendor: Vendor, shop: Shop, caplog: pytest.LogCaptureFixture, kind: str) -> None:
    caplog.set_level("INFO", "airflow_dag_agent_provider.runs")
    server = vendor(ask("SELECT count(*) FROM orders"), *OUTAGE, Reply("two"))
    dag = load("example_agent_durable.py")[f"example_agent_durable_{kind}"]
    [task] = dag.tasks
    task.retry_delay = timedelta(0)
    assert run_dag(dag).xcom(task.task_id) == "two"
    assert "Durable steps: 2 replayed, 1 executed" in caplog.text
    assert len(server.seen) == 5


def test_multimodal(run_dag: RunDag, vendor: Vendor) -> None:
    server = vendor(Reply("Four blue bars."))
    assert run_dag(load_one("example_agent_multimodal.py")).xcom("describe") == "Four blue bars."
    assert base64.b64encode((FOLDER / "chart.png").read_bytes()).decode() in server.seen[0].sent_text


def test_usage_limits(run_dag: RunDag, vendor: Vendor, shop: Shop) -> None:
    server = vendor(ask("SELECT id FROM orders"))
    ended = run_dag(load_one("example_agent_usage_limits.py"))
    assert ended.state == "failed"
    assert (len(server.seen), ended.xcom("analyst", "usage")["requests"]) == (10, 10)


def test_chat(run_dag: RunDag, vendor: Vendor) -> None:
    server = vendor(Reply("Oslo, Rome and Paris."), Reply("Rome."), Reply("Paris."))
    for message in ("Name three cities.", "The second one?", "And the third one?"):
        ended = run_dag(load_one("chat.py"), conf={"message": message, "session_id": "s1"})
    assert ended.xcom("answer") == "Paris."
    last = json.dumps(server.seen[2].body)
    assert [text for text in ("Name three cities.", "Oslo, Rome and Paris.", "Rome.") if text not in last] == []


def test_the_chat_form_refuses_an_id_that_is_none(run_dag: RunDag, vendor: Vendor) -> None:
    server = vendor(Reply("done"))
    with pytest.raises(Exception, match="session_id"):
        run_dag(load_one("chat.py"), conf={"message": "hello", "session_id": "../etc"})
    assert server.seen == []
