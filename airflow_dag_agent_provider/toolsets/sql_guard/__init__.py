"""The SQL guard: ``guard(sql, dialect=...)`` returns one harmless read, or raises `SqlRefused`."""

from __future__ import annotations

from airflow_dag_agent_provider.toolsets.sql_guard.guard import Guarded, guard

__all__ = ["Guarded", "guard"]
