"""`HookToolset`: chosen methods of an Airflow hook become tools.

    HookToolset("my_api", allowed_methods=["run"])  ->  one tool per method: run
                                                        schema from its type hints, texts from its docstring

Nothing connects while a DAG file is parsed; what the tools do stands in `hook_tools`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import TYPE_CHECKING, Any, ClassVar, Self

from airflow_dag_agent_provider.toolsets.hook_methods import refuse_methods, refuse_name
from airflow_dag_agent_provider.toolsets.spec import ToolsetSpec

if TYPE_CHECKING:
    from pydantic_ai import RunContext
    from pydantic_ai.toolsets import AbstractToolset

_SECRET = re.compile(r"pass(word|wd|phrase)|secret|token|api_?key|private_key|credential|auth\b|login|cookie", re.I)
_MAX_DEPTH = 10
_USER_IN_URI = re.compile(r"(?<=://)[^/@\s'\"]+@")


@dataclass(frozen=True)
class HookToolset(ToolsetSpec):
    """Chosen methods of one Airflow hook as tools; nothing is exposed that is not listed.

    A method's parameters become the tool's, as far as JSON can express them. Not offered: ``*args``, ``**kwargs``,
    what is in ``fixed``, and what sets up the client (``extra_options``, ``proxies``, ``auth``, ``*_conn_id`` ...).

    Args:
        hook: A hook, used as it is, or the id of a connection (may hold Jinja), whose hook is made when the task runs.
        allowed_methods: Names of the methods, written out. Never possible: private names, properties, and what hands
            out the connection, its secrets or a raw client (``get_connection``, ``get_conn``, ``get_hook`` ...).
        tool_name_prefix: Put before each method's name as it is: ``"http_"`` gives ``http_run``.
        max_bytes: Longest result as JSON, in bytes; a longer one is cut and says so.
        fixed: Arguments by name that every call gets and the model neither sees nor sets.
        allow_urls: Parameters that may be whole URLs. Elsewhere a URL is refused, as it would replace the
            connection's own host.

    Raises:
        TypeError: ``hook`` is neither a hook nor a connection id, or a value has the wrong type.
        ValueError: A method cannot be a tool; for a connection id this is found when the task runs.
    """

    hook: Any
    allowed_methods: Sequence[str]
    tool_name_prefix: str = ""
    max_bytes: int = 50_000
    fixed: Mapping[str, Any] | tuple[tuple[str, Any], ...] = ()
    allow_urls: Sequence[str] = ()

    agent_template_fields: ClassVar[tuple[str, ...]] = ("hook",)

    def __post_init__(self) -> None:
        """Bring lists and mappings into their frozen form, and refuse what cannot be a tool."""
        _refuse_other_than_hooks(self.hook)
        fixed = self.fixed.items() if isinstance(self.fixed, Mapping) else self.fixed
        object.__setattr__(self, "allowed_methods", _names("allowed_methods", self.allowed_methods))
        object.__setattr__(self, "allow_urls", _names("allow_urls", self.allow_urls))
        object.__setattr__(self, "fixed", tuple(map(tuple, fixed)))
        _names("fixed", [pair[0] for pair in self.fixed])
        if isinstance(self.max_bytes, bool) or not isinstance(self.max_bytes, int) or self.max_bytes < 1:
            raise ValueError(f"max_bytes = {self.max_bytes!r} must be a positive number of bytes.")
        if not self.allowed_methods:
            raise ValueError("allowed_methods is empty: name the methods of the hook that the model may call.")
        for name in self.allowed_methods:
            refuse_name(name, tool_name=f"{self.tool_name_prefix}{name}")
        if not isinstance(self.hook, str):
            refuse_methods(type(self.hook), self.allowed_methods)
        super().__post_init__()

    def __repr__(self) -> str:
        """Describe the hook by class and plain configuration: no secret, no address in memory."""
        return f"{type(self).__name__}({', '.join(f'{name}={self._read(name)}' for name in self.__match_args__)})"

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return itself: Airflow copies tasks, and hooks such as HttpHook cannot be copied."""
        return self

    def _read(self, field: str) -> str:
        return described(dict(self.fixed) if field == "fixed" else getattr(self, field))

    @property
    def id(self) -> str:
        """Identity of the toolset inside one agent: hook, connection, prefix."""
        if isinstance(self.hook, str):
            return f"hook:{self.hook}:{self.tool_name_prefix}"
        kind = type(self.hook)
        conn_id = vars(self.hook).get(getattr(kind, "conn_name_attr", ""), "") if hasattr(self.hook, "__dict__") else ""
        return f"hook:{kind.__name__}:{conn_id}:{self.tool_name_prefix}"

    def build(self, ctx: RunContext[Any]) -> AbstractToolset[Any]:  # noqa: ARG002
        """Make the tools; a connection id becomes a new hook here.

        Raises:
            UserError: A method of the hook cannot be a tool; a retry does not help.
        """
        from airflow_dag_agent_provider.toolsets.hook_tools import HookTools

        return HookTools(
            self.hook,
            fixed=dict(self.fixed),
            allow_urls=frozenset(self.allow_urls),
            max_bytes=self.max_bytes,
        ).toolset(self.allowed_methods, id=self.id, prefix=self.tool_name_prefix)


def described(value: Any) -> str:
    """Return how a value reads in every process: plain data as it is, objects by class and plain attributes."""
    if isinstance(value, str):
        return repr(_USER_IN_URI.sub("***@", value))
    if value is None or isinstance(value, bool | int | float | bytes):
        return repr(value)
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key!r}: {_unless_secret(key, item)}' for key, item in value.items())}}}"
    if isinstance(value, list | tuple):
        inner = ", ".join(described(item) for item in value)
        return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' * (len(value) == 1)})"
    if isinstance(value, set | frozenset):
        return f"{{{', '.join(sorted(described(item) for item in value))}}}"
    if isinstance(value, type | FunctionType):
        return f"{value.__module__}.{value.__qualname__}"
    attributes = vars(value) if hasattr(value, "__dict__") else {}
    plain = {name: item for name, item in attributes.items() if _is_plain(item) and not name.startswith("_log")}
    inner = ", ".join(f"{name}={_unless_secret(name, item)}" for name, item in sorted(plain.items()))
    return f"{type(value).__module__}.{type(value).__qualname__}({inner})"


def _unless_secret(name: object, value: Any) -> str:
    secret = isinstance(name, str) and _SECRET.search(name) and not _is_class(value) and value not in (None, "")
    return "***" if secret else described(value)


def _is_class(value: Any) -> bool:
    return isinstance(value, type | FunctionType | bool)


def _is_plain(value: Any, depth: int = 0) -> bool:
    """Say whether an attribute is configuration: data, a class or a function; what is empty says nothing."""
    if depth > _MAX_DEPTH:
        return False
    if isinstance(value, list | tuple | set | frozenset):
        return bool(value) and all(_is_plain(item, depth + 1) or item is None for item in value)
    if isinstance(value, Mapping):
        return bool(value) and all(_is_plain(item, depth + 1) or item is None for item in value.values())
    return isinstance(value, bool | int | float | type | FunctionType) or (isinstance(value, str) and value != "")


def _names(field: str, given: Sequence[str]) -> tuple[str, ...]:
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise TypeError(f"{field} = {given!r} must be a list of names.")
    wrong = [name for name in given if not isinstance(name, str)]
    if wrong:
        raise TypeError(f"{field}: {wrong[0]!r} is no text; write the names as strings.")
    twice = [name for name, times in Counter(given).items() if times > 1]
    if twice:
        raise ValueError(f"{field} names {', '.join(map(repr, twice))} more than once.")
    return tuple(given)


def _refuse_other_than_hooks(hook: Any) -> None:
    if isinstance(hook, str):
        if not hook.strip():
            raise ValueError("hook is an empty text: give a hook or the id of a connection.")
    elif isinstance(hook, type) or type(hook).__module__ == "builtins":
        given = f"the class {hook.__name__}" if isinstance(hook, type) else repr(hook)
        raise TypeError(f"hook = {given} is no hook: give one, e.g. HttpHook(...), or the id of a connection.")
