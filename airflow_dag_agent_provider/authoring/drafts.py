"""Immutable drafts and their history: what was asked, planned, rendered and checked, under one hash."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import datetime

from pydantic import Field, ValidationError

from airflow_dag_agent_provider.authoring.plan import DagPlan, DagRequest, Frozen
from airflow_dag_agent_provider.checks.finding import CheckReport
from airflow_dag_agent_provider.exceptions import DraftDamaged, DraftNotFound, KeyExists
from airflow_dag_agent_provider.storage import ObjectStore

_DRAFT_ID = re.compile(r"(?P<dag_id>[A-Za-z0-9_][A-Za-z0-9_.-]*)-(?P<number>[0-9]{1,9})")


class DraftContent(Frozen):
    """What a draft holds, before it has a number."""

    dag_id: str
    path: str = Field(description="File name relative to the folder of releases, e.g. orders_daily.py")
    source: str
    previous_sha256: str | None = Field(description="sha256 of the file it replaces; None: a new file.")
    request: DagRequest
    plan: DagPlan
    report: CheckReport
    generated_by: str = Field(description="Package version and model, e.g. '... 0.1.0, offline:planner'.")
    created_at: datetime

    @property
    def sha256(self) -> str:
        """Hash of the file's bytes, what ``sha256sum`` prints."""
        return hashlib.sha256(self.source.encode()).hexdigest()

    @property
    def approval_digest(self) -> str:
        """Hash of (path, previous sha256, new sha256): what an approval is bound to."""
        return approval_digest(self.path, self.previous_sha256, self.sha256)


class Draft(DraftContent):
    """A stored draft, never changed: ``draft_id`` is the dag_id and a running number."""

    draft_id: str


def approval_digest(path: str, previous_sha256: str | None, sha256: str) -> str:
    """Return the digest that binds an approval to a change of one file from known bytes to known bytes."""
    return hashlib.sha256(json.dumps([path, previous_sha256, sha256]).encode()).hexdigest()


class Drafts:
    """The drafts in one object store: ``drafts/<dag_id>/<number>.json``, each written once."""

    def __init__(self, store: ObjectStore) -> None:
        self.store = store

    def add(self, content: DraftContent) -> Draft:
        """Store ``content`` under the next free number of its dag_id and return it as a draft."""
        number = max((number for number, _ in self._numbers(content.dag_id)), default=0)
        while True:
            number += 1
            draft = Draft(**dict(content), draft_id=f"{content.dag_id}-{number}")
            record = {"sha256": draft.sha256, "draft": draft.model_dump(mode="json")}
            try:
                self.store.put_new(_key(content.dag_id, number), json.dumps(record, ensure_ascii=False).encode())
            except KeyExists:
                continue  # somebody else wrote a draft of this DAG meanwhile
            return draft

    def get(self, draft_id: str) -> Draft:
        """Return a stored draft, whole and matching its own hash.

        Raises:
            DraftNotFound: No draft has this id.
            DraftDamaged: The stored bytes are not what was written.
        """
        parsed = _DRAFT_ID.fullmatch(draft_id)
        data = self.store.get(_key(parsed["dag_id"], int(parsed["number"]))) if parsed else None
        if data is None:
            raise DraftNotFound(draft_id)
        try:
            record = json.loads(data)
            draft = Draft.model_validate(record["draft"])
        except (ValueError, KeyError, TypeError, ValidationError) as error:
            raise DraftDamaged(draft_id, why=f"it cannot be read ({type(error).__name__})") from error
        if draft.sha256 != record["sha256"] or draft.draft_id != draft_id:
            raise DraftDamaged(draft_id, why=f"stored as {record['sha256']}, but its bytes hash to {draft.sha256}")
        return draft

    def ids(self, dag_id: str | None = None) -> list[str]:
        """Return the ids of all drafts, or of one DAG's, oldest first per DAG."""
        dag_ids = [dag_id] if dag_id else sorted({key.split("/")[1] for key in self.store.list("drafts")})
        return [f"{name}-{number}" for name in dag_ids for number, _ in sorted(self._numbers(name))]

    def _numbers(self, dag_id: str) -> Iterator[tuple[int, str]]:
        for key in self.store.list(f"drafts/{dag_id}"):
            number = key.rsplit("/", 1)[1].removesuffix(".json")
            if number.isdigit():
                yield int(number), key


def _key(dag_id: str, number: int) -> str:
    return f"drafts/{dag_id}/{number}.json"
