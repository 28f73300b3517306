"""The only writer into the DAG folder: exactly the approved bytes, every version kept, nobody else's file touched."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from airflow_dag_agent_provider.authoring.bundle_files import BundleFiles
from airflow_dag_agent_provider.authoring.drafts import Draft, Drafts
from airflow_dag_agent_provider.authoring.publish import Approval, Publisher
from airflow_dag_agent_provider.checks.deployment import DeployedDag
from airflow_dag_agent_provider.checks.finding import CheckReport, Finding
from airflow_dag_agent_provider.exceptions import (
    ApprovalMismatch,
    ChecksFailed,
    DraftStale,
    PublishRefused,
    StorageError,
)
from airflow_dag_agent_provider.settings import Bundle, Settings
from airflow_dag_agent_provider.storage import MemoryStore
from tests.authoring.plans import draft_content, plan


@pytest.fixture
def dag_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "dags"
    folder.mkdir()
    return folder


@pytest.fixture
def drafts() -> Drafts:
    return Drafts(MemoryStore())


def settings_for(folder: Path) -> Settings:
    paths = {"dags_path": str(folder), "drafts_path": "x", "sessions_path": "x", "step_cache_path": "x"}
    return Settings(**paths, bundles=(Bundle("dags-folder", folder, 300),))


@pytest.fixture
def publisher(dag_folder: Path, drafts: Drafts) -> Publisher:
    return Publisher(folder=str(dag_folder), settings=settings_for(dag_folder), store=drafts.store)


def approval_of(draft: Draft, **changes: Any) -> Approval:
    fields = {
        "draft_id": draft.draft_id,
        "sha256": draft.sha256,
        "approval_digest": draft.approval_digest,
        "approver": "bob",
        "via": "airflow",
        "at": datetime(2026, 11, 20, tzinfo=UTC),
        "requester": "ann",
    }
    return Approval(**(fields | changes))


def test_a_release_writes_exactly_the_approved_bytes(publisher: Publisher, drafts: Drafts, dag_folder: Path) -> None:
    draft = drafts.add(draft_content())
    release = publisher.release(draft, approval=approval_of(draft))
    data = Path(release.path).read_bytes()
    assert hashlib.sha256(data).hexdigest() == draft.sha256 == release.sha256
    assert [file.name for file in dag_folder.iterdir()] == ["count_files.py"]


def test_repeating_a_release_changes_nothing(publisher: Publisher, drafts: Drafts) -> None:
    draft = drafts.add(draft_content())
    first = publisher.release(draft, approval=approval_of(draft))
    assert publisher.release(draft, approval=approval_of(draft)) == first
    assert publisher.history("count_files") == [first]


def test_the_next_draft_becomes_the_next_version(publisher: Publisher, drafts: Drafts, dag_folder: Path) -> None:
    first = drafts.add(draft_content())
    publisher.release(first, approval=approval_of(first))
    changed = plan(summary="Count better.")
    second = drafts.add(draft_content(plan=changed, previous_sha256=publisher.replaceable("count_files")))
    release = publisher.release(second, approval=approval_of(second))
    assert release.version == 2
    assert "Count better." in (dag_folder / "count_files.py").read_text()


def test_a_draft_edited_after_approval_is_not_published(publisher: Publisher, drafts: Drafts, dag_folder: Path) -> None:
    approved = drafts.add(draft_content())
    edited = drafts.add(draft_content(source="import os\n")).model_copy(update={"draft_id": approved.draft_id})
    with pytest.raises(ApprovalMismatch, match="sha256"):
        publisher.release(edited, approval=approval_of(approved))
    assert list(dag_folder.iterdir()) == []


@pytest.mark.parametrize("field", ["draft_id", "sha256", "approval_digest"])
def test_an_approval_of_something_else_is_refused(
    publisher: Publisher, drafts: Drafts, dag_folder: Path, field: str
) -> None:
    draft = drafts.add(draft_content())
    with pytest.raises(ApprovalMismatch):
        publisher.release(draft, approval=approval_of(draft, **{field: "other-1"}))
    assert list(dag_folder.iterdir()) == []


def test_a_file_that_changed_after_the_approval_is_not_overwritten(
    publisher: Publisher, drafts: Drafts, dag_folder: Path
) -> None:
    draft = drafts.add(draft_content())
    (dag_folder / "count_files.py").write_text("# written by hand meanwhile\n")
    with pytest.raises(PublishRefused, match="not a release of 'count_files'"):
        publisher.release(draft, approval=approval_of(draft))
    assert (dag_folder / "count_files.py").read_text() == "# written by hand meanwhile\n"
    assert publisher.history("count_files") == []


def test_a_file_that_is_not_ours_is_never_replaceable(publisher: Publisher, dag_folder: Path) -> None:
    (dag_folder / "count_files.py").write_text("# a person's DAG\n")
    with pytest.raises(PublishRefused, match="not a release of 'count_files'"):
        publisher.replaceable("count_files")


class ElsewhereDeployed:
    def connection_type(self, conn_id: str) -> str | None:
        return None

    def dag(self, dag_id: str) -> DeployedDag:
        return DeployedDag(dag_id, path="team_a/other.py")


def test_a_dag_id_that_another_file_defines_is_refused(publisher: Publisher) -> None:
    with pytest.raises(PublishRefused, match=r"exists already, in 'team_a/other.py'.*another dag_id"):
        publisher.replaceable("count_files", deployment=ElsewhereDeployed())


def test_a_draft_with_an_error_is_never_released(publisher: Publisher, drafts: Drafts, dag_folder: Path) -> None:
    finding = Finding(code="X", severity="error", message="wrong", hint="mend it", check="load")
    draft = drafts.add(draft_content(report=CheckReport(findings=(finding,))))
    with pytest.raises(ChecksFailed, match="wrong"):
        publisher.release(draft, approval=approval_of(draft))
    assert list(dag_folder.iterdir()) == []


def test_a_folder_outside_of_every_bundle_is_refused_unless_told(
    drafts: Drafts, tmp_path: Path, dag_folder: Path
) -> None:
    draft = drafts.add(draft_content())
    elsewhere = {
        "folder": str(tmp_path / "elsewhere"),
        "settings": settings_for(dag_folder),
        "store": drafts.store,
    }
    with pytest.raises(PublishRefused, match=r"no local DAG bundle.*--anywhere"):
        Publisher(**elsewhere).release(draft, approval=approval_of(draft))
    assert Publisher(**elsewhere, anywhere=True).release(draft, approval=approval_of(draft)).version == 1


def test_a_folder_that_cannot_be_written_leaves_no_release(drafts: Drafts, tmp_path: Path) -> None:
    (tmp_path / "dags").write_text("a file, not a folder")
    publisher = Publisher(folder=str(tmp_path / "dags"), settings=settings_for(tmp_path), store=drafts.store)
    draft = drafts.add(draft_content())
    with pytest.raises(StorageError, match="cannot be written"):
        publisher.release(draft, approval=approval_of(draft))
    assert publisher.history("count_files") == []


def test_a_release_that_died_before_the_swap_is_finished_by_the_next_try(
    publisher: Publisher, drafts: Drafts, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = drafts.add(draft_content())
    with monkeypatch.context() as patched:
        patched.setattr(Publisher, "_swap", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            publisher.release(draft, approval=approval_of(draft))
    assert publisher.history("count_files") == []
    release = publisher.release(draft, approval=approval_of(draft))
    assert publisher.history("count_files") == [release]


def test_the_release_store_holds_tests_readme_metadata_and_plan(publisher: Publisher, drafts: Drafts) -> None:
    draft = drafts.add(draft_content())
    publisher.release(draft, approval=approval_of(draft))
    names = {key.rsplit("/", 1)[1] for key in drafts.store.list("releases/count_files/1")}
    assert names == {
        "release.json",
        "done.json",
        "count_files.py",
        "test_count_files.py",
        "README.md",
        "metadata.json",
        "plan.json",
    }
    metadata = json.loads(drafts.store.get("releases/count_files/1/metadata.json") or b"")
    assert (metadata["requester"], metadata["approver"], metadata["sha256"]) == ("ann", "bob", draft.sha256)
    assert {"task_id": "list_files", "operator": "airflow.sdk.task"} in metadata["tasks"]


@pytest.mark.parametrize(
    ("dag_id", "file"),
    [
        ("orders", "orders.py"),
        ("Orders.Daily-v2", "orders_daily_v2.py"),
        ("a" * 120, "a" * 80 + ".py"),
        ("csv", "csv_dag.py"),
        ("airflow", "airflow_dag.py"),
        ("__init__", "__init___dag.py"),
    ],
)
def test_the_file_name_is_made_here(publisher: Publisher, dag_id: str, file: str) -> None:
    assert publisher.path_of(dag_id) == file


def test_the_last_sentence_says_when_airflow_sees_it_and_how_to_unpause(publisher: Publisher, drafts: Drafts) -> None:
    draft = drafts.add(draft_content())
    sentence = publisher.seen_when(publisher.release(draft, approval=approval_of(draft)))
    assert "every 300 s" in sentence
    assert "airflow dags unpause count_files" in sentence


def released(publisher: Publisher, drafts: Drafts, summary: str, *, approver: str = "bob") -> Draft:
    """Write, approve and release a draft with this summary; return it."""
    its_plan = plan(summary=summary)
    draft = drafts.add(draft_content(plan=its_plan, previous_sha256=publisher.replaceable("count_files")))
    publisher.release(draft, approval=approval_of(draft, approver=approver))
    return draft


def test_an_old_draft_cannot_be_released_over_a_newer_one(
    publisher: Publisher, drafts: Drafts, dag_folder: Path
) -> None:
    released(publisher, drafts, "One.")
    second = released(publisher, drafts, "Two.")
    released(publisher, drafts, "Three.")
    with pytest.raises(DraftStale, match="Write a new draft"):
        publisher.release(second, approval=approval_of(second, approver="mallory"))
    assert "Three." in (dag_folder / "count_files.py").read_text()
    assert [release.approval.approver for release in publisher.history("count_files")] == ["bob"] * 3


def test_a_refused_release_leaves_no_record(publisher: Publisher, drafts: Drafts) -> None:
    stale = drafts.add(draft_content(plan=plan(summary="Stale.")))
    released(publisher, drafts, "First.")
    before = drafts.store.list("releases")
    with pytest.raises(DraftStale):
        publisher.release(stale, approval=approval_of(stale, approver="alice"))
    assert drafts.store.list("releases") == before


def test_a_draft_that_points_at_another_file_is_refused(publisher: Publisher, drafts: Drafts, dag_folder: Path) -> None:
    (dag_folder / "finance.py").write_text("# a person's DAG\n")
    sha256 = hashlib.sha256(b"# a person's DAG\n").hexdigest()
    draft = drafts.add(draft_content(path="finance.py", previous_sha256=sha256))
    with pytest.raises(DraftStale):
        publisher.release(draft, approval=approval_of(draft))
    assert (dag_folder / "finance.py").read_text() == "# a person's DAG\n"


def test_a_release_that_died_after_the_swap_is_finished_by_the_next_try(
    publisher: Publisher, drafts: Drafts, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft, put_once = drafts.add(draft_content()), Publisher._put_once

    def dies_at_the_end(self: Publisher, key: str, data: bytes) -> None:
        if key.endswith("done.json"):
            raise KeyboardInterrupt
        put_once(self, key, data)

    with monkeypatch.context() as patched:
        patched.setattr(Publisher, "_put_once", dies_at_the_end)
        with pytest.raises(KeyboardInterrupt):
            publisher.release(draft, approval=approval_of(draft, approver="alice"))
    assert publisher.released(draft) is None
    finished = publisher.release(draft, approval=approval_of(draft, approver="bob"))
    assert (finished.version, finished.approval.approver) == (1, "alice")
    assert publisher.released(draft) == finished


def test_without_any_local_bundle_a_folder_is_refused(drafts: Drafts, dag_folder: Path) -> None:
    draft = drafts.add(draft_content())
    nowhere = replace(settings_for(dag_folder), bundles=())
    with pytest.raises(PublishRefused, match="no local DAG bundle"):
        Publisher(folder=str(dag_folder), settings=nowhere, store=drafts.store).release(
            draft, approval=approval_of(draft)
        )


@pytest.mark.parametrize("text", ['DAG("legacy")', 'DAG(dag_id="legacy")', "@dag()\ndef legacy(): ..."])
def test_a_dag_id_that_another_file_of_the_bundle_defines_is_found(dag_folder: Path, text: str) -> None:
    (dag_folder / "team").mkdir()
    (dag_folder / "team" / "old.py").write_text(text)
    (dag_folder / "broken.py").write_text("def (")
    found = BundleFiles(settings_for(dag_folder)).dag("legacy")
    assert isinstance(found, DeployedDag)
    assert found.path == "team/old.py"
    assert BundleFiles(settings_for(dag_folder)).dag("other") is None


def test_our_own_file_in_a_folder_below_the_bundle_is_not_somebody_elses(drafts: Drafts, dag_folder: Path) -> None:
    below = dag_folder / "generated"
    ours = Publisher(folder=str(below), settings=settings_for(dag_folder), store=drafts.store)
    draft = drafts.add(draft_content())
    files = BundleFiles(settings_for(dag_folder))
    ours.release(draft, approval=approval_of(draft), deployment=files)
    assert ours.replaceable("count_files", deployment=files) == draft.sha256
