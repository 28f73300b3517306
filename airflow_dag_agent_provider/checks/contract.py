"""Plain facts that a DAG file must show; authoring derives them from a plan."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Contract(BaseModel):
    """What is asked of a file besides being right: exactly this DAG.

    ``edges`` are (upstream, downstream) pairs of task ids; ``cron`` is None for a DAG without schedule;
    ``task_operators`` are (task id, dotted operator class or ``"@task"``), empty: any operators will do.
    """

    model_config = ConfigDict(frozen=True)

    dag_id: str
    task_ids: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]
    cron: str | None
    timezone: str = "UTC"
    catchup: bool = False
    task_operators: tuple[tuple[str, str], ...] = ()
    operators: tuple[str, ...] = ()
    """Dotted paths of the operator classes the plan uses; confirmed live when the file is loaded."""
