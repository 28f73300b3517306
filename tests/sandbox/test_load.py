"""A hostile file ends within its limits and is told as what it did."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from airflow_dag_agent_provider.exceptions import SandboxFailed
from airflow_dag_agent_provider.sandbox import sandbox as module
from airflow_dag_agent_provider.sandbox.answers import Loaded
from airflow_dag_agent_provider.sandbox.limits import Limits
from airflow_dag_agent_provider.sandbox.sandbox import Sandbox

from .conftest import LIMITS, SOURCES

Loads = dict[str, Loaded]


def test_a_dag_is_told_with_its_tasks_and_edges(loads: Loads) -> None:
    (dag,) = loads["plain"].dags
    assert {task.task_id: task.upstream for task in dag.tasks} == {"a": (), "b": ("a",)}


def test_an_operator_is_told_by_its_dotted_path(loads: Loads) -> None:
    operators = {task.operator for task in loads["plain"].dags[0].tasks}
    assert operators == {"airflow.providers.standard.operators.empty.EmptyOperator"}


def test_a_schedule_is_told_with_cron_and_zone(loads: Loads) -> None:
    dag = loads["plain"].dags[0]
    assert (dag.schedule, dag.cron, dag.timezone, dag.catchup) == ("0 4 * * *", ("0 4 * * *",), "UTC", False)


def test_five_next_runs_are_told_at_the_hour_of_the_cron(loads: Loads) -> None:
    runs = loads["plain"].dags[0].next_runs
    assert len(runs) == 5
    assert {run[11:] for run in runs} == {"04:00:00+00:00"}


def test_tags_are_told_in_order(loads: Loads) -> None:
    assert loads["plain"].dags[0].tags == ("x", "y", "z")


def test_one_dag_has_one_hash_wherever_it_was_loaded(loads: Loads) -> None:
    assert loads["plain"].dags[0].serialized_sha256 == loads["again"].dags[0].serialized_sha256


def test_an_operator_that_is_there_is_confirmed(loads: Loads) -> None:
    assert "airflow.providers.standard.operators.bash.BashOperator" in loads["plain"].operators_confirmed


def test_an_operator_asked_for_by_the_path_of_an_import_is_told_with_its_class(loads: Loads) -> None:
    paths = ("airflow.sdk.BaseOperator", "airflow.sdk.bases.operator.BaseOperator")
    assert loads["plain"].operator_classes == (paths,)


def test_an_operator_that_is_not_there_is_told_with_the_reason(loads: Loads) -> None:
    (missing,) = loads["plain"].operators_unconfirmed
    assert (missing.operator, "airflow.nowhere" in missing.message) == ("airflow.nowhere.Operator", True)


def test_the_layers_that_hold_are_named(loads: Loads) -> None:
    assert {"empty_environment", "wall_clock", "rlimits"} <= set(loads["plain"].layers)


def test_exit_without_a_word_is_a_death_by_exit(loads: Loads) -> None:
    assert str(loads["exits_at_once"].died) == "it ended with exit code 0 before it gave a result"


def test_sys_exit_is_an_import_error_at_its_line(loads: Loads) -> None:
    (failure,) = loads["sys_exit"].import_errors
    assert (failure.error_type, failure.message, failure.line) == ("SystemExit", "7", 2)


def test_an_endless_loop_is_told_with_its_line(loads: Loads) -> None:
    (failure,) = loads["loops"].import_errors
    assert failure.error_type == "AirflowTaskTimeout"
    assert failure.line in {1, 2}


def test_a_loop_that_cancels_the_alarm_meets_the_cpu_limit(loads: Loads) -> None:
    died = loads["loops_without_alarm"].died
    assert died is not None
    assert (died.kind, died.detail) in {("signal", "SIGXCPU"), ("timeout", "20")}  # a busy machine: the clock


def test_a_sleep_that_cancels_the_alarm_meets_the_wall_clock(loads: Loads) -> None:
    died = loads["sleeps_without_alarm"].died
    assert died is not None
    assert (died.kind, died.detail) == ("timeout", "20")


@pytest.mark.parametrize("name", SOURCES)
def test_no_file_outlives_the_wall_clock(loads: Loads, name: str) -> None:
    assert loads[name].elapsed_s < LIMITS.wall_s + 2


def test_a_memory_hog_is_a_memory_error_at_its_line(loads: Loads) -> None:
    (failure,) = loads["hogs_memory"].import_errors
    assert (failure.error_type, failure.line) == ("MemoryError", 1)


def test_an_output_flood_is_stopped_at_the_cap(loads: Loads) -> None:
    died = loads["floods_output"].died
    assert died is not None
    assert died.kind == "output"


def test_a_printed_result_line_is_not_believed(loads: Loads) -> None:
    assert [dag.dag_id for dag in loads["prints_a_result"].dags] == ["d"]


def test_a_result_written_into_the_channel_without_the_token_is_not_believed(loads: Loads) -> None:
    assert str(loads["forges_a_result"].died) == "it ended with exit code 0 before it gave a result"


def test_the_request_is_gone_when_the_file_runs(loads: Loads) -> None:
    assert loads["says_what_it_was_asked"].dags[0].tags == ("False", "[]")


def test_the_environment_of_the_parent_is_not_there(loads: Loads) -> None:
    assert loads["reads_the_environment"].dags[0].tags == ("nothing",)


def test_a_grandchild_does_not_survive(loads: Loads) -> None:
    pid = loads["leaves_a_grandchild"].dags[0].tags[0]
    assert _gone(pid)


def test_a_fork_is_told_with_its_line(loads: Loads) -> None:
    assert loads["forks_and_goes_on"].forked_at == (2,)


def test_a_forked_copy_adds_nothing_to_the_result(loads: Loads) -> None:
    assert [dag.dag_id for dag in loads["forks_and_goes_on"].dags] == ["d"]


def test_a_large_file_cannot_be_written(loads: Loads) -> None:
    (failure,) = loads["writes_a_large_file"].import_errors
    assert failure.error_type == "OSError"


def test_there_is_no_input_to_wait_for(loads: Loads) -> None:
    assert loads["waits_for_input"].dags[0].tags == ("read:",)


def test_a_thread_of_the_file_does_not_hold_the_result_back(loads: Loads) -> None:
    assert loads["a_thread_stays"].died is None
    assert loads["a_thread_stays"].elapsed_s < LIMITS.wall_s


def test_the_folder_of_a_child_is_removed(loads: Loads) -> None:
    assert not any(Path(folder).exists() for folder in loads["says_where_it_is"].dags[0].tags)


def test_static_isolation_starts_nothing_and_says_so() -> None:
    assert Sandbox(isolation="static").load(b"raise SystemExit") == Loaded(layers=("static",))


def test_require_names_the_layers_that_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REQUIRED", ("rlimits", "a_layer_of_tomorrow"))
    with pytest.raises(SandboxFailed, match="a_layer_of_tomorrow") as failed:
        Sandbox(isolation="require").load(b"")
    assert "rlimits" not in str(failed.value)


def test_a_child_that_never_reaches_the_file_is_a_failure_of_the_sandbox() -> None:
    with pytest.raises(SandboxFailed, match="start Airflow"):
        Sandbox(limits=Limits(wall_s=0.01)).load(b"")


def _gone(pid: str) -> bool:
    """Whether the process ended; a container without an init leaves it as a zombie."""
    for _ in range(40):
        stat = Path("/proc", pid, "stat")
        if not stat.exists() or stat.read_text().rpartition(") ")[2].startswith("Z"):
            return True
        time.sleep(0.05)
    return False
