"""What a check says: one finding is one defect, with its place and the way out."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict

from airflow_dag_agent_provider.sandbox.text import one_line

Severity = Literal["error", "warning", "info"]
Line = Annotated[str, AfterValidator(one_line)]


class Finding(BaseModel):
    """One defect found in a DAG file.

    ``code`` is stable and documented in docs/checks.md; ``line`` and ``column`` count from 1, None where the
    defect has no place in the file; ``check`` is the name of the check in ``CHECKS`` that found it. What the texts
    quote may come from the file: each becomes one line of at most 500 characters, control characters escaped.
    """

    model_config = ConfigDict(frozen=True)

    code: str
    severity: Severity
    message: Line
    hint: Line
    line: int | None = None
    column: int | None = None
    check: str

    def __str__(self) -> str:
        place = f"line {self.line}: " if self.line else ""
        return f"{self.severity} {self.code}: {place}{self.message} ({self.hint})"


class TaskFacts(BaseModel):
    """One task as Airflow loaded it."""

    model_config = ConfigDict(frozen=True)

    task_id: str
    operator: str
    upstream: tuple[str, ...] = ()


class DagFacts(BaseModel):
    """One DAG as Airflow loaded it.

    ``schedule`` is Airflow's summary, None without one; ``timetable`` the dotted class; ``cron`` holds its
    expressions, in ``timezone``; ``next_runs`` are ISO 8601 times of the next runs, at most five;
    ``serialized_sha256`` does not depend on where the file lies.
    """

    model_config = ConfigDict(frozen=True)

    dag_id: str
    schedule: str | None
    tasks: tuple[TaskFacts, ...]
    next_runs: tuple[str, ...] = ()
    timetable: str = ""
    cron: tuple[str, ...] = ()
    timezone: str = "UTC"
    catchup: bool = False
    tags: tuple[str, ...] = ()
    serialized_sha256: str = ""


class CheckReport(BaseModel):
    """All findings of one file, the DAGs that were loaded from it, and how it was isolated."""

    model_config = ConfigDict(frozen=True)

    findings: tuple[Finding, ...] = ()
    dags: tuple[DagFacts, ...] = ()
    elapsed_s: float = 0.0
    layers: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that forbid a release."""
        return tuple(finding for finding in self.findings if finding.severity == "error")

    @property
    def ok(self) -> bool:
        """Whether no finding is an error."""
        return not self.errors
