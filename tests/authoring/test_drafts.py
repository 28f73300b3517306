"""Drafts: written once, numbered per DAG, never used when damaged."""

from __future__ import annotations

import json

import pytest

from airflow_dag_agent_provider.authoring.drafts import Drafts, approval_digest
from airflow_dag_agent_provider.exceptions import DraftDamaged, DraftNotFound
from airflow_dag_agent_provider.storage import MemoryStore
from tests.authoring.plans import draft_content, plan


@pytest.fixture
def drafts() -> Drafts:
    return Drafts(MemoryStore())


def test_a_draft_comes_back_equal(drafts: Drafts) -> None:
    draft = drafts.add(draft_content())
    assert drafts.get(draft.draft_id) == draft


def test_drafts_of_one_dag_are_numbered_in_order(drafts: Drafts) -> None:
    assert [drafts.add(draft_content()).draft_id for _ in range(11)][-1] == "count_files-11"
    assert drafts.ids()[:2] == ["count_files-1", "count_files-2"]


def test_a_dag_id_that_is_the_start_of_another_keeps_its_own_numbers(drafts: Drafts) -> None:
    drafts.add(draft_content())
    other = drafts.add(draft_content(plan=plan(dag_id="count_files-2")))
    assert other.draft_id == "count_files-2-1"
    assert drafts.ids("count_files") == ["count_files-1"]


@pytest.mark.parametrize("draft_id", ["nothing-1", "count_files-9", "../etc/passwd", "", "count_files"])
def test_an_unknown_id_says_how_to_list_the_drafts(drafts: Drafts, draft_id: str) -> None:
    drafts.add(draft_content())
    with pytest.raises(DraftNotFound, match="airflow dag-agent drafts"):
        drafts.get(draft_id)


@pytest.mark.parametrize(
    "damage",
    [
        lambda record: record["draft"].update(source=record["draft"]["source"] + "\nimport os"),
        lambda record: record.update(sha256="0" * 64),
        lambda record: record.pop("draft"),
        lambda record: record["draft"].update(draft_id="other-1"),
    ],
)
def test_a_changed_draft_is_never_used(drafts: Drafts, damage) -> None:
    drafts.add(draft_content())
    store = drafts.store
    record = json.loads(store.get("drafts/count_files/1.json") or b"")
    damage(record)
    store.delete("drafts/count_files/1.json")
    store.put_new("drafts/count_files/1.json", json.dumps(record).encode())
    with pytest.raises(DraftDamaged):
        drafts.get("count_files-1")


def test_a_torn_draft_is_never_used(drafts: Drafts) -> None:
    drafts.store.put_new("drafts/count_files/1.json", b'{"sha256": "abc", "dra')
    with pytest.raises(DraftDamaged, match="cannot be read"):
        drafts.get("count_files-1")


def test_sha256_is_of_the_files_bytes() -> None:
    import hashlib

    content = draft_content(source="é\n")
    assert content.sha256 == hashlib.sha256("é\n".encode()).hexdigest()


def test_the_approval_digest_binds_path_old_bytes_and_new_bytes() -> None:
    digests = {
        approval_digest("a.py", None, "1"),
        approval_digest("b.py", None, "1"),
        approval_digest("a.py", "0", "1"),
        approval_digest("a.py", None, "2"),
    }
    assert len(digests) == 4
