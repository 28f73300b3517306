"""Type hints of a hook's method as types that JSON can express and pydantic can check.

Hints of installed hooks often name classes that are imported for type checkers only, or that no model can make
(callables, sessions). Of a union the members that JSON can express remain; a hint of which nothing remains is None.
"""

from __future__ import annotations

import builtins
import collections.abc
import inspect
import types
import typing
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, ForwardRef, Literal, NewType, TypeVar, Union, get_args, get_origin

from pydantic import AllowInfNan, PydanticSchemaGenerationError, PydanticUserError, Strict, TypeAdapter

_SCALARS: Mapping[Any, Any] = {
    str: Annotated[str, Strict()],
    int: Annotated[int, Strict()],
    bool: Annotated[bool, Strict()],
    float: Annotated[float, Strict(), AllowInfNan(False)],
    None: type(None),
    type(None): type(None),
    Any: Any,
    object: Any,
    inspect.Parameter.empty: Any,
}
_LISTS = {list, collections.abc.Sequence, collections.abc.MutableSequence, collections.abc.Iterable}
_LISTS |= {collections.abc.Collection, collections.abc.Iterator}
_DICTS = {dict, collections.abc.Mapping, collections.abc.MutableMapping}
_SETS: Mapping[Any, Any] = {set: set, frozenset: frozenset, collections.abc.Set: frozenset}
_KNOWN = {name: getattr(module, name) for module in (typing, collections.abc) for name in module.__all__}


class _AnyName(type):
    """Of a class that is not there, everything is it again: ``module.Class``, ``Class[str]``."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return cls

    def __getitem__(cls, item: Any) -> Any:
        return cls


class _Foreign(metaclass=_AnyName):
    """Stands for a name that cannot be resolved at run time."""


class _Names(dict[str, Any]):
    """The names a hint sees: the module's, Python's, typing's, and `_Foreign` for the rest."""

    def __missing__(self, name: str) -> Any:
        return getattr(builtins, name, _KNOWN.get(name, _Foreign))


def hints_of(function: Any) -> dict[str, Any]:
    """Return the hint of every parameter; what cannot be resolved reads as a class of its own."""
    plain = inspect.unwrap(getattr(function, "func", function))
    names = _Names(getattr(plain, "__globals__", {}))
    hints = dict(getattr(plain, "__annotations__", {}))
    return {name: _resolved(hint, names) for name, hint in hints.items()}


def _resolved(hint: Any, names: _Names) -> Any:
    if isinstance(hint, ForwardRef):
        hint = hint.__forward_arg__
    if not isinstance(hint, str):
        return hint
    try:
        # The hook's author wrote this, in code that runs anyway.
        return eval(hint, {}, names)
    except (TypeError, AttributeError, SyntaxError, NameError):
        return _Foreign


def json_type(hint: Any) -> Any | None:
    """Return the type a model's JSON is checked against, or None if JSON has no form for the hint.

    Numbers, texts and booleans are strict: ``"5"`` is no number, and 1.0 no integer.

    >>> json_type(collections.abc.Iterable[str] | collections.abc.Callable[[int], str])
    list[typing.Annotated[str, Strict(strict=True)]]
    """
    if isinstance(hint, collections.abc.Hashable) and hint in _SCALARS:
        return _SCALARS[hint]
    if hint is _Foreign or isinstance(hint, str | ForwardRef):
        return None
    if isinstance(hint, TypeVar):
        members = hint.__constraints__ or (hint.__bound__ or Any,)
        return json_type(Union[members])  # noqa: UP007
    if isinstance(hint, NewType):
        return json_type(hint.__supertype__)
    origin = get_origin(hint) or hint
    if origin is Literal:
        return hint
    if origin in (Union, types.UnionType):
        return _union(get_args(hint))
    if origin is Annotated:
        inner = json_type(hint.__origin__)
        return None if inner is None else Annotated[(inner, *hint.__metadata__)]
    return _container(origin, get_args(hint))


def _union(members: tuple[Any, ...]) -> Any | None:
    kept = [kind for member in members if (kind := json_type(member)) is not None]
    return None if set(map(repr, kept)) <= {repr(type(None))} else Union[tuple(kept)]  # noqa: UP007


def _container(origin: Any, arguments: tuple[Any, ...]) -> Any | None:
    if origin not in _LISTS | _DICTS | {tuple, *_SETS}:
        return origin if not arguments and _has_json_schema(origin) else None
    inner = [kind if kind is ... else json_type(kind) for kind in arguments]
    if any(kind is None for kind in inner):
        return None
    if origin in _LISTS:
        return list[inner[0] if inner else Any]  # type: ignore[misc]
    if origin is tuple:
        return tuple[tuple(inner)] if inner else list[Any]  # type: ignore[misc]
    if origin in _SETS:
        return _SETS[origin][inner[0] if inner else Any]
    key, item = (arguments[0], inner[1]) if inner else (Any, Any)
    return dict[str if key in (str, Any) else key, item]  # type: ignore[misc]


@cache
def _has_json_schema(kind: Any) -> bool:
    try:
        TypeAdapter(kind).json_schema()
    except (PydanticSchemaGenerationError, PydanticUserError):
        return False
    return True
