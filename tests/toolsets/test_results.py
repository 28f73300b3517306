"""toolsets/results.py: what a model is given is JSON, bounded, and an error is an answer."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from airflow.sdk.exceptions import AirflowSkipException
from airflow.sdk.log import mask_secret
from pydantic import BaseModel
from pydantic_ai import ModelRetry, ToolFailed

from airflow_dag_agent_provider.toolsets.results import fitting, json_bytes, plain, tool_errors


class Point(BaseModel):
    x: int


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (float("nan"), "NaN"),
        (float("inf"), "Infinity"),
        (float("-inf"), "-Infinity"),
        (Decimal("1.10"), 1.1),
        (Decimal("12"), 12),
        (Decimal("0.1234567890123456789"), "0.1234567890123456789"),
        (Decimal("NaN"), "NaN"),
        (Decimal("sNaN"), "NaN"),
        (b"\x00\xff", {"base64": "AP8=", "bytes": 2}),
        (memoryview(b"ab"), {"base64": "YWI=", "bytes": 2}),
        (datetime(2026, 1, 31, 4, 5, tzinfo=UTC), "2026-01-31T04:05:00+00:00"),
        (date(2026, 1, 31), "2026-01-31"),
        (time(4, 5), "04:05:00"),
        (timedelta(minutes=2), 120.0),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ({1: (2, {3})}, {"1": [2, [3]]}),
        (Point(x=1), {"x": 1}),
        (True, True),
        (None, None),
    ],
)
def test_every_value_has_a_json_form_that_loses_nothing(value: Any, expected: Any) -> None:
    assert plain(value, max_chars=100) == expected
    json.dumps(plain(value, max_chars=100), allow_nan=False)


def test_a_long_text_is_cut_and_says_how_long_it_was() -> None:
    assert plain("a" * 1_000, max_chars=10) == "aaaaaaaaaa… [cut: 1000 characters]"


def test_long_bytes_are_cut_and_say_how_long_they_were() -> None:
    cut = plain(b"a" * 1_000, max_chars=40)
    assert (cut["bytes"], cut["cut"], len(cut["base64"])) == (1_000, True, 40)


def test_what_has_no_json_form_becomes_text() -> None:
    assert plain(object(), max_chars=100).startswith("<object object")


def test_the_longest_head_that_fits_is_kept() -> None:
    items = ["ä" * 10] * 5
    assert len(fitting(items, max_bytes=3 * (json_bytes(items[0]) + 1))) == 3


@pytest.mark.parametrize("error", [ValueError("no"), KeyError("no"), OSError("no")])
def test_whatever_a_hook_raises_is_told_to_the_model(error: Exception) -> None:
    with pytest.raises(ToolFailed, match=f"Query on 'db' failed: {type(error).__name__}"), tool_errors("Query on 'db'"):
        raise error


@pytest.mark.parametrize("error", [ModelRetry("again"), ToolFailed("gone"), AirflowSkipException("skip")])
def test_what_is_meant_for_somebody_passes(error: Exception) -> None:
    with pytest.raises(type(error), match=str(error)), tool_errors("Query"):
        raise error


def test_an_error_is_masked_before_it_is_cut() -> None:
    mask_secret("planted-canary-789")
    with pytest.raises(ToolFailed) as told, tool_errors("Query"):
        raise ValueError("x" * 995 + "planted-canary-789")
    assert "planted" not in str(told.value)


def test_no_secret_is_cut_in_two() -> None:
    mask_secret("planted-canary-987")
    assert "planted" not in plain("x" * 90 + "planted-canary-987", max_chars=100)
