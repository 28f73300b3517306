"""What a hook's method returned, as JSON data of a bounded size; what is no data is refused by its type.

Data is: JSON's own types, dates, numbers, bytes, enums, rows, named tuples, dataclasses, pydantic models, data frames,
arrays, HTTP responses, and iterators of all these. A connection, session, cursor or any other object is never shown,
because its text may hold credentials.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, MappingView, Sequence, Set
from contextlib import suppress
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from itertools import islice
from pathlib import PurePath
from sqlite3 import Row
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from pydantic_ai import ToolFailed

from airflow_dag_agent_provider.runs.masking import masked
from airflow_dag_agent_provider.toolsets.results import json_bytes, plain

MAX_ITEMS = 1_000  # of an iterator or a data frame, which may have no end
MAX_DEPTH = 50
MAX_INT_BITS = 1_024
LONGEST_SECRET = 4_096
HEADERS = ("content-type", "content-length", "etag", "last-modified", "link", "location", "retry-after")
_HOLDS_SECRETS = ("password", "passwd", "secret_key", "private_key", "access_key", "api_key", "get_secret_value")
_LIVE = ("cursor", "fetchone", "execute", "send", "connect", "readline", "get_conn", "get_connection")


def data_of(value: Any, *, max_bytes: int) -> Any:
    """Return ``value`` as JSON data of about ``max_bytes`` bytes; where something is left out, a text says what.

    Raises:
        ToolFailed: There is something in it that is no data.
    """
    return _Reader(max_bytes).read(value)


class _Reader:
    """Reads one result and spends its bytes in reading order."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.left = max_bytes
        self.depth = 0

    def read(self, value: Any) -> Any:
        """Return the value as JSON data."""
        if self.depth > MAX_DEPTH:
            return f"… [cut: deeper than {MAX_DEPTH} levels]"
        self.depth += 1
        try:
            return self._read(value)
        finally:
            self.depth -= 1

    def _read(self, value: Any) -> Any:
        if isinstance(value, Enum):
            return self.read(value.value)
        if isinstance(value, str):
            return self._text(value)
        if value is None or isinstance(value, bool | int | float | Decimal | bytes | bytearray | memoryview):
            return self._scalar(value)
        if isinstance(value, date | time | timedelta | UUID | PurePath):
            return self._scalar(value)
        for kind, reader in self._containers():
            if kind(value):
                return reader(value)
        raise ToolFailed(_refusal(value))

    def _containers(self) -> tuple[tuple[Callable[[Any], bool], Callable[[Any], Any]], ...]:
        """Return tests and readers in order; the first test that holds decides."""
        return (
            (_holds_secrets, _refuse),
            (lambda v: isinstance(v, Mapping), self._mapping),
            (lambda v: hasattr(type(v), "_asdict"), lambda v: self._mapping(v._asdict())),
            (lambda v: isinstance(v, Row), lambda v: self._mapping(dict(v))),
            (lambda v: isinstance(v, list | tuple | Set | MappingView), lambda v: self._items(v, of=len(v))),
            (lambda v: isinstance(v, BaseModel), lambda v: self._mapping(v.model_dump())),
            (_is_dataclass, lambda v: self._mapping({f.name: getattr(v, f.name) for f in dataclasses.fields(v)})),
            (_is_response, self._response),
            (_is_frame, lambda v: self._items(_records(v), of=len(v))),
            (_is_live, _refuse),
            (lambda v: hasattr(v, "dtype") and hasattr(v, "tolist"), lambda v: self.read(v.tolist())),
            (lambda v: isinstance(v, Sequence), lambda v: self._items(v, of=len(v))),
            (lambda v: isinstance(v, Iterator), lambda v: self._items(islice(v, MAX_ITEMS + 1), of=None)),
            (lambda v: type(v).__name__ == "NAType", lambda _: None),
        )

    def _text(self, value: str) -> str:
        # Masked before it is cut: half a secret is not recognised.
        left = max(self.left, 0)
        head = str.__str__(value[: left + LONGEST_SECRET])
        whole: bytes = masked(head).encode(errors="backslashreplace")
        kept = whole[:left]
        self.left -= len(kept)
        if len(kept) == len(whole) and len(head) == len(value):
            return whole.decode()
        return (
            f"{kept.decode(errors='ignore')}… [cut: {len(value)} characters, results may have {self.max_bytes} bytes]"
        )

    def _scalar(self, value: Any) -> Any:
        if isinstance(value, int) and value.bit_length() > MAX_INT_BITS:
            return self._text(f"{value:#x}")
        simple = str(value) if isinstance(value, PurePath) else plain(value, max_chars=max(self.left, 0))
        self.left -= json_bytes(simple)
        return simple

    def _mapping(self, value: Mapping[Any, Any]) -> dict[str, Any]:
        read: dict[str, Any] = {}
        for key, item in value.items():
            if self.left <= 0:
                read["…"] = f"[cut: {len(read)} of {len(value)} entries, results may have {self.max_bytes} bytes]"
                break
            read[self._key(key)] = self.read(item)
            self.left -= 4
        return read

    def _key(self, key: Any) -> str:
        simple = self.read(key)
        return simple if isinstance(simple, str) else json.dumps(simple, ensure_ascii=False)

    def _items(self, values: Iterable[Any], *, of: int | None) -> list[Any]:
        read: list[Any] = []
        for value in values:
            if of is None and len(read) == MAX_ITEMS:
                return [*read, f"… [cut: the first {MAX_ITEMS} items]"]
            if self.left <= 0 and read:
                many = f"{len(read)} items" if of is None else f"{len(read)} of {of} items"
                return [*read, f"… [cut: {many}, results may have {self.max_bytes} bytes]"]
            read.append(self.read(value))
            self.left -= 2
        if of is not None and len(read) < of:
            read.append(f"… [cut: the first {len(read)} of {of} items]")
        return read

    def _response(self, value: Any) -> dict[str, Any]:
        headers = {str(name).lower(): str(text) for name, text in value.headers.items()}
        known = {name: headers[name] for name in headers if name in HEADERS or name.startswith("x-ratelimit")}
        answer: dict[str, Any] = {"status_code": value.status_code, "headers": self._mapping(known)}
        kind = headers.get("content-type", "")
        if "json" in kind:
            with suppress(ValueError):
                return {**answer, "json": self.read(value.json())}
        if _is_text(kind, value.content):
            return {**answer, "text": self._text(_body(value, kind))}
        return {**answer, "content": self._scalar(value.content)}


def _body(response: Any, kind: str) -> str:
    """Return the text; without a charset it is UTF-8 where that fits (requests would take Latin-1)."""
    if "charset" not in kind:
        with suppress(UnicodeDecodeError):
            return str(response.content, "utf-8")
    return str(response.text)


def _is_text(kind: str, content: bytes) -> bool:
    return any(word in kind for word in ("text/", "charset", "json", "xml")) or (not kind and b"\0" not in content)


def _is_response(value: Any) -> bool:
    return all(_has(value, name) for name in ("status_code", "headers", "content", "text", "json"))


def _is_frame(value: Any) -> bool:
    return hasattr(type(value), "columns") and (hasattr(value, "to_dicts") or hasattr(value, "to_dict"))


def _records(frame: Any) -> list[dict[Any, Any]]:
    head = frame.head(MAX_ITEMS) if hasattr(frame, "head") else frame
    records: list[dict[Any, Any]] = head.to_dicts() if hasattr(head, "to_dicts") else head.to_dict(orient="records")
    return records


def _is_dataclass(value: Any) -> bool:
    return dataclasses.is_dataclass(value) and not isinstance(value, type)


def _holds_secrets(value: Any) -> bool:
    """Say whether an object of some class carries a credential; a mapping or list is data."""
    if isinstance(value, list | dict | set):
        return False
    return any(_has(value, name) for name in _HOLDS_SECRETS)


def _is_live(value: Any) -> bool:
    return any(_has(value, name) for name in _LIVE) and not inspect.isgenerator(value)


def _has(value: Any, name: str) -> bool:
    """Say whether there is such an attribute, without running a getter."""
    return inspect.getattr_static(value, name, None) is not None or name in _attributes(value)


def _attributes(value: Any) -> Mapping[str, Any]:
    found = inspect.getattr_static(value, "__dict__", None)
    return vars(value) if found is not None and not isinstance(value, type) else {}


def _refuse(value: Any) -> Any:
    raise ToolFailed(
        f"the method returned a {_path(value)}, which can hold credentials or act, so it is not shown. "
        "Use a method that returns data."
    )


def _refusal(value: Any) -> str:
    return f"the method returned a {_path(value)}, which is no data: objects are not shown as text."


def _path(value: Any) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"
