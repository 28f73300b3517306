"""Secrets that Airflow knows of (connections, variables, ``mask_secret``) become ``***``, however deep they lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass, replace
from typing import Any

from airflow.sdk.log import redact
from pydantic import BaseModel
from pydantic_ai.messages import BinaryContent, ToolReturn
from pydantic_core import PydanticSerializationError, to_jsonable_python


def masked(value: Any) -> Any:
    """Return ``value`` without secrets; Airflow's own masker stops five levels down, this one does not.

    A model or dataclass is returned as it is, or as plain JSON data when there was a secret in it; pictures and other
    binary content are not looked into.
    """
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {masked(key): masked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [masked(item) for item in value]
    if isinstance(value, tuple):
        return tuple(masked(item) for item in value)
    if isinstance(value, ToolReturn):
        return replace(value, return_value=masked(value.return_value), content=masked(value.content))
    if isinstance(value, BinaryContent):
        return value
    if isinstance(value, BaseModel) or (is_dataclass(value) and not isinstance(value, type)):
        return _masked_object(value)
    return value


def _masked_object(value: Any) -> Any:
    try:
        plain = to_jsonable_python(value)
    except PydanticSerializationError:
        return value
    clean = masked(plain)
    return value if clean == plain else clean
