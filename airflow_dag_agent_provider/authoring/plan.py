"""The language between the rooms: what is asked, how it is split, and the plan that compiles to a DAG file.

All models are frozen and refuse unknown fields. Their JSON schema is what a language model sees, so every
field has a description and, where one is harmless, a default.
"""

from __future__ import annotations

import hashlib
import keyword
import re
from datetime import date
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator

from airflow_dag_agent_provider.authoring.snippets import function_name

DAG_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}")
TASK_ID = re.compile(r"[a-z][a-z0-9_]{0,99}")


class Frozen(BaseModel):
    """Base of every plan model: immutable, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DagRequest(Frozen):
    """What a person asks for, in plain words, and who asks."""

    text: str = Field(min_length=1, max_length=20_000, description="The request as it was written.")
    dag_id: str | None = Field(None, description="The wanted dag_id; None: chosen from the words.")
    requester: str | None = Field(None, description="User name of who asked, as Airflow knows it.")
    today: date = Field(description="The day of the request (UTC); the fixed start_date derives from it.")

    @field_validator("text")
    @classmethod
    def _says_something(cls, value: str) -> str:
        if len(re.findall(r"\w", value)) < 3:
            raise ValueError(
                f"the request {value!r} says nothing. Describe in words what the DAG is to do and when, for "
                "example: 'Every day at 04:00 load the CSV files in /data/in into the SQLite table sales.'"
            )
        return value

    @field_validator("dag_id")
    @classmethod
    def _legal_dag_id(cls, value: str | None) -> str | None:
        return None if value is None else legal_dag_id(value)


class Question(Frozen):
    """Something that only the person who asked can say."""

    slot: str = Field(description="What is open, a short name: schedule, sink_table, dedupe_keys ...")
    text: str = Field(description="The question, in the person's own words where possible.")
    why: str = Field(description="What depends on the answer.")
    blocking: bool = Field(True, description="False: an assumption was made, and stands in the plan.")


class Decision(Frozen):
    """A choice made while planning, with its reason."""

    topic: str
    choice: str
    reason: str


class Refusal(Frozen):
    """A request that is not carried out, and what to ask instead."""

    reason: str
    way_out: str


class SubTask(Frozen):
    """One part of the request, designed on its own by one mapped task."""

    name: str = Field(description="snake_case name of the part, e.g. load_rows.")
    instruction: str = Field(description="What this part must do, with every fact of the request it needs.")

    @field_validator("name")
    @classmethod
    def _snake_case(cls, value: str) -> str:
        return legal_task_id(value)


class Understanding(Frozen):
    """How a request is understood: its parts, what is open, what is assumed. Exactly one outcome counts:
    a refusal, else blocking questions, else the sub-tasks."""

    summary: str = Field(description="What the DAG will do, in one or two sentences.")
    subtasks: tuple[SubTask, ...] = Field((), max_length=50)
    questions: tuple[Question, ...] = ()
    assumptions: tuple[str, ...] = ()
    refused: Refusal | None = None

    @property
    def blocking(self) -> tuple[Question, ...]:
        """The questions that must be answered before anything is written."""
        return tuple(question for question in self.questions if question.blocking)


class Function(Frozen):
    """A module-level Python function of the DAG file: pure, typed, unit-testable.

    ``source`` is the whole ``def``; ``examples`` are calls that must hold and become unit tests.
    """

    source: str = Field(
        description="The complete function: one `def` with annotations and a docstring, no decorator, plain defaults."
    )
    imports: tuple[str, ...] = Field((), description="Import statements it needs, stdlib only, without `as`.")
    examples: tuple[Example, ...] = ()

    @property
    def name(self) -> str:
        """The function's name, as Python reads it in its source."""
        return function_name(self.source)

    @model_validator(mode="after")
    def _is_one_function(self) -> Function:
        if not self.name:
            raise ValueError(f"{self.source[:60]!r} is not a function; write one `def name(...) -> type:` block")
        return self


class Example(Frozen):
    """A call of a pure function and what it must give; both are Python expressions."""

    call: str = Field(description="e.g. parse_row({'id': '1'})")
    expected: str = Field(description="e.g. ('1',) ; the name of an exception class where `raises` is true")
    raises: bool = False


class Input(Frozen):
    """One parameter of a Python task and where its value comes from."""

    name: str
    annotation: str = Field("str", description="Python type of the parameter, e.g. list[str].")
    from_task: str | None = Field(None, description="task_id whose return value is passed in.")
    value: JsonValue = Field(None, description="A literal, where from_task is None. May hold Jinja.")

    @field_validator("name")
    @classmethod
    def _identifier(cls, value: str) -> str:
        return legal_identifier(value)


class TaskBase(Frozen):
    """What every kind of task has."""

    task_id: str = Field(description="snake_case, starts with a letter, unique in the DAG.")
    doc: str = Field(description="What the task does, one sentence; shown in the Airflow UI.")
    retries: int | None = Field(None, ge=0, le=100, description="None: as the DAG says.")
    execution_timeout_minutes: int | None = Field(None, ge=1)

    @field_validator("task_id")
    @classmethod
    def _legal_task_id(cls, value: str) -> str:
        return legal_task_id(value)


class PythonTask(TaskBase):
    """A TaskFlow function with a typed body."""

    kind: Literal["python"] = "python"
    inputs: tuple[Input, ...] = ()
    returns: str = Field("None", description="Python type of the return value; small JSON-able values only.")
    result: str | None = Field(None, description="Variable for what it returns, e.g. files; None: <task_id>_result.")
    body: str = Field(description="The statements of the function, not indented, without def and docstring.")

    @field_validator("result")
    @classmethod
    def _identifier(cls, value: str | None) -> str | None:
        return None if value is None else legal_identifier(value)


class OperatorTask(TaskBase):
    """An operator of the catalog with literal arguments."""

    kind: Literal["operator"] = "operator"
    operator: str = Field(description="Dotted path of the class, as search_operators gives it.")
    arguments: dict[str, JsonValue] = Field(default_factory=dict, description="Constructor arguments.")


TaskSpec = Annotated[PythonTask | OperatorTask, Field(discriminator="kind")]


class TaskPlan(Frozen):
    """The design of one sub-task: its tasks with the constants and functions that they use."""

    subtask: str = Field(description="Name of the SubTask this designs.")
    tasks: tuple[TaskSpec, ...] = Field(min_length=1)
    constants: dict[str, JsonValue] = Field(
        default_factory=dict, description="UPPER_CASE module constants with literal values."
    )
    functions: tuple[Function, ...] = ()
    edges: tuple[Edge, ...] = ()
    decisions: tuple[Decision, ...] = ()


class Edge(Frozen):
    """``upstream`` runs before ``downstream``. Data dependencies (Input.from_task) need no edge."""

    upstream: str
    downstream: str


class Schedule(Frozen):
    """When the DAG runs. In Airflow 3 a plain cron has an empty data interval; say ``data_interval`` where
    tasks work on the window between two runs."""

    kind: Literal["cron", "manual"] = "manual"
    cron: str | None = Field(None, description="Five fields or a preset such as @daily.")
    timezone: str = Field("UTC", description="IANA name.")
    data_interval: bool = Field(False, description="True: a run covers the time since the run before.")

    @model_validator(mode="after")
    def _complete(self) -> Schedule:
        if (self.kind == "cron") != (self.cron is not None):
            raise ValueError(f"kind={self.kind!r} and cron={self.cron!r} do not fit: give a cron with kind='cron' only")
        if self.cron is not None:
            from croniter import croniter

            if not croniter.is_valid(self.cron):
                raise ValueError(f"cron {self.cron!r} is not valid; five fields such as '0 4 * * *' or a preset")
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"timezone {self.timezone!r} is not an IANA name such as 'Europe/Paris'") from None
        return self


class Param(Frozen):
    """One field of the DAG's trigger form."""

    name: str
    type: Literal["string", "integer", "number", "boolean"] = "string"
    default: JsonValue = None
    description: str = ""

    @field_validator("name")
    @classmethod
    def _identifier(cls, value: str) -> str:
        return legal_identifier(value)


class DagPlan(Frozen):
    """A whole DAG as data. `render` compiles it; the same plan always gives the same bytes."""

    dag_id: str
    summary: str = Field(description="What the DAG does, one sentence.")
    request: str = Field(description="The request this plan answers, word for word.")
    schedule: Schedule = Schedule()
    start_date: date = Field(description="Fixed day (UTC), before the first run.")
    catchup: bool = False
    max_active_runs: int = Field(1, ge=1)
    dagrun_timeout_minutes: int | None = Field(None, ge=1)
    owner: str = "data-engineering"
    tags: tuple[str, ...] = ()
    retries: int = Field(2, ge=0, le=100)
    retry_delay_minutes: int = Field(5, ge=0)
    retry_exponential_backoff: bool = False
    params: tuple[Param, ...] = ()
    constants: dict[str, JsonValue] = Field(
        default_factory=dict, description="UPPER_CASE module constants with literal values."
    )
    functions: tuple[Function, ...] = ()
    tasks: tuple[TaskSpec, ...] = Field(min_length=1)
    edges: tuple[Edge, ...] = ()
    decisions: tuple[Decision, ...] = ()
    assumptions: tuple[str, ...] = Field((), description="What was assumed because nobody said it.")

    @field_validator("dag_id")
    @classmethod
    def _legal_dag_id(cls, value: str) -> str:
        return legal_dag_id(value)

    @property
    def sha256(self) -> str:
        """Hash of the canonical JSON of the plan; stands in the header of the file."""
        return hashlib.sha256(self.model_dump_json(by_alias=True).encode()).hexdigest()


class Proposal(Frozen):
    """What a planner answers: a plan, or questions that must be answered first, or a refusal."""

    plan: DagPlan | None = None
    questions: tuple[Question, ...] = ()
    refused: Refusal | None = None

    @model_validator(mode="after")
    def _one_outcome(self) -> Proposal:
        blocking = any(question.blocking for question in self.questions)
        if [self.plan is not None, blocking, self.refused is not None].count(True) != 1:
            raise ValueError("give exactly one of: a plan, a blocking question, a refusal")
        return self


class DraftRef(Frozen):
    """The last word of a run that writes a draft."""

    draft_id: str = Field(description="The id that write_dag returned.")


def legal_dag_id(value: str) -> str:
    """Return ``value``, a dag_id that Airflow takes; ValueError with a suggestion otherwise."""
    if DAG_ID.fullmatch(value):
        return value
    suggestion = re.sub(r"[^a-z0-9_]+", "_", value.lower()).strip("_")[:80] or "my_dag"
    raise ValueError(
        f"dag_id {value!r} has characters that Airflow does not take: letters, digits, '_', '-' and '.' only, "
        f"at most 200. Use for example {suggestion!r}"
    )


def legal_task_id(value: str) -> str:
    """Return ``value``, a snake_case name; ValueError otherwise."""
    if TASK_ID.fullmatch(value) and not keyword.iskeyword(value):
        return value
    raise ValueError(f"{value!r} is not a snake_case name of letters, digits and '_' that starts with a letter")


def legal_identifier(value: str) -> str:
    """Return ``value``, a Python name; ValueError otherwise."""
    if value.isidentifier() and value.isascii() and not keyword.iskeyword(value):
        return value
    raise ValueError(f"{value!r} is not a Python name")


def plan_json(value: BaseModel) -> dict[str, Any]:
    """Return ``value`` as plain JSON-able data."""
    return value.model_dump(mode="json")


Function.model_rebuild()
TaskPlan.model_rebuild()
