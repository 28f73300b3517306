"""The request of a step as a hash: equal for equal requests in every process, other when anything in it changes."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from pydantic_ai.messages import ModelMessagesTypeAdapter
from pydantic_ai.models import ModelRequestParameters

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic_ai.messages import ModelMessage, ToolCallPart
    from pydantic_ai.models import Model
    from pydantic_ai.settings import ModelSettings

_PARAMETERS = TypeAdapter(ModelRequestParameters)
_ANYTHING: TypeAdapter[Any] = TypeAdapter(Any)
_OF_THE_ATTEMPT = {"timestamp", "run_id", "conversation_id"}
_OF_THE_TRANSPORT = {"timeout", "extra_headers"}
_OF_THE_PROCESS = {"capability_id"}
_SETS = ("revealed_tool_names", "introduced_tool_names")


class ModelRequests:
    """The requests of one run to models. A message is hashed once, so a step costs the same however long the run is."""

    def __init__(self) -> None:
        self._hashed: dict[int, tuple[ModelMessage, tuple[Any, ...], str]] = {}

    def fingerprint(
        self,
        model: Model,
        messages: Sequence[ModelMessage],
        settings: ModelSettings | None,
        parameters: ModelRequestParameters,
    ) -> str:
        """Return the hash of what a model is asked: its id, the conversation, the settings, the tools."""
        asked = {name: value for name, value in (settings or {}).items() if name not in _OF_THE_TRANSPORT}
        conversation = [self._message(message) for message in messages]
        return _hashed("model", model.model_id, conversation, asked, _offered(parameters))

    def _message(self, message: ModelMessage) -> str:
        """Return the hash of a message; the message is kept, so that its id stays its own."""
        shape = (tuple(map(id, message.parts)), getattr(message, "instructions", None))
        known = self._hashed.get(id(message))
        if known is None or known[1] != shape:
            [data] = ModelMessagesTypeAdapter.dump_python([message], mode="json")
            known = self._hashed[id(message)] = (message, shape, _hashed(_without_the_attempt(data)))
        return known[2]


def of_tool_call(call: ToolCallPart, args: Mapping[str, Any]) -> str:
    """Return the hash of a tool call: its name, its id (which the model's recorded answer gave) and its arguments."""
    data = _ANYTHING.dump_python(dict(args), mode="json", fallback=repr)
    return _hashed("tool", call.tool_name, call.tool_call_id, data)


def _without_the_attempt(message: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in message.items() if name not in _OF_THE_ATTEMPT}
    kept["parts"] = [
        {name: value for name, value in part.items() if name not in _OF_THE_ATTEMPT} for part in message["parts"]
    ]
    return kept


def _offered(parameters: ModelRequestParameters) -> dict[str, Any]:
    data: dict[str, Any] = _PARAMETERS.dump_python(parameters, mode="json", fallback=repr)
    data.pop("deferred_capability_ids", None)
    for name in _SETS:
        data[name] = sorted(data.get(name) or ())
    for name in ("function_tools", "output_tools"):
        data[name] = [{k: v for k, v in tool.items() if k not in _OF_THE_PROCESS} for tool in data[name]]
    return data


def _hashed(*parts: Any) -> str:
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()
