"""The family "a folder of CSV files into one SQLite or PostgreSQL table".

list_files -> load_rows -> check_row_count, and create_table before load_rows. All text of a user stands in
constants and in quoted, validated SQL identifiers; the Python of the tasks is the constant text of `csv_code`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pydantic import JsonValue

from airflow_dag_agent_provider.authoring.plan import (
    Decision,
    Edge,
    Example,
    Function,
    Input,
    OperatorTask,
    PythonTask,
    SubTask,
    TaskPlan,
)
from airflow_dag_agent_provider.offline.recipes import csv_code
from airflow_dag_agent_provider.offline.recipes.csv_spec import ENGINE_NAMES, Findings, Spec

SQL_OPERATOR: Final = "airflow.providers.common.sql.operators.sql.SQLExecuteQueryOperator"
_HOOKS: Final = {
    "sqlite": ("airflow.providers.sqlite.hooks.sqlite", "SqliteHook", "?"),
    "postgres": ("airflow.providers.postgres.hooks.postgres", "PostgresHook", "%s"),
}
_SQL_TYPES: Final[dict[str, dict[str, str]]] = {
    "sqlite": {
        "string": "TEXT", "integer": "INTEGER", "float": "REAL", "decimal": "TEXT", "boolean": "INTEGER",
        "date": "TEXT", "timestamp": "TEXT",
    },
    "postgres": {
        "string": "TEXT", "integer": "BIGINT", "float": "DOUBLE PRECISION", "decimal": "NUMERIC",
        "boolean": "BOOLEAN", "date": "DATE", "timestamp": "TIMESTAMP WITH TIME ZONE",
    },
}  # fmt: skip


def summary(spec: Spec) -> str:
    """Return what the DAG does, in one sentence."""
    files = f"{spec.pattern} of {spec.folder}"
    table = f"the {ENGINE_NAMES[spec.engine]} table {spec.table}"
    few = "no row arrives" if spec.min_rows == 1 else f"fewer than {spec.min_rows} rows arrive"
    check = "" if spec.min_rows is None else f"; fails if {few}"
    if spec.mode == "replace":
        return f"Replaces the rows of {table} by {files}{check}."
    return f"{'Upserts' if spec.mode == 'upsert' else 'Appends'} {files} into {table}{check}."


def subtasks(spec: Spec) -> tuple[SubTask, ...]:
    """Return the parts of the pipeline, in the order in which they run."""
    schema = ", ".join(f"{name}: {kind}" for name, kind in spec.columns)
    keys = ", ".join(spec.keys)
    parts = [
        SubTask(
            name="list_files", instruction=f"List the files {spec.pattern} in the folder {spec.folder}, sorted by name."
        ),
        SubTask(
            name="create_table",
            instruction=f"Create the {ENGINE_NAMES[spec.engine]} table {spec.table} ({schema}"
            + (f"; primary key {keys}" if keys else "")
            + f") on connection {spec.connection} if it does not exist.",
        ),
        SubTask(
            name="load_rows",
            instruction=f"Parse every file as {schema}, leave out and count rows that do not parse, "
            + (f"keep the last row for each ({keys}), " if keys else "")
            + f"{spec.mode.replace('_', ' ')} into {spec.table} on connection {spec.connection} as one transaction.",
        ),
    ]
    if spec.min_rows is not None:
        parts.append(SubTask(name="check_row_count", instruction=f"Fail if fewer than {spec.min_rows} row(s) arrived."))
    return tuple(parts)


def design(spec: Spec, name: str) -> TaskPlan | None:
    """Return the design of one part, None where the pipeline has no part of this name."""
    makers: dict[str, Callable[[Spec], TaskPlan]] = {
        "list_files": _list_files,
        "create_table": _create_table,
        "load_rows": _load_rows,
        "check_row_count": _check_row_count,
    }
    if name not in makers or (name == "check_row_count" and spec.min_rows is None):
        return None
    return makers[name](spec)


def general(spec: Spec, found: Findings) -> None:
    """State what holds for every pipeline of this family."""
    found.assume("Files are comma-separated, in UTF-8 and start with a header; another encoding fails the run.")
    found.assume("A file whose header lacks one of the columns fails the run, and nothing of it is written.")
    found.assume("Rows that do not parse are counted, logged with file and line, and left out.")
    found.assume(
        "Cells are stripped of blanks around them; an empty cell is NULL, in a key column the row does not parse."
    )
    kinds = {kind for _, kind in spec.columns}
    if "timestamp" in kinds:
        found.assume("Timestamps are ISO 8601; one without a zone is UTC, and all are stored in UTC.")
    if "float" in kinds:
        found.assume("NaN and infinite numbers count as not parsing.")
    if spec.engine == "sqlite" and "decimal" in kinds:
        found.assume("Decimals are stored as text, because SQLite has no exact decimal type.")
    repeat = ", and the primary key makes that repeatable" if spec.keys else ""
    found.assume(f"Every {spec.pattern} directly in the folder is read at each run and left in place{repeat}.")
    if spec.min_rows is not None:
        found.assume("The rows of every file that is read count as arrived, also of files that an earlier run read.")
    found.assume("All rows of one run fit into the memory of a worker, and every worker sees the folder.")
    if "." in spec.table:
        found.assume(f"The schema {spec.table.split('.')[0]!r} exists already.")
    if spec.min_rows is not None:
        found.decide(
            "check",
            f"at least {spec.min_rows} row(s), counted after parsing, checked after the load",
            "the counts of load_rows cannot change on a retry, so the check fails at once (AirflowFailException)",
        )


def quoted(name: str) -> str:
    """Return a validated table or column name as an SQL identifier."""
    return ".".join(f'"{part}"' for part in name.split("."))


def create_sql(spec: Spec) -> str:
    """Return the statement that creates the table where it is missing."""
    types = _SQL_TYPES[spec.engine]
    lines = [
        f"{quoted(name)} {types[kind]}" + (" NOT NULL" if name in spec.keys else "") for name, kind in spec.columns
    ]
    if spec.keys:
        lines.append(f"PRIMARY KEY ({', '.join(map(quoted, spec.keys))})")
    listed = ",\n    ".join(lines)
    return f"CREATE TABLE IF NOT EXISTS {quoted(spec.table)} (\n    {listed}\n)"


def write_sql(spec: Spec) -> str:
    """Return the statement that writes one row, with the placeholders of the hook."""
    names = [name for name, _ in spec.columns]
    marks = ", ".join([_HOOKS[spec.engine][2]] * len(names))
    sql = f"INSERT INTO {quoted(spec.table)} ({', '.join(map(quoted, names))})\nVALUES ({marks})"
    if not spec.keys:
        return sql
    target = f"\nON CONFLICT ({', '.join(map(quoted, spec.keys))})"
    updates = [f"{quoted(name)} = excluded.{quoted(name)}" for name in names if name not in spec.keys]
    if spec.mode == "insert_new" or not updates:
        return f"{sql}{target} DO NOTHING"
    return f"{sql}{target} DO UPDATE SET\n    " + ",\n    ".join(updates)


def _list_files(spec: Spec) -> TaskPlan:
    constants: dict[str, JsonValue] = {"PATTERN": spec.pattern}
    inputs: tuple[Input, ...] = ()
    if spec.is_templated:
        inputs = (Input(name="folder", annotation="str", value=spec.folder),)
    else:
        constants = {"FOLDER": spec.folder, **constants}
    shown = "folder" if spec.is_templated else "FOLDER"
    place = shown
    if spec.storage_connection:
        constants["STORAGE_CONN_ID"] = spec.storage_connection
        place = f"{shown}, conn_id=STORAGE_CONN_ID"
    body = csv_code.LIST_FILES.format(folder=place, shown=shown)
    task = PythonTask(
        task_id="list_files",
        doc="List the CSV files in the folder, sorted by name.",
        inputs=inputs,
        returns="list[str]",
        body=body,
    )
    return TaskPlan(subtask="list_files", tasks=(task,), constants=constants)


def _create_table(spec: Spec) -> TaskPlan:
    task = OperatorTask(
        task_id="create_table",
        doc="Create the table if it does not exist.",
        operator=SQL_OPERATOR,
        arguments={"conn_id": spec.connection, "sql": create_sql(spec)},
    )
    reason = "the table is there before the first load; an existing table stays as it is"
    decision = Decision(topic="create_table", choice="CREATE TABLE IF NOT EXISTS", reason=reason)
    return TaskPlan(subtask="create_table", tasks=(task,), decisions=(decision,))


def _load_rows(spec: Spec) -> TaskPlan:
    constants: dict[str, JsonValue] = {
        "TABLE": spec.table,
        "COLUMNS": dict(spec.columns),
        "KEYS": list(spec.keys),
        "CONN_ID": spec.connection,
        "WRITE_SQL": write_sql(spec),
        "BATCH_ROWS": 1000,
        "LOGGED_REJECTS": 20,
    }
    module, hook, _ = _HOOKS[spec.engine]
    rows = "unique" if spec.keys else "rows"
    clear = ""
    if spec.mode == "replace":
        constants["CLEAR_SQL"] = f"DELETE FROM {quoted(spec.table)}"
        clear = csv_code.CLEAR.format(rows=rows)
    body = csv_code.LOAD_ROWS.format(
        module=module,
        hook=hook,
        unique=csv_code.UNIQUE if spec.keys else "",
        clear=clear,
        rows=rows,
        duplicates="len(rows) - len(unique)" if spec.keys else "0",
    )
    task = PythonTask(
        task_id="load_rows",
        doc="Parse every file and write its rows in one transaction; return counts.",
        inputs=(Input(name="paths", annotation="list[str]", from_task="list_files"),),
        returns="dict[str, int]",
        body=body,
    )
    return TaskPlan(
        subtask="load_rows",
        tasks=(task,),
        constants=constants,
        functions=functions(spec),
        edges=(Edge(upstream="create_table", downstream="load_rows"),),
    )


def functions(spec: Spec) -> tuple[Function, ...]:
    """Return the pure functions that parse and deduplicate, with the types in use only."""
    kinds = list(dict.fromkeys(kind for _, kind in spec.columns))
    cases = [kind for kind in csv_code.CASES if kind in kinds]
    made: list[Function] = []
    if cases:
        returns = " | ".join(["str", *(csv_code.RETURNS[kind] for kind in cases if kind in csv_code.RETURNS)])
        source = csv_code.PARSE_VALUE.format(returns=returns, cases="".join(csv_code.CASES[kind] for kind in cases))
        examples = [example for kind in ("string", *cases) for example in csv_code.VALUE_EXAMPLES[kind]]
        imports = tuple(csv_code.IMPORTS[kind] for kind in cases if kind in csv_code.IMPORTS)
        made.append(Function(source=source, imports=_merged(imports), examples=tuple(examples)))
    row_examples: list[Example] = [*csv_code.ROW_EXAMPLES]
    for kind in cases:
        row_examples += csv_code.TYPED_ROW_EXAMPLES.get(kind, ())
    row_source = csv_code.PARSE_ROW if cases else csv_code.PARSE_ROW_OF_TEXT
    made.append(Function(source=row_source, examples=tuple(row_examples)))
    if spec.keys:
        made.append(Function(source=csv_code.DEDUPLICATE, examples=csv_code.DEDUPLICATE_EXAMPLES))
    return tuple(made)


def _merged(imports: tuple[str, ...]) -> tuple[str, ...]:
    """Return import statements with one line for each module."""
    names: dict[str, list[str]] = {}
    plain = [line for line in imports if line.startswith("import ")]
    for line in imports:
        if line.startswith("from "):
            module, _, what = line.removeprefix("from ").partition(" import ")
            names.setdefault(module, []).extend(what.split(", "))
    return (
        *plain,
        *(f"from {module} import {', '.join(sorted(set(what), key=_isort))}" for module, what in names.items()),
    )


def _isort(name: str) -> tuple[int, str]:
    """Sort constants before classes before functions, as ruff's import rule does."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def _check_row_count(spec: Spec) -> TaskPlan:
    task = PythonTask(
        task_id="check_row_count",
        doc="Fail if too few rows arrived.",
        retries=0,
        inputs=(Input(name="counts", annotation="dict[str, int]", from_task="load_rows"),),
        body=csv_code.CHECK_ROW_COUNT,
    )
    return TaskPlan(subtask="check_row_count", tasks=(task,), constants={"MIN_ROWS": spec.min_rows})
