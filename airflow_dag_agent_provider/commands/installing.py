"""`init`: the authoring DAG comes into a DAG folder."""

from __future__ import annotations

import argparse

from airflow_dag_agent_provider.commands.console import OK, say


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
