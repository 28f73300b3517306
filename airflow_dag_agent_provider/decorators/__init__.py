"""Task decorators: ``from airflow_dag_agent_provider.decorators import agent`` is ours whatever else is installed."""

from __future__ import annotations

from airflow_dag_agent_provider.decorators.agent_task import agent

__all__ = ["agent"]
