"""The whole road, from a request to a draft: plan, validate, render, check, store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import ValidationError

from airflow_dag_agent_provider import __version__
from airflow_dag_agent_provider.authoring.drafts import Draft, DraftContent
from airflow_dag_agent_provider.authoring.plan import DagPlan, DagRequest, Proposal
from airflow_dag_agent_provider.authoring.render import render
from airflow_dag_agent_provider.authoring.secrets import refuse_secrets
from airflow_dag_agent_provider.authoring.validate import contract_of, problems
from airflow_dag_agent_provider.authoring.workshop import Workshop
from airflow_dag_agent_provider.checks.run import run_checks
from airflow_dag_agent_provider.exceptions import ChecksFailed, PlanInvalid, RequestInvalid

Planner = Callable[[DagRequest], Proposal]


@dataclass(frozen=True)
class Authored:
    """What became of a request: a draft, or a proposal that stopped before one."""

    proposal: Proposal
    draft: Draft | None


def new_request(text: str, *, dag_id: str | None = None, requester: str | None = None) -> DagRequest:
    """Return the request of today.

    Raises:
        RequestRefused: It holds a secret.
        RequestInvalid: It says nothing, or its dag_id is not one that Airflow takes.
    """
    refuse_secrets(text)
    try:
        return DagRequest(text=text, dag_id=dag_id, requester=requester, today=datetime.now(UTC).date())
    except ValidationError as error:
        reasons = "; ".join(str(detail["msg"]).removeprefix("Value error, ") for detail in error.errors())
        raise RequestInvalid(reasons) from error


def author(request: DagRequest, *, planner: Planner, shop: Workshop, generated_by: str) -> Authored:
    """Walk the road for ``request``; nothing is written unless the planner gives a plan.

    Raises:
        PlanInvalid: The planner's plan cannot be compiled.
        PublishRefused: A file that is not ours stands where this DAG would go.
    """
    proposal = planner(request)
    if proposal.plan is None:
        return Authored(proposal, None)
    return Authored(proposal, write_draft(proposal.plan, request=request, shop=shop, generated_by=generated_by))


def write_draft(plan: DagPlan, *, request: DagRequest, shop: Workshop, generated_by: str) -> Draft:
    """Compile, check and store ``plan``; the draft is stored with its findings, errors too.

    Raises:
        PlanInvalid: The plan cannot be compiled; nothing was stored.
        PublishRefused: A file that is not ours stands where this DAG would go; nothing was stored.
    """
    content = draft_content(plan, request=request, shop=shop, generated_by=generated_by)
    return shop.drafts.add(content)


def draft_content(plan: DagPlan, *, request: DagRequest, shop: Workshop, generated_by: str) -> DraftContent:
    """Return what `write_draft` would store, without storing it (the command line's preview).

    Raises:
        PlanInvalid, PublishRefused: As `write_draft`.
        RequestRefused: The plan holds a secret.
    """
    plan = plan.model_copy(update={"request": request.text})  # what was asked, not what a planner says was asked
    wrong = problems(plan, catalog=shop.catalog)
    if request.dag_id not in (None, plan.dag_id):
        wrong.append(f"the request wants the dag_id {request.dag_id!r}, the plan has {plan.dag_id!r}")
    if wrong:
        raise PlanInvalid(wrong)
    refuse_secrets(plan.model_dump_json())
    source = render(plan)
    path = shop.publisher.path_of(plan.dag_id)
    previous = shop.publisher.replaceable(plan.dag_id, deployment=shop.deployment)
    report = run_checks(source.encode(), sandbox=shop.sandbox, contract=contract_of(plan), deployment=shop.deployment)
    return DraftContent(
        dag_id=plan.dag_id,
        path=path,
        source=source,
        previous_sha256=previous,
        request=request,
        plan=plan,
        report=report,
        generated_by=f"airflow-dag-agent-provider {__version__}, {generated_by}",
        created_at=datetime.now(UTC),
    )


def checked_again(draft: Draft, *, shop: Workshop) -> Draft:
    """Return ``draft`` after checking its bytes once more, as the last step before a release.

    Raises:
        ChecksFailed: The checks find an error now.
    """
    report = run_checks(
        draft.source.encode(),
        sandbox=shop.sandbox,
        contract=contract_of(draft.plan),
        deployment=shop.deployment,
    )
    if report.errors:
        raise ChecksFailed(f"Draft {draft.draft_id!r}", report.errors)
    return draft
