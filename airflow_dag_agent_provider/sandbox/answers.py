"""What the sandbox answers. A child's words are checked against these models before anybody believes them.

Ids and times that Airflow cannot have given make the whole answer invalid; other text is brought to one line.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from airflow_dag_agent_provider.sandbox.text import MAX_CHARS, one_line, printable

Stage = Literal["import", "serialize"]


def _iso_time(text: str) -> str:
    if (time := datetime.fromisoformat(text)).tzinfo is None or time.isoformat() != text:
        raise ValueError("not an ISO 8601 time with an offset")
    return text


Key = Annotated[str, Field(pattern=r"^[\w.-]+\z", max_length=250)]
"""A dag_id or task_id: what `airflow.sdk` allows (``KEY_REGEX``, at most 250 characters)."""
IsoTime = Annotated[str, Field(max_length=40), AfterValidator(_iso_time)]
Line = Annotated[str, AfterValidator(one_line)]
Text = Annotated[str, Field(max_length=8 * MAX_CHARS), AfterValidator(printable)]
"""Some lines, as an exception has them; a finding brings them to one."""
Output = Annotated[str, AfterValidator(printable)]
Digest = Annotated[str, Field(pattern=r"^([0-9a-f]{64})?\z")]


class Answer(BaseModel):
    """Base of every answer: immutable, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Death(Answer):
    """How a child ended that gave no result.

    ``detail`` is a number of seconds, a signal name, an exit code, a number of bytes or the names of fields, as
    ``kind`` says.
    """

    kind: Literal["timeout", "signal", "exit", "output", "answer"]
    detail: str

    def __str__(self) -> str:
        return {
            "timeout": f"it was stopped after {self.detail} s",
            "signal": f"it died of {self.detail}",
            "exit": f"it ended with exit code {self.detail} before it gave a result",
            "output": f"it was stopped after {self.detail} bytes of output",
            "answer": f"its answer is none that Airflow can give: {self.detail}",
        }[self.kind]


class ImportFailure(Answer):
    """Why a DAG or the whole file cannot be used; ``line`` counts from 1, None: not in the file."""

    stage: Stage
    error_type: Line
    message: Text
    line: int | None = None


class CapturedWarning(Answer):
    """A Python warning that points into the file."""

    category: Line
    message: Text
    line: int


class LoadedTask(Answer):
    """One task; ``operator`` is the dotted path of its class."""

    task_id: Key
    operator: Line
    upstream: tuple[Key, ...] = ()


class LoadedDag(Answer):
    """One DAG as Airflow serialised it.

    ``schedule`` is Airflow's own summary, None without schedule; ``timetable`` the dotted class;
    ``next_runs`` at most five ISO 8601 times after now; ``serialized_sha256`` does not depend on where the
    file lay.
    """

    dag_id: Key
    schedule: Line | None
    timetable: Line
    cron: tuple[Line, ...] = ()
    timezone: Line = "UTC"
    catchup: bool = False
    tags: tuple[Line, ...] = ()
    tasks: tuple[LoadedTask, ...] = ()
    next_runs: Annotated[tuple[IsoTime, ...], Field(max_length=5)] = ()
    serialized_sha256: Digest = ""


class Unconfirmed(Answer):
    """An operator class that could not be imported, and what Python said."""

    operator: Line
    message: Text


class Loaded(Answer):
    """What importing the file gave.

    ``died`` is None when the child gave its result; ``layers`` names the protections that were really
    applied, ``("static",)`` when nothing was started; ``forked_at`` holds the lines from which the file
    forked (0: no line of it). ``operators_confirmed`` are the asked paths that can be imported, and
    ``operator_classes`` (path, class it names) where the class is defined elsewhere.
    """

    dags: tuple[LoadedDag, ...] = ()
    duplicate_dag_ids: tuple[Key, ...] = ()
    import_errors: tuple[ImportFailure, ...] = ()
    warnings: tuple[CapturedWarning, ...] = ()
    operators_confirmed: tuple[Line, ...] = ()
    operator_classes: tuple[tuple[Line, Line], ...] = ()
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
    failed: tuple[Line, ...] = ()
    output: Output = ""
    layers: tuple[str, ...] = ()
    elapsed_s: float = 0.0
    died: Death | None = None
