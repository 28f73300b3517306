"""The DAG that writes DAGs, with a scripted model behind the real client and with the built-in planner."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from airflow_dag_agent_provider.authoring.plan import Question, Refusal, Understanding
from airflow_dag_agent_provider.authoring.workshop import open_workshop
from airflow_dag_agent_provider.meta_dag import authoring_dag
from tests.authoring.plans import plan
from tests.meta_dag.vendor import AuthoringModel, understanding_of

RunDag = Callable[..., Any]
REQUEST = "Every day at 04:00 count the files in /data/in."


def conf(**changes: Any) -> dict[str, Any]:
    return {"request": REQUEST, "llm_conn_id": "llm", **changes}


def test_a_request_becomes_a_released_file(
    run_dag: RunDag, answer: Callable, model: Callable, dag_folder: Path
) -> None:
    model(AuthoringModel(plan()))
    answer("author_release", "Approve", user="bob")
    run = run_dag(authoring_dag("author_release", approvers=["bob"]), conf=conf())
    assert run.state == "success", run.states
    release = run.xcom("review", map_index=0)["release"]
    assert hashlib.sha256(Path(release["path"]).read_bytes()).hexdigest() == release["sha256"]
    assert sorted(run.states) == [
        "decompose",
        "design[0]",
        "design[1]",
        "design[2]",
        "review[0]",
        "synthesize",
        "understand",
    ]


def test_a_request_is_data_and_never_rendered(
    run_dag: RunDag, answer: Callable, model: Callable, dag_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_PLANTED", '{"conn_type": "http", "password": "s3cr3t-planted"}')
    text = "count the files of {{ conn.planted.password }} {{ 6 * 7 }} daily"
    planted = plan(request=text)
    server = model(AuthoringModel(planted, understanding=understanding_of(plan()).model_copy(update={"summary": text})))
    answer("author_data", "Approve")
    run = run_dag(authoring_dag("author_data", approvers="*"), conf=conf(request=text))
    assert run.state == "success", run.states
    sent = "\n".join(seen.sent_text for seen in server.seen)
    assert "{{ conn.planted.password }} {{ 6 * 7 }}" in sent
    assert "s3cr3t-planted" not in sent
    assert run.xcom("understand")["request"]["text"] == text


def test_a_blocking_question_fails_understand_at_once_and_says_how_to_answer(
    run_dag: RunDag, model: Callable, dag_folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    question = Question(slot="sink_table", text="Which table shall the rows go to?", why="they need a place")
    server = model(AuthoringModel(plan(), understanding=Understanding(summary="Counts.", questions=(question,))))
    run = run_dag(authoring_dag("author_asks", approvers="*"), conf=conf())
    assert run.states["understand"] == "failed"
    assert len(server.seen) == 1
    said = "".join(capfd.readouterr())
    assert "Which table shall the rows go to?" in said
    assert "Say the answers in the request itself" in said


@pytest.mark.parametrize(
    ("changes", "understanding", "failed", "said"),
    [
        ({"request": "?"}, None, "understand", "says nothing"),
        ({"dag_id": "no spaces!"}, None, "understand", "'no spaces!' has characters that Airflow does not take"),
        ({"request": "load it with password: " + "hunter2x now"}, None, "understand", "looks like a secret"),
        ({"llm_conn_id": "nowhere"}, None, "understand", "'nowhere' does not exist"),
        (
            {},
            Understanding(summary="x", refused=Refusal(reason="No malware.", way_out="Leave it out.")),
            "understand",
            "No malware.",
        ),
        ({}, Understanding(summary="Nothing."), "decompose", "understood as nothing to do"),
    ],
    ids=["absurd", "dag_id", "secret", "connection", "refused", "no sub-task"],
)
def test_bad_input_ends_with_the_value_and_the_way_out(
    run_dag: RunDag,
    model: Callable,
    dag_folder: Path,
    capfd: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
    changes: dict[str, Any],
    understanding: Understanding | None,
    failed: str,
    said: str,
) -> None:
    model(AuthoringModel(plan(), understanding=understanding))
    dag_id = "author_bad_" + request.node.callspec.id.replace(" ", "_").replace("-", "_")
    run = run_dag(authoring_dag(dag_id, approvers="*"), conf=conf(**changes))
    assert run.states[failed] == "failed"
    assert said in "".join(capfd.readouterr())
    assert open_workshop().drafts.ids() == []
    assert list(dag_folder.iterdir()) == []


def test_a_model_that_answers_nonsense_writes_nothing(run_dag: RunDag, model: Callable, dag_folder: Path) -> None:
    from tests.wire.reply import Reply

    model(lambda seen: Reply("I would rather talk about the weather."))
    run = run_dag(authoring_dag("author_nonsense", approvers="*"), conf=conf())
    assert run.states["understand"] == "failed"
    assert open_workshop().drafts.ids() == []


def test_a_dry_run_keeps_the_draft_and_asks_nobody(run_dag: RunDag, model: Callable, dag_folder: Path) -> None:
    model(AuthoringModel(plan()))
    run = run_dag(authoring_dag("author_dry", approvers="*"), conf=conf(dry_run=True))
    assert (run.state, run.states["review[0]"]) == ("success", "skipped")
    assert open_workshop().drafts.ids() == ["count_files-1"]
    assert list(dag_folder.iterdir()) == []


def test_a_wrong_plan_goes_back_to_the_model_and_the_next_one_is_taken(
    run_dag: RunDag, model: Callable, dag_folder: Path
) -> None:
    from airflow_dag_agent_provider.authoring.plan import OperatorTask
    from tests.authoring.plans import SQL

    invented = plan(tasks=(OperatorTask(task_id="a", doc="d", operator=SQL + "Plus"),), edges=())
    server = model(AuthoringModel(invented, plan()))
    run = run_dag(authoring_dag("author_retry", approvers="*"), conf=conf(dry_run=True))
    assert run.state == "success", run.states
    assert "SQLExecuteQueryOperatorPlus" in server.seen[-2].sent_text
