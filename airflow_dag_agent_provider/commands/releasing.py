"""`drafts` and `publish`: what was written, and its release."""

from __future__ import annotations

import argparse
import socket
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow_dag_agent_provider.commands.answer import draft_text, of_release
from airflow_dag_agent_provider.commands.console import FINDINGS, OK, REFUSED, agreed, say, say_json, tell, user_name
from airflow_dag_agent_provider.exceptions import DraftDamaged, StorageError

if TYPE_CHECKING:
    from airflow_dag_agent_provider.authoring.drafts import Draft
    from airflow_dag_agent_provider.authoring.publish import Release
    from airflow_dag_agent_provider.authoring.workshop import Workshop


def drafts(args: argparse.Namespace) -> int:
    """List the drafts, oldest first per DAG; exit code 1 when one is damaged."""
    shop = workshop(args)
    rows = [_row(draft_id, shop) for draft_id in shop.drafts.ids(args.dag_id)]
    if args.format == "json":
        say_json(rows)
    else:
        for row in rows:
            say(_line(row))
        if not rows:
            say("There are no drafts yet. Write one: dag-agent create 'Every day at 04:00 ...'")
    return FINDINGS if any(row["damaged"] for row in rows) else OK


def _row(draft_id: str, shop: Workshop) -> dict[str, Any]:
    dag_id = draft_id.rpartition("-")[0]
    row: dict[str, Any] = {"draft_id": draft_id, "dag_id": dag_id, "created_at": None, "ok": False}
    row |= {"sha256": None, "released": None, "damaged": None}
    try:
        draft = shop.drafts.get(draft_id)
        released = shop.publisher.released(draft)
    except (DraftDamaged, StorageError) as error:
        return row | {"damaged": str(error)}
    except ValueError:
        return row | {"damaged": f"The record of a release of {dag_id!r} cannot be read."}
    return row | {
        "created_at": draft.created_at.isoformat(timespec="seconds"),
        "ok": draft.report.ok,
        "sha256": draft.sha256,
        "released": released.version if released else None,
    }


def _line(row: dict[str, Any]) -> str:
    if row["damaged"]:
        return f"{row['draft_id']:40} damaged: {row['damaged']}"
    state = f"released as version {row['released']}" if row["released"] else "ok" if row["ok"] else "has errors"
    return f"{row['draft_id']:40} {row['created_at']}  {row['sha256'][:12]}  {state}"


def publish(args: argparse.Namespace) -> int:
    """Show a draft, ask, and release it; with JSON everything but the answer goes to standard error."""
    shop = workshop(args)
    draft = shop.drafts.get(args.draft_id)
    if not args.yes:
        (tell if args.format == "json" else say)(draft_text(draft, shop))
        if not agreed(f"Release {draft.draft_id}?"):
            tell("Nothing was released. Answer y, or say --yes in a script.")
            return REFUSED
    released = release(draft, shop)
    told = of_release(released)
    if args.format == "json":
        say_json(told)
    else:
        say(f"Released as {told['path']}, version {told['version']}.")
    tell(shop.publisher.seen_when(released))
    return OK


def release(draft: Draft, shop: Workshop) -> Release:
    """Release a draft; who types the command is the approver."""
    from airflow_dag_agent_provider.authoring.author import checked_again
    from airflow_dag_agent_provider.authoring.publish import Approval

    approval = Approval(
        draft_id=draft.draft_id,
        sha256=draft.sha256,
        approval_digest=draft.approval_digest,
        approver=user_name(),
        via="command-line",
        at=datetime.now(UTC),
        host=socket.gethostname(),
        requester=draft.request.requester,
    )
    return shop.publisher.release(checked_again(draft, shop=shop), approval=approval, deployment=shop.deployment)


def workshop(args: argparse.Namespace) -> Workshop:
    """Open the workshop that the arguments and the configuration describe."""
    from airflow_dag_agent_provider.authoring.workshop import open_workshop

    return open_workshop(
        dags_path=getattr(args, "dags_path", None),
        drafts_path=args.drafts_path,
        anywhere=getattr(args, "anywhere", False),
    )
