"""The only writer into the DAG folder: releases exactly the approved bytes and keeps every version.

A release is three steps, each safe to repeat: the intent is recorded (write-once, so a version has one owner),
the file is swapped from the known old bytes to the approved new ones, the release is marked as done.

    releases/<dag_id>/<version>/release.json     who released what, written first
    releases/<dag_id>/<version>/<artifact>       the file, its tests, README, metadata
    releases/<dag_id>/<version>/done.json        written last; without it the version never went live
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Literal

from pydantic import Field, ValidationError

from airflow_dag_agent_provider.authoring.artifacts import artifacts
from airflow_dag_agent_provider.authoring.drafts import Draft
from airflow_dag_agent_provider.authoring.plan import Frozen
from airflow_dag_agent_provider.checks.deployment import DeployedDag, Deployment, NothingKnown
from airflow_dag_agent_provider.exceptions import (
    ApprovalMismatch,
    ChecksFailed,
    DraftStale,
    KeyChanged,
    KeyExists,
    PublishRefused,
    StorageError,
)
from airflow_dag_agent_provider.settings import Settings, local_path
from airflow_dag_agent_provider.storage import ObjectStore, open_store


class Approval(Frozen):
    """Who approved which change of which file. ``approval_digest`` binds path, old bytes and new bytes."""

    draft_id: str
    sha256: str
    approval_digest: str
    approver: str = Field(description="User id as Airflow or the operating system knows it.")
    via: Literal["airflow", "command-line"]
    at: datetime
    host: str | None = None
    requester: str | None = None


class Release(Frozen):
    """One version of a DAG file; ``path`` is the full URI of the file in the DAG folder."""

    dag_id: str
    version: int
    path: str
    file: str
    sha256: str
    previous_sha256: str | None
    draft_id: str
    approval: Approval
    released_at: datetime


class Publisher:
    """Releases drafts into one folder and keeps their history in one store."""

    def __init__(self, *, folder: str, settings: Settings, store: ObjectStore, anywhere: bool = False) -> None:
        """Take the target ``folder`` (URI); ``anywhere`` allows one outside of every DAG bundle."""
        self.folder = folder
        self.settings = settings
        self.store = store
        self.anywhere = anywhere
        self._files = open_store(folder)

    def path_of(self, dag_id: str) -> str:
        """Return the file name for a dag_id: made here, of [a-z0-9_] only, and never the name of a known module."""
        stem = re.sub(r"[^a-z0-9_]+", "_", dag_id.lower())[:80]
        taken = stem in sys.stdlib_module_names or stem in ("airflow", "conftest") or stem.startswith("__")
        return f"{stem}_dag.py" if taken else f"{stem}.py"

    def target(self, dag_id: str) -> str:
        """Return the path or URI of the file that a release of ``dag_id`` writes."""
        return self._uri(self.path_of(dag_id))

    def current(self, path: str) -> str | None:
        """Return the text of the file that stands in the folder now; None when there is none."""
        data = self._files.get(path)
        return None if data is None else data.decode(errors="replace")

    def replaceable(self, dag_id: str, *, deployment: Deployment | None = None) -> str | None:
        """Return the sha256 of the file that a release of ``dag_id`` would replace; None: a new file.

        Raises:
            PublishRefused: The file, or the dag_id, belongs to somebody else.
        """
        path = self.path_of(dag_id)
        self._refuse_foreign_dag(dag_id, path, deployment or NothingKnown())
        sha256 = self._sha256(path)
        if sha256 is not None and sha256 not in {release.sha256 for release in self._intents(dag_id)}:
            raise PublishRefused(
                self._uri(path),
                why=f"the file that stands there (sha256 {sha256[:12]}) is not a release of {dag_id!r}: it was written "
                "or edited by hand",
                way_out="Choose another dag_id, or move that file away.",
            )
        return sha256

    def release(self, draft: Draft, *, approval: Approval, deployment: Deployment | None = None) -> Release:
        """Write exactly the approved bytes of ``draft`` into the folder; repeating it changes nothing.

        Raises:
            ApprovalMismatch: The draft is not what was approved.
            ChecksFailed: The draft has an error finding.
            DraftStale: The file in the folder is no longer the one that the draft replaces.
            PublishRefused: The target is outside every bundle, or belongs to somebody else.
        """
        self._refuse_unapproved(draft, approval)
        self._refuse_outside()
        release = self._begun(draft)
        if release is None:
            self.refuse_stale(draft, deployment=deployment)
            release = self._record(draft, approval)
        for name, content in _artifacts(draft, release).items():
            self._put_once(f"{_folder(release)}/{name}", content.encode())
        self._swap(draft)
        self._put_once(f"{_folder(release)}/done.json", release.model_dump_json().encode())
        return release

    def refuse_stale(self, draft: Draft, *, deployment: Deployment | None = None) -> None:
        """Do nothing while a release of ``draft`` would replace what its reviewer sees replaced.

        Raises:
            DraftStale: The file was released again, removed or put there since the draft was written.
            PublishRefused: It belongs to somebody else.
        """
        if draft.path != self.path_of(draft.dag_id):
            raise DraftStale(draft.draft_id, path=draft.path, written_for=self.path_of(draft.dag_id), found=draft.path)
        found = self.replaceable(draft.dag_id, deployment=deployment)
        if found != draft.previous_sha256:
            raise DraftStale(draft.draft_id, path=self._uri(draft.path), written_for=draft.previous_sha256, found=found)

    def released(self, draft: Draft) -> Release | None:
        """Return the release of this draft that is live here now; None when there is none."""
        target = self._uri(draft.path)
        mine = (r for r in self.history(draft.dag_id) if (r.draft_id, r.path) == (draft.draft_id, target))
        return next(mine, None) if self._sha256(draft.path) == draft.sha256 else None

    def dag_ids(self) -> list[str]:
        """Return the ids of the DAGs that were released from here, sorted."""
        keys = self.store.list("releases")
        return sorted({key.split("/")[1] for key in keys if key.endswith("/done.json")})

    def history(self, dag_id: str) -> list[Release]:
        """Return the versions that went live, oldest first."""
        return [r for r in self._intents(dag_id) if self.store.get(f"{_folder(r)}/done.json") is not None]

    def seen_when(self, release: Release) -> str:
        """Return the sentence that tells when Airflow shows the DAG and how to switch it on."""
        bundle = self.settings.bundle_of(self.folder)
        when = (
            f"The dag processor looks into bundle {bundle.name!r} every {bundle.refresh_interval_s} s "
            "([dag_processor] refresh_interval), so the DAG is seen within that time."
            if bundle
            else "This folder is in no local DAG bundle of this configuration: Airflow sees the file when your "
            "deployment brings it there."
        )
        if release.version > 1:
            return when + " Whether it is paused stays as it was."
        if self.settings.paused_at_creation:
            return (
                when
                + f" A new DAG starts paused; switch it on in the UI or with: airflow dags unpause {release.dag_id}"
            )
        return when + " New DAGs are not paused here: its schedule is live as soon as it is seen."

    def _refuse_unapproved(self, draft: Draft, approval: Approval) -> None:
        if draft.report.errors:
            raise ChecksFailed(f"Draft {draft.draft_id!r}", draft.report.errors)
        facts = (
            ("the draft", approval.draft_id, draft.draft_id),
            ("its sha256", approval.sha256, draft.sha256),
            ("the file to replace", approval.approval_digest, draft.approval_digest),
        )
        for what, approved, found in facts:
            if approved != found:
                raise ApprovalMismatch(draft.draft_id, what=what, approved=approved, found=found)

    def _refuse_outside(self) -> None:
        if self.anywhere or self.settings.bundle_of(self.folder):
            return
        known = ", ".join(f"{bundle.name}: {bundle.path}" for bundle in self.settings.bundles)
        raise PublishRefused(
            self.folder,
            why=f"it is in no local DAG bundle of this Airflow, so no DAG there would ever run (bundles: {known})",
            way_out="Set [dag_agent] dags_path to a folder of a bundle, or say --anywhere where another process "
            "carries the file to Airflow.",
        )

    def _refuse_foreign_dag(self, dag_id: str, path: str, deployment: Deployment) -> None:
        there = deployment.dag(dag_id)
        if not isinstance(there, DeployedDag) or not there.path:
            return
        bundle, folder = self.settings.bundle_of(self.folder), local_path(self.folder)
        ours = path
        if bundle is not None and folder is not None:
            ours = (folder.resolve() / path).relative_to(bundle.path.resolve()).as_posix()
        if there.path != ours:
            raise PublishRefused(
                self._uri(path),
                why=f"a DAG with the id {dag_id!r} exists already, in {there.path!r}",
                way_out="Choose another dag_id.",
            )

    def _begun(self, draft: Draft) -> Release | None:
        """Return the release of this draft whose bytes stand in the folder, finished or not; None: start anew."""
        if self._sha256(draft.path) != draft.sha256:
            return None
        target = self._uri(draft.path)
        return next((r for r in self._intents(draft.dag_id) if (r.draft_id, r.path) == (draft.draft_id, target)), None)

    def _record(self, draft: Draft, approval: Approval) -> Release:
        """Claim the next version for this draft."""
        version = max((r.version for r in self._intents(draft.dag_id)), default=0)
        while True:
            version += 1
            release = Release(
                dag_id=draft.dag_id,
                version=version,
                path=self._uri(draft.path),
                file=draft.path,
                sha256=draft.sha256,
                previous_sha256=draft.previous_sha256,
                draft_id=draft.draft_id,
                approval=approval,
                released_at=datetime.now(UTC),
            )
            _artifacts(draft, release)  # what cannot be built must fail before anything is recorded
            try:
                self.store.put_new(f"{_folder(release)}/release.json", release.model_dump_json(indent=2).encode())
            except KeyExists:
                continue
            return release

    def _swap(self, draft: Draft) -> None:
        """Replace exactly the file that the draft was written for."""
        data, before = draft.source.encode(), self._files.get(draft.path)
        if before == data:
            return
        found = None if before is None else hashlib.sha256(before).hexdigest()
        try:
            if found != draft.previous_sha256:
                raise KeyChanged(draft.path)
            self._files.swap(draft.path, data, expected=before)
        except KeyChanged:
            if self._sha256(draft.path) != draft.sha256:  # else another process released the same draft just now
                stale = DraftStale(
                    draft.draft_id, path=self._uri(draft.path), written_for=draft.previous_sha256, found=found
                )
                raise stale from None

    def _sha256(self, path: str) -> str | None:
        data = self._files.get(path)
        return None if data is None else hashlib.sha256(data).hexdigest()

    def _put_once(self, key: str, data: bytes) -> None:
        try:
            self.store.put_new(key, data)
        except KeyExists:
            return  # an earlier attempt of this release wrote it

    def _intents(self, dag_id: str) -> Iterator[Release]:
        """Yield every recorded release of a DAG, oldest first, whether it went live or not."""
        keys = (key for key in self.store.list(f"releases/{dag_id}") if key.endswith("/release.json"))
        numbered = [key for key in keys if key.split("/")[2].isdigit()]
        for key in sorted(numbered, key=lambda key: int(key.split("/")[2])):
            yield _read(key, self.store.get(key) or b"")

    def _uri(self, path: str) -> str:
        local = local_path(self.folder)
        return str(local / path) if local is not None else f"{self.folder.rstrip('/')}/{path}"


def add_file(folder: str, name: str, text: str) -> bool:
    """Put a file of ours (not one written from words) into a DAG folder; False when the name is taken.

    Raises:
        StorageError: The folder cannot be written.
    """
    try:
        open_store(folder).put_new(name, text.encode())
    except KeyExists:
        return False
    return True


def _read(key: str, data: bytes) -> Release:
    try:
        return Release.model_validate_json(data)
    except ValidationError as error:
        raise StorageError(
            f"The release record {key!r} is damaged. Look at it before anything else is released."
        ) from error


def _artifacts(draft: Draft, release: Release) -> dict[str, str]:
    return artifacts(draft, approver=release.approval.approver, version=release.version)


def _folder(release: Release) -> str:
    return f"releases/{release.dag_id}/{release.version}"
