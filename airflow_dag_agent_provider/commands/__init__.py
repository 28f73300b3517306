"""What each command of `cli` does, one function each; it returns the exit code."""

from __future__ import annotations

from airflow_dag_agent_provider.commands.checking import check
from airflow_dag_agent_provider.commands.console import FINDINGS, OK, QUESTIONS, REFUSED, USAGE, guarded, say, tell
from airflow_dag_agent_provider.commands.installing import init
from airflow_dag_agent_provider.commands.planning import create, preview
from airflow_dag_agent_provider.commands.releasing import drafts, publish

__all__ = [
    "FINDINGS",
    "OK",
    "QUESTIONS",
    "REFUSED",
    "USAGE",
    "check",
    "create",
    "drafts",
    "guarded",
    "init",
    "preview",
    "publish",
    "say",
    "tell",
]
