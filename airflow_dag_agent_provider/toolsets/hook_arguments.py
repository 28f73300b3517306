"""What a model may pass to a hook, beyond the types: no other host, no other client, nothing endless."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Set
from typing import Any

from pydantic_ai import ModelRetry, ToolFailed

MAX_DEPTH = 32
MAX_CHARACTERS = 100_000
MAX_INT_BITS = 64

# They choose the host, the credentials or the checks of the client; the connection and the author decide these.
_CLIENT = re.compile(
    r"extra_options|prox(y|ies)|verify|cert|auth|auth_type|session|client|conn|connection|hook|hook_params|adapter"
    r"|trust_env|base_url|(\w+_)?conn_id|_\w*"
)
_ADDRESS = re.compile(r"(\w+_)?(endpoint|url|uri|path|route|href|file|filename|filepath|directory|folder)")
_WHOLE_URL = re.compile(r"[\x00-\x20]*([a-z][a-z0-9+.-]*:[/\\]|[/\\]{2}|(file|data|jar|gopher|dict|javascript):)", re.I)
_HOSTILE_ADDRESS = re.compile(r"^[@:]|[\x00-\x1f\x7f\\]|(^|[/\\])(\.|%2e){2}([/\\?#]|%2f|%5c|$)", re.I)
_HEADERS_OF_THE_CONNECTION = {"host", "authorization", "proxy-authorization", "cookie", "x-forwarded-host"}


def sets_up_the_client(name: str) -> bool:
    """Say whether a parameter of this name is the author's to set, not the model's."""
    return _CLIENT.fullmatch(name) is not None


def check_size(arguments: Mapping[str, Any]) -> None:
    """Refuse arguments that are too deep or too long, or hold numbers that JSON has no form for.

    Raises:
        ModelRetry: And what is too much.
    """
    level: list[Any] = list(arguments.values())
    characters = 0
    for _ in range(MAX_DEPTH):
        characters += sum(_length(value) for value in level)
        if characters > MAX_CHARACTERS:
            raise ModelRetry(f"the arguments are too long: at most {MAX_CHARACTERS} characters.")
        level = [inner for value in level for inner in _inside(value)]
        if not level:
            return
    raise ModelRetry(f"the arguments are nested too deep: at most {MAX_DEPTH} levels.")


def check_arguments(arguments: Mapping[str, Any], *, allow_urls: Set[str]) -> None:
    """Refuse a call that would leave the connection's own host or folder, or that is too large.

    Raises:
        ToolFailed: And which argument.
        ModelRetry: And what is too much.
    """
    check_size(arguments)
    for name, value in arguments.items():
        for text in _texts(value):
            if name not in allow_urls and _WHOLE_URL.match(text):
                raise ToolFailed(
                    f"{name} may not be a whole URL: the connection decides the host. Give the part after it."
                )
            if _ADDRESS.fullmatch(name) and _HOSTILE_ADDRESS.search(text):
                raise ToolFailed(
                    f"{name} may not hold '..', a backslash or control characters, nor start with '@' or ':'."
                )
        if name == "headers" and isinstance(value, Mapping):
            _check_headers(value)


def _check_headers(headers: Mapping[str, Any]) -> None:
    taken = sorted(name for name in headers if name.strip().lower() in _HEADERS_OF_THE_CONNECTION)
    if taken:
        raise ToolFailed(f"headers may not set {', '.join(taken)}: the connection decides these.")
    if any(re.search(r"[\r\n\0]", f"{name}{text}") for name, text in headers.items()):
        raise ToolFailed("headers may not hold line breaks.")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple | set | frozenset):
        yield from (item for item in value if isinstance(item, str))


def _inside(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [*value.keys(), *value.values()]
    return list(value) if isinstance(value, list | tuple) else []


def _length(value: Any) -> int:
    if isinstance(value, int) and value.bit_length() > MAX_INT_BITS:
        raise ModelRetry(f"a number is too large: at most {MAX_INT_BITS} bits.")
    if isinstance(value, float) and not math.isfinite(value):
        raise ModelRetry("a number is not finite.")
    return len(value) if isinstance(value, str) else 1
