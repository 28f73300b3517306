"""The generated Python is run for real: pure functions on their examples, tasks on real databases."""

from __future__ import annotations

import json
import sqlite3
import textwrap
from contextlib import closing
from pathlib import Path

import pytest

from airflow_dag_agent_provider.authoring.plan import DagPlan
from tests.services import ServiceMissing, empty_postgres_database

REQUESTS = Path(__file__).parent.parent / "requests"
KINDS = "id: string, n: integer, f: float, d: decimal, b: boolean, day: date, ts: timestamp"
TEXT = (
    "Manual runs only. Load the CSV files in {folder} with columns {columns} into the {engine} table {table}, {mode}."
)


class Log:
    """Stands for the module's logger and keeps its lines."""

    def __init__(self):
        self.infos, self.warnings = [], []

    def info(self, text, *values):
        self.infos.append(text % values)

    def warning(self, text, *values):
        self.warnings.append(text % values)


def namespace(plan):
    """Return the constants and functions of a plan as a module would hold them."""
    space = {"log": Log(), **plan.constants}
    for function in plan.functions:
        exec("from __future__ import annotations\n" + "\n".join(function.imports) + "\n" + function.source, space)
    return space


def run(plan, task_id, space, *arguments):
    task = next(task for task in plan.tasks if task.task_id == task_id)
    names = ", ".join(given.name for given in task.inputs)
    exec(f"def {task_id}({names}):\n" + textwrap.indent(task.body, "    "), space)
    return space[task_id](*arguments)


def load(plan, space):
    return run(plan, "load_rows", space, run(plan, "list_files", space))


@pytest.mark.parametrize("case", sorted(REQUESTS.glob("*/plan.json")), ids=lambda path: path.parent.name)
def test_the_examples_of_the_functions_hold(case):
    plan = DagPlan.model_validate_json(case.read_text())
    space = namespace(plan)

    for example in (example for function in plan.functions for example in function.examples):
        if example.raises:
            with pytest.raises(space["__builtins__"][example.expected]):
                eval(example.call, space)
        else:
            assert eval(example.call, space) == eval(example.expected, space), example.call


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    header = "id,n,f,d,b,day,ts\n"
    (folder / "a.csv").write_text(
        "\ufeff" + header + "x,1,1.5,10.50,yes,2026-01-02,2026-01-02T03:04:05Z\ny,2,,,,,2026-01-02\n"
    )
    (folder / "b.csv").write_text(
        " ts , id,n,f,d,b,day,more\n2026-01-02T05:04:05+02:00,x,7,2,1,0,2026-01-03,?\n\n2026,z,1,1,1,1,2026-01-01,?\n"
    )
    (folder / "c.csv").write_text(header + ",1,1,1,1,2026-01-01,2026-01-01\nw,1,nan,1,1,2026-01-01,2026-01-01\nv,1\n")
    (folder / "empty.csv").write_text("")
    (folder / "notes.txt").write_text("no csv")
    (folder / "sub.csv").mkdir()
    return folder


@pytest.fixture
def sqlite_file(tmp_path, monkeypatch):
    path = tmp_path / "test.db"
    monkeypatch.setenv("AIRFLOW_CONN_SQLITE_DEFAULT", json.dumps({"conn_type": "sqlite", "host": str(path)}))
    return path


def sqlite_plan(plan, path, folder, mode, columns=KINDS):
    made = plan(TEXT.format(folder=f'"{folder}"', columns=columns, engine="SQLite", table="values_in", mode=mode))
    create = next(task for task in made.tasks if task.task_id == "create_table")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(create.arguments["sql"])
    return made


def rows_of(path):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT * FROM values_in ORDER BY 1, 2").fetchall()


EXPECTED = [
    ("x", 7, 2.0, "1", 0, "2026-01-03", "2026-01-02T03:04:05+00:00"),
    ("y", 2, None, None, None, None, "2026-01-02T00:00:00+00:00"),
]


def test_rows_are_upserted_into_sqlite_and_a_rerun_changes_nothing(plan, folder, sqlite_file):
    made = sqlite_plan(plan, sqlite_file, folder, "upsert by id and ts")
    space = namespace(made)

    counts = load(made, space)

    assert counts == {"files": 4, "read": 7, "rejected": 4, "duplicates": 1, "written": 2}
    assert rows_of(sqlite_file) == EXPECTED
    assert f"Left out {folder}/b.csv line 4: column 'ts' is not of type timestamp" in space["log"].warnings
    assert load(made, space) == counts
    assert rows_of(sqlite_file) == EXPECTED


def test_an_error_while_writing_leaves_the_table_as_it_was(plan, folder, sqlite_file):
    made = sqlite_plan(plan, sqlite_file, folder, "replace the table")
    space = namespace(made)
    load(made, space)
    before = rows_of(sqlite_file)
    space["WRITE_SQL"] = space["WRITE_SQL"].replace('"values_in"', '"missing"')

    with pytest.raises(sqlite3.OperationalError):
        load(made, space)

    assert len(before) == 4
    assert rows_of(sqlite_file) == before


def test_a_replacement_without_rows_keeps_the_table(plan, folder, sqlite_file):
    made = sqlite_plan(plan, sqlite_file, folder, "replace the table")
    space = namespace(made)
    load(made, space)
    for file in folder.glob("?.csv"):
        file.unlink()

    assert load(made, space)["written"] == 0
    assert len(rows_of(sqlite_file)) == 4


def test_an_append_with_keys_leaves_rows_that_are_there(plan, folder, sqlite_file):
    made = sqlite_plan(plan, sqlite_file, folder, "append, drop duplicates by id", columns="id: string, n: integer")
    space = namespace(made)
    load(made, space)
    (folder / "a.csv").write_text("id,n\nx,99\nnew,5\n")

    load(made, space)

    assert dict(rows_of(sqlite_file)) == {"x": 7, "y": 2, "z": 1, "w": 1, "v": 1, "new": 5}


def test_an_append_without_keys_adds_rows(plan, folder, sqlite_file):
    made = sqlite_plan(plan, sqlite_file, folder, "append", columns="id: string, n: integer")
    space = namespace(made)

    counts = load(made, space)

    assert (counts["written"], counts["duplicates"]) == (len(rows_of(sqlite_file)), 0)


def test_too_few_rows_fail_without_a_retry(plan, reference):
    from airflow.sdk.exceptions import AirflowFailException

    made = plan(reference)
    with pytest.raises(AirflowFailException, match="0 rows arrived, at least 1 are required"):
        run(made, "check_row_count", namespace(made), {"read": 2, "rejected": 2})


def test_enough_rows_pass(plan, reference):
    made = plan(reference)

    assert run(made, "check_row_count", namespace(made), {"read": 3, "rejected": 2}) is None


def test_rows_are_upserted_into_postgresql_and_a_rerun_changes_nothing(plan, folder, monkeypatch):
    try:
        with empty_postgres_database() as dsn:
            _load_into_postgres(plan, folder, monkeypatch, dsn)
    except ServiceMissing as missing:
        pytest.skip(str(missing))


def _load_into_postgres(plan, folder, monkeypatch, dsn):
    import psycopg2

    monkeypatch.setenv("AIRFLOW_CONN_SHOP_PG", dsn)
    text = TEXT.format(
        folder=f'"{folder}"', columns=KINDS, engine="PostgreSQL", table="Etl.values_in", mode="upsert by id and ts"
    )
    made = plan(text + " Use connection shop_pg.")
    create = next(task for task in made.tasks if task.task_id == "create_table")
    space = namespace(made)
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        cursor.execute('CREATE SCHEMA "Etl"')
        cursor.execute(create.arguments["sql"])
        cursor.execute(create.arguments["sql"])
        connection.commit()

        counts = [load(made, space), load(made, space)]

        cursor.execute(
            "SELECT id, n, f, d::text, b, day::text, ts AT TIME ZONE 'UTC' FROM \"Etl\".values_in ORDER BY id"
        )
        found = cursor.fetchall()
    assert counts[0] == counts[1] == {"files": 4, "read": 7, "rejected": 4, "duplicates": 1, "written": 2}
    assert [(*row[:6], row[6].isoformat()) for row in found] == [
        ("x", 7, 2.0, "1", False, "2026-01-03", "2026-01-02T03:04:05"),
        ("y", 2, None, None, None, None, "2026-01-02T00:00:00"),
    ]


def test_a_file_with_the_wrong_header_fails_the_run_and_nothing_is_written(plan, folder, sqlite_file):
    from airflow.sdk.exceptions import AirflowFailException

    made = sqlite_plan(plan, sqlite_file, folder, "upsert by id and ts")
    (folder / "z.csv").write_text("id;n;f;d;b;day;ts\nx;1;1;1;1;2026-01-01;2026-01-01\n")
    with pytest.raises(AirflowFailException, match=r"z.csv has no column \['b', 'd'.*its header is \['id;n"):
        load(made, namespace(made))
    assert rows_of(sqlite_file) == []
