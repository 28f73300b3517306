"""Run every check over one file, cheap ones first."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from airflow_dag_agent_provider.checks.agreement import agreement
from airflow_dag_agent_provider.checks.connections import connections
from airflow_dag_agent_provider.checks.contract import Contract
from airflow_dag_agent_provider.checks.decode import decode
from airflow_dag_agent_provider.checks.deployment import Deployment, NothingKnown
from airflow_dag_agent_provider.checks.finding import CheckReport, DagFacts, Finding, TaskFacts
from airflow_dag_agent_provider.checks.lint import lint
from airflow_dag_agent_provider.checks.load import load
from airflow_dag_agent_provider.checks.subject import Subject
from airflow_dag_agent_provider.checks.syntax import syntax
from airflow_dag_agent_provider.sandbox.answers import LoadedDag
from airflow_dag_agent_provider.sandbox.sandbox import Sandbox


class Check(NamedTuple):
    """One check. An error of one that ``stops`` ends the run: the next ones would have nothing to read."""

    name: str
    find: Callable[[Subject], list[Finding]]
    stops: bool = False


CHECKS = (
    Check("decode", decode, stops=True),
    Check("syntax", syntax, stops=True),
    Check("lint", lint),
    Check("load", load),
    Check("contract", agreement),
    Check("connections", connections),
)


def run_checks(
    source: bytes,
    *,
    sandbox: Sandbox,
    contract: Contract | None = None,
    deployment: Deployment = NothingKnown(),  # noqa: B008 - stateless
) -> CheckReport:
    """Return all findings of one file, with the DAGs Airflow got from it and the layers it was isolated by.

    Args:
        source: The bytes of the file, exactly as they would be released.
        sandbox: Runs what must run; its isolation decides whether the file is imported at all.
        contract: What the file must show; None: any right DAG will do.
        deployment: Answers which connections exist.

    Raises:
        SandboxFailed: The sandbox did not work; this says nothing about the file.
    """
    started = time.monotonic()
    subject = Subject(source, sandbox, contract, deployment)
    findings: list[Finding] = []
    for check in CHECKS:
        found = check.find(subject)
        known = {(one.code, one.line) for one in findings if one.line}  # the import tells again what ruff saw
        findings += [one for one in found if (one.code, one.line) not in known]
        if check.stops and any(one.severity == "error" for one in found):
            break
    loaded = subject.__dict__.get("loaded")
    return CheckReport(
        findings=tuple(findings),
        dags=tuple(_facts(dag) for dag in loaded.dags) if loaded else (),
        elapsed_s=round(time.monotonic() - started, 3),
        layers=loaded.layers if loaded else (),
    )


def _facts(dag: LoadedDag) -> DagFacts:
    tasks = tuple(TaskFacts(task_id=t.task_id, operator=t.operator, upstream=t.upstream) for t in dag.tasks)
    return DagFacts(tasks=tasks, **dag.model_dump(exclude={"tasks"}))
