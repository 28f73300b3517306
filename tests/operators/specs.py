"""Toolset specs for tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_dag_agent_provider.toolsets.spec import ToolsetSpec

if TYPE_CHECKING:
    from pydantic_ai import RunContext
    from pydantic_ai.toolsets import AbstractToolset


@dataclass(frozen=True)
class Echo(ToolsetSpec):
    """One tool that says which connection it stands for; reads the connection when ``conn_id`` is one."""

    conn_id: str
    tables: tuple[str, ...] = ()

    agent_template_fields: ClassVar[tuple[str, ...]] = ("conn_id",)

    @property
    def id(self) -> str:
        return f"echo-{self.conn_id}"

    def build(self, ctx: RunContext[Any]) -> AbstractToolset[Any]:
        from pydantic_ai.toolsets import FunctionToolset

        toolset: FunctionToolset[Any] = FunctionToolset(id=self.id)

        def echo() -> str:
            return f"conn={self.conn_id}"

        toolset.add_function(echo)
        return toolset


@dataclass(frozen=True)
class Host(Echo):
    """Like Echo, but the tool asks Airflow for the connection and says its host."""

    def build(self, ctx: RunContext[Any]) -> AbstractToolset[Any]:
        from airflow.sdk import BaseHook
        from pydantic_ai.toolsets import FunctionToolset

        at_build = BaseHook.get_connection(self.conn_id).host
        toolset: FunctionToolset[Any] = FunctionToolset(id=self.id)

        def echo() -> str:
            return f"{at_build} {BaseHook.get_connection(self.conn_id).host}"

        toolset.add_function(echo)
        return toolset
