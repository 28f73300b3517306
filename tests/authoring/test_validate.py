"""Which plans cannot be compiled, and what is said about them."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from airflow_dag_agent_provider.authoring.plan import (
    DagPlan,
    DagRequest,
    Edge,
    Example,
    Function,
    Input,
    OperatorTask,
    Param,
    Proposal,
    Question,
    Schedule,
)
from airflow_dag_agent_provider.authoring.render import render
from airflow_dag_agent_provider.authoring.validate import contract_of, problems
from airflow_dag_agent_provider.catalog import Catalog
from tests.authoring.plans import HALVE, SQL, function, operator, plan, python, request


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.installed()


def test_a_good_plan_has_no_problems(catalog: Catalog) -> None:
    assert problems(plan(), catalog=catalog) == []


BREAKS_OUT = "str) -> None: pass\nimport os\ndef g(y: str"
BIGQUERY = "airflow.providers.google.cloud.operators.bigquery.BigQueryInsertJobOperator"

CASES: list[tuple[DagPlan, str]] = [
    (plan(edges=(Edge(upstream="nobody", downstream="list_files"),)), "'nobody'"),
    (plan(edges=(Edge(upstream="count_them", downstream="list_files"),)), "circle"),
    (plan(tasks=(python("a"), python("a")), edges=()), "'a' is used for 2 things"),
    (plan(tasks=(python("halve"),), edges=()), "'halve' is used for 2 things"),
    (plan(tasks=(python("dag"),), edges=()), "'dag' already has a meaning"),
    (plan(tasks=(python("print"),), edges=()), "'print' already has a meaning"),
    (plan(constants={"folder": "x"}), "not UPPER_CASE"),
    (plan(tasks=(python("a", doc=" "),), edges=()), "has no doc"),
    (plan(params=(Param(name="x"), Param(name="x"))), "param 'x' is declared 2 times"),
    (plan(tasks=(python("a", body="return ("),), edges=()), "body of task 'a' is not Python"),
    (plan(tasks=(python("a", body="'''\n'''\n\"\"\""),), edges=()), "body of task 'a' is not Python"),
    (plan(tasks=(python("a", inputs=(Input(name="x", annotation=BREAKS_OUT),)),), edges=()), "not a plain type"),
    (plan(tasks=(python("a", returns="None:\n    pass\nimport os\ndef g() -> None"),), edges=()), "not a plain type"),
    (plan(functions=(Function(source="def f(x: int) -> int:\n    return x\nimport os"),)), "one `def` block"),
    (plan(functions=(HALVE.model_copy(update={"imports": ("os.system('x')",)}),)), "not an import statement"),
    (plan(tasks=(OperatorTask(task_id="a", doc="d", operator=SQL + "x"),), edges=()), "SQLExecuteQueryOperatorx"),
    (plan(tasks=(OperatorTask(task_id="a", doc="d", operator=SQL, arguments={"sqll": "x"}),), edges=()), "sqll"),
    (plan(tasks=(OperatorTask(task_id="a", doc="d", operator=BIGQUERY),), edges=()), "apache-airflow-providers-google"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "said"), CASES, ids=[said for _, said in CASES])
def test_a_problem_is_said_in_a_sentence(catalog: Catalog, wrong: DagPlan, said: str) -> None:
    assert any(said in problem for problem in problems(wrong, catalog=catalog)), problems(wrong, catalog=catalog)


CODE = "open('/tmp/pwned', 'w')"
PARSED = [
    plan(tasks=(python("a", inputs=(Input(name="x", annotation=f"object = {CODE}", value=1),)),), edges=()),
    plan(tasks=(python("a", inputs=(Input(name="x", annotation=f"({CODE})", value=1),)),), edges=()),
    plan(tasks=(python("a", inputs=(Input(name="x", annotation="str # y", value=1),)),), edges=()),
    plan(tasks=(python("a", inputs=(Input(name="x", annotation="'int'", value=1),)),), edges=()),
    plan(tasks=(python("a", returns=f"({CODE})"),), edges=()),
    plan(tasks=(python("a", returns=f"dict[str, {CODE}]"),), edges=()),
    plan(tasks=(python("a", returns="(x := int)"),), edges=()),
    plan(tasks=(python("a", returns="lambda: 1"),), edges=()),
    plan(tasks=(python("a", body="return 1\n\x0cimport os"),), edges=()),
    plan(functions=(function(f"@(lambda f: ({CODE}, f)[1])\ndef f(x: int) -> int:\n    return x"),)),
    plan(functions=(function(f"def f(x: int = {CODE}) -> int:\n    return x"),)),
    plan(functions=(function(f"def f(*, x: int = {CODE}) -> int:\n    return x"),)),
    plan(functions=(function(f"def f(x: {CODE}) -> int:\n    return x"),)),
    plan(functions=(function(f"def f(*x: int, **y: {CODE}) -> int:\n    return x"),)),
    plan(functions=(function(f"def f(x: int) -> {CODE}:\n    return x"),)),
    plan(
        functions=(function("def BashOperator(**k):\n    pass"),), tasks=(operator("a", bash_command="true"),), edges=()
    ),
    plan(functions=(function("def CronTriggerTimetable(*a, **k):\n    pass"),)),
    plan(functions=(function('def  DAG(*a, **k):\n    """x\ndef fake(\n    """'),)),
    plan(functions=(function("def __getattr__(name):\n    pass"),)),
    plan(
        tasks=(
            OperatorTask(
                task_id="a",
                doc="d",
                operator="airflow.providers.amazon.aws.operators.eks.EksPodOperator",
                arguments={f"zz={CODE}, yy": 1},
            ),
        ),
        edges=(),
    ),
    plan(tasks=(OperatorTask(task_id="a", doc="d", operator=f"os import path; {CODE} #.B"),), edges=()),
]


@pytest.mark.parametrize("wrong", PARSED, ids=range(len(PARSED)))
def test_code_that_would_run_when_the_file_is_parsed_is_a_problem(catalog: Catalog, wrong: DagPlan) -> None:
    assert problems(wrong, catalog=catalog)


F = "def f(x: int) -> int:\n    return x"
PYTHON_READS_IT_OTHERWISE = [
    (plan(functions=(function(F, "import datetime as dt"),)), "leave out 'as'"),
    (plan(functions=(function(F, "import datetime"),)), "'datetime' already has a meaning"),
    (plan(functions=(function(F, "from .json import loads"),)), "relative import"),
    (plan(functions=(function(F, "from os import *"),)), "imports everything"),
    (plan(functions=(function(F, "from __future__ import annotations"),)), "'__future__'"),
    (plan(functions=(function(F, "import antigravity"),)), "'antigravity'"),
    (plan(functions=(function(F, "import requests"),)), "'requests'"),
    (plan(functions=(function(F, "from math import pow"),)), "'pow' already has a meaning"),
    (
        plan(
            functions=(
                function(F, "from zipfile import Path"),
                HALVE.model_copy(update={"imports": ("from pathlib import Path",)}),
            )
        ),
        "'Path' is used for 2 things",
    ),
    (plan(functions=(function(F, "import csv"),), tasks=(python("csv"),), edges=()), "'csv' is used for 2 things"),
    (
        plan(functions=(function(F, "import csv"),), tasks=(python("a", result="csv"),), edges=()),
        "'csv' is used for 2 things",
    ),
    (
        plan(tasks=(python("a", result="BashOperator"), operator("b", bash_command="true")), edges=()),
        "'BashOperator' is used for 2",
    ),
    (plan(tasks=(python("x"), python("x_result")), edges=()), "'x_result' is used for 2 things"),
    (
        plan(constants={"LOAD_BASH_COMMAND": "keep"}, tasks=(operator("load", bash_command="a\nb"),), edges=()),
        "'LOAD_BASH_COMMAND' is used for 2",
    ),
    (plan(constants={"X": "\ud800"}), "not Unicode"),
    (plan(constants={"X": float("nan")}), "constant 'X' holds NaN"),
    (plan(constants={"X": {"a": [float("-inf")]}}), "constant 'X' holds NaN"),
    (plan(params=(Param(name="p", default=float("inf")),)), "param 'p' holds NaN"),
    (
        plan(tasks=(python("a", inputs=(Input(name="x", value=float("nan")),)),), edges=()),
        "input 'x' of task 'a' holds NaN",
    ),
    (plan(tasks=(operator("a", bash_command="true", task_id="b"),), edges=()), "the plan itself sets 'task_id'"),
    (plan(tasks=(operator("a", bash_command="true", doc_md="b"),), edges=()), "the plan itself sets 'doc_md'"),
    (plan(tasks=(operator("a", bash_command="true", dag="b"),), edges=()), "the plan itself sets 'dag'"),
    (
        plan(tasks=(operator("a", bash_command="x", retries=1).model_copy(update={"retries": 2}),), edges=()),
        "sets 'retries'",
    ),
    (
        plan(tasks=(python("a", inputs=(Input(name="x", value=1), Input(name="x", value=2))),), edges=()),
        "duplicate argument",
    ),
    (plan(functions=(function(F, examples=(Example(call="import os", expected="1"),)),)), "not one Python expression"),
    (plan(functions=(function(F, examples=(Example(call="f(1)", expected="1; 2"),)),)), "not one Python expression"),
    (
        plan(functions=(function(F, examples=(Example(call="f(1)", expected="f(2)", raises=True),)),)),
        "name of an exception",
    ),
    (plan(functions=(function("def f(x: int) -> 'int':\n    return x"),)), "not a plain type"),
]


@pytest.mark.parametrize(
    ("wrong", "said"), PYTHON_READS_IT_OTHERWISE, ids=[said for _, said in PYTHON_READS_IT_OTHERWISE]
)
def test_what_would_compile_to_another_meaning_is_a_problem(catalog: Catalog, wrong: DagPlan, said: str) -> None:
    assert any(said in problem for problem in problems(wrong, catalog=catalog)), problems(wrong, catalog=catalog)


@pytest.mark.parametrize(
    "kind", ["dict[str, list[int] | None]", "tuple[int, ...]", "None", "Decimal", "list[datetime.date]"]
)
def test_a_plain_type_is_taken(catalog: Catalog, kind: str) -> None:
    assert problems(plan(tasks=(python("a", returns=kind),), edges=()), catalog=catalog) == []


def test_an_invalid_escape_is_left_to_the_checks(catalog: Catalog) -> None:
    escaped = plan(tasks=(python("a", body=r"return '\d'"),), edges=())
    assert problems(escaped, catalog=catalog) == []
    assert r'"\d"' in render(escaped)


def test_a_function_with_literal_defaults_and_docstring_is_taken(catalog: Catalog) -> None:
    source = 'def f(x: int = -1, *y: str, z: dict[str, int] = {"a": 1}) -> None:\n    """Say `def g(`."""'
    assert problems(plan(functions=(function(source),)), catalog=catalog) == []


def test_the_name_of_a_function_is_the_one_that_python_reads() -> None:
    assert function('def  real(x):\n    """x\ndef fake(\n    """').name == "real"


@pytest.mark.parametrize("source", ["x = 1", "async def f():\n    pass", "class A:\n    pass", "def f(:"])
def test_what_is_no_function_is_not_taken(source: str) -> None:
    with pytest.raises(ValidationError, match="is not a function"):
        function(source)


def test_the_contract_names_the_operator_of_every_task() -> None:
    assert contract_of(plan()).task_operators == (
        ("create_table", SQL),
        ("list_files", "@task"),
        ("count_them", "@task"),
    )


def test_the_contract_has_the_edges_that_values_imply() -> None:
    assert contract_of(plan()).edges == (("create_table", "count_them"), ("list_files", "count_them"))


def test_a_preset_is_compared_as_the_cron_it_stands_for() -> None:
    assert contract_of(plan(schedule=Schedule(kind="cron", cron="@daily"))).cron == "0 0 * * *"


@pytest.mark.parametrize("text", ["", "   ", "?!", "ok"])
def test_a_request_that_says_nothing_is_not_taken(text: str) -> None:
    with pytest.raises(ValidationError):
        request(text)


def test_a_dag_id_that_airflow_does_not_take_comes_back_with_a_suggestion() -> None:
    with pytest.raises(ValidationError, match=r"'Täglich!/x' has characters.*'t_glich_x'"):
        DagRequest(text="load it", dag_id="Täglich!/x", today="2026-11-20")


def test_a_schedule_says_what_is_wrong_with_it() -> None:
    with pytest.raises(ValidationError, match=r"cron '61 4 \* \* \*' is not valid"):
        Schedule(kind="cron", cron="61 4 * * *")
    with pytest.raises(ValidationError, match="timezone 'Mars/Base' is not an IANA name"):
        Schedule(kind="cron", cron="@daily", timezone="Mars/Base")


def test_a_proposal_has_exactly_one_outcome() -> None:
    question = Question(slot="table", text="Which table?", why="rows need a place")
    with pytest.raises(ValidationError, match="exactly one"):
        Proposal()
    with pytest.raises(ValidationError, match="exactly one"):
        Proposal(plan=plan(), questions=(question,))
    assert Proposal(questions=(question,)).plan is None
