"""What tools hand to a model: JSON of a bounded size, and errors as answers instead of failed tasks."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import accumulate, takewhile
from typing import Any

from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from pydantic_ai.exceptions import ApprovalRequired, CallDeferred, ModelRetry, ToolFailed
from pydantic_core import PydanticSerializationError, to_jsonable_python

from airflow_dag_agent_provider.runs.masking import masked

MAX_ERROR_CHARACTERS = 1_000
_FOR_OTHERS = (ModelRetry, ToolFailed, ApprovalRequired, CallDeferred, AirflowFailException, AirflowSkipException)


@contextmanager
def tool_errors(what: str) -> Iterator[None]:
    """Turn whatever a hook raises into an answer that the model can read, so that the run goes on.

    Args:
        what: What was tried, as the start of a sentence: ``"Query on 'warehouse'"``.

    Raises:
        ToolFailed: The first 1,000 characters of the masked error. What is meant for the model or for Airflow
            (`ModelRetry`, a skip, a failure for good) passes as it is.
    """
    try:
        yield
    except _FOR_OTHERS:
        raise
    except Exception as error:
        text = f"{type(error).__name__}: {masked(str(error))}"
        raise ToolFailed(f"{what} failed: {cut(text, max_chars=MAX_ERROR_CHARACTERS)}") from error


def plain(value: Any, *, max_chars: int) -> Any:
    """Return ``value`` as JSON data: what JSON has no form for becomes text that loses nothing.

    Args:
        value: Anything a database driver or a hook returns.
        max_chars: Longest text (and base64) kept; a longer one says how long it was.

    >>> plain({"a": float("nan"), "b": Decimal("1.10"), "c": b"\\x00\\xff", "d": date(2026, 1, 31)}, max_chars=100)
    {'a': 'NaN', 'b': 1.1, 'c': {'base64': 'AP8=', 'bytes': 2}, 'd': '2026-01-31'}
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return cut(str(value), max_chars=max_chars)
    if isinstance(value, float | Decimal):
        return _number(value)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, bytes | bytearray | memoryview):
        return _binary(bytes(value), max_chars=max_chars)
    if isinstance(value, Mapping):
        return {str(key): plain(item, max_chars=max_chars) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item, max_chars=max_chars) for item in value]
    try:
        simple = to_jsonable_python(value)
    except PydanticSerializationError:
        simple = str(value)
    return plain(simple, max_chars=max_chars)


def cut(text: str, *, max_chars: int) -> str:
    """Return ``text``, or its head and a note of the whole length; masked first, so that no secret is cut in two."""
    return text if len(text) <= max_chars else f"{masked(text)[:max_chars]}… [cut: {len(text)} characters]"


def fitting(items: list[Any], *, max_bytes: int) -> list[Any]:
    """Return the longest head of ``items`` whose compact JSON has at most ``max_bytes`` bytes; items are JSON data."""
    sizes = accumulate(json_bytes(item) + 1 for item in items)
    return items[: sum(1 for _ in takewhile(lambda size: size <= max_bytes, sizes))]


def json_bytes(item: Any) -> int:
    """Return how many bytes ``item`` takes as compact JSON."""
    return len(json.dumps(item, ensure_ascii=False, separators=(",", ":")).encode())


def _number(value: float | Decimal) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else {"inf": "Infinity", "-inf": "-Infinity"}.get(str(value), "NaN")
    if not value.is_finite():
        return _number(float(value)) if not value.is_snan() else "NaN"
    if value == value.to_integral_value() and value.as_tuple().exponent == 0:
        return int(value)
    return float(value) if Decimal(repr(float(value))) == value else str(value)


def _binary(value: bytes, *, max_chars: int) -> dict[str, Any]:
    kept = value[: max_chars // 4 * 3]
    note = {} if len(kept) == len(value) else {"cut": True}
    return {"base64": base64.b64encode(kept).decode(), "bytes": len(value), **note}
