"""Hooks that behave badly, for the tests of HookToolset."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook, Connection

if TYPE_CHECKING:
    from nowhere import Session  # type: ignore[import-not-found]


class Warehouse(BaseHook):
    """A hook with one method per kind of trouble."""

    conn_name_attr = "warehouse_conn_id"
    not_callable = 1

    def __init__(self, warehouse_conn_id: str = "warehouse", **options: Any) -> None:
        super().__init__()
        self.warehouse_conn_id = warehouse_conn_id
        self.options = options
        self.seen: list[dict[str, Any]] = []

    @property
    def token(self) -> str:
        raise AssertionError("a getter ran")

    def look_up(self, name: str, limit: int = 10, exact: bool = False) -> dict[str, Any]:
        """Look up an article.

        :param name: what it is called
        :param limit: at most so many
        :return: what was found
        """
        self.seen.append({"name": name, "limit": limit, "exact": exact})
        return {"name": name, "limit": limit}

    def look_up_google(self, name: str) -> str:
        """Look up an article.

        Args:
            name: What it is called.
        """
        return name

    async def look_up_async(self, name: str) -> str:
        return name

    def by_place(self, name: str, /, endpoint: str = "/") -> list[str]:
        return [name, endpoint]

    def mixed(
        self,
        rows: str | Iterable[str],
        anything=None,
        handler: Callable[[Any], Any] | None = None,
        session: Session | None = None,
        of: Session | str = "x",
        tags: tuple[str, ...] = (),
        *rest: str,
        **options: Any,
    ) -> Any:
        return {"rows": rows, "anything": anything, "of": of, "options": options}

    def needs_callable(self, handler: Callable[[Any], Any]) -> Any:
        return handler(1)

    def returns(self) -> Any:
        return self.options["value"]

    def fails(self) -> None:
        raise self.options["error"]

    def endless(self) -> Iterator[int]:
        number = 0
        while True:
            yield number
            number += 1

    def connection_itself(self) -> Connection:
        return Connection(conn_id="x", conn_type="http", password="planted-s3cret")

    def get_conn(self) -> object:
        return object()

    def _private(self) -> None: ...
