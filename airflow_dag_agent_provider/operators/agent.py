"""AgentOperator: an LLM that uses tools in a loop until it has the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_dag_agent_provider.exceptions import StorageError
from airflow_dag_agent_provider.operators.llm import LLMOperator, failing_for_good

if TYPE_CHECKING:
    from airflow.sdk import Context
    from pydantic_ai.messages import ModelMessage
    from pydantic_ai.toolsets import AbstractToolset

    from airflow_dag_agent_provider.runs.run import AgentRun
    from airflow_dag_agent_provider.runs.sessions import Session
    from airflow_dag_agent_provider.runs.step_store import StepStore
    from airflow_dag_agent_provider.toolsets.spec import ToolsetSpec

# Parameters of the AgentOperator guide that come later: their neutral value changes nothing, any other is refused.
_LATER: Mapping[str, Any] = {"code_mode": False, "enable_hitl_review": False}


class AgentOperator(LLMOperator):
    """Run an agent: the model reasons about the prompt, calls tools, and returns a final answer.

    Takes every argument of `LLMOperator`, and:

    Args:
        toolsets: Toolset specs (``SQLToolset(...)``, ``DagAuthoringToolset(...)``) or pydantic-ai toolsets. In a
            mapped task use specs: they keep the DAG's version stable.
        enable_tool_logging: Log every tool call as it happens; the summary after the run is always logged.
        durable: Record every step under ``[dag_agent] step_cache_path``, so that a retry goes on where the attempt
            before it stopped. The records are removed when the task ends well; a clear starts afresh.
        message_history: The conversation that the prompt goes on with: pydantic-ai messages, or their JSON as str,
            bytes or data; ``"[]"`` begins one. The whole conversation is then pushed to the XCom
            ``message_history``. Templated.
        session_id: Keeps the conversation under this name in ``[dag_agent] sessions_path``, for this DAG and the
            user who triggers it: 1-128 characters of ``[A-Za-z0-9_.-]``. Templated.
    """

    template_fields: Sequence[str] = (*LLMOperator.template_fields, "toolsets", "message_history", "session_id")

    def __init__(
        self,
        *,
        toolsets: Sequence[ToolsetSpec | AbstractToolset[Any]] | None = None,
        enable_tool_logging: bool = True,
        durable: bool = False,
        message_history: Sequence[ModelMessage] | Sequence[dict[str, Any]] | str | bytes | None = None,
        session_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        for name, neutral in _LATER.items():
            if kwargs.pop(name, neutral) != neutral:
                raise TypeError(f"AgentOperator: {name} is not available in this version. Leave it out.")
        if not isinstance(durable, bool):
            raise TypeError(f"AgentOperator: durable={durable!r} is not True or False.")
        if message_history is not None and session_id is not None:
            raise ValueError("AgentOperator: give message_history or session_id, not both: a session loads its own.")
        super().__init__(**kwargs)
        self.toolsets = toolsets
        self.enable_tool_logging = enable_tool_logging
        self.durable = durable
        self.message_history = message_history
        self.session_id = session_id
        self._hands_on_history = message_history is not None

    def run_agent(self, context: Context) -> AgentRun:
        """Run the agent with its conversation and its recorded steps, and keep what the next run needs.

        Raises:
            AirflowFailException: The run failed, or the conversation cannot be read, and a retry cannot help.
        """
        run = super().run_agent(context)
        with failing_for_good():
            self._keep_conversation(context, run)
        if self.durable:
            self._forget_steps(context)
        return run

    def agent_options(self, context: Context) -> dict[str, Any]:
        """Add the toolsets to the options of the ``Agent``."""
        return {"toolsets": self._build_toolsets(context), **super().agent_options(context)}

    def run_options(self, context: Context) -> dict[str, Any]:
        """Add the conversation, the durable steps, and the log of tool calls."""
        options = super().run_options(context) | {"log_tools": self.enable_tool_logging}
        history = self._history(context)
        if self.durable:
            from airflow_dag_agent_provider.runs.durable import DurableSteps

            steps = self._steps(context)
            if self.session_id is not None:
                history = steps.first_history(history)
            options["capabilities"] = [DurableSteps(steps)]
        return options | {"history": history}

    # --- the conversation -------------------------------------------------------------------------------------

    def _history(self, context: Context) -> list[ModelMessage]:
        from airflow_dag_agent_provider.runs.history import read_history

        if self.session_id is not None:
            return self._session(context).load()
        return read_history(self.message_history)

    def _keep_conversation(self, context: Context, run: AgentRun) -> None:
        """Store this turn of the session, or hand the whole conversation on through XCom."""
        from airflow_dag_agent_provider.runs.history import write_history

        if self.session_id is not None:
            turn = self._session(context).append(run.new_messages, run_id=run.run_id)
            self.log.info("Stored turn %s of session %s", turn, self.session_id)
        elif self._hands_on_history:
            context["ti"].xcom_push(key="message_history", value=write_history(run.messages))

    def _session(self, context: Context) -> Session:
        from airflow_dag_agent_provider.runs.sessions import Session
        from airflow_dag_agent_provider.settings import load_settings
        from airflow_dag_agent_provider.storage import open_store

        ti = context["ti"]
        return Session(
            store=open_store(load_settings().sessions_path),
            dag_id=ti.dag_id,
            user=context["dag_run"].triggering_user_name,
            session_id=str(self.session_id),
            writer=(ti.run_id, ti.task_id, str(ti.map_index)),
        )

    # --- durable steps ----------------------------------------------------------------------------------------

    def _steps(self, context: Context) -> StepStore:
        from airflow_dag_agent_provider.runs.step_store import StepStore
        from airflow_dag_agent_provider.settings import load_settings
        from airflow_dag_agent_provider.storage import open_store

        ti = context["ti"]
        # max_tries stays the same over retries and grows with a clear, which is to start afresh
        identity = (ti.dag_id, ti.run_id, ti.task_id, ti.map_index, ti.max_tries)
        return StepStore(open_store(load_settings().step_cache_path, flush=False), identity=identity)

    def _forget_steps(self, context: Context) -> None:
        try:
            self._steps(context).clear()
        except StorageError as error:
            self.log.warning("The recorded steps of this finished task stay where they are: %s", error)

    # --- toolsets ---------------------------------------------------------------------------------------------

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
