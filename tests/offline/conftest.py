"""Fixtures of the offline planner's tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from airflow_dag_agent_provider.authoring.plan import DagPlan, DagRequest, Proposal
from airflow_dag_agent_provider.offline.planner import propose

REFERENCE = (
    "Every day at 04:00 pick up the CSV files in /data/in, parse id: string, ts: timestamp, value: float, drop "
    "duplicates by id and ts, upsert them into the SQLite table daily_values, and fail if no row arrived. "
    "Retry three times."
)


@pytest.fixture
def reference() -> str:
    """The request that must always be planned."""
    return REFERENCE


@pytest.fixture
def ask() -> Callable[[str], Proposal]:
    """Return what the planner answers to a text."""
    return lambda text: propose(DagRequest(text=text, today=date(2026, 11, 21)))


@pytest.fixture
def plan(ask: Callable[[str], Proposal]) -> Callable[[str], DagPlan]:
    """Return the plan of a text that must be planned."""

    def made(text: str) -> DagPlan:
        proposal = ask(text)
        assert proposal.plan is not None, [question.text for question in proposal.questions]
        return proposal.plan

    return made
