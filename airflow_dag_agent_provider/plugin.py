"""The "Write a DAG" entry of Airflow's navigation."""

from __future__ import annotations

from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

AUTHORING_DAG_ID = "dag_agent_author"


class DagAgentPlugin(AirflowPlugin):
    """Leads to the page of the authoring DAG, whose Trigger button opens the request form.

    Airflow 3.3 opens the form in a dialog that has no address of its own, so the DAG's page is the nearest one.
    The address is relative: the UI resolves it against ``[api] base_url``.
    """

    name = "dag_agent"
    external_views: ClassVar[list[dict[str, Any]]] = [
        {"name": "Write a DAG", "href": f"dags/{AUTHORING_DAG_ID}", "destination": "nav"}
    ]
