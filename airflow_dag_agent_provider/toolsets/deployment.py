"""What a running task can ask Airflow about its deployment: by id only, through the Task SDK."""

from __future__ import annotations

from airflow_dag_agent_provider.checks.deployment import DeployedDag


class TaskDeployment:
    """A `checks.deployment.Deployment` that works inside a running Airflow task."""

    def connection_type(self, conn_id: str) -> str | None:
        """Return the conn_type of a connection; ``""`` when there is none; None: unknown."""
        from airflow.sdk import BaseHook
        from airflow.sdk.exceptions import AirflowNotFoundException, AirflowRuntimeError

        try:
            return BaseHook.get_connection(conn_id).conn_type or None
        except AirflowNotFoundException:
            return ""
        except AirflowRuntimeError:
            return None

    def dag(self, dag_id: str) -> DeployedDag | bool | None:
        """Return the DAG of that id; False when Airflow has none; None: unknown."""
        from airflow.sdk.api.client import ServerResponseError
        from airflow.sdk.exceptions import AirflowRuntimeError
        from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

        try:
            found = RuntimeTaskInstance.get_dag(dag_id)
        except AirflowRuntimeError as error:
            return _absent((error.error.detail or {}).get("status_code"))
        except ServerResponseError as error:  # dag.test() answers in this process
            return _absent(error.response.status_code)
        return DeployedDag(dag_id=found.dag_id, path=found.relative_fileloc, is_paused=found.is_paused)


def _absent(status_code: int | None) -> bool | None:
    """Return False for an answer that says there is no such DAG; None (unknown) for any other failure."""
    return False if status_code == 404 else None
