"""Facts become the specification of one "CSV files to a table" pipeline, or questions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from airflow_dag_agent_provider.authoring.plan import Decision, Question
from airflow_dag_agent_provider.offline.facts import Fact, Sheet
from airflow_dag_agent_provider.offline.schedule import Timing

Engine = Literal["sqlite", "postgres"]
Mode = Literal["upsert", "append", "insert_new", "replace"]
ENGINE_NAMES: Final = {"sqlite": "SQLite", "postgres": "PostgreSQL"}
DEFAULT_CONNECTIONS: Final = {"sqlite": "sqlite_default", "postgres": "postgres_default"}
STORAGE_CONNECTIONS: Final = {"s3": "aws_default", "gs": "google_cloud_default"}
SCOPE: Final = (
    "The offline planner plans one kind of pipeline: a folder of CSV files into one SQLite or PostgreSQL table. "
    "A model connection (conn type pydanticai) plans everything else."
)
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_CONNECTION_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,249}")
_SAFE_TEMPLATE = re.compile(
    r"\{\{\s*(?:ds|ds_nodash|(?:logical_date|data_interval_start|data_interval_end)\s*\|\s*ds(?:_nodash)?"
    r"|macros\.ds_add\(\s*ds\s*,\s*-?\d+\s*\))\s*\}\}"
)
_DATE_PATTERNS: Final = (
    (re.compile(r"YYYY-MM-DD|<(?:date|ds|day)>|\{(?:date|ds)\}|yyyy-mm-dd"), "{{ ds }}", "%Y-%m-%d"),
    (re.compile(r"YYYYMMDD|yyyymmdd"), "{{ ds_nodash }}", "%Y%m%d"),
    (re.compile(r"YYYY/MM/DD|yyyy/mm/dd"), "{{ macros.ds_format(ds, '%Y-%m-%d', '%Y/%m/%d') }}", "%Y/%m/%d"),
)  # fmt: skip


@dataclass(frozen=True)
class Spec:
    """All that the recipe needs; every value comes from the user and goes into constants only."""

    folder: str
    pattern: str
    storage_connection: str | None
    engine: Engine
    connection: str
    table: str
    columns: tuple[tuple[str, str], ...]
    keys: tuple[str, ...]
    mode: Mode
    min_rows: int | None

    @property
    def is_templated(self) -> bool:
        """Whether the folder holds Jinja that Airflow renders for each run."""
        return "{{" in self.folder


@dataclass
class Findings:
    """What is asked, assumed and decided while the facts are put together."""

    questions: list[Question] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)

    def ask(self, slot: str, text: str, why: str, *, blocking: bool = True) -> None:
        self.questions.append(Question(slot=slot, text=text, why=why, blocking=blocking))

    def assume(self, text: str) -> None:
        self.assumptions.append(text)

    def decide(self, topic: str, choice: str, reason: str) -> None:
        self.decisions.append(Decision(topic=topic, choice=choice, reason=reason))


def is_of_this_family(sheet: Sheet) -> bool:
    """Return whether anything in the request points at CSV files and a table."""
    return bool(sheet.all("csv") and (sheet.all("folder") or sheet.all("sink") or sheet.all("engine"))) or bool(
        sheet.all("folder") and (sheet.all("sink") or sheet.all("engine"))
    )


def specify(sheet: Sheet, timing: Timing, found: Findings) -> Spec | None:
    """Return the specification, None where a blocking question is open."""
    folder, pattern = _folder(sheet, timing, found)
    engine, table = _sink(sheet, found)
    columns = _columns(sheet, found)
    keys = _keys(sheet, columns, found)
    mode = _mode(sheet, timing, keys, folder, found)
    storage, connection = _connections(sheet, folder, engine, found)
    _order(sheet, found)
    min_rows = _single(sheet, "min_rows", "row_count", "How many rows at least must arrive", found)
    if any(question.blocking for question in found.questions) or not (folder and engine and table and columns and mode):
        return None
    return Spec(folder, pattern, storage, engine, connection, table, columns, keys, mode, min_rows)  # type: ignore[arg-type]


def _single(sheet: Sheet, slot: str, question_slot: str, text: str, found: Findings) -> object:
    """Return the value of a slot that has one value; ask where there are several."""
    facts = sheet.all(slot)
    values = list(dict.fromkeys(fact.value for fact in facts))
    if len(values) > 1:
        said = " / ".join(dict.fromkeys(fact.said for fact in facts))
        found.ask(question_slot, f"{text}: {said}?", "The request says two different things.")
    return values[0] if values else None


def _order(sheet: Sheet, found: Findings) -> None:
    """Ask where the check is said to come before the load: this planner checks afterwards."""
    for check in sheet.all("min_rows"):
        writes = [fact for fact in sheet.all("sink") if fact.start > check.end]
        between = sheet.reading.norm[check.end : writes[0].start] if writes else ""
        if re.search(r"\b(?:then|before|afterwards|after that|next)\b", between):
            found.ask(
                "order",
                f"{check.said!r}: must the rows be counted before the load? The offline planner counts after it.",
                "Rows that are written stay written when the check fails.",
            )


def _said(facts: Iterable[Fact]) -> str:
    return "you said " + ", ".join(repr(fact.said) for fact in facts)


# ---- source


def _folder(sheet: Sheet, timing: Timing, found: Findings) -> tuple[str | None, str]:
    for fact in (*sheet.all("target_folder"), *sheet.all("source_table")):
        what = "write files to" if fact.slot == "target_folder" else "read the table in"
        found.ask("scope", f"How else can {fact.said!r} be done? The offline planner cannot {what} it.", SCOPE)
    facts = sheet.all("folder")
    place = _single(sheet, "folder", "source_location", "Which folder holds the CSV files", found)
    if not isinstance(place, str):
        found.ask(
            "source_location",
            "In which folder are the CSV files? Say an absolute path such as /data/in or s3://bucket/prefix/.",
            "list_files reads that folder.",
        )
        return None, "*.csv"
    folder, pattern = _split(place)
    if not sheet.all("csv") and not pattern.endswith(".csv"):
        found.ask(
            "source_format", f"Are the files in {place!r} CSV files with a header?", "Only CSV files can be read."
        )
    if problem := _folder_problem(folder, pattern):
        found.ask("source_location", f"The folder {place!r} {problem}", "list_files reads that folder.")
        return None, pattern
    dated = _dated(folder, timing)
    found.decide("source", f"{pattern} in {dated}", _said(facts))
    if dated != folder:
        found.decide("folder_date", dated, f"the date in {folder!r} is the day of the run")
    if "{{" in dated:
        day = "UTC day" if "timezone" not in dated else f"day in {timing.timezone}"
        found.assume(f"The date in the folder is the {day} on which the run is scheduled, not the day before.")
        if timing.kind == "manual":
            found.assume("A manual run needs a logical date, because the folder holds its date.")
    return dated, "*.csv" if pattern == "*" else pattern


def _split(place: str) -> tuple[str, str]:
    """Return the folder and the file name pattern of a path."""
    head, slash, last = place.rpartition("/")
    if slash and last and ("*" in last or "?" in last or last.lower().endswith(".csv")):
        return head or "/", last
    return place, "*.csv"


def _folder_problem(folder: str, pattern: str) -> str | None:
    scheme = folder.partition("://")[0].lower() if "://" in folder else None
    if scheme not in (None, "file", "s3", "gs"):
        return "cannot be read: only absolute paths, file://, s3:// and gs:// can. Where are the files?"
    if scheme is None and not folder.startswith("/"):
        return "is not absolute. Where is it, from / on?"
    plain = folder
    for expression, _, _ in _DATE_PATTERNS:
        plain = expression.sub("", plain)
    plain = _SAFE_TEMPLATE.sub("", plain)
    if re.search(r"\{\{|\{%|\{#", plain):
        return "holds a template other than {{ ds }} and its kind. Which date should stand there?"
    if re.search(r"[<>{}*?\[\]]", plain):
        return "holds a placeholder or wildcard in the folder itself. Which one folder is it?"
    if re.search(r"[\[\]<>{}]", pattern) or not pattern.lower().endswith((".csv", "*")):
        return f"names files ({pattern}) that are not plain CSV files. Which CSV files are meant?"
    return None


def _dated(folder: str, timing: Timing) -> str:
    zone = timing.timezone or "UTC"
    for expression, template, layout in _DATE_PATTERNS:
        local = f"{{{{ logical_date.in_timezone('{zone}').strftime('{layout}') }}}}"
        folder = expression.sub(template if zone == "UTC" else local, folder)
    return folder


# ---- sink


def _sink(sheet: Sheet, found: Findings) -> tuple[Engine | None, str | None]:
    sinks = sheet.all("sink")
    engines = list(dict.fromkeys([f.value[1] for f in sinks if f.value[1]] + [f.value for f in sheet.all("engine")]))
    tables = list(dict.fromkeys(fact.value[0] for fact in sinks))
    if len(engines) > 1:
        found.ask("engine", "SQLite or PostgreSQL? The request names both.", "The table lives in one database.")
    elif not engines:
        found.ask("engine", "Is the table in SQLite or in PostgreSQL?", SCOPE)
    if not tables:
        found.ask("sink_table", "Into which table are the rows written?", "load_rows writes one table.")
        return None, None
    if len(tables) > 1:
        said = " or ".join(repr(table) for table in tables)
        found.ask("sink_table", f"Into which table: {said}?", "load_rows writes one table.")
    for fact in sheet.all("database_file"):
        found.ask(
            "connection",
            f"Which Airflow connection opens {fact.value!r}? Make one and say its id.",
            "Database files and hosts are never written into a DAG.",
        )
    engine, table = (engines[0] if engines else None), tables[0]
    parts = table.split(".")
    if not all(_IDENTIFIER.fullmatch(part) for part in parts) or len(parts) > (1 if engine == "sqlite" else 2):
        shape = "one plain name" if engine == "sqlite" else "table or schema.table, plain names"
        found.ask(
            "sink_table",
            f"{table!r} is no table name here ({shape}). What is the table called?",
            "It is created if missing.",
        )
    found.decide("sink", f"{ENGINE_NAMES.get(engine or '', '?')} table {table}", _said(sinks))
    if table != table.lower():
        found.assume(f"The table is called {table!r} exactly, with these capital letters.")
    return engine, table


def _columns(sheet: Sheet, found: Findings) -> tuple[tuple[str, str], ...]:
    facts = sheet.all("columns")
    pairs = [pair for fact in facts for pair in fact.value]
    if not pairs:
        found.ask(
            "columns",
            "Which columns do the files have, of which types? For example: id: string, ts: timestamp, value: float.",
            "Rows are parsed by them and the table is created from them.",
        )
        return ()
    kinds: dict[str, str | None] = {}
    for name, kind in pairs:
        if kind and kinds.get(name) and kinds[name] != kind:
            found.ask("columns", f"Of which type is {name!r}: {kinds[name]} or {kind}?", "Both are said.")
        kinds[name] = kind or kinds.get(name)
    if wrong := [name for name in kinds if not _IDENTIFIER.fullmatch(name)]:
        found.ask(
            "columns", f"What is the plain name of {', '.join(map(repr, wrong))}? Letters, digits and '_' only.", SCOPE
        )
    if len({name.lower() for name in kinds}) < len(kinds):
        found.ask(
            "columns", "Which columns exactly? Two of them differ in capital letters only.", "A table cannot hold both."
        )
    if untyped := [name for name, kind in kinds.items() if kind is None]:
        listed = ", ".join(untyped)
        found.ask(
            "column_types",
            f"Of which types are {listed}? They are kept as text.",
            "Text loses nothing.",
            blocking=False,
        )
        found.assume(f"Columns without a type ({listed}) are kept as text.")
    if sheet.all("type_size"):
        found.assume("The lengths and precisions of column types are not enforced.")
    found.decide("columns", ", ".join(f"{name}: {kind or 'string'}" for name, kind in kinds.items()), _said(facts))
    return tuple((name, kind or "string") for name, kind in kinds.items())


def _keys(sheet: Sheet, columns: tuple[tuple[str, str], ...], found: Findings) -> tuple[str, ...]:
    facts = [*sheet.all("dedupe"), *sheet.all("keys")]
    lists = [fact for fact in facts if fact.value]
    spelling = {name.lower(): name for name, _ in columns}
    sets = {frozenset(name.lower() for name in fact.value) for fact in lists}
    if len(sets) > 1:
        found.ask(
            "dedupe_keys",
            f"Which columns make a row unique? {_said(lists)[0].upper()}{_said(lists)[1:]}.",
            "They differ.",
        )
    if sheet.all("dedupe") and not lists:
        found.ask(
            "dedupe_keys", "By which columns are two rows duplicates of each other?", "One row for each key is kept."
        )
    keys = tuple(dict.fromkeys(spelling.get(name.lower(), name) for name in lists[0].value)) if lists else ()
    if columns and (unknown := [key for key in keys if key.lower() not in spelling]):
        found.ask(
            "dedupe_keys",
            f"{', '.join(unknown)} is not among the columns. Which columns are the keys?",
            "Keys are columns.",
        )
    for fact in sheet.all("winner"):
        if fact.value != "last":
            found.ask(
                "winner", f"{fact.said!r}: by which order? The offline planner keeps the row that is read last.", SCOPE
            )
    if keys:
        found.decide("keys", ", ".join(keys), _said(lists))
        found.assume(f"({', '.join(keys)}) is the primary key of the table; a table that exists already has this key.")
        found.assume("Of rows with the same key the last one read wins; files are read in the order of their names.")
    return keys


def _mode(sheet: Sheet, timing: Timing, keys: tuple[str, ...], folder: str | None, found: Findings) -> Mode | None:
    facts = sheet.all("mode")
    said = _single(sheet, "mode", "mode", "How is the table written", found)
    if said == "upsert" and not keys:
        found.ask("upsert_keys", "By which columns does the upsert find the row to update?", "An upsert needs keys.")
        return None
    if said == "upsert" or (said is None and keys):
        reason = _said(facts) if facts else "the duplicates have keys, and an upsert by them makes a rerun harmless"
        found.decide("mode", "upsert", reason)
        return "upsert"
    if said == "replace":
        found.decide("mode", "replace", _said(facts))
        found.assume(
            "The old rows are deleted and the new ones written in one transaction; a run without rows deletes nothing."
        )
        return "replace"
    if keys:
        found.decide("mode", "append", f"{_said(facts)}; rows whose key is in the table already are left out")
        found.assume("A row whose key stands in the table already is not written again; so a rerun adds nothing.")
        return "insert_new"
    if folder is None:
        return None
    if "{{" not in folder and timing.kind != "manual":
        found.ask(
            "dedupe_keys",
            "Which columns make a row unique? Each run reads every file in the folder again, and without keys it would "
            "write all rows again.",
            "With keys a rerun writes nothing twice.",
        )
        return None
    found.ask(
        "dedupe_keys",
        "Which columns make a row unique?",
        "Without keys a rerun adds the same rows again.",
        blocking=False,
    )
    found.assume("The table has no key: running the same day again adds its rows again.")
    found.decide("mode", "append", _said(facts) if facts else "nothing is said of keys or of replacing rows")
    return "append"


def _connections(sheet: Sheet, folder: str | None, engine: Engine | None, found: Findings) -> tuple[str | None, str]:
    scheme = folder.partition("://")[0].lower() if folder and "://" in folder else ""
    remote = scheme in STORAGE_CONNECTIONS
    said: dict[str, list[str]] = {"storage": [], "database": []}
    for fact in sheet.all("connection"):
        name, role = fact.value
        if role is None:
            role = "storage" if remote and _nearest(sheet, fact) == "folder" else "database"
        if not _CONNECTION_ID.fullmatch(name) or (role == "storage" and not remote):
            found.ask("connection", f"What is the connection in {fact.said!r} for?", "Connections are used by id.")
        said[role].append(name)
    for role, names in said.items():
        if len(set(names)) > 1:
            found.ask("connection", f"Which connection for the {role}: {' or '.join(names)}?", "One is used.")
        if names:
            found.decide(f"{role}_connection", names[0], "you named it")
    database = said["database"][0] if said["database"] else DEFAULT_CONNECTIONS.get(engine or "", "")
    if not said["database"] and database:
        found.assume(f"The database is the one of the Airflow connection {database!r}.")
    storage = (said["storage"] or [STORAGE_CONNECTIONS[scheme]])[0] if remote else None
    if storage and not said["storage"]:
        found.assume(f"{scheme}:// is read with the Airflow connection {storage!r}.")
    return storage, database


def _nearest(sheet: Sheet, connection: Fact) -> str:
    """Return the slot of the system that a connection follows: the last folder, table or engine before it."""
    systems = [
        fact for fact in sheet.facts if fact.slot in ("folder", "sink", "engine") and fact.start < connection.start
    ]
    return max(systems, key=lambda fact: fact.start).slot if systems else "sink"
