"""AgentOperator: an LLM that uses tools in a loop until it has the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_dag_agent_provider.operators.llm import LLMOperator

if TYPE_CHECKING:
    from airflow.sdk import Context
    from pydantic_ai.toolsets import AbstractToolset

    from airflow_dag_agent_provider.toolsets.spec import ToolsetSpec

# Parameters of the AgentOperator guide that come later: their neutral value changes nothing, any other is refused.
_LATER: Mapping[str, Any] = {
    "durable": False,
    "message_history": None,
    "code_mode": False,
    "enable_hitl_review": False,
}


class AgentOperator(LLMOperator):
    """Run an agent: the model reasons about the prompt, calls tools, and returns a final answer.

    Takes every argument of `LLMOperator`, and:

    Args:
        toolsets: Toolset specs (``SQLToolset(...)``, ``DagAuthoringToolset(...)``) or pydantic-ai toolsets. In a
            mapped task use specs: they keep the DAG's version stable.
        enable_tool_logging: Log every tool call as it happens; the summary after the run is always logged.
    """

    template_fields: Sequence[str] = (*LLMOperator.template_fields, "toolsets")

    def __init__(
        self,
        *,
        toolsets: Sequence[ToolsetSpec | AbstractToolset[Any]] | None = None,
        enable_tool_logging: bool = True,
        **kwargs: Any,
    ) -> None:
        for name, neutral in _LATER.items():
            if kwargs.pop(name, neutral) != neutral:
                raise TypeError(f"AgentOperator: {name} is not available in this version. Leave it out.")
        super().__init__(**kwargs)
        self.toolsets = toolsets
        self.enable_tool_logging = enable_tool_logging

    def agent_options(self, context: Context) -> dict[str, Any]:
        """Add the toolsets to the options of the ``Agent``."""
        return {"toolsets": self._build_toolsets(context), **super().agent_options(context)}

    def run_options(self) -> dict[str, Any]:
        """Log tool calls unless told otherwise."""
        return super().run_options() | {"log_tools": self.enable_tool_logging}

    def _build_toolsets(self, context: Context) -> list[Any]:
        """Return pydantic-ai toolsets: specs are rendered on a copy and built once per run."""
        from pydantic_ai.toolsets import DynamicToolset

        from airflow_dag_agent_provider.toolsets.spec import ToolsetSpec

        def render(text: str) -> str:
            return str(self.render_template(text, context))

        built: list[Any] = []
        for toolset in self.toolsets or ():
            if isinstance(toolset, ToolsetSpec):
                spec = toolset.rendered(render)
                built.append(DynamicToolset(spec.build, per_run_step=False, id=spec.id))
            else:
                built.append(toolset)
        return built
