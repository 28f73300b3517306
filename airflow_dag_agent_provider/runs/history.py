"""A conversation as messages: what XCom, a DAG file or a session hands over, made ready for a run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from pydantic_ai.messages import ModelMessagesTypeAdapter, repair_messages

from airflow_dag_agent_provider.exceptions import HistoryInvalid
from airflow_dag_agent_provider.runs.masking import masked

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelMessage


def read_history(given: str | bytes | Sequence[Any] | None) -> list[ModelMessage]:
    """Return a conversation whose tool calls are all answered, so that a new prompt can follow it.

    Args:
        given: pydantic-ai messages, their JSON (str or bytes), or that JSON parsed; ``"[]"`` and None are a new
            conversation.

    Raises:
        HistoryInvalid: It is something else; the message says what it starts with.
    """
    try:
        if isinstance(given, str | bytes):
            messages = ModelMessagesTypeAdapter.validate_json(given)
        else:
            messages = ModelMessagesTypeAdapter.validate_python(list(given or ()))
    except (ValidationError, TypeError) as error:
        raise HistoryInvalid(given, why=_first_line(error)) from error
    return list(repair_messages(messages))


def messages_as_data(messages: Sequence[ModelMessage]) -> list[dict[str, Any]]:
    """Return a conversation as JSON data that `read_history` takes, with the secrets that Airflow knows masked."""
    data: list[dict[str, Any]] = masked(ModelMessagesTypeAdapter.dump_python(list(messages), mode="json"))
    return data


def write_history(messages: Sequence[ModelMessage]) -> str:
    """Return a conversation as the JSON text that `read_history` takes, with the secrets that Airflow knows masked."""
    return json.dumps(messages_as_data(messages), ensure_ascii=False, separators=(",", ":"))


def _first_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        return f"{first['msg']} at {'.'.join(map(str, first['loc'])) or 'its start'}"
    return str(error)
