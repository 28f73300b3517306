"""The agents of the authoring DAG: understand a request, design a part, write the draft."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException
from pydantic import ValidationError

from airflow_dag_agent_provider.authoring import prompts
from airflow_dag_agent_provider.authoring.plan import DagRequest, DraftRef, SubTask, TaskPlan, Understanding
from airflow_dag_agent_provider.exceptions import (
    ChecksFailed,
    DagAgentError,
    QuestionsOpen,
    RequestRefused,
    StorageError,
)
from airflow_dag_agent_provider.operators.agent import AgentOperator
from airflow_dag_agent_provider.operators.llm import LLMOperator
from airflow_dag_agent_provider.toolsets.dag_authoring import DagAuthoringToolset

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_dag_agent_provider.authoring.drafts import Draft

OFFLINE = "offline:planner"
_DRAFTS_KEY = "drafts"


class UnderstandOperator(LLMOperator):
    """Splits a request into sub-tasks; fails without retry when somebody must answer first.

    Args:
        request: The request in plain words (templated; what it renders to is data and never rendered again).
        wanted_dag_id: The dag_id asked for, or empty (templated).

    Returns:
        ``{"request": ..., "understanding": ...}``: a `DagRequest` and an `Understanding` as plain data.
    """

    template_fields: Sequence[str] = (*LLMOperator.template_fields, "request", "wanted_dag_id")

    def __init__(self, *, request: str, wanted_dag_id: str | None = None, **kwargs: Any) -> None:
        kwargs = {"system_prompt": prompts.UNDERSTAND, "default_model": OFFLINE, **kwargs}
        super().__init__(prompt="", output_type=Understanding, serialize_output=True, **kwargs)
        self.request = request
        self.wanted_dag_id = wanted_dag_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Ask the model how it understands the request.

        Raises:
            AirflowFailException: The request is empty, refused, or leaves a blocking question open.
        """
        from airflow_dag_agent_provider.authoring.author import new_request

        try:
            request = new_request(
                self.request or "",
                dag_id=self.wanted_dag_id or None,
                requester=context["dag_run"].triggering_user_name,
            )
            self.prompt = prompts.understand_prompt(request)
            understanding = Understanding.model_validate(super().execute(context))
            _refuse_or_ask(understanding)
        except StorageError:
            raise  # a retry can help
        except DagAgentError as error:
            raise AirflowFailException(str(error)) from None  # the questions are the message, not a traceback
        self.log.info("Understood: %s", understanding.summary)
        for assumption in understanding.assumptions:
            self.log.info("Assumed: %s", assumption)
        return {
            "request": request.model_dump(mode="json"),
            "understanding": understanding.model_dump(mode="json"),
        }


class DesignOperator(AgentOperator):
    """Designs one sub-task as typed tasks; mapped over the sub-tasks.

    Args:
        part: ``{"request": ..., "subtask": ...}``, one item of what `parts` returns (templated).

    Returns:
        A `TaskPlan` as plain data.
    """

    template_fields: Sequence[str] = (*AgentOperator.template_fields, "part")

    def __init__(self, *, part: Mapping[str, Any] | str, **kwargs: Any) -> None:
        kwargs = {"system_prompt": prompts.DESIGN, "default_model": OFFLINE, **kwargs}
        kwargs.setdefault("toolsets", [DagAuthoringToolset(read_only=True)])
        super().__init__(prompt="", output_type=TaskPlan, serialize_output=True, **kwargs)
        self.part = part

    def execute(self, context: Context) -> dict[str, Any]:
        """Ask the agent for the design of this part."""
        request, subtask = _read(self.part, request=DagRequest, subtask=SubTask)
        self.prompt = prompts.design_prompt(request, subtask)
        return dict(super().execute(context))


class SynthesizeOperator(AgentOperator):
    """Joins the designs into one DAG and writes its draft; returns every draft of this run, the newest last.

    The list lives in the task state store, which survives retries and clears: an earlier draft comes back marked
    as superseded, so the review of the new one is a task instance (and a form) of its own.

    Args:
        understood: What `UnderstandOperator` returned (templated).
        designs: What the mapped `DesignOperator` returned (templated).

    Returns:
        ``[{"id", "dag_id", "sha256", "superseded"}, ...]``
    """

    template_fields: Sequence[str] = (*AgentOperator.template_fields, "understood", "designs", "drafts_path")

    def __init__(
        self,
        *,
        understood: Mapping[str, Any] | str,
        designs: Iterable[Mapping[str, Any]] | str,
        dags_path: str | None = None,
        drafts_path: str | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs = {"system_prompt": prompts.SYNTHESIZE, "default_model": OFFLINE, **kwargs}
        kwargs.setdefault("toolsets", [DagAuthoringToolset(dags_path=dags_path, drafts_path=drafts_path)])
        super().__init__(prompt="", output_type=DraftRef, serialize_output=True, **kwargs)
        self.understood = understood
        self.designs = designs
        self.drafts_path = drafts_path

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Ask the agent to write the draft, and take it only if it is there, answers this request and has no error.

        Raises:
            AirflowFailException: The draft has error findings, or is not an answer to this request.
        """
        request, understanding = _read(self.understood, request=DagRequest, understanding=Understanding)
        designs = [TaskPlan.model_validate(design) for design in self.designs]
        self.prompt = prompts.synthesize_prompt(request, understanding, designs)
        answer = DraftRef.model_validate(super().execute(context))
        draft = self._draft(answer.draft_id, request)
        store = context["task_state_store"]
        known = [ref for ref in store.get(_DRAFTS_KEY, default=[]) if ref["id"] != draft.draft_id]
        mine = {"id": draft.draft_id, "dag_id": draft.dag_id, "sha256": draft.sha256, "superseded": False}
        drafts = [*({**ref, "superseded": True} for ref in known), mine]
        store.set(_DRAFTS_KEY, drafts)
        self.log.info("Wrote draft %s, sha256 %s", draft.draft_id, draft.sha256)
        return drafts

    def _draft(self, draft_id: str, request: DagRequest) -> Draft:
        from airflow_dag_agent_provider.authoring.workshop import open_workshop

        try:
            draft = open_workshop(drafts_path=self.drafts_path).drafts.get(draft_id)
            if draft.report.errors:
                raise ChecksFailed(f"Draft {draft.draft_id!r}", draft.report.errors)
        except DagAgentError as error:
            raise AirflowFailException(str(error)) from error
        if draft.request != request:
            raise AirflowFailException(
                f"the agent answered with draft {draft_id!r}, which was written for another request; nothing is offered"
            )
        return draft


def parts(understood: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return one item per sub-task, for the mapped design.

    Raises:
        AirflowFailException: The request was understood as nothing to do.
    """
    request, understanding = _read(understood, request=DagRequest, understanding=Understanding)
    if not understanding.subtasks:
        raise AirflowFailException(
            f"The request {request.text!r} was understood as nothing to do. Say what the DAG is to read, make or "
            "check, and trigger again."
        )
    return [
        {"request": request.model_dump(mode="json"), "subtask": subtask.model_dump(mode="json")}
        for subtask in understanding.subtasks
    ]


def _refuse_or_ask(understanding: Understanding) -> None:
    if understanding.refused is not None:
        raise RequestRefused(understanding.refused.reason, way_out=understanding.refused.way_out)
    if understanding.blocking:
        raise QuestionsOpen(understanding.blocking)


def _read(data: Any, **models: Any) -> tuple[Any, ...]:
    """Return the named parts of ``data`` as models."""
    if not isinstance(data, Mapping) or set(models) - set(data):
        raise AirflowFailException(f"{data!r} is not what the task before returns: it needs {sorted(models)}")
    try:
        return tuple(model.model_validate(data[name]) for name, model in models.items())
    except ValidationError as error:
        raise AirflowFailException(f"{data!r} is not what the task before returns: {error}") from error
