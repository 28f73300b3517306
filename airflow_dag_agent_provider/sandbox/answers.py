"""What the sandbox answers. A child's words are checked against these models before anybody believes them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Stage = Literal["import", "serialize"]


class Answer(BaseModel):
    """Base of every answer: immutable, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Death(Answer):
    """How a child ended that gave no result.

    ``detail`` is a number of seconds, a signal name, an exit code or a number of bytes, as ``kind`` says.
    """

    kind: Literal["timeout", "signal", "exit", "output"]
    detail: str

    def __str__(self) -> str:
        return {
            "timeout": f"it was stopped after {self.detail} s",
            "signal": f"it died of {self.detail}",
            "exit": f"it ended with exit code {self.detail} before it gave a result",
            "output": f"it was stopped after {self.detail} bytes of output",
        }[self.kind]


class ImportFailure(Answer):
    """Why a DAG or the whole file cannot be used; ``line`` counts from 1, None: not in the file."""

    stage: Stage
    error_type: str
    message: str
    line: int | None = None


class CapturedWarning(Answer):
    """A Python warning that points into the file."""

    category: str
    message: str
    line: int


class LoadedTask(Answer):
    """One task; ``operator`` is the dotted path of its class."""

    task_id: str
    operator: str
    upstream: tuple[str, ...] = ()


class LoadedDag(Answer):
    """One DAG as Airflow serialised it.

    ``schedule`` is Airflow's own summary, None without schedule; ``timetable`` the dotted class;
    ``next_runs`` at most five ISO 8601 times after now; ``serialized_sha256`` does not depend on where the
    file lay.
    """

    dag_id: str
    schedule: str | None
    timetable: str
    cron: tuple[str, ...] = ()
    timezone: str = "UTC"
    catchup: bool = False
    tags: tuple[str, ...] = ()
    tasks: tuple[LoadedTask, ...] = ()
    next_runs: tuple[str, ...] = ()
    serialized_sha256: str = ""


class Unconfirmed(Answer):
    """An operator class that could not be imported, and what Python said."""

    operator: str
    message: str


class Loaded(Answer):
    """What importing the file gave.

    ``died`` is None when the child gave its result; ``layers`` names the protections that were really
    applied, ``("static",)`` when nothing was started; ``forked_at`` holds the lines from which the file
    forked (0: no line of it).
    """

    dags: tuple[LoadedDag, ...] = ()
    duplicate_dag_ids: tuple[str, ...] = ()
    import_errors: tuple[ImportFailure, ...] = ()
    warnings: tuple[CapturedWarning, ...] = ()
    operators_confirmed: tuple[str, ...] = ()
    operators_unconfirmed: tuple[Unconfirmed, ...] = ()
    forked_at: tuple[int, ...] = ()
    layers: tuple[str, ...] = ()
    elapsed_s: float = 0.0
    died: Death | None = None


class LintMessage(Answer):
    """One message of ruff; ``fix`` is what ruff would do, "" if it knows nothing."""

    code: str
    message: str
    line: int
    column: int
    fix: str = ""


class Outcome(Answer):
    """What a run of generated tests gave; ``output`` is the end of what pytest printed."""

    passed: bool
    tests: int = 0
    failed: tuple[str, ...] = ()
    output: str = ""
    layers: tuple[str, ...] = ()
    elapsed_s: float = 0.0
    died: Death | None = None
