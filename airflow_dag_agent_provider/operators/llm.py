"""LLMOperator: one prompt to a model, one answer to XCom; what AgentOperator builds on.

execute:  resolve the model -> build the agent -> run it -> push usage -> return the output
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from airflow_dag_agent_provider.exceptions import DagAgentError, StorageError

if TYPE_CHECKING:
    from airflow.sdk import Context
    from pydantic_ai import Agent
    from pydantic_ai.usage import UsageLimits

    from airflow_dag_agent_provider.runs.run import AgentRun, RunHandle

RETRIES = {"tools": 3, "output": 3}
# What agent_params must not hold, and the parameter to use.
_OWN_PARAMETERS = {
    "model": "model_id",
    "output_type": "output_type",
    "toolsets": "toolsets",
    "instructions": "system_prompt",
}


class LLMOperator(BaseOperator):
    """Send a prompt to a model and return its answer.

    Args:
        prompt: What to ask. Templated; values that come in by expression or XCom are never rendered again.
        llm_conn_id: Connection of a ``pydanticai`` type; None is ``[dag_agent] llm_conn_id``. Templated.
        model_id: ``vendor:model``, ``offline:planner`` or ``test``; wins over the connection's model. Templated.
        system_prompt: Standing instructions. Templated.
        output_type: ``str`` or what the answer must fit: a pydantic model, a list or union of them.
        agent_params: Further arguments of the pydantic-ai ``Agent`` (``model_settings``, ``capabilities`` ...).
        usage_limits: ``pydantic_ai.UsageLimits`` or a mapping with its names, like ``{"request_limit": 10}``.
        serialize_output: Return plain JSON data instead of instances of ``output_type``.
        default_model: Model where neither ``model_id``, connection nor configuration names one.

    The XComs ``usage``, ``model`` and ``run_id`` are pushed whether or not the run succeeds.
    """

    template_fields: Sequence[str] = ("prompt", "llm_conn_id", "model_id", "system_prompt", "agent_params")
    template_fields_renderers: ClassVar[dict[str, str]] = {"prompt": "md", "system_prompt": "md", "agent_params": "py"}
    deserialization_allowed_class_fields: ClassVar[tuple[str, ...]] = ("output_type",)
    ui_color = "#d5e4f7"

    def __init__(
        self,
        *,
        prompt: Any,
        llm_conn_id: str | None = None,
        model_id: str | None = None,
        system_prompt: str = "",
        output_type: Any = str,
        agent_params: dict[str, Any] | None = None,
        usage_limits: UsageLimits | Mapping[str, Any] | None = None,
        serialize_output: bool = False,
        default_model: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if isinstance(agent_params, Mapping):
            for name in _OWN_PARAMETERS.keys() & agent_params.keys():
                raise TypeError(f"agent_params must not hold {name!r}: use the parameter {_OWN_PARAMETERS[name]}.")
        self.prompt = prompt
        self.llm_conn_id = llm_conn_id
        self.model_id = model_id
        self.system_prompt = system_prompt
        self.output_type = output_type
        self.agent_params = agent_params
        self.usage_limits = usage_limits
        self.serialize_output = serialize_output
        self.default_model = default_model
        self._handle: RunHandle | None = None

    def execute(self, context: Context) -> Any:
        """Run and return the output, typed or as plain data."""
        return self.as_xcom(self.run_agent(context).output)

    def run_agent(self, context: Context) -> AgentRun:
        """Build the agent, run it on ``self.prompt`` and push ``usage``, ``model`` and ``run_id``.

        Raises:
            AirflowFailException: The run failed and a retry cannot help.
        """
        from airflow_dag_agent_provider.runs.run import RunHandle, run_agent

        self._check_prompt()
        with failing_for_good():
            agent = self.build_agent(context)
            handle = self._handle = RunHandle()
            try:
                return run_agent(agent, self.prompt, handle=handle, **self.run_options(context))
            finally:
                self._handle = None
                report = handle.report()
                for key, value in (("usage", report.usage), ("model", report.model), ("run_id", report.run_id)):
                    context["ti"].xcom_push(key=key, value=value)

    def build_agent(self, context: Context) -> Agent[Any, Any]:
        """Return the agent of this task; subclasses add to it.

        Raises:
            ModelUnavailable: There is no model to be had; `run_agent` fails the task with it.
        """
        from pydantic_ai import Agent

        from airflow_dag_agent_provider.hooks.llm import resolve_model

        model = resolve_model(model_id=self.model_id, llm_conn_id=self.llm_conn_id, default_model=self.default_model)
        return Agent(model, **self.agent_options(context))

    def agent_options(self, context: Context) -> dict[str, Any]:  # noqa: ARG002 (subclasses render with it)
        """Return the arguments of the ``Agent`` besides its model; ``agent_params`` win."""
        options: dict[str, Any] = {"output_type": self.output_type, "retries": dict(RETRIES), "name": self.task_id}
        if self.system_prompt:
            options["instructions"] = self.system_prompt
        return options | (self.agent_params or {})

    def run_options(self, context: Context) -> dict[str, Any]:  # noqa: ARG002 (subclasses look at the run)
        """Return the options of `runs.run.run_agent`."""
        return {"usage_limits": self.usage_limits, "log_tools": False}

    def as_xcom(self, output: Any) -> Any:
        """Return what goes to XCom: the output as it is, readable downstream as its own class, or plain JSON data."""
        if self.serialize_output:
            from pydantic_core import to_jsonable_python

            return to_jsonable_python(output)
        self._allow_output_classes()
        return output

    def on_kill(self) -> None:
        """Stop the run: called by Airflow when the task is killed or cleared while it runs."""
        if self._handle is not None:
            self._handle.cancel()

    def _check_prompt(self) -> None:
        if not isinstance(self.prompt, Sequence) or isinstance(self.prompt, bytes) or not self.prompt:
            raise AirflowFailException(
                f"The prompt of task {self.task_id!r} is {self.prompt!r}. Give text, or a list of text and content."
            )

    def _allow_output_classes(self) -> None:
        """Let consumers in this very process read the output; a worker does this for all tasks of the DAG."""
        from airflow.sdk.serde import allow_class, iter_pydantic_models

        for model_class in iter_pydantic_models(self.output_type):
            try:
                allow_class(model_class)
            except ValueError as error:
                self.log.warning("A class of output_type cannot be read back from XCom: %s", error)


@contextmanager
def failing_for_good() -> Iterator[None]:
    """Fail the task without retry where a retry cannot help; other errors pass as they are."""
    from pydantic_ai.exceptions import AgentRunError, FallbackExceptionGroup, UserError

    from airflow_dag_agent_provider.runs.run import retry_helps

    try:
        yield
    except StorageError:
        raise
    except DagAgentError as error:
        raise AirflowFailException(str(error)) from error
    except (AgentRunError, FallbackExceptionGroup, UserError) as error:
        if retry_helps(error):
            raise
        raise AirflowFailException(f"{type(error).__name__}: {error} (A retry cannot help.)") from error
