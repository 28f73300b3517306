"""What each command of `cli` does. Returns the exit code; what a person reads goes through `say` and `tell`."""

from __future__ import annotations

import argparse
import getpass
import json
import re
import socket
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_dag_agent_provider.exceptions import (
    DagAgentError,
    DraftNotFound,
    ModelUnavailable,
    PlanInvalid,
    PublishRefused,
    RequestInvalid,
    RequestRefused,
    SettingsError,
)

if TYPE_CHECKING:
    from airflow_dag_agent_provider.authoring.author import Planner
    from airflow_dag_agent_provider.authoring.drafts import Draft, DraftContent
    from airflow_dag_agent_provider.authoring.plan import DagRequest, Proposal
    from airflow_dag_agent_provider.authoring.publish import Release
    from airflow_dag_agent_provider.authoring.workshop import Workshop

OK, FINDINGS, USAGE, QUESTIONS, REFUSED = range(5)
OFFLINE = "offline:planner"
_DRAFT_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*-[0-9]+")


def say(text: str) -> None:
    """Write one block of text for the person at the terminal to standard output."""
    sys.stdout.write(text + "\n")


def tell(text: str) -> None:
    """Write progress or an error to standard error."""
    sys.stderr.write(text + "\n")


def guarded(run: Callable[[argparse.Namespace], int], args: argparse.Namespace) -> int:
    """Run a command; our own errors become a message and an exit code."""
    try:
        return run(args)
    except (RequestRefused, PublishRefused) as error:
        tell(str(error))
        return REFUSED
    except (RequestInvalid, ModelUnavailable, SettingsError, DraftNotFound) as error:
        tell(str(error))
        return USAGE
    except DagAgentError as error:
        tell(str(error))
        return FINDINGS


# --- create, preview -------------------------------------------------------------------------------------


def create(args: argparse.Namespace) -> int:
    """Write a draft from words; with ``--publish`` also release it."""
    from airflow_dag_agent_provider.authoring.author import author, new_request

    answer: dict[str, Any] = dict(_NOTHING)
    try:
        request = new_request(args.request, dag_id=args.dag_id, requester=getpass.getuser())
        shop = _workshop(args)
        planner, model_id = _planner(args, shop)
        tell(f"Planning with {model_id} and checking in the sandbox ...")
        authored = author(request, planner=planner, shop=shop, generated_by=model_id)
        answer |= _of_proposal(authored.proposal)
        if authored.draft is not None:
            answer |= _of_draft(authored.draft, shop) | {"draft_id": authored.draft.draft_id}
        code = _exit_code(answer)
        if args.publish and code == OK and authored.draft is not None:
            released = _release(authored.draft, shop)
            answer["published"] = {
                "path": released.path,
                "version": released.version,
                "sha256": released.sha256,
            }
            tell(shop.publisher.seen_when(released))
    except (RequestRefused, PublishRefused) as error:
        answer["refused"] = _refusal(error)
        code = REFUSED
    except PlanInvalid as error:
        answer["findings"] = [_plan_finding(problem) for problem in error.problems]
        code = FINDINGS
    _answer(args, answer)
    return code


def preview(args: argparse.Namespace) -> int:
    """Show a draft, or what a request would become; nothing is stored."""
    from airflow_dag_agent_provider.authoring.author import draft_content, new_request

    shop = _workshop(args)
    if _DRAFT_ID.fullmatch(args.request):
        draft = shop.drafts.get(args.request)
        answer = dict(_NOTHING) | _of_draft(draft, shop) | {"draft_id": draft.draft_id}
        _answer(args, answer)
        return _exit_code(answer)
    request = new_request(args.request, dag_id=args.dag_id, requester=getpass.getuser())
    planner, model_id = _planner(args, shop)
    tell(f"Planning with {model_id} and checking in the sandbox ...")
    proposal = planner(request)
    answer = dict(_NOTHING) | _of_proposal(proposal)
    if proposal.plan is not None:
        content = draft_content(proposal.plan, request=request, shop=shop, generated_by=model_id)
        answer |= _of_draft(content, shop)
    _answer(args, answer)
    return _exit_code(answer)


_NOTHING: dict[str, Any] = {
    "draft_id": None,
    "dag_id": None,
    "sha256": None,
    "approval_digest": None,
    "path": None,
    "ok": False,
    "findings": [],
    "plan": None,
    "questions": [],
    "assumptions": [],
    "refused": None,
    "source": None,
    "published": None,
}


def _of_proposal(proposal: Proposal) -> dict[str, Any]:
    asked = [{"slot": q.slot, "text": q.text, "why": q.why} for q in proposal.questions]
    refused = proposal.refused.model_dump() if proposal.refused else None
    return {"questions": asked, "refused": refused}


def _of_draft(draft: DraftContent, shop: Workshop) -> dict[str, Any]:
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
        "text": _draft_text(draft, shop),
    }


def _draft_text(draft: DraftContent, shop: Workshop) -> str:
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


def _answer(args: argparse.Namespace, answer: dict[str, Any]) -> None:
    text = answer.pop("text", None)
    if args.format == "json":
        say(json.dumps(answer, indent=2, ensure_ascii=False))
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


def _exit_code(answer: dict[str, Any]) -> int:
    if answer["refused"]:
        return REFUSED
    if answer["plan"] is None:
        return QUESTIONS
    return OK if answer["ok"] else FINDINGS


def _refusal(error: RequestRefused | PublishRefused) -> dict[str, str]:
    reason = error.reason if isinstance(error, RequestRefused) else f"{error.path}: {error.why}"
    return {"reason": reason, "way_out": error.way_out}


def _plan_finding(problem: str) -> dict[str, Any]:
    from airflow_dag_agent_provider.checks.finding import Finding

    return Finding(
        code="PLAN",
        severity="error",
        message=problem,
        hint="correct the plan, or say more in the request",
        check="plan",
    ).model_dump()


def _planner(args: argparse.Namespace, shop: Workshop) -> tuple[Planner, str]:
    """Return who plans, and the model id to name in the draft."""
    if args.conn_id is not None or (args.model or shop.settings.model or OFFLINE) != OFFLINE:
        return _model_planner(args)
    from airflow_dag_agent_provider.offline.planner import propose

    return propose, OFFLINE


def _model_planner(args: argparse.Namespace) -> tuple[Planner, str]:
    from pydantic_ai import Agent

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
        proposal: Proposal = run_agent(agent, prompts.propose_prompt(request)).output
        return proposal

    return plan, model.model_id


# --- check, drafts, publish, init ------------------------------------------------------------------------


def check(args: argparse.Namespace) -> int:
    """Check DAG files; exit code 1 when one has an error."""
    from airflow_dag_agent_provider.checks.run import run_checks
    from airflow_dag_agent_provider.sandbox.sandbox import Sandbox
    from airflow_dag_agent_provider.settings import load_settings

    missing = [path for path in args.paths if not Path(path).exists()]
    if missing:
        tell(f"There is no file or folder {', '.join(map(repr, missing))}.")
        return USAGE
    sandbox = Sandbox(isolation=load_settings().isolation)
    files: list[dict[str, Any]] = []
    layers: list[str] = []
    for path in _python_files(args.paths):
        tell(f"checking {path} ...")
        report = run_checks(path.read_bytes(), sandbox=sandbox)
        layers = list(report.layers)
        facts = {"dag_id", "schedule", "tasks", "next_runs"}
        files.append(
            {
                "path": str(path),
                "ok": report.ok,
                "findings": [finding.model_dump() for finding in report.findings],
                "dags": [dag.model_dump(mode="json", include=facts) for dag in report.dags],
                "elapsed_s": round(report.elapsed_s, 3),
            }
        )
    answer = {"files": files, "isolation": {"layers": layers}}
    say(json.dumps(answer, indent=2, ensure_ascii=False) if args.format == "json" else _check_text(answer))
    return OK if all(file["ok"] for file in files) else FINDINGS


def _python_files(paths: list[str]) -> Iterator[Path]:
    for path in map(Path, paths):
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]


def _check_text(answer: dict[str, Any]) -> str:
    lines = []
    for file in answer["files"]:
        dags = ", ".join(f"{dag['dag_id']} ({len(dag['tasks'])} tasks)" for dag in file["dags"]) or "no DAG"
        lines.append(f"{file['path']}: {'ok' if file['ok'] else 'ERROR'}, {dags}, {file['elapsed_s']} s")
        for finding in file["findings"]:
            place = f":{finding['line']}" if finding["line"] else ""
            lines.append(f"  {finding['severity']} {finding['code']}{place} {finding['message']}")
            lines.append(f"    {finding['hint']}")
    return "\n".join([*lines, f"isolated by: {', '.join(answer['isolation']['layers']) or 'nothing'}"])


def drafts(args: argparse.Namespace) -> int:
    """List the drafts, oldest first per DAG."""
    shop = _workshop(args)
    rows: list[dict[str, Any]] = []
    for draft_id in shop.drafts.ids(args.dag_id):
        draft = shop.drafts.get(draft_id)
        release = shop.publisher.released(draft)
        rows.append(
            {
                "draft_id": draft_id,
                "dag_id": draft.dag_id,
                "created_at": draft.created_at.isoformat(timespec="seconds"),
                "ok": draft.report.ok,
                "sha256": draft.sha256,
                "released": release.version if release else None,
            }
        )
    if args.format == "json":
        say(json.dumps(rows, indent=2))
        return OK
    for row in rows:
        state = f"released as version {row['released']}" if row["released"] else "ok" if row["ok"] else "has errors"
        say(f"{row['draft_id']:40} {row['created_at']}  {row['sha256'][:12]}  {state}")
    if not rows:
        say("There are no drafts yet. Write one: dag-agent create 'Every day at 04:00 ...'")
    return OK


def publish(args: argparse.Namespace) -> int:
    """Show a draft, ask, and release it."""
    shop = _workshop(args)
    draft = shop.drafts.get(args.draft_id)
    if not args.yes:
        say(_draft_text(draft, shop))
        if not sys.stdin.isatty() or input(f"Release {draft.draft_id}? [y/N] ").strip().lower() not in (
            "y",
            "yes",
        ):
            tell("Nothing was released. Answer y, or say --yes in a script.")
            return REFUSED
    release = _release(draft, shop)
    told = {"path": release.path, "version": release.version, "sha256": release.sha256}
    say(json.dumps(told) if args.format == "json" else f"Released as {release.path}, version {release.version}.")
    tell(shop.publisher.seen_when(release))
    return OK


def _release(draft: Draft, shop: Workshop) -> Release:
    """Release a draft; who types the command is the approver."""
    from airflow_dag_agent_provider.authoring.author import checked_again
    from airflow_dag_agent_provider.authoring.publish import Approval

    approval = Approval(
        draft_id=draft.draft_id,
        sha256=draft.sha256,
        approval_digest=draft.approval_digest,
        approver=getpass.getuser(),
        via="command-line",
        at=datetime.now(UTC),
        host=socket.gethostname(),
        requester=draft.request.requester,
    )
    return shop.publisher.release(checked_again(draft, shop=shop), approval=approval)


def init(args: argparse.Namespace) -> int:
    """Write the three-line DAG file of the authoring DAG and say what is missing."""
    from airflow_dag_agent_provider.authoring.setup import authoring_dag_file, missing
    from airflow_dag_agent_provider.settings import load_settings

    settings = load_settings()
    written = authoring_dag_file(args.dags_folder, approvers=args.approver, settings=settings)
    say(f"{written.path}: {'written' if written.new else 'already there, left as it is'}")
    for sentence in missing(written.path, settings=settings):
        say(f"- {sentence}")
    return OK


def _workshop(args: argparse.Namespace) -> Workshop:
    from airflow_dag_agent_provider.authoring.workshop import open_workshop

    return open_workshop(
        dags_path=getattr(args, "dags_path", None),
        drafts_path=args.drafts_path,
        anywhere=getattr(args, "anywhere", False),
    )
