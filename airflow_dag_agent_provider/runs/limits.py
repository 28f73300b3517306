"""What a run may use, and what it used: usage limits in, plain figures out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic_ai.exceptions import UserError
from pydantic_ai.usage import RunUsage, UsageLimits

_SWITCHES = {"count_tokens_before_request"}


def limits_of(given: UsageLimits | Mapping[str, Any] | None) -> UsageLimits | None:
    """Return the limits of a run; a mapping has the names of `UsageLimits`, and numbers may come as text.

    Raises:
        UserError: A name is unknown, or a value is not a number that can be a limit; the message names it.
    """
    if given is None or isinstance(given, UsageLimits):
        return given
    if not isinstance(given, Mapping):
        raise UserError(f"usage_limits = {given!r} is not a mapping of limits, like {{'request_limit': 10}}.")
    known = [field.name for field in fields(UsageLimits)]
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise UserError(f"usage_limits has no {', '.join(map(repr, unknown))}. Known are: {', '.join(known)}.")
    return UsageLimits(**{name: _limit(name, value) for name, value in given.items()})


def usage_as_data(usage: RunUsage) -> dict[str, Any]:
    """Return token, request and tool counts as plain data; ``cost_usd`` is None where no price is known."""
    return {
        "requests": usage.requests,
        "tool_calls": usage.tool_calls,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
        "cache_read_tokens": usage.cache_read_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "cost_usd": None if usage.cost is None else float(usage.cost),
    }


def _limit(name: str, value: Any) -> Any:
    if value is None or (name in _SWITCHES and isinstance(value, bool)):
        return value
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    is_whole = name == "cost_limit" or number == number.to_integral_value()
    if isinstance(value, bool) or name in _SWITCHES or not number.is_finite() or number < 0 or not is_whole:
        kind = "True or False" if name in _SWITCHES else "a number from 0" if name == "cost_limit" else "a whole number"
        raise UserError(f"usage_limits[{name!r}] = {value!r} cannot be a limit: give {kind}, or None for no limit.")
    return number if name == "cost_limit" else int(number)
