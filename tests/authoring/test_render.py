"""render: same plan, same bytes; laid out as ruff would; user words stay data."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_dag_agent_provider.authoring.plan import Edge, Input, OperatorTask, Param, PythonTask, Schedule
from airflow_dag_agent_provider.authoring.render import render, sorted_imports
from airflow_dag_agent_provider.authoring.snippets import indented
from tests.authoring.plans import SQL, constants_of, function, plan, python


def ruff_changes(source: str) -> str:
    """Return what `ruff format` and the import sorter of ruff would change."""
    commands = (["format", "--diff", "-"], ["check", "--select", "I,F,E,UP", "--line-length", "100", "-"])
    outputs = [
        subprocess.run(
            [sys.executable, "-m", "ruff", *command[:1], "--isolated", "--no-cache", *command[1:]],
            input=source,
            capture_output=True,
            text=True,
            check=False,
        )
        for command in commands
    ]
    return "".join(out.stdout for out in outputs if out.returncode)


def test_the_same_plan_gives_the_same_bytes() -> None:
    assert render(plan()) == render(plan())


def test_ruff_finds_nothing_to_change() -> None:
    assert ruff_changes(render(plan())) == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"schedule": Schedule()},
        {"schedule": Schedule(kind="cron", cron="@daily", timezone="Europe/Berlin")},
        {"schedule": Schedule(kind="cron", cron="0 4 * * *", data_interval=True)},
        {"params": (Param(name="country", default="FR", description="ISO code"),)},
        {"retries": 0, "retry_exponential_backoff": True, "dagrun_timeout_minutes": 90},
        {"tags": tuple(f"a_rather_long_tag_{n}" for n in range(6))},
        {"assumptions": (), "functions": (), "constants": {}},
        {"constants": {"COLUMNS": {f"column_{n}": "string" for n in range(12)}}},
    ],
    ids=lambda changes: ",".join(changes),
)
def test_ruff_finds_nothing_to_change_in_any_shape(changes: dict[str, object]) -> None:
    assert ruff_changes(render(plan(**changes))) == ""


def test_a_constant_is_named_where_its_value_is_used() -> None:
    source = render(plan())
    assert "conn_id=CONN_ID" in source
    assert "list_files(folder=FOLDER)" in source


def test_a_multi_line_argument_becomes_a_constant() -> None:
    source = render(plan())
    assert 'CREATE_TABLE_SQL = """\\\nCREATE TABLE' in source
    assert "sql=CREATE_TABLE_SQL" in source


def test_a_passed_value_needs_no_arrow_and_another_edge_has_one() -> None:
    lines = render(plan()).splitlines()
    assert "    create_table >> count_them_result" in lines
    assert not any("files >>" in line for line in lines)


def test_tasks_are_called_upstream_first() -> None:
    late_first = plan(tasks=tuple(reversed(plan().tasks)))
    called = [
        line
        for line in render(late_first).splitlines()
        if (line.startswith("    ") and "_result = " in line) or "files = " in line
    ]
    assert "list_files(" in called[0]
    assert "count_them(" in called[-1]


def test_the_header_names_request_assumptions_plan_and_version() -> None:
    doc = ast.get_docstring(ast.parse(render(plan()))) or ""
    assert "Every day at 04:00 count the files" in doc
    assert "The time zone is UTC." in doc
    assert plan().sha256[:16] in doc
    assert "airflow-dag-agent-provider" in doc


NASTY = [
    '"""',
    "\\",
    "{{ conn.x.password }}",
    "\u202etrojan",
    "line\nbreak",
    "<img src=x>",
    "'; import os #",
    "\x00",
    "![](http://x)",
]


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_words_of_a_user_stay_inside_their_literal(text: str) -> None:
    said = plan(
        request=f"do {text} now",
        summary=f"Does {text} now.",
        assumptions=(f"that {text} holds",),
        constants={"FOLDER": f"/in/{text}"},
        functions=(),
        tasks=(PythonTask(task_id="a", doc=f"Doc {text}.", inputs=(Input(name="x", value=text),), body="return None"),),
        edges=(),
    )
    tree = ast.parse(render(said))
    assert [type(node).__name__ for node in tree.body] == [
        "Expr", "ImportFrom", "ImportFrom", "ImportFrom", "Assign", "FunctionDef", "With",
    ]  # fmt: skip
    values = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    assert f"/in/{text}" in values
    assert text in values
    assert "\u202e" not in render(said)


def test_an_indented_body_keeps_its_multi_line_strings() -> None:
    body = 'text = """one\n  two\n"""\nreturn text'
    source = f"def f():\n{indented(body)}\n"
    namespace: dict[str, object] = {}
    exec(source, namespace)
    assert namespace["f"]() == "one\n  two\n"  # type: ignore[operator]


@pytest.mark.parametrize("char", ["\x0c", "\x0b", "\x1c", "\x85", "\u2028"], ids=ascii)
def test_only_a_line_feed_ends_a_line_of_a_body(char: str) -> None:
    body = f'text = """one{char}two\nthree"""\nreturn text'
    source = render(plan(tasks=(python("a", body=body),), edges=()))
    (task,) = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name == "a"]
    assert f"one{char}two\nthree" in [node.value for node in ast.walk(task) if isinstance(node, ast.Constant)]


def test_constants_stand_together_and_a_string_that_looks_like_constants_is_not_touched() -> None:
    constants = {"ALPHA": "x", "BETA": "y", "TEXT": "ALPHA = 1\n\nTEXT = 2\nend"}
    source = render(plan(constants=constants, functions=(), tasks=(python("a"),), edges=()))
    assert constants_of(source) == constants
    assert 'ALPHA = "x"\nBETA = "y"\nTEXT = """' in source


@pytest.mark.parametrize(
    "body", ['x = "a" "b"\nreturn x', "return f'{ 1+1 }'", "x = 1\r\nreturn x", f"return {'[' * 90}{']' * 90}"]
)
def test_a_body_that_ruff_would_lay_out_in_another_way_still_says_the_same(body: str) -> None:
    source = render(plan(tasks=(python("a", body=body),), edges=()))
    (task,) = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name == "a"]
    said = ast.parse(f"def a():\n{indented(body.replace(chr(13), ''))}").body[0]
    assert [ast.dump(node) for node in task.body[1:]] == [ast.dump(node) for node in said.body]


def test_what_black_cannot_read_stands_as_it_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    import black

    def refuse(*args: object, **options: object) -> str:
        raise black.InvalidInput("Cannot parse")

    monkeypatch.setattr(black, "format_str", refuse)
    ast.parse(render(plan()))


def test_a_variable_that_is_named_like_an_import_imports_nothing() -> None:
    source = render(plan(tasks=(python("a", body="annotations = 1\nreturn annotations"),), edges=()))
    assert source.count("import annotations") == 1
    compile(source, "count_files.py", "exec")


def test_the_header_shows_words_that_would_be_a_heading_or_a_link() -> None:
    said = "# APPROVED - see https://evil.example and [docs](javascript:x) " + "and so on " * 6 + "\n# Heading"
    doc = ast.get_docstring(ast.parse(render(plan(summary=said, assumptions=(said,), request=said)))) or ""
    shown = [line for line in doc.splitlines() if not line.startswith("    ")]
    assert not [
        line for line in shown if line.startswith(("#", "- #")) or "://" in line or "](" in line.replace("\\](", "")
    ]


def test_a_glob_and_a_name_read_as_written_in_the_header() -> None:
    doc = ast.get_docstring(ast.parse(render(plan(summary="Loads *.csv into daily_values as list[str].")))) or ""
    assert doc.startswith("Loads *.csv into daily_values as list[str].")


def test_functions_that_import_the_same_name_in_the_same_way_share_it() -> None:
    two = (
        function("def f(x: int) -> datetime:\n    return datetime.now(UTC)", "from datetime import UTC, datetime"),
        function("def g(x: int) -> datetime:\n    return datetime.now(UTC)", "from datetime import datetime, UTC"),
    )
    assert "from datetime import UTC, datetime, timedelta\n" in render(plan(functions=two))


def test_imports_are_merged_and_sorted_by_group() -> None:
    assert sorted_imports(
        ["from airflow.sdk import task", "import csv", "from airflow.sdk import DAG", "import csv"]
    ) == ("import csv\n\nfrom airflow.sdk import DAG, task")


names = st.from_regex(r"[a-z][a-z0-9_]{2,12}", fullmatch=True).map(lambda name: f"t_{name}")


@st.composite
def plans(draw: st.DrawFn):
    ids = draw(st.lists(names, min_size=1, max_size=6, unique=True))
    tasks = [
        PythonTask(task_id=task_id, doc=draw(st.text(max_size=60)), body="return None")
        if draw(st.booleans())
        else OperatorTask(
            task_id=task_id, doc="An operator.", operator=SQL, arguments={"sql": draw(st.text(max_size=80))}
        )
        for task_id in ids
    ]
    pairs = [(a, b) for n, a in enumerate(ids) for b in ids[n + 1 :]]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=6)) if pairs else []
    return plan(
        tasks=tuple(tasks),
        edges=tuple(Edge(upstream=a, downstream=b) for a, b in chosen),
        constants={
            "VALUE": draw(
                st.recursive(
                    st.text(max_size=20) | st.integers() | st.booleans() | st.none(),
                    lambda c: st.lists(c, max_size=4) | st.dictionaries(st.text(max_size=8), c, max_size=4),
                    max_leaves=8,
                )
            )
        },
        functions=(),
        summary=draw(st.text(max_size=80)),
        request=draw(st.text(max_size=200)),
    )


@settings(max_examples=60, deadline=None)
@given(plans())
def test_any_plan_renders_to_python_that_is_rendered_the_same_again(random_plan) -> None:
    source = render(random_plan)
    ast.parse(source)
    assert render(random_plan) == source


@settings(max_examples=8, deadline=None)
@given(plans())
def test_ruff_finds_nothing_to_change_in_random_plans(random_plan) -> None:
    import shutil
    import subprocess as sp

    ruff = shutil.which("ruff") or sys.executable
    command = [ruff, "-m", "ruff"] if ruff == sys.executable else [ruff]
    done = sp.run(
        [*command, "format", "--isolated", "--no-cache", "--diff", "-"],
        input=render(random_plan),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == ""
