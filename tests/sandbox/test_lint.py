"""ruff as a program."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_dag_agent_provider.exceptions import SandboxFailed
from airflow_dag_agent_provider.sandbox.answers import Death
from airflow_dag_agent_provider.sandbox.process import Ended
from airflow_dag_agent_provider.sandbox.ruff import lint_messages
from airflow_dag_agent_provider.sandbox.sandbox import Sandbox

STATIC = Sandbox(isolation="static")


def test_a_message_has_its_place() -> None:
    (message,) = STATIC.lint(b"a = 1\nb = missing\n")
    assert (message.code, message.line, message.column) == ("F821", 2, 5)


def test_messages_come_in_the_order_of_the_file() -> None:
    assert [message.line for message in STATIC.lint(b"b\na = c\nd\n") if message.code == "F821"] == [1, 2, 3]


def test_a_clean_file_gives_no_message() -> None:
    assert STATIC.lint(b"A = 1\n") == ()


def test_an_empty_file_gives_no_message() -> None:
    assert STATIC.lint(b"") == ()


def test_settings_around_the_caller_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ruff.toml").write_text('lint.ignore = ["F821"]\n')
    monkeypatch.chdir(tmp_path)
    assert [message.code for message in STATIC.lint(b"a = missing\n")] == ["F821"]


def test_a_ruff_that_says_nothing_is_a_failure_of_the_sandbox() -> None:
    with pytest.raises(SandboxFailed, match="exit code 2"):
        lint_messages(Ended(exit_code=2))


def test_a_ruff_that_hangs_is_a_failure_of_the_sandbox() -> None:
    with pytest.raises(SandboxFailed, match="stopped after 20 s"):
        lint_messages(Ended(stdout=b"[]", stopped=Death(kind="timeout", detail="20")))
