"""Which methods of a hook may become tools: read from its class, nothing of the hook runs for this."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partialmethod
from types import FunctionType

_TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_HANDS_OUT_THE_CONNECTION = re.compile(
    r"a?get_(async_)?(\w+_)?(conn|connections?|hook|client|session|engine|cursor|uri|auth|password|secret|token)"
    r"|get_(connection_form_widgets|ui_field_behaviour|extras?|client_type|resource_type|conn_\w+)"
    r"|\w*(credentials?|access_token)\w*|conn|connection|client|session"
)


def refuse_name(name: str, *, tool_name: str) -> None:
    """Refuse a method that is no tool on any hook.

    Raises:
        ValueError: And why.
    """
    if not name.isidentifier():
        raise ValueError(
            f"allowed_methods: {name!r} is no name of a method. Write each name out; patterns do not work."
        )
    if name.startswith("_"):
        raise ValueError(f"allowed_methods: {name!r} is private to the hook.")
    if _HANDS_OUT_THE_CONNECTION.fullmatch(name):
        raise ValueError(
            f"allowed_methods: {name!r} hands out the connection, a secret or a raw client, which no model may hold. "
            "List the method that does the work."
        )
    if not _TOOL_NAME.fullmatch(tool_name):
        raise ValueError(f"{tool_name!r} is no tool name: models take up to 64 letters, digits, '_' and '-'.")


def refuse_methods(kind: type, names: Sequence[str]) -> None:
    """Refuse names that are no methods of the class; nothing of the hook runs for this.

    Raises:
        ValueError: And which methods there are.
    """
    for name in names:
        found = next((vars(parent)[name] for parent in kind.__mro__ if name in vars(parent)), None)
        if not isinstance(found, FunctionType | staticmethod | classmethod | partialmethod) and not (
            callable(found) and not isinstance(found, type)
        ):
            what = "no method" if found is None else f"a {type(found).__name__}, no method"
            raise ValueError(
                f"allowed_methods: {name!r} is {what} of {kind.__name__}. It has {', '.join(_methods(kind))}."
            )


def _methods(kind: type) -> list[str]:
    names = {name for parent in kind.__mro__ for name, found in vars(parent).items() if isinstance(found, FunctionType)}
    return sorted(n for n in names if not n.startswith("_") and not _HANDS_OUT_THE_CONNECTION.fullmatch(n))
