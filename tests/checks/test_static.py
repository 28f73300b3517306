"""What is found without importing anything."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from airflow_dag_agent_provider.checks.codes import BY_CODE
from airflow_dag_agent_provider.checks.decode import decode
from airflow_dag_agent_provider.checks.finding import CheckReport
from airflow_dag_agent_provider.checks.run import run_checks
from airflow_dag_agent_provider.checks.subject import Subject
from airflow_dag_agent_provider.checks.syntax import syntax
from airflow_dag_agent_provider.sandbox.sandbox import Sandbox

from .conftest import GOOD

STATIC = Sandbox(isolation="static")


def codes(report: CheckReport) -> list[str]:
    return [finding.code for finding in report.findings]


def test_a_nul_byte_is_an_error_at_its_line() -> None:
    (found,) = run_checks(b"a = 1\nb = '\x00'\n", sandbox=STATIC).findings
    assert (found.code, found.line) == ("nul-byte", 2)


def test_bytes_that_are_not_utf8_are_an_error_at_their_line() -> None:
    (found,) = run_checks(b"a = 1\nb = '\xff'\n", sandbox=STATIC).findings
    assert (found.code, found.line) == ("not-utf8", 2)


def test_a_file_above_the_size_cap_is_refused_before_it_is_read() -> None:
    assert codes(run_checks(b"#" * 200_001, sandbox=STATIC)) == ["too-large"]


def test_a_file_with_an_encoding_that_python_does_not_know_is_not_utf8() -> None:
    assert codes(run_checks(b"# coding: no-such\na = 1\n", sandbox=STATIC)) == ["not-utf8"]


def test_a_byte_order_mark_is_no_finding() -> None:
    assert decode(Subject(b"\xef\xbb\xbfa = 1\n", STATIC)) == []


def test_windows_line_ends_are_no_finding() -> None:
    assert decode(Subject(b"a = 1\r\nb = 2\r\n", STATIC)) == []


def test_a_carriage_return_inside_of_a_line_is_found() -> None:
    (found,) = decode(Subject(b"# fine\rimport os\n", STATIC))
    assert (found.code, found.severity) == ("invisible-character", "error")


def test_a_hidden_character_is_named_by_its_escape() -> None:
    (found,) = decode(Subject("us\u200ber = 1\n".encode(), STATIC))
    assert "\\u200b" in found.message


def test_a_message_never_holds_the_hidden_character_itself() -> None:
    (found,) = decode(Subject("# \u202e x\n".encode(), STATIC))
    assert found.message.isascii()


def test_an_undecodable_file_is_not_linted_or_loaded() -> None:
    assert {finding.check for finding in run_checks(b"\xff", sandbox=STATIC).findings} == {"decode"}


def test_an_unparsable_file_is_not_linted_or_loaded() -> None:
    assert {finding.check for finding in run_checks(b"def f(:\n", sandbox=STATIC).findings} == {"syntax"}


def test_deep_nesting_is_a_finding_not_a_crash() -> None:
    assert codes(run_checks(b"(" * 5000 + b")" * 5000, sandbox=STATIC)) == ["syntax-error"]


def test_a_fence_inside_of_a_docstring_is_no_finding() -> None:
    assert syntax(Subject(GOOD["sql_and_connections"], STATIC)) == []


def test_a_file_cut_off_at_its_end_says_so() -> None:
    (found,) = run_checks(b"a = [1,\n", sandbox=STATIC).findings
    assert "cut off" in found.hint


def test_noqa_comments_hide_nothing() -> None:
    report = run_checks(b"# ruff: noqa\nprint(missing)  # noqa\n", sandbox=STATIC)
    assert "undefined-name" in codes(report)


def test_the_hint_for_a_removed_name_is_the_replacement_that_ruff_knows() -> None:
    source = b"from airflow.datasets import Dataset\n\na = Dataset('x')\n"
    hints = [finding.hint for finding in run_checks(source, sandbox=STATIC).findings if finding.line == 3]
    assert any("airflow.sdk" in hint for hint in hints)


def test_static_isolation_says_that_nothing_was_imported() -> None:
    report = run_checks(GOOD["taskflow"], sandbox=STATIC)
    assert "not-loaded" in codes(report)
    assert report.layers == ("static",)


def test_static_isolation_still_finds_literal_duplicates() -> None:
    source = b"from airflow.sdk import DAG\n\na = DAG('x', schedule=None)\nb = DAG('x', schedule=None)\n"
    found = [finding for finding in run_checks(source, sandbox=STATIC).findings if finding.code == "duplicate-dag-id"]
    assert [finding.line for finding in found] == [4]


def test_a_dag_decorator_with_a_computed_dag_id_is_no_duplicate() -> None:
    body = "@dag(dag_id=f'x_{n}', schedule=None)\ndef x(): ...\n"
    source = f"from airflow.sdk import dag\n\nn = 1\n{body}{body}"
    assert "duplicate-dag-id" not in codes(run_checks(source.encode(), sandbox=STATIC))


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_static_checks(source: bytes) -> None:
    subject = Subject(source, STATIC)
    if not decode(subject):
        syntax(subject)


@given(st.text(st.sampled_from("ab(){}[]'\"\\\n\t :=#`\u200b\u202e"), max_size=60))
def test_no_text_crashes_the_static_checks(text: str) -> None:
    subject = Subject(text.encode(), STATIC)
    found = decode(subject) or syntax(subject)
    assert all(finding.code in BY_CODE for finding in found)
