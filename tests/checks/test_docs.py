"""docs/checks.md is what the table of codes says."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from airflow_dag_agent_provider.checks import agreement, packages
from airflow_dag_agent_provider.checks.codes import CODES, codes_page, finding
from airflow_dag_agent_provider.checks.run import CHECKS

PAGE = Path(__file__).parents[2] / "docs" / "checks.md"


def test_the_page_of_codes_is_up_to_date() -> None:
    # to write it: python -c "from airflow_dag_agent_provider.checks.codes import codes_page as p; print(p(), end='')"
    assert PAGE.read_text(encoding="utf-8") == codes_page()


def test_a_code_is_there_once() -> None:
    codes = [code.code for code in CODES]
    assert sorted(set(codes)) == sorted(codes)


def test_every_code_belongs_to_a_check_that_runs() -> None:
    assert {code.check for code in CODES} == {check.name for check in CHECKS}


def test_a_code_is_words_with_hyphens() -> None:
    assert [code.code for code in CODES if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code.code)] == []


def test_a_code_that_is_not_in_the_table_cannot_be_reported() -> None:
    with pytest.raises(KeyError):
        finding("no-such-code", "", "")


@pytest.mark.parametrize("module", [agreement, packages])
def test_the_examples_in_the_docstrings_hold(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]
