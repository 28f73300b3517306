"""The DAG that writes DAGs: trigger it with a request in plain words, then review what it wrote."""

from airflow_dag_agent_provider.meta_dag import authoring_dag

dag = authoring_dag(approvers="*")
