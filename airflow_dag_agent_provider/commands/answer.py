"""The answer of `create` and `preview`: the fields that scripts rely on, and the same as text."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from airflow_dag_agent_provider.commands.console import FINDINGS, OK, QUESTIONS, REFUSED, say, say_json, tell
from airflow_dag_agent_provider.exceptions import PublishRefused, RequestRefused

if TYPE_CHECKING:
    from airflow_dag_agent_provider.authoring.drafts import DraftContent
    from airflow_dag_agent_provider.authoring.plan import Proposal
    from airflow_dag_agent_provider.authoring.publish import Release
    from airflow_dag_agent_provider.authoring.workshop import Workshop

Answer = dict[str, Any]


def empty_answer() -> Answer:
    """Return the answer of a command that has done nothing yet; every field is always there."""
    nothing = ("draft_id", "dag_id", "sha256", "approval_digest", "path", "plan", "refused", "source", "published")
    return dict.fromkeys(nothing) | {"ok": False, "findings": [], "questions": [], "assumptions": []}


def of_proposal(proposal: Proposal) -> Answer:
    """Return the fields that a proposal fills."""
    asked = [{"slot": q.slot, "text": q.text, "why": q.why} for q in proposal.questions]
    refused = proposal.refused.model_dump() if proposal.refused else None
    return {"questions": asked, "refused": refused}


def of_draft(draft: DraftContent, shop: Workshop) -> Answer:
    """Return the fields that a draft, stored or not, fills; ``text`` is for people only."""
    return {
        "dag_id": draft.dag_id,
        "sha256": draft.sha256,
        "approval_digest": draft.approval_digest,
        "path": draft.path,
        "ok": draft.report.ok,
        "findings": [finding.model_dump() for finding in draft.report.findings],
        "plan": draft.plan.model_dump(mode="json"),
        "assumptions": list(draft.plan.assumptions),
        "source": draft.source,
        "text": draft_text(draft, shop),
    }


def of_release(release: Release) -> Answer:
    """Return what a release says about itself."""
    return {"path": release.path, "version": release.version, "sha256": release.sha256}


def of_refusal(error: RequestRefused | PublishRefused) -> Answer:
    """Return why something is not done, and the way out."""
    reason = error.reason if isinstance(error, RequestRefused) else f"{error.path}: {error.why}"
    return {"reason": reason, "way_out": error.way_out}


def error_finding(code: str, message: str, *, hint: str, check: str) -> Answer:
    """Return a finding of the command itself, as data."""
    from airflow_dag_agent_provider.checks.finding import Finding

    return Finding(code=code, severity="error", message=message, hint=hint, check=check).model_dump()


def exit_code(answer: Answer) -> int:
    """Return the exit code that says what the answer says."""
    if answer["refused"]:
        return REFUSED
    if answer["plan"] is None:
        return QUESTIONS
    return OK if answer["ok"] else FINDINGS


def draft_text(draft: DraftContent, shop: Workshop) -> str:
    """Return a draft for the eyes: plan, assumptions, findings and the change of the file."""
    from airflow_dag_agent_provider.authoring.diff import unified
    from airflow_dag_agent_provider.authoring.review import findings_table, plan_table

    previous = shop.publisher.current(draft.path)
    assumed = "\n".join(f"- {line}" for line in draft.plan.assumptions)
    change = draft.source if previous is None else unified(previous, draft.source, path=draft.path) or "no change"
    return "\n\n".join(
        (
            draft.plan.summary,
            plan_table(draft.plan),
            f"Assumed:\n{assumed}" if assumed else "Nothing was assumed.",
            f"Findings: {findings_table(draft)}",
            f"{draft.path}, sha256 {draft.sha256}\n\n{change}",
        )
    )


def show(args: argparse.Namespace, answer: Answer) -> None:
    """Print the answer as ``--format`` asks."""
    text = answer.pop("text", None)
    if args.format == "json":
        say_json(answer)
        return
    if text:
        say(text)
    for number, question in enumerate(answer["questions"], 1):
        say(f"Question {number}: {question['text']}\n   why: {question['why']}")
    if answer["refused"]:
        tell(f"Refused: {answer['refused']['reason']} {answer['refused']['way_out']}")
    if not answer["plan"]:
        for finding in answer["findings"]:
            tell(f"{finding['severity']} {finding['code']}: {finding['message']}")
    if answer["draft_id"] and not answer["published"]:
        say(f"\nDraft {answer['draft_id']}. Release it with: dag-agent publish {answer['draft_id']}")
    if answer["published"]:
        say(f"\nReleased as {answer['published']['path']}, version {answer['published']['version']}.")
