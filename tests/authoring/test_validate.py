"""Which plans cannot be compiled, and what is said about them."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from airflow_dag_agent_provider.authoring.plan import (
    DagPlan,
    DagRequest,
    Edge,
    Function,
    Input,
    OperatorTask,
    Param,
    Proposal,
    PythonTask,
    Question,
    Schedule,
)
from airflow_dag_agent_provider.authoring.validate import contract_of, problems
from airflow_dag_agent_provider.catalog import Catalog
from tests.authoring.plans import HALVE, SQL, plan, request


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.installed()


def python(task_id: str, body: str = "return None", **fields: object) -> PythonTask:
    return PythonTask(**{"task_id": task_id, "doc": "Does it.", "body": body, **fields})


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
    (plan(params=(Param(name="x"), Param(name="x"))), "param 'x' is declared 2 times"),
    (plan(tasks=(python("a", body="return ("),), edges=()), "body of task 'a' is not Python"),
    (plan(tasks=(python("a", body="'''\n'''\n\"\"\""),), edges=()), "body of task 'a' is not Python"),
    (plan(tasks=(python("a", inputs=(Input(name="x", annotation=BREAKS_OUT),)),), edges=()), "nothing else"),
    (plan(tasks=(python("a", returns="None:\n    pass\nimport os\ndef g() -> None"),), edges=()), "nothing else"),
    (plan(functions=(Function(source="def f(x: int) -> int:\n    return x\nimport os"),)), "one `def` block"),
    (plan(functions=(HALVE.model_copy(update={"imports": ("os.system('x')",)}),)), "not an import statement"),
    (plan(tasks=(OperatorTask(task_id="a", doc="d", operator=SQL + "x"),), edges=()), "SQLExecuteQueryOperatorx"),
    (plan(tasks=(OperatorTask(task_id="a", doc="d", operator=SQL, arguments={"sqll": "x"}),), edges=()), "sqll"),
    (plan(tasks=(OperatorTask(task_id="a", doc="d", operator=BIGQUERY),), edges=()), "apache-airflow-providers-google"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "said"), CASES, ids=[said for _, said in CASES])
def test_a_problem_is_said_in_a_sentence(catalog: Catalog, wrong: DagPlan, said: str) -> None:
    assert any(said in problem for problem in problems(wrong, catalog=catalog)), problems(wrong, catalog=catalog)


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
