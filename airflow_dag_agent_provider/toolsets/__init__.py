"""Toolsets, imported when first asked for: ``from airflow_dag_agent_provider.toolsets import ToolsetSpec``."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_dag_agent_provider.toolsets.dag_authoring import DagAuthoringToolset as DagAuthoringToolset
    from airflow_dag_agent_provider.toolsets.hook import HookToolset as HookToolset
    from airflow_dag_agent_provider.toolsets.spec import ToolsetSpec as ToolsetSpec
    from airflow_dag_agent_provider.toolsets.sql import SQLToolset as SQLToolset

_MODULES = {
    "DagAuthoringToolset": "dag_authoring",
    "HookToolset": "hook",
    "SQLToolset": "sql",
    "ToolsetSpec": "spec",
}

__all__ = ["DagAuthoringToolset", "HookToolset", "SQLToolset", "ToolsetSpec"]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(_MODULES)
