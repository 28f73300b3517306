"""Words become a plan, without any model: understand, design, propose. The same words give the same plan."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from pydantic import JsonValue, ValidationError

from airflow_dag_agent_provider.authoring.plan import (
    DagPlan,
    DagRequest,
    Decision,
    Edge,
    Function,
    Proposal,
    PythonTask,
    Refusal,
    Schedule,
    SubTask,
    TaskPlan,
    TaskSpec,
    Understanding,
    legal_dag_id,
)
from airflow_dag_agent_provider.authoring.secrets import secret_kind
from airflow_dag_agent_provider.exceptions import PlanInvalid
from airflow_dag_agent_provider.offline import coverage
from airflow_dag_agent_provider.offline.cron import next_runs
from airflow_dag_agent_provider.offline.facts import Fact, Sheet, corrections, extract
from airflow_dag_agent_provider.offline.recipes import csv_to_table
from airflow_dag_agent_provider.offline.recipes.csv_spec import SCOPE, Findings, Spec, is_of_this_family, specify
from airflow_dag_agent_provider.offline.schedule import Timing, read_schedule
from airflow_dag_agent_provider.offline.spans import read

ENGLISH_ENOUGH: Final = 0.6
MAX_CHARACTERS: Final = 4000
"""A request of this family needs a tenth; the patterns take quadratic time on hostile text."""
DEFAULT_OWNER: Final = "data-engineering"
RUN_TIMEOUT_MINUTES: Final = 24 * 60
_PLAN_HOLDS: Final = "A DAG of the offline planner has one cron or manual runs."


@dataclass
class _Heard:
    """A request as it is understood; ``spec`` is None where a blocking question or a refusal stands."""

    spec: Spec | None = None
    timing: Timing | None = None
    dag_id: str = ""
    owner: str | None = None
    tags: tuple[str, ...] = ()
    retries: int | None = None
    retry_delay_minutes: int | None = None
    backoff: bool = False
    catchup: bool = False
    found: Findings = field(default_factory=Findings)
    refused: Refusal | None = None


def understand(request: DagRequest) -> Understanding:
    """Return how the request is understood: its parts, what is open, what is assumed."""
    heard = _hear(request)
    if heard.refused is not None:
        return Understanding(summary="Nothing is written.", refused=heard.refused)
    if heard.spec is None:
        return Understanding(
            summary=f"{len(heard.found.questions)} question(s) come before a DAG.",
            questions=tuple(heard.found.questions),
            assumptions=tuple(heard.found.assumptions),
        )
    return Understanding(
        summary=csv_to_table.summary(heard.spec),
        subtasks=csv_to_table.subtasks(heard.spec),
        questions=tuple(heard.found.questions),
        assumptions=tuple(heard.found.assumptions),
    )


def design(request: DagRequest, subtask: SubTask) -> TaskPlan:
    """Return the tasks of one part of the request.

    Raises:
        PlanInvalid: The request has no such part, or must be answered or refused first.
    """
    heard = _hear(request)
    made = None if heard.spec is None else csv_to_table.design(heard.spec, subtask.name)
    if made is None:
        parts = [] if heard.spec is None else [part.name for part in csv_to_table.subtasks(heard.spec)]
        known = f"its parts are {', '.join(parts)}" if parts else "it has open questions or is refused"
        raise PlanInvalid([f"The request has no part {subtask.name!r}: {known}. Call understand() first."])
    return made


def propose(request: DagRequest, designs: Sequence[TaskPlan] | None = None) -> Proposal:
    """Return the whole plan, or the questions that come first, or the refusal.

    Args:
        request: What is asked for.
        designs: The designed parts; None: they are designed here.

    Raises:
        PlanInvalid: A part is missing, or the parts do not fit together.
    """
    heard = _hear(request)
    if heard.refused is not None:
        return Proposal(refused=heard.refused)
    if heard.spec is None:
        return Proposal(questions=tuple(heard.found.questions))
    parts = csv_to_table.subtasks(heard.spec)
    if designs is None:
        designs = [made for part in parts if (made := csv_to_table.design(heard.spec, part.name)) is not None]
    merged = _merge([part.name for part in parts], designs)
    return Proposal(plan=_plan(request, heard, heard.spec, merged), questions=tuple(heard.found.questions))


# ---- words -> what is heard


def _hear(request: DagRequest) -> _Heard:
    if kind := secret_kind(request.text):
        return _Heard(
            refused=Refusal(
                reason=f"The request holds {kind}.",
                way_out="Make an Airflow connection that holds it, say its id instead, and change the secret.",
            )
        )
    if len(request.text) > MAX_CHARACTERS:
        heard = _Heard()
        heard.found.ask("length", f"Please say it in at most {MAX_CHARACTERS} characters.", SCOPE)
        return heard
    sheet = extract(read(request.text))
    corrected = corrections(sheet)
    heard = _Heard()
    heard.timing = timing = read_schedule(sheet.reading, sheet.text)
    for atom in timing.used:
        sheet.take("schedule", atom.slot, atom.start, atom.end)
    leftovers = coverage.unread(sheet)
    found = heard.found
    if sheet.all("refused") and not _wants_anything(sheet, leftovers):
        heard.refused = Refusal(
            reason="The request gives orders to the planner instead of describing a DAG.",
            way_out="Say what the DAG is to do and when; rules, checks and approval stay as they are.",
        )
        return heard
    if coverage.english_share(sheet) < ENGLISH_ENOUGH:
        found.ask(
            "language",
            "Please say it in English.",
            "The offline planner reads English only; a model connection reads more.",
        )
        return heard
    _note_words(sheet, corrected, found)
    for leftover in leftovers:
        _ask_leftover(leftover, found)
    if not is_of_this_family(sheet):
        found.ask("scope", "Which CSV files go into which SQLite or PostgreSQL table?", SCOPE)
    _hear_schedule(timing, request, found)
    spec = specify(sheet, timing, found) if is_of_this_family(sheet) or sheet.all("csv") else None
    _hear_frame(heard, sheet, request, spec)
    if spec is not None and not any(question.blocking for question in found.questions):
        csv_to_table.general(spec, found)
        heard.spec = spec
    return heard


def _wants_anything(sheet: Sheet, leftovers: Sequence[coverage.Leftover]) -> bool:
    return bool(leftovers) or any(fact.slot not in ("refused", "make", "noun", "order", "run") for fact in sheet.facts)


# "semicolon-separated CSV files", "gzip-compressed", "newly-arrived": a participle says what the files are like.
_A_FORMAT = re.compile(
    r"\w-\w+(?:ed|en)\b|\b(?:semicolon|tab|pipe|gzip|gz|zip|zipped|compressed|encrypted|tsv)\b", re.I
)


def _note_words(sheet: Sheet, corrected: Sequence[tuple[Fact, Fact]], found: Findings) -> None:
    """State repairs, corrections, names and refused orders."""
    names = [
        fact for fact in sheet.facts if fact.slot in ("sink", "columns", "keys", "dedupe", "dag_id", "owner", "tags")
    ]
    for place, written, meant in sheet.reading.repairs:
        if not any(fact.start <= place < fact.end and written in str(fact.value) for fact in names):
            found.assume(f"{written!r} is read as {meant!r}.")
    for new, old in corrected:
        found.decide(new.slot, new.said, f"you first said {old.said!r} and corrected it")
    labels = [str(fact.value) if fact.slot == "csv" else fact.said for fact in coverage.names(sheet)]
    formats = [label for label in labels if _A_FORMAT.search(label)]
    for label in formats:
        found.ask(
            "format",
            f"What does {label!r} change? Files are read as comma-separated text in UTF-8 with a header.",
            "Another separator, encoding or compression is not planned here; a model connection can do it.",
        )
    labels = [label for label in labels if label not in formats]
    if labels:
        found.assume(f"{', '.join(map(repr, labels))} is read as a name; it selects nothing.")
    for fact in sheet.all("refused"):
        found.ask(
            "refused",
            f"{fact.said!r} is not carried out.",
            "It is an order to the planner or code of its own, not part of a DAG.",
            blocking=False,
        )
        found.assume("An order to the planner in the request was left out.")


def _ask_leftover(leftover: coverage.Leftover, found: Findings) -> None:
    if leftover.slot == "unread":
        text = f"What should {leftover.said!r} change?"
        words = ", ".join(leftover.words[:5])
        why = f"The offline planner does not understand {words!r} here, and leaves out nothing silently."
        if any(ord(word[0]) >= 0xF0000 for word in leftover.words):
            why = "The offline planner finds no use for it, and leaves out nothing silently."
    else:
        text = f"What should happen with {leftover.said!r}? The offline planner cannot do that."
        why = f"{SCOPE} Leave it out of the request, or use a model."
    found.ask(leftover.slot, text, why)


def _hear_schedule(timing: Timing, request: DagRequest, found: Findings) -> None:
    for _, question in timing.asks:
        found.ask("schedule", question, "The schedule decides when the DAG runs; it is never guessed.")
    if timing.kind == "unsaid":
        found.ask(
            "schedule",
            "When should it run? For example: every day at 04:00, or manual runs only.",
            "Nothing is said of it.",
        )
    elif timing.kind in ("interval", "event", "once"):
        what = {"interval": f"Every {timing.minutes} minutes", "event": "A start by an event", "once": "A single run"}[
            timing.kind
        ]
        found.ask("schedule", f"{what} is no cron: at which times instead, or manual runs?", _PLAN_HOLDS)
    elif len(timing.crons) > 1:
        found.ask("schedule", f"{' and '.join(timing.crons)}: which one? These times need two crons.", _PLAN_HOLDS)
    for topic, reason in timing.decisions:
        found.decide("schedule", topic, reason)
    for assumption in timing.assumptions:
        found.assume(assumption)
    if timing.kind == "cron" and len(timing.crons) == 1:
        runs = ", ".join(next_runs(timing.crons[0], max(timing.start or request.today, request.today)))
        said = ", ".join(f"{choice!r}" for choice in dict.fromkeys(_schedule_words(timing, request)))
        found.decide("schedule", f"{timing.crons[0]} {timing.timezone or 'UTC'}", f"you said {said}; next runs {runs}")
        if timing.timezone is None:
            found.assume("Times are UTC, because no time zone is said.")
    elif timing.kind == "manual":
        found.decide("schedule", "manual runs", "you said so")


def _schedule_words(timing: Timing, request: DagRequest) -> list[str]:
    reading = read(request.text)
    return [reading.original(atom.start, atom.end) for atom in sorted(timing.used, key=lambda atom: atom.start)]


def _one(sheet: Sheet, slot: str, text: str, found: Findings) -> object:
    values = list(dict.fromkeys(fact.value for fact in sheet.all(slot)))
    if len(values) > 1:
        found.ask(slot, f"{text}: {' or '.join(repr(fact.said) for fact in sheet.all(slot))}?", "One value is used.")
    return values[0] if values else None


def _hear_frame(heard: _Heard, sheet: Sheet, request: DagRequest, spec: Spec | None) -> None:
    found = heard.found
    retries = _one(sheet, "retries", "How many retries", found)
    if isinstance(retries, int):
        heard.retries = retries
        found.decide("retries", str(retries), f"you said {sheet.all('retries')[0].said!r}")
        if retries > 100:
            found.ask("retries", f"{retries} retries: how many at most (up to 100)?", "Each retry runs the task again.")
    else:
        found.assume("Tasks are retried twice, five minutes apart.")
    delay = _one(sheet, "retry_delay_s", "How long between retries", found)
    if isinstance(delay, int):
        if delay % 60:
            found.ask(
                "retry_delay", f"{delay} seconds between retries: how many whole minutes?", "Plans count minutes."
            )
        heard.retry_delay_minutes = delay // 60
        found.decide("retry_delay", f"{delay // 60} minutes", f"you said {sheet.all('retry_delay_s')[0].said!r}")
    elif isinstance(retries, int) and retries:
        found.assume("Retries are five minutes apart.")
    if sheet.all("backoff"):
        heard.backoff = True
        found.decide("retry_backoff", "exponential", f"you said {sheet.all('backoff')[0].said!r}")
    found.assume("A run that takes longer than 24 hours is stopped; one run at a time.")
    if not sheet.all("owner"):
        found.assume(f"The owner is {DEFAULT_OWNER!r}.")
    if not sheet.all("catchup") and not sheet.all("no_catchup"):
        found.assume("Runs of the past are not caught up.")
    _hear_identity(heard, sheet, request, spec)
    _hear_catchup(heard, sheet, found)


def _hear_identity(heard: _Heard, sheet: Sheet, request: DagRequest, spec: Spec | None) -> None:
    found = heard.found
    said = _one(sheet, "dag_id", "Which dag_id", found)
    table = spec.table.rpartition(".")[2].lower() if spec else "table"
    heard.dag_id = request.dag_id or (said if isinstance(said, str) else f"load_{table}")
    try:
        legal_dag_id(heard.dag_id)
    except ValueError as error:
        found.ask("dag_id", f"Which dag_id instead of {heard.dag_id!r}?", str(error))
    if request.dag_id and isinstance(said, str) and said != request.dag_id:
        found.ask("dag_id", f"Which dag_id: {said!r} or {request.dag_id!r}?", "Both are asked for.")
    found.decide(
        "dag_id",
        heard.dag_id,
        "you said so" if said or request.dag_id else "after the table; say another one if you like",
    )
    owner = _one(sheet, "owner", "Which owner", found)
    if isinstance(owner, str):
        heard.owner = owner
        found.decide("owner", owner, "you said so")
    heard.tags = tuple(dict.fromkeys(tag for fact in sheet.all("tags") for tag in fact.value))
    if heard.tags:
        found.decide("tags", ", ".join(heard.tags), "you said so")


def _hear_catchup(heard: _Heard, sheet: Sheet, found: Findings) -> None:
    wanted, refused = sheet.all("catchup"), sheet.all("no_catchup")
    start = heard.timing.start if heard.timing else None
    if wanted and refused:
        found.ask("catchup", "With or without catch-up of past runs?", "Both are said.")
    heard.catchup = bool(wanted)
    if wanted and start is None:
        found.ask(
            "start_date", "From which date on are past runs caught up?", "Catch-up makes one run for each missed date."
        )
    if wanted or refused:
        said = (wanted or refused)[0].said
        found.decide("catchup", "on" if wanted else "off", f"you said {said!r}")
    if start is not None:
        found.decide("start_date", start.isoformat(), "you said so")


# ---- parts -> plan


@dataclass
class _Merged:
    tasks: list[TaskSpec] = field(default_factory=list)
    constants: dict[str, JsonValue] = field(default_factory=dict)
    functions: list[Function] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)


def _merge(parts: Sequence[str], designs: Sequence[TaskPlan]) -> _Merged:
    """Join the given designs as they are; PlanInvalid where they do not make one DAG."""
    given = [made.subtask for made in designs]
    problems = [f"The design of the part {part!r} is missing." for part in parts if part not in given]
    problems += [f"The request has no part {name!r}; leave its design out." for name in given if name not in parts]
    problems += [f"The part {name!r} is designed twice." for name in sorted({n for n in given if given.count(n) > 1})]
    merged = _Merged()
    for made in sorted(designs, key=lambda made: parts.index(made.subtask) if made.subtask in parts else len(parts)):
        merged.tasks += made.tasks
        merged.edges += [edge for edge in made.edges if edge not in merged.edges]
        merged.decisions += made.decisions
        for name, value in made.constants.items():
            if merged.constants.setdefault(name, value) != value:
                problems.append(f"The constant {name} has two values.")
        for function in made.functions:
            same = [other for other in merged.functions if other.name == function.name]
            if not same:
                merged.functions.append(function)
            elif same[0] != function:
                problems.append(f"The function {function.name} is defined in two ways.")
    problems += _dangling(merged)
    if problems:
        raise PlanInvalid(problems)
    return merged


def _dangling(merged: _Merged) -> list[str]:
    ids = [task.task_id for task in merged.tasks]
    problems = [f"Two tasks are called {name!r}." for name in sorted({name for name in ids if ids.count(name) > 1})]
    for edge in merged.edges:
        problems += [
            f"An edge names the task {end!r}, which is missing."
            for end in (edge.upstream, edge.downstream)
            if end not in ids
        ]
    for task in merged.tasks:
        for source in task.inputs if isinstance(task, PythonTask) else ():
            if source.from_task is not None and source.from_task not in ids:
                problems.append(f"{task.task_id!r} reads the result of {source.from_task!r}, which is missing.")
    return problems


def _plan(request: DagRequest, heard: _Heard, spec: Spec, merged: _Merged) -> DagPlan:
    timing = heard.timing or Timing("manual")
    schedule = Schedule()
    if timing.kind == "cron":
        window = "data_interval" in spec.folder
        schedule = Schedule(kind="cron", cron=timing.crons[0], timezone=timing.timezone or "UTC", data_interval=window)
    try:
        return DagPlan(
            dag_id=heard.dag_id,
            summary=csv_to_table.summary(spec),
            request=request.text,
            schedule=schedule,
            start_date=timing.start or request.today,
            catchup=heard.catchup,
            owner=heard.owner or DEFAULT_OWNER,
            tags=heard.tags or ("csv", spec.engine),
            retries=2 if heard.retries is None else heard.retries,
            retry_delay_minutes=5 if heard.retry_delay_minutes is None else heard.retry_delay_minutes,
            retry_exponential_backoff=heard.backoff,
            dagrun_timeout_minutes=RUN_TIMEOUT_MINUTES,
            constants=merged.constants,
            functions=tuple(merged.functions),
            tasks=tuple(merged.tasks),
            edges=tuple(merged.edges),
            decisions=(*heard.found.decisions, *merged.decisions),
            assumptions=tuple(dict.fromkeys(heard.found.assumptions)),
        )
    except ValidationError as error:
        raise PlanInvalid([problem["msg"] for problem in error.errors()]) from error
