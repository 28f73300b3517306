"""Airflow provider: LLM agents as tasks, and DAGs written, checked, reviewed and released from plain words."""

__version__ = "0.1.0"
