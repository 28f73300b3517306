"""`DagApprovalOperator`: a person approves exactly the bytes that are released."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException, TaskAwaitingInput

from airflow_dag_agent_provider.exceptions import ApprovalMismatch, ChecksFailed, DagAgentError

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_dag_agent_provider.authoring.drafts import Draft
    from airflow_dag_agent_provider.authoring.workshop import Workshop


class DagApprovalOperator(ApprovalOperator):
    """Shows a draft to its approvers and, on Approve, releases exactly the bytes that were shown.

    What was shown travels in the park signal, not through a template: an XCom edited meanwhile changes nothing.
    On resume the draft is loaded, hashed and checked again. Reject releases nothing and ends green.
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
        if not approvers or (isinstance(approvers, str) and approvers != "*"):
            raise ValueError(f"approvers={approvers!r}: give a list of user ids, or '*' for everybody who may answer")
        names = None if approvers == "*" else list(approvers)
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
            AirflowFailException: The draft has errors, is damaged, or Airflow still shows another text.
        """
        wanted = self._wanted()
        if wanted["superseded"]:
            raise AirflowSkipException(f"draft {wanted['id']} was superseded by a later draft of this run")
        if str(self.dry_run).lower() == "true":
            raise AirflowSkipException(f"dry run: draft {wanted['id']} is kept and not offered for approval")
        shop = self._workshop()
        draft = self._offered(shop, wanted)
        released = shop.publisher.released(draft)
        if released is not None:
            self.log.info("Draft is already released")
            return {"chosen_options": [self.APPROVE], "release": _told(released.model_dump(mode="json"))}
        self._show(context, shop, draft)
        for notifier in self.notifiers:
            notifier(context)
        self.log.info("Waiting for an approval of draft %s, sha256 %s", draft.draft_id, draft.sha256)
        raise TaskAwaitingInput(
            method_name="execute_complete",
            kwargs={
                "shown": {
                    "draft_id": draft.draft_id,
                    "sha256": draft.sha256,
                    "approval_digest": draft.approval_digest,
                }
            },
            timeout=self.response_timeout,
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
        if shown is None:
            raise AirflowFailException(
                "the approval does not say what was shown; nothing was released. Clear the task."
            )
        try:
            return {**answer, "release": self._release(context, event, shown)}
        except DagAgentError as error:
            raise AirflowFailException(str(error)) from error

    def _release(self, context: Context, event: Mapping[str, Any], shown: Mapping[str, str]) -> dict[str, Any]:
        from airflow_dag_agent_provider.authoring.author import checked_again
        from airflow_dag_agent_provider.authoring.publish import Approval

        shop = self._workshop()
        draft = checked_again(shop.drafts.get(shown["draft_id"]), shop=shop)
        requester = context["dag_run"].triggering_user_name
        approval = Approval(
            **shown,
            approver=self._approver(event, requester),
            via="airflow",
            at=event["responded_at"],
            host=socket.gethostname(),
            requester=requester,
        )
        release = shop.publisher.release(draft, approval=approval)
        self.log.info("Released %s version %s to %s", release.dag_id, release.version, release.path)
        self.log.info(shop.publisher.seen_when(release))
        return _told(release.model_dump(mode="json"))

    def _approver(self, event: Mapping[str, Any], requester: str | None) -> str:
        """Return who approved; a release needs a person, and the right one."""
        user = event.get("responded_by_user") or {}
        names = {str(user[key]) for key in ("id", "name") if user.get(key)}
        if not names:
            raise AirflowFailException(
                "nobody answered in person, so nothing is released. Clear the task to ask again."
            )
        if self.approvers is not None and not names & set(self.approvers):
            raise AirflowFailException(f"{sorted(names)} may not approve; approvers are {self.approvers}")
        if self.require_second_person and (requester is None or requester in names):
            raise AirflowFailException(
                f"{requester!r} asked for this DAG, so somebody else must approve it (require_second_person)"
            )
        return str(user.get("id") or user["name"])

    def _wanted(self) -> dict[str, Any]:
        if not isinstance(self.draft, Mapping) or "id" not in self.draft:
            raise AirflowFailException(f"draft={self.draft!r} is not a draft reference with id and sha256")
        return {"superseded": False, "sha256": None, **self.draft}

    def _offered(self, shop: Workshop, wanted: Mapping[str, Any]) -> Draft:
        """Return the draft, whole, unchanged since it was written, and without an error finding."""
        try:
            draft = shop.drafts.get(wanted["id"])
            if wanted["sha256"] not in (None, draft.sha256):
                raise ApprovalMismatch(draft.draft_id, what="its sha256", approved=wanted["sha256"], found=draft.sha256)
            if draft.report.errors:
                raise ChecksFailed(f"Draft {draft.draft_id!r}", draft.report.errors)
        except DagAgentError as error:
            raise AirflowFailException(str(error)) from error
        return draft

    def _show(self, context: Context, shop: Workshop, draft: Draft) -> None:
        """Send the form and compare what Airflow really shows: it keeps the first text over retries and clears."""
        from airflow.sdk.execution_time.comms import CreateHITLDetailPayload
        from airflow.sdk.execution_time.task_runner import SUPERVISOR_COMMS

        from airflow_dag_agent_provider.authoring.review import review_body, review_subject

        self.subject = review_subject(draft)
        self.body = review_body(draft, previous=shop.publisher.current(draft.path), approvers=self.approvers)
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

    def _workshop(self) -> Workshop:
        from airflow_dag_agent_provider.authoring.workshop import open_workshop
        from airflow_dag_agent_provider.toolsets.deployment import TaskDeployment

        return open_workshop(deployment=TaskDeployment(), dags_path=self.dags_path, drafts_path=self.drafts_path)


_WHY_FIXED = {
    "subject": "the review writes it from the draft",
    "body": "the review writes it from the draft, so that nothing in it is rendered",
    "defaults": "nothing is ever released without a person",
    "assigned_users": "name the people in approvers=[...]",
}


def _told(release: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a release that goes to XCom."""
    return {key: release[key] for key in ("dag_id", "version", "path", "sha256", "draft_id")}
