"""What a plan may use: the operators, sensors, transfers, notifiers and decorators of this deployment.

Read from the installed sources; nothing of a provider is imported.
"""

from airflow_dag_agent_provider.catalog.catalog import Catalog
from airflow_dag_agent_provider.catalog.operator import Kind, Operator, Parameter

__all__ = ["Catalog", "Kind", "Operator", "Parameter"]
