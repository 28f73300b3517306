"""`DagApprovalOperator`: a person approves exactly the bytes that are released."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException, TaskAwaitingInput
from pydantic import BaseModel, ConfigDict, ValidationError

from airflow_dag_agent_provider.exceptions import (
    ApprovalMismatch,
    ChecksFailed,
    DagAgentError,
    SandboxFailed,
    StorageError,
)

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_dag_agent_provider.authoring.drafts import Draft
    from airflow_dag_agent_provider.authoring.publish import Approval, Release
    from airflow_dag_agent_provider.authoring.workshop import Workshop

_MAY_PASS = (StorageError, SandboxFailed)  # a retry can help; every other error of ours is final


class Shown(BaseModel):
    """What a reviewer saw, fixed when the task parks: which bytes, replacing what, from where to where."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    draft_id: str
    sha256: str
    approval_digest: str
    dags_path: str
    drafts_path: str


class DraftReference(BaseModel):
    """One item of what `SynthesizeOperator` returns."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    sha256: str | None = None
    superseded: bool = False


class DagApprovalOperator(ApprovalOperator):
    """Shows a draft to its approvers and, on Approve, releases exactly the bytes that were shown.

    What was shown, and where it goes, travels in the park signal, not through a template: an XCom edited meanwhile
    changes nothing. On resume the draft is loaded, hashed and checked again. Reject releases nothing and ends green.
    Neither subject nor body is a template field, so nothing in generated code is ever rendered.

    Args:
        draft: ``{"id", "sha256", "superseded"}`` as `SynthesizeOperator` returns it (templated). A superseded
            draft is skipped, so a second review has a form of its own.
        approvers: User ids that may approve, or ``"*"`` for everybody who may answer; the review says which.
        require_second_person: Refuse the approval of the person who asked.
        dry_run: ``True`` or a template that renders to ``"True"``: skip, the draft stays a draft.
        dags_path: Folder (URI) that the release goes into; None: ``[dag_agent] dags_path``.
        drafts_path: Folder (URI) of the drafts; None: ``[dag_agent] drafts_path``.

    Returns:
        The answer of the approval with ``release``: None, or dag_id, version, path, sha256.
    """

    template_fields: Sequence[str] = ("draft", "dry_run", "dags_path", "drafts_path")
    ui_color: ClassVar[str] = "#e8f5e9"

    def __init__(
        self,
        *,
        draft: Mapping[str, Any] | str,
        approvers: Sequence[str] | Literal["*"],
        require_second_person: bool = False,
        dry_run: bool | str = False,
        dags_path: str | None = None,
        drafts_path: str | None = None,
        **kwargs: Any,
    ) -> None:
        for fixed in ("subject", "body", "defaults", "assigned_users"):
            if kwargs.get(fixed) is not None:
                raise ValueError(f"{fixed}={kwargs[fixed]!r} is not taken: {_WHY_FIXED[fixed]}")
        names = named_approvers(approvers)
        kwargs.setdefault("retries", 2)
        super().__init__(
            subject="Review of a DAG draft",
            assigned_users=[{"id": name, "name": name} for name in names] if names else None,
            **kwargs,
        )
        self.draft = draft
        self.approvers = names
        self.require_second_person = require_second_person
        self.dry_run = dry_run
        self.dags_path = dags_path
        self.drafts_path = drafts_path

    def execute(self, context: Context) -> Any:
        """Show the draft and wait; skip what is superseded or only a dry run.

        Raises:
            AirflowFailException: The draft has errors, is damaged or stale, or Airflow still shows another text.
        """
        with _final_unless_it_may_pass():
            wanted = self._wanted()
            if wanted.superseded:
                raise AirflowSkipException(f"draft {wanted.id} was superseded by a later draft of this run")
            if str(self.dry_run).lower() == "true":
                raise AirflowSkipException(f"dry run: draft {wanted.id} is kept and not offered for approval")
            shop = _workshop(self.dags_path, self.drafts_path)
            draft = _offered(shop, wanted)
            released = shop.publisher.released(draft)
            if released is not None:
                self.log.info("Draft %s is already released", draft.draft_id)
                return {"chosen_options": [self.APPROVE], "release": _told(released)}
            shop.publisher.refuse_stale(draft, deployment=shop.deployment)
            self._show(context, shop, draft)
        for notifier in self.notifiers:
            notifier(context)
        self.log.info("Waiting for an approval of draft %s, sha256 %s", draft.draft_id, draft.sha256)
        shown = Shown(
            draft_id=draft.draft_id,
            sha256=draft.sha256,
            approval_digest=draft.approval_digest,
            dags_path=shop.publisher.folder,
            drafts_path=shop.drafts_path,
        )
        raise TaskAwaitingInput(
            method_name="execute_complete", kwargs={"shown": shown.model_dump()}, timeout=self.response_timeout
        )

    def execute_complete(
        self, context: Context, event: dict[str, Any], shown: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Release what was shown if the answer is Approve; ``shown`` is what `execute` parked with.

        Raises:
            AirflowFailException: The approval is not valid for the draft as it is now; nothing was released.
        """
        answer = dict(super().execute_complete(context=context, event=event))
        answer["responded_at"] = event["responded_at"].isoformat()
        if answer["chosen_options"] != [self.APPROVE]:
            self.log.info("Rejected: nothing is released, the draft is kept")
            return {**answer, "release": None}
        try:
            saw = Shown.model_validate(shown)
        except ValidationError as error:
            raise AirflowFailException(
                "the approval does not say what was shown; nothing was released. Clear the task to ask again."
            ) from error
        with _final_unless_it_may_pass():
            return {**answer, "release": self._release(saw, self._approval(context, event, saw))}

    def _release(self, shown: Shown, approval: Approval) -> dict[str, Any]:
        """Release from where the reviewer saw it to where the reviewer saw it go; no template decides that."""
        from airflow_dag_agent_provider.authoring.author import checked_again

        shop = _workshop(shown.dags_path, shown.drafts_path)
        draft = checked_again(shop.drafts.get(shown.draft_id), shop=shop)
        release = shop.publisher.release(draft, approval=approval, deployment=shop.deployment)
        self.log.info("Released %s version %s to %s", release.dag_id, release.version, release.path)
        self.log.info("%s", shop.publisher.seen_when(release))
        return _told(release)

    def _approval(self, context: Context, event: Mapping[str, Any], shown: Shown) -> Approval:
        """Return who approved what; a release needs a person, and the right one."""
        from airflow_dag_agent_provider.authoring.publish import Approval

        user = event.get("responded_by_user") or {}
        user_id, name = str(user.get("id") or ""), str(user.get("name") or "")
        requester = context["dag_run"].triggering_user_name
        if not user_id:
            raise AirflowFailException(
                "nobody answered in person, so nothing is released. Clear the task to ask again."
            )
        if self.approvers is not None and user_id not in self.approvers:
            raise AirflowFailException(f"{user_id!r} may not approve; approvers are {self.approvers}")
        same = requester is None or requester.casefold() in (user_id.casefold(), name.casefold())
        if self.require_second_person and same:
            raise AirflowFailException(
                f"{requester!r} asked for this DAG, so somebody else must approve it (require_second_person)"
            )
        return Approval(
            draft_id=shown.draft_id,
            sha256=shown.sha256,
            approval_digest=shown.approval_digest,
            approver=user_id,
            via="airflow",
            at=event["responded_at"],
            host=socket.gethostname(),
            requester=requester,
        )

    def _wanted(self) -> DraftReference:
        try:
            return DraftReference.model_validate(self.draft)
        except ValidationError as error:
            raise AirflowFailException(f"draft={self.draft!r} is not a draft reference with id and sha256") from error

    def _show(self, context: Context, shop: Workshop, draft: Draft) -> None:
        """Send the form and compare what Airflow really shows: it keeps the first text over retries and clears."""
        from airflow.sdk.execution_time.comms import CreateHITLDetailPayload
        from airflow.sdk.execution_time.task_runner import SUPERVISOR_COMMS

        from airflow_dag_agent_provider.authoring.review import review_body, review_subject

        self.subject = review_subject(draft)
        self.body = review_body(
            draft,
            previous=shop.publisher.current(draft.path),
            approvers=self.approvers,
            target=shop.publisher.target(draft.dag_id),
        )
        row = SUPERVISOR_COMMS.send(
            CreateHITLDetailPayload(
                ti_id=context["task_instance"].id,
                options=self.options,
                subject=self.subject,
                body=self.body,
                defaults=None,
                multiple=False,
                params=self.serialized_params,
                assigned_users=self.assigned_users or [],
            )
        )
        if (row.subject, row.body) != (self.subject, self.body):
            raise AirflowFailException(
                f"Airflow still shows the text of an earlier draft ({row.subject!r}) for this task, so an "
                f"approval would not mean draft {draft.draft_id!r}. Clear the task 'synthesize' and what follows: "
                "the new draft gets a review of its own."
            )


def named_approvers(approvers: Sequence[str] | Literal["*"]) -> list[str] | None:
    """Return the user ids that may approve; None: everybody who may answer.

    Raises:
        ValueError: Nobody may approve, or it is one name instead of a list.
    """
    names = [approvers] if approvers == "*" else approvers
    if isinstance(names, str) or not names or not all(isinstance(name, str) and name.strip() for name in names):
        raise ValueError(f"approvers={approvers!r}: give a list of user ids, or '*' for everybody who may answer")
    if "*" not in names:
        return list(names)
    if len(names) > 1:
        raise ValueError(f"approvers={approvers!r}: '*' already means everybody; leave the names out, or the '*'")
    return None


@contextmanager
def _final_unless_it_may_pass() -> Iterator[None]:
    """Fail without retry on every error of ours that a retry cannot mend."""
    try:
        yield
    except _MAY_PASS:
        raise
    except DagAgentError as error:
        raise AirflowFailException(str(error)) from error


def _offered(shop: Workshop, wanted: DraftReference) -> Draft:
    """Return the draft, whole, unchanged since it was written, and without an error finding."""
    draft = shop.drafts.get(wanted.id)
    if wanted.sha256 not in (None, draft.sha256):
        raise ApprovalMismatch(draft.draft_id, what="its sha256", approved=wanted.sha256, found=draft.sha256)
    if draft.report.errors:
        raise ChecksFailed(f"Draft {draft.draft_id!r}", draft.report.errors)
    return draft


def _workshop(dags_path: str | None, drafts_path: str | None) -> Workshop:
    from airflow_dag_agent_provider.authoring.workshop import open_workshop
    from airflow_dag_agent_provider.toolsets.deployment import TaskDeployment

    return open_workshop(deployment=TaskDeployment(), dags_path=dags_path, drafts_path=drafts_path)


_WHY_FIXED = {
    "subject": "the review writes it from the draft",
    "body": "the review writes it from the draft, so that nothing in it is rendered",
    "defaults": "nothing is ever released without a person",
    "assigned_users": "name the people in approvers=[...]",
}


def _told(release: Release) -> dict[str, Any]:
    """Return the part of a release that goes to XCom."""
    return release.model_dump(mode="json", include={"dag_id", "version", "path", "sha256", "draft_id"})
