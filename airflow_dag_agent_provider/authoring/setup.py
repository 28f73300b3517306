"""First steps in a deployment: the DAG file that brings the authoring DAG, and what is still missing."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from airflow_dag_agent_provider.authoring.publish import add_file
from airflow_dag_agent_provider.exceptions import PublishRefused
from airflow_dag_agent_provider.settings import Settings, local_path

FILE_NAME = "dag_agent_author.py"


@dataclass(frozen=True)
class Installed:
    """Where the DAG file is, and whether it was written now."""

    path: Path
    new: bool


def authoring_dag_file(folder: str | None, *, approvers: Sequence[str] | None, settings: Settings) -> Installed:
    """Write the three-line DAG file of the authoring DAG; a file of that name is left as it is.

    Args:
        folder: DAG folder; None: where releases go.
        approvers: User ids that may approve; ``["*"]`` for everybody who may answer; None: the person at the
            terminal cannot be known as an Airflow user, so this is refused.
        settings: The settings of this Airflow.

    Raises:
        PublishRefused: There is no such local folder, or nobody may approve.
        StorageError: The folder cannot be written.
    """
    target = local_path(folder or settings.dags_path)
    if target is None or not os.access(target, os.X_OK) or not target.is_dir():
        raise PublishRefused(
            str(folder or settings.dags_path),
            why="it is not a folder on this machine that this user can open",
            way_out="Make it, or name another one: dag-agent init --dags-folder PATH",
        )
    if not approvers or not all(name.strip() for name in approvers):
        raise PublishRefused(
            str(target / FILE_NAME),
            why="it does not say who may approve releases",
            way_out="Name the Airflow user ids: dag-agent init --approver alice --approver bob (or --approver '*')",
        )
    who = (
        '"*"'
        if list(approvers) == ["*"]
        else "[" + ", ".join(json.dumps(name, ensure_ascii=False) for name in approvers) + "]"
    )
    text = (
        "from airflow_dag_agent_provider.meta_dag import authoring_dag  # this file defines an Airflow DAG\n\n"
        f"dag = authoring_dag(approvers={who})\n"
    )
    return Installed(target / FILE_NAME, add_file(str(target), FILE_NAME, text))


def missing(path: Path, *, settings: Settings) -> Iterator[str]:
    """Yield a sentence for each thing that still keeps the first request from becoming a running DAG."""
    bundle = settings.bundle_of(str(path.parent))
    if bundle is None:
        folders = ", ".join(str(b.path) for b in settings.bundles) or "none that is local"
        yield f"{path.parent} is in no DAG bundle of this Airflow (bundles: {folders}), so the file is never seen."
    elif bundle.refresh_interval_s > 60:
        yield (
            f"Bundle {bundle.name!r} is read every {bundle.refresh_interval_s} s: a released DAG is seen that late. "
            "Set [dag_processor] refresh_interval to 30."
        )
    releases = local_path(settings.dags_path)
    if releases is not None and settings.bundle_of(settings.dags_path) is None:
        yield f"Releases go into {releases}, which is in no DAG bundle: set [dag_agent] dags_path."
    if releases is not None and not os.access(releases, os.W_OK):
        yield f"{releases} cannot be written by this user: releases would fail."
    if settings.model is None:
        yield (
            "No [dag_agent] model is set: requests are planned by offline:planner, which knows folders of CSV files to "
            "SQLite or PostgreSQL. For a language model, make a connection of type pydanticai "
            f"with the id {settings.llm_conn_id!r} and choose it in the trigger form."
        )
