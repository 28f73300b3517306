"""`DagAuthoringToolset`: what an agent needs to write validated DAG drafts. No tool of it can publish."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from airflow_dag_agent_provider.toolsets.spec import ToolsetSpec

if TYPE_CHECKING:
    from pydantic_ai import RunContext
    from pydantic_ai.toolsets import AbstractToolset


@dataclass(frozen=True)
class DagAuthoringToolset(ToolsetSpec):
    """Tools to look up operators, check a plan, and write a draft that a person reviews.

    Tools: search_operators, describe_operator, list_connections, list_dags, read_dag, check_plan, and unless
    ``read_only``: write_dag, test_dag, diff_draft.

    Args:
        read_only: True leaves out the tools that write drafts or run code.
        operators: Prefixes of operator paths a plan may use, e.g. ``("airflow.providers.common.sql.",)``;
            None: everything in the catalog.
        dags_path: Folder (URI) that a release of the drafts would go into; None: ``[dag_agent] dags_path``.
        drafts_path: Folder (URI) of the drafts; None: ``[dag_agent] drafts_path``.
    """

    read_only: bool = False
    operators: tuple[str, ...] | None = None
    dags_path: str | None = None
    drafts_path: str | None = None

    agent_template_fields: ClassVar[tuple[str, ...]] = ("dags_path", "drafts_path")

    @property
    def id(self) -> str:
        """Identity of the toolset inside one agent."""
        return "dag_authoring_read" if self.read_only else "dag_authoring"

    def build(self, ctx: RunContext[object]) -> AbstractToolset[object]:  # noqa: ARG002
        """Return the real toolset, opened on this Airflow's drafts and catalog."""
        from airflow_dag_agent_provider.authoring.workshop import open_workshop
        from airflow_dag_agent_provider.toolsets.dag_tools import DagTools
        from airflow_dag_agent_provider.toolsets.deployment import TaskDeployment

        shop = open_workshop(deployment=TaskDeployment(), dags_path=self.dags_path, drafts_path=self.drafts_path)
        return DagTools(shop, operators=self.operators).toolset(id=self.id, read_only=self.read_only)
