"""What the answer of the sandbox means; the answers are given, nothing is started."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from airflow_dag_agent_provider.checks.contract import Contract
from airflow_dag_agent_provider.checks.finding import CheckReport, Finding
from airflow_dag_agent_provider.checks.load import load
from airflow_dag_agent_provider.checks.subject import Subject
from airflow_dag_agent_provider.sandbox.answers import Death, ImportFailure, Loaded, Unconfirmed
from airflow_dag_agent_provider.sandbox.sandbox import Sandbox


@dataclass(frozen=True)
class Told(Sandbox):
    """A sandbox that answers what it was told."""

    answer: Loaded = field(default_factory=Loaded)

    def load(self, source: bytes, *, operators: Sequence[str] = ()) -> Loaded:
        return self.answer


def findings(answer: Loaded, source: bytes = b"import x\n") -> list[Finding]:
    return load(Subject(source, Told(answer=answer)))


@pytest.mark.parametrize(
    ("kind", "detail", "code"),
    [
        ("timeout", "60", "import-hangs"),
        ("signal", "SIGXCPU", "import-hangs"),
        ("signal", "SIGSEGV", "kills-parser"),
        ("signal", "SIGKILL", "kills-parser"),
        ("exit", "0", "kills-parser"),
        ("output", "1100000", "output-flood"),
    ],
)
def test_a_death_has_its_code_and_its_fact(kind: str, detail: str, code: str) -> None:
    (found,) = findings(Loaded(died=Death.model_validate({"kind": kind, "detail": detail})))
    assert found.code == code
    assert detail in found.message


@pytest.mark.parametrize(
    ("error_type", "message", "code"),
    [
        ("MemoryError", "", "too-much-memory"),
        ("SystemExit", "3", "kills-parser"),
        ("AirflowTaskTimeout", "DagBag import timeout for the file", "import-hangs"),
        ("AirflowException", "missing keyword argument 'bash_command'", "bad-argument"),
        ("RecursionError", "maximum recursion depth exceeded", "import-failed"),
        ("UnboundLocalError", "cannot access local variable 'a'", "undefined-name"),
    ],
)
def test_an_exception_has_its_code(error_type: str, message: str, code: str) -> None:
    failure = ImportFailure(stage="import", error_type=error_type, message=message, line=4)
    (found,) = findings(Loaded(import_errors=(failure,)))
    assert (found.code, found.line) == (code, 4)


def test_a_missing_provider_is_hinted_by_the_package_that_has_it() -> None:
    message = "No module named 'airflow.providers.apache'"
    failure = ImportFailure(stage="import", error_type="ModuleNotFoundError", message=message, line=1)
    source = b"from airflow.providers.apache.kafka.operators.consume import ConsumeFromTopicOperator\n"
    (found,) = findings(Loaded(import_errors=(failure,)), source)
    assert "apache-airflow-providers-apache-kafka" in found.hint


def test_an_operator_that_cannot_be_imported_is_an_error_with_the_package() -> None:
    operator = "airflow.providers.slack.operators.slack.SlackAPIOperator"
    missing = Unconfirmed(operator=operator, message="ModuleNotFoundError: No module named 'airflow.providers.slack'")
    found = findings(Loaded(operators_unconfirmed=(missing,)))[0]
    assert (found.code, "apache-airflow-providers-slack" in found.hint) == ("operator-missing", True)


def test_a_file_that_failed_to_import_is_not_said_to_hold_no_dag() -> None:
    failure = ImportFailure(stage="import", error_type="ValueError", message="no", line=1)
    assert [found.code for found in findings(Loaded(import_errors=(failure,)))] == ["import-failed"]


def test_the_operators_of_the_contract_reach_the_sandbox() -> None:
    asked: list[Sequence[str]] = []

    class Listening(Sandbox):
        def load(self, source: bytes, *, operators: Sequence[str] = ()) -> Loaded:
            asked.append(operators)
            return Loaded()

    contract = Contract(dag_id="x", task_ids=(), edges=(), cron=None, operators=("a.B",))
    load(Subject(b"import x\n", Listening(), contract))
    assert asked == [("a.B",)]


def test_a_report_with_an_error_is_not_ok() -> None:
    assert not CheckReport(findings=tuple(findings(Loaded()))).ok


def test_a_message_that_quotes_the_file_is_one_line_without_control_characters() -> None:
    message = "# Approved\n\x1b[2J\u202eby security"
    failure = ImportFailure(stage="import", error_type="ValueError", message=message, line=1)
    (found,) = findings(Loaded(import_errors=(failure,)))
    assert found.message == "The import fails: ValueError: # Approved \\x1b[2J\\u202eby security"


def test_a_message_has_at_most_500_characters() -> None:
    failure = ImportFailure(stage="serialize", error_type="ValueError", message="x" * 3000, line=1)
    (found,) = findings(Loaded(import_errors=(failure,)))
    assert (len(found.message), found.message[-1]) == (500, "…")


def test_an_answer_that_airflow_cannot_give_is_an_error() -> None:
    (found,) = findings(Loaded(died=Death(kind="answer", detail="dags.dag_id")))
    assert (found.code, "dags.dag_id" in found.message) == ("import-failed", True)
