"""`create` and `preview`: a request becomes a draft, or what a draft would be."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from airflow_dag_agent_provider.commands.answer import (
    Answer,
    empty_answer,
    error_finding,
    exit_code,
    of_draft,
    of_proposal,
    of_refusal,
    of_release,
    show,
)
from airflow_dag_agent_provider.commands.console import FINDINGS, OK, REFUSED, tell, user_name
from airflow_dag_agent_provider.commands.releasing import release, workshop
from airflow_dag_agent_provider.exceptions import (
    DagAgentError,
    ModelFailed,
    PlanInvalid,
    PublishRefused,
    RequestRefused,
)

if TYPE_CHECKING:
    from airflow_dag_agent_provider.authoring.author import Planner
    from airflow_dag_agent_provider.authoring.drafts import Draft
    from airflow_dag_agent_provider.authoring.plan import DagRequest, Proposal
    from airflow_dag_agent_provider.authoring.workshop import Workshop

OFFLINE = "offline:planner"
_DRAFT_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*-[0-9]+")


def create(args: argparse.Namespace) -> int:
    """Write a draft from words; with ``--publish`` also release it."""
    return _answered(args, _create)


def preview(args: argparse.Namespace) -> int:
    """Show a draft, or what a request would become; nothing is stored."""
    return _answered(args, _show_draft if _DRAFT_ID.fullmatch(args.request) else _preview)


def _answered(args: argparse.Namespace, fill: Callable[[argparse.Namespace, Answer], int]) -> int:
    """Fill an answer and print it; what stops the filling becomes part of the answer."""
    answer = empty_answer()
    try:
        code = fill(args, answer)
    except (RequestRefused, PublishRefused) as error:
        answer["refused"] = of_refusal(error)
        code = REFUSED
    except PlanInvalid as error:
        hint = "correct the plan, or say more in the request"
        answer["findings"] = [error_finding("plan-invalid", p, hint=hint, check="plan") for p in error.problems]
        code = FINDINGS
    except ModelFailed as error:
        hint = "ask again, or name another model: --model offline:planner"
        answer["findings"] = [error_finding("model-failed", str(error), hint=hint, check="plan")]
        code = FINDINGS
    show(args, answer)
    return code


def _create(args: argparse.Namespace, answer: Answer) -> int:
    from airflow_dag_agent_provider.authoring.author import author, new_request

    request = new_request(args.request, dag_id=args.dag_id, requester=user_name())
    shop = workshop(args)
    planner, model_id = _planner(args, shop)
    tell(f"Planning with {model_id} and checking in the sandbox ...")
    authored = author(request, planner=planner, shop=shop, generated_by=model_id)
    answer |= of_proposal(authored.proposal)
    if authored.draft is not None:
        answer |= of_draft(authored.draft, shop) | {"draft_id": authored.draft.draft_id}
        if args.publish and exit_code(answer) == OK:
            return _publish(authored.draft, shop, answer)
    return exit_code(answer)


def _publish(draft: Draft, shop: Workshop, answer: Answer) -> int:
    """Release the draft that was just written; a failure leaves the draft and says why nothing was released."""
    try:
        released = release(draft, shop)
    except DagAgentError as error:
        hint = f"the draft is kept; release it with: dag-agent publish {draft.draft_id}"
        answer["findings"].append(error_finding("publish-failed", str(error), hint=hint, check="publish"))
        answer["ok"] = False
        if isinstance(error, PublishRefused):
            answer["refused"] = of_refusal(error)
            return REFUSED
        tell(str(error))
        return FINDINGS
    answer["published"] = of_release(released)
    tell(shop.publisher.seen_when(released))
    return OK


def _preview(args: argparse.Namespace, answer: Answer) -> int:
    from airflow_dag_agent_provider.authoring.author import draft_content, new_request

    request = new_request(args.request, dag_id=args.dag_id, requester=user_name())
    shop = workshop(args)
    planner, model_id = _planner(args, shop)
    tell(f"Planning with {model_id} and checking in the sandbox ...")
    proposal = planner(request)
    answer |= of_proposal(proposal)
    if proposal.plan is not None:
        answer |= of_draft(draft_content(proposal.plan, request=request, shop=shop, generated_by=model_id), shop)
    return exit_code(answer)


def _show_draft(args: argparse.Namespace, answer: Answer) -> int:
    shop = workshop(args)
    draft = shop.drafts.get(args.request)
    answer |= of_draft(draft, shop) | {"draft_id": draft.draft_id}
    return exit_code(answer)


def _planner(args: argparse.Namespace, shop: Workshop) -> tuple[Planner, str]:
    """Return who plans, and the model id to name in the draft."""
    if args.conn_id is not None or (args.model or shop.settings.model or OFFLINE) != OFFLINE:
        return _model_planner(args)
    from airflow_dag_agent_provider.offline.planner import propose

    return propose, OFFLINE


def _model_planner(args: argparse.Namespace) -> tuple[Planner, str]:
    from pydantic_ai import Agent
    from pydantic_ai.exceptions import AgentRunError, FallbackExceptionGroup, UserError

    from airflow_dag_agent_provider.authoring import prompts
    from airflow_dag_agent_provider.authoring.plan import Proposal
    from airflow_dag_agent_provider.hooks.llm import resolve_model
    from airflow_dag_agent_provider.runs.run import run_agent
    from airflow_dag_agent_provider.toolsets.dag_authoring import DagAuthoringToolset

    model = resolve_model(model_id=args.model, llm_conn_id=args.conn_id, default_model=OFFLINE)
    look_up = DagAuthoringToolset(read_only=True, dags_path=args.dags_path, drafts_path=args.drafts_path)
    agent = Agent(
        model,
        output_type=Proposal,
        instructions=[prompts.UNDERSTAND, prompts.DESIGN],
        toolsets=[look_up.build],
        retries={"tools": 3, "output": 3},
    )

    def plan(request: DagRequest) -> Proposal:
        try:
            proposal: Proposal = run_agent(agent, prompts.propose_prompt(request)).output
        except (AgentRunError, FallbackExceptionGroup, UserError) as error:
            raise ModelFailed(model.model_id, why=f"{type(error).__name__}: {error}"[:300]) from error
        return proposal

    return plan, model.model_id
