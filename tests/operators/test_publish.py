"""DagApprovalOperator: what was shown is what is released, whatever happens while a person thinks."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG, task
from airflow.sdk.exceptions import (
    AirflowFailException,
    AirflowRuntimeError,
    AirflowSkipException,
    ErrorType,
    TaskAwaitingInput,
)
from airflow.sdk.execution_time.comms import ErrorResponse, GetDag

from airflow_dag_agent_provider.authoring.drafts import Draft, Drafts
from airflow_dag_agent_provider.authoring.render import render
from airflow_dag_agent_provider.authoring.workshop import open_workshop
from airflow_dag_agent_provider.checks.finding import CheckReport, Finding
from airflow_dag_agent_provider.operators.publish import DagApprovalOperator
from airflow_dag_agent_provider.storage import open_store
from tests.authoring.plans import draft_content, plan


@pytest.fixture
def dag_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An Airflow whose releases go into an empty folder, which is in a bundle."""
    folder = tmp_path / "dags"
    folder.mkdir()
    bundle = {
        "name": "dags-folder",
        "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle",
        "kwargs": {"path": str(folder)},
    }
    import json

    monkeypatch.setenv("AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", json.dumps([bundle]))
    monkeypatch.setenv("AIRFLOW__DAG_AGENT__DAGS_PATH", str(folder))
    monkeypatch.setenv("AIRFLOW__DAG_AGENT__DRAFTS_PATH", str(tmp_path / "drafts"))
    sdk_says(monkeypatch, OldRow())
    return folder


@pytest.fixture
def draft(dag_folder: Path, tmp_path: Path) -> Draft:
    return Drafts(open_store(str(tmp_path / "drafts"))).add(draft_content())


def ref(draft: Draft, **changes: Any) -> dict[str, Any]:
    return {
        "id": draft.draft_id,
        "dag_id": draft.dag_id,
        "sha256": draft.sha256,
        "superseded": False,
        **changes,
    }


def review_dag(dag_id: str, refs: list[dict[str, Any]], **options: Any) -> DAG:
    with DAG(dag_id, schedule=None) as dag:

        @task
        def synthesize() -> list[dict[str, Any]]:
            return refs

        DagApprovalOperator.partial(task_id="review", **{"approvers": "*", "retries": 0, **options}).expand(
            draft=synthesize()
        )
    return dag


def shown_of(draft: Draft) -> dict[str, str]:
    shop = open_workshop()
    return {
        "draft_id": draft.draft_id,
        "sha256": draft.sha256,
        "approval_digest": draft.approval_digest,
        "dags_path": shop.publisher.folder,
        "drafts_path": shop.drafts_path,
    }


def event(option: str = "Approve", user: str | None = "bob") -> dict[str, Any]:
    return {
        "chosen_options": [option],
        "params_input": {},
        "responded_at": datetime(2026, 11, 20, tzinfo=UTC),
        "responded_by_user": {"id": user, "name": user} if user else None,
    }


def operator(draft: Draft, **options: Any) -> DagApprovalOperator:
    return DagApprovalOperator(**{"task_id": "review", "draft": ref(draft), "approvers": "*", **options})


def sdk_says(monkeypatch: pytest.MonkeyPatch, comms: Any) -> None:
    monkeypatch.setattr("airflow.sdk.execution_time.task_runner.SUPERVISOR_COMMS", comms, raising=False)


TI_ID = "0198c3a5-0000-7000-8000-000000000000"


def context(requester: str | None = "ann") -> Any:
    return {
        "dag_run": SimpleNamespace(triggering_user_name=requester),
        "task_instance": SimpleNamespace(id=TI_ID),
    }


def test_approve_releases_exactly_the_bytes_of_the_draft(
    run_dag: Callable, answer: Callable, draft: Draft, dag_folder: Path
) -> None:
    answer("publish_approve", "Approve", user="bob")
    run = run_dag(review_dag("publish_approve", [ref(draft)]))
    assert run.states["review[0]"] == "success"
    released = run.xcom("review", map_index=0)["release"]
    assert hashlib.sha256(Path(released["path"]).read_bytes()).hexdigest() == draft.sha256 == released["sha256"]


def test_reject_releases_nothing_ends_green_and_keeps_the_draft(
    run_dag: Callable, answer: Callable, draft: Draft, dag_folder: Path
) -> None:
    answer("publish_reject", "Reject")
    run = run_dag(review_dag("publish_reject", [ref(draft)]))
    assert (run.state, run.xcom("review", map_index=0)["release"]) == ("success", None)
    assert list(dag_folder.iterdir()) == []
    assert open_workshop().drafts.get(draft.draft_id) == draft


def test_an_xcom_edited_while_the_task_waits_does_not_redirect_the_approval(
    run_dag: Callable, draft: Draft, dag_folder: Path, tmp_path: Path
) -> None:
    evil = Drafts(open_store(str(tmp_path / "drafts"))).add(draft_content(plan=plan(dag_id="evil")))
    from tests.dag_runs import edit_xcom_then_answer

    edit_xcom_then_answer("publish_xcom", "synthesize", [ref(evil)], "Approve")
    run = run_dag(review_dag("publish_xcom", [ref(draft)]))
    assert run.xcom("review", map_index=0)["release"]["dag_id"] == "count_files"
    assert [file.name for file in dag_folder.iterdir()] == ["count_files.py"]


def test_a_superseded_draft_is_skipped_and_the_newest_is_reviewed(
    run_dag: Callable, answer: Callable, draft: Draft, tmp_path: Path
) -> None:
    newer = Drafts(open_store(str(tmp_path / "drafts"))).add(draft_content(plan=plan(summary="Newer.")))
    answer("publish_superseded", "Approve")
    run = run_dag(review_dag("publish_superseded", [ref(draft, superseded=True), ref(newer)]))
    assert (run.states["review[0]"], run.states["review[1]"]) == ("skipped", "success")
    assert run.xcom("review", map_index=1)["release"]["sha256"] == newer.sha256


def test_nothing_in_the_body_is_rendered(
    run_dag: Callable, answer: Callable, dag_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_PLANTED", '{"conn_type": "http", "password": "s3cr3t-planted"}')
    text = "{{ conn.planted.password }} {{ 1 + 1 }}"
    its_plan = plan(request=text, summary=text, assumptions=(text,))
    planted = Drafts(open_store(str(tmp_path / "drafts"))).add(draft_content(plan=its_plan))
    answer("publish_render", "Approve")
    run_dag(review_dag("publish_render", [ref(planted)]))
    from tests.dag_runs import shown

    row = shown("publish_render")
    assert "{{ conn.planted.password }}" in row.body
    assert "s3cr3t-planted" not in row.body
    assert text in (dag_folder / "count_files.py").read_text()


def test_a_dry_run_is_skipped(draft: Draft) -> None:
    with pytest.raises(AirflowSkipException, match="dry run"):
        operator(draft, dry_run="True").execute(context())


def test_a_draft_with_an_error_is_never_offered(dag_folder: Path, tmp_path: Path) -> None:
    finding = Finding(code="X", severity="error", message="wrong", hint="mend it", check="load")
    bad = Drafts(open_store(str(tmp_path / "drafts"))).add(draft_content(report=CheckReport(findings=(finding,))))
    with pytest.raises(AirflowFailException, match="wrong"):
        operator(bad).execute(context())


def test_a_draft_that_is_not_the_one_synthesize_wrote_is_never_offered(draft: Draft) -> None:
    with pytest.raises(AirflowFailException, match="sha256 changed"):
        DagApprovalOperator(task_id="review", draft=ref(draft, sha256="0" * 64), approvers="*").execute(context())


class OldRow:
    """Airflow as it is in 3.3: the row of a cleared task keeps its first text."""

    def __init__(self, subject: str | None = None) -> None:
        self.subject = subject

    def send(self, message: Any = None, *, msg: Any = None) -> Any:
        if isinstance(msg, GetDag):
            not_found = ErrorResponse(error=ErrorType.API_SERVER_ERROR, detail={"status_code": 404})
            raise AirflowRuntimeError(not_found)
        if self.subject is None:
            return message
        return SimpleNamespace(subject=self.subject, body=message.body)


def test_a_form_that_still_shows_an_older_draft_is_not_parked(draft: Draft, monkeypatch: pytest.MonkeyPatch) -> None:
    sdk_says(monkeypatch, OldRow("old draft"))
    with pytest.raises(AirflowFailException, match="still shows the text of an earlier draft"):
        operator(draft).execute(context())


def test_what_was_shown_travels_in_the_park_signal(draft: Draft, monkeypatch: pytest.MonkeyPatch) -> None:
    sdk_says(monkeypatch, OldRow())
    with pytest.raises(TaskAwaitingInput) as parked:
        operator(draft).execute(context())
    assert parked.value.kwargs == {"shown": shown_of(draft)}


def test_a_draft_changed_in_the_store_while_waiting_is_refused(draft: Draft, dag_folder: Path, tmp_path: Path) -> None:
    shown = shown_of(draft)
    path = tmp_path / "drafts" / "drafts" / "count_files" / "1.json"
    path.write_text(path.read_text().replace("return len(files)", "return 42 or 12"))
    with pytest.raises(AirflowFailException, match="damaged"):
        operator(draft).execute_complete(context(), event(), shown=shown)
    assert list(dag_folder.iterdir()) == []


def test_a_draft_swapped_whole_while_waiting_is_refused(draft: Draft, dag_folder: Path, tmp_path: Path) -> None:
    shown = shown_of(draft)
    path = tmp_path / "drafts" / "drafts" / "count_files" / "1.json"
    path.unlink()
    other = plan(summary="Something else.")
    Drafts(open_store(str(tmp_path / "drafts"))).add(draft_content(plan=other, source=render(other)))
    with pytest.raises(AirflowFailException, match="sha256 changed after approval"):
        operator(draft).execute_complete(context(), event(), shown=shown)
    assert list(dag_folder.iterdir()) == []


def test_a_folder_rendered_anew_on_resume_does_not_redirect_the_release(
    draft: Draft, dag_folder: Path, tmp_path: Path
) -> None:
    shown = shown_of(draft)
    elsewhere = DagApprovalOperator(
        task_id="review", draft=ref(draft), approvers="*", dags_path=str(tmp_path / "other"), drafts_path="/nowhere"
    )
    release = elsewhere.execute_complete(context(), event(), shown=shown)["release"]
    assert Path(release["path"]) == dag_folder / "count_files.py"


def test_the_body_names_the_file_that_a_release_writes(draft: Draft, dag_folder: Path) -> None:
    review = operator(draft)
    with pytest.raises(TaskAwaitingInput):
        review.execute(context())
    assert str(dag_folder / "count_files.py") in review.body.replace("\\", "")


def test_a_draft_whose_file_changed_since_is_not_offered(draft: Draft, dag_folder: Path) -> None:
    operator(draft).execute_complete(context(), event(), shown=shown_of(draft))
    newer = Drafts(open_store(open_workshop().drafts_path)).add(draft_content(plan=plan(summary="Newer.")))
    with pytest.raises(AirflowFailException, match="Write a new draft"):
        operator(newer).execute(context())


@pytest.mark.parametrize("reference", [None, {"id": 5}, "count_files-1", {}])
def test_a_reference_that_is_none_fails_without_retry(dag_folder: Path, reference: Any) -> None:
    with pytest.raises(AirflowFailException, match="not a draft reference"):
        DagApprovalOperator(task_id="review", draft=reference, approvers="*").execute(context())


def test_an_approval_that_does_not_say_what_was_shown_releases_nothing(draft: Draft, dag_folder: Path) -> None:
    with pytest.raises(AirflowFailException, match="what was shown"):
        operator(draft).execute_complete(context(), event())
    assert list(dag_folder.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "user", "requester", "said"),
    [
        ({"approvers": ["bob"]}, "eve", "ann", "may not approve"),
        ({"approvers": "*"}, None, "ann", "nobody answered in person"),
        ({"approvers": "*", "require_second_person": True}, "ann", "Ann", "somebody else must approve"),
        ({"approvers": "*", "require_second_person": True}, "bob", None, "somebody else must approve"),
    ],
)
def test_the_wrong_person_releases_nothing(
    draft: Draft,
    dag_folder: Path,
    options: dict[str, Any],
    user: str | None,
    requester: str | None,
    said: str,
) -> None:
    with pytest.raises(AirflowFailException, match=said):
        operator(draft, **options).execute_complete(context(requester), event(user=user), shown=shown_of(draft))
    assert list(dag_folder.iterdir()) == []


def test_requester_and_responder_are_recorded_in_the_release(draft: Draft) -> None:
    operator(draft, approvers=["bob"]).execute_complete(context("ann"), event(user="bob"), shown=shown_of(draft))
    release = open_workshop().publisher.history("count_files")[0]
    assert (release.approval.requester, release.approval.approver, release.approval.via) == (
        "ann",
        "bob",
        "airflow",
    )


def test_a_review_of_a_released_draft_does_not_ask_again(draft: Draft) -> None:
    operator(draft).execute_complete(context(), event(), shown=shown_of(draft))
    assert operator(draft).execute(context())["release"]["version"] == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"defaults": "Approve"}, "nothing is ever released without a person"),
        ({"body": "{{ x }}"}, "nothing in it is rendered"),
        ({"approvers": []}, "list of user ids"),
        ({"approvers": "bob"}, "list of user ids"),
        ({"approvers": [""]}, "list of user ids"),
        ({"approvers": ["*", "bob"]}, "already means everybody"),
    ],
)
def test_options_that_would_weaken_a_review_are_refused(draft: Draft, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        operator(draft, **options)
