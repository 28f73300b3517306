"""What the checks may ask of a deployment; None always means *unknown*, never *absent*."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class DeployedDag:
    """A DAG that the deployment already has; ``path`` is its file relative to its bundle."""

    dag_id: str
    path: str | None
    is_paused: bool | None = None


class Deployment(Protocol):
    """Asked by id only: that is all an Airflow task can do."""

    def connection_type(self, conn_id: str) -> str | None:
        """Return the conn_type of a connection; ``""`` when it surely does not exist; None: unknown."""

    def dag(self, dag_id: str) -> DeployedDag | bool | None:
        """Return the DAG of that id; False when there is surely none; None: unknown."""


class NothingKnown:
    """A deployment that cannot be asked: offline, on the command line."""

    def connection_type(self, conn_id: str) -> str | None:  # noqa: ARG002
        """Return None: unknown."""
        return None

    def dag(self, dag_id: str) -> DeployedDag | bool | None:  # noqa: ARG002
        """Return None: unknown."""
        return None
