"""The DAG that was loaded against the DAG that was asked for."""

from __future__ import annotations

import pytest

from airflow_dag_agent_provider.checks.agreement import agreement
from airflow_dag_agent_provider.checks.contract import Contract
from airflow_dag_agent_provider.checks.finding import Finding
from airflow_dag_agent_provider.checks.subject import Subject
from airflow_dag_agent_provider.sandbox.answers import Loaded, LoadedDag, LoadedTask

from .test_load import Told

TASKS = (LoadedTask(task_id="a", operator="x.A"), LoadedTask(task_id="b", operator="x.B", upstream=("a",)))
CRON = "airflow.timetables.trigger.CronTriggerTimetable"
DAG = LoadedDag(dag_id="d", schedule="0 4 * * *", timetable=CRON, cron=("0 4 * * *",), tasks=TASKS)
ASKED = Contract(dag_id="d", task_ids=("a", "b"), edges=(("a", "b"),), cron="0 4 * * *")


PYTHON = "airflow.providers.standard.decorators.python._PythonDecoratedOperator"
BASH = "airflow.providers.standard.decorators.bash._BashDecoratedOperator"


def differences(asked: Contract, *dags: LoadedDag, classes: tuple[tuple[str, str], ...] = ()) -> list[Finding]:
    return agreement(Subject(b"", Told(answer=Loaded(dags=dags, operator_classes=classes)), asked))


def operators(*pairs: tuple[str, str]) -> Contract:
    return ASKED.model_copy(update={"task_operators": pairs})


def made_by(operator: str) -> LoadedDag:
    return DAG.model_copy(update={"tasks": (LoadedTask(task_id="a", operator=operator), TASKS[1])})


def test_the_dag_that_was_asked_for_gives_no_finding() -> None:
    assert differences(ASKED, DAG) == []


def test_without_a_contract_nothing_is_compared() -> None:
    assert agreement(Subject(b"", Told(answer=Loaded(dags=(DAG,))))) == []


@pytest.mark.parametrize(
    ("changed", "code", "both"),
    [
        ({"dag_id": "e"}, "contract-dag-id", ("'d'", "'e'")),
        ({"task_ids": ("a", "c")}, "contract-tasks", ("'b'", "'c'")),
        ({"edges": (("b", "a"),)}, "contract-edges", ("a >> b", "b >> a")),
        ({"cron": "0 5 * * *"}, "contract-schedule", ("0 4 * * *", "0 5 * * *")),
        ({"cron": None}, "contract-schedule", ("0 4 * * *", "None")),
        ({"timezone": "Europe/Paris"}, "contract-timezone", ("UTC", "Europe/Paris")),
        ({"catchup": True}, "contract-catchup", ("catchup=False", "catchup=True")),
    ],
)
def test_a_difference_is_an_error_that_names_both_sides(
    changed: dict[str, object], code: str, both: tuple[str, str]
) -> None:
    (found,) = differences(ASKED.model_copy(update=changed), DAG)
    assert (found.code, found.severity) == (code, "error")
    assert all(side in found.message for side in both)


def test_a_second_dag_beside_the_right_one_is_an_error() -> None:
    (found,) = differences(ASKED, DAG, DAG.model_copy(update={"dag_id": "extra"}))
    assert (found.code, "'extra'" in found.message) == ("contract-dag-id", True)


@pytest.mark.parametrize(
    ("asked", "written"), [("@daily", "0 0 * * *"), ("0 4 * * mon-fri", "0 4 * * 1-5"), ("0 4  * * 7", "0 4 * * 0")]
)
def test_one_cron_written_in_two_ways_is_no_difference(asked: str, written: str) -> None:
    assert differences(ASKED.model_copy(update={"cron": asked}), DAG.model_copy(update={"cron": (written,)})) == []


def test_a_dag_without_schedule_fits_a_contract_without_cron() -> None:
    unscheduled = DAG.model_copy(
        update={"cron": (), "schedule": None, "timetable": "airflow.timetables.simple.NullTimetable"}
    )
    assert differences(ASKED.model_copy(update={"cron": None}), unscheduled) == []


def test_a_dag_that_assets_start_too_does_not_fit_its_cron_alone() -> None:
    timetable = "airflow.timetables.assets.AssetOrTimeSchedule"
    either = DAG.model_copy(update={"timetable": timetable, "schedule": "Asset or 0 4 * * *"})
    assert [found.code for found in differences(ASKED, either)] == ["contract-schedule"]


def test_a_dag_with_two_crons_does_not_fit_one() -> None:
    twice = DAG.model_copy(update={"cron": ("0 4 * * *", "0 5 * * *"), "schedule": "0 4 * * *, 0 5 * * *"})
    assert [found.code for found in differences(ASKED, twice)] == ["contract-schedule"]


def test_tasks_made_by_the_operators_asked_for_give_no_finding() -> None:
    assert differences(operators(("a", "x.A"), ("b", "x.B")), DAG) == []


def test_a_task_made_by_another_operator_is_an_error_that_names_both() -> None:
    (found,) = differences(operators(("a", "x.A"), ("b", "x.C")), DAG)
    assert (found.code, found.severity) == ("contract-operator", "error")
    assert found.message == "The task 'b' is a 'x.B'; asked was 'x.C'"


def test_a_decorated_python_task_fits_its_sign() -> None:
    assert differences(operators(("a", "@task")), made_by(PYTHON)) == []


@pytest.mark.parametrize("operator", [BASH, "x.A", "dag_file._PythonDecoratedOperator"])
def test_no_other_operator_fits_the_sign_of_a_decorated_python_task(operator: str) -> None:
    assert [found.code for found in differences(operators(("a", "@task")), made_by(operator))] == ["contract-operator"]


def test_an_operator_asked_for_by_the_path_of_an_import_fits_its_class() -> None:
    assert differences(operators(("a", "y.A")), DAG, classes=(("y.A", "x.A"),)) == []


def test_a_task_that_is_not_there_is_no_second_finding() -> None:
    assert differences(operators(("c", "x.A")), DAG) == []
