"""runs/limits.py: limits as they come from DAG files and templates."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic_ai.exceptions import UserError
from pydantic_ai.usage import UsageLimits

from airflow_dag_agent_provider.runs.limits import limits_of


def test_limits_pass_as_they_are() -> None:
    limits = UsageLimits(request_limit=3)
    assert limits_of(limits) is limits
    assert limits_of(None) is None


def test_a_mapping_becomes_limits_also_with_rendered_text() -> None:
    limits = limits_of({"request_limit": "7", "cost_limit": "0.25", "total_tokens_limit": None})
    assert limits == UsageLimits(request_limit=7, cost_limit=Decimal("0.25"), total_tokens_limit=None)


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UserError, match=r"no 'requests_limit'.*Known are: .*request_limit"):
        limits_of({"requests_limit": 1})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("request_limit", "many"),
        ("request_limit", -1),
        ("request_limit", 1.5),
        ("request_limit", True),
        ("cost_limit", "nan"),
        ("tool_calls_limit", []),
        ("count_tokens_before_request", "yes"),
    ],
)
def test_a_value_that_is_no_limit_is_refused_with_its_name(name: str, value: Any) -> None:
    with pytest.raises(UserError, match=rf"usage_limits\['{name}'\] = .* cannot be a limit: give "):
        limits_of({name: value})


def test_what_is_no_mapping_is_refused() -> None:
    with pytest.raises(UserError, match="is not a mapping of limits"):
        limits_of("10")  # type: ignore[arg-type]
