"""``@task.agent`` and ``@task.dag_agent``: the function returns the prompt, AgentOperator does the rest."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.providers.common.compat.sdk import (
    DecoratedOperator,
    context_merge,
    determine_kwargs,
    task_decorator_factory,
)
from airflow.sdk.definitions._internal.types import SET_DURING_EXECUTION

from airflow_dag_agent_provider.operators.agent import AgentOperator

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import TaskDecorator
    from airflow.sdk import Context


class _AgentDecoratedOperator(DecoratedOperator, AgentOperator):
    """Calls the decorated function and gives what it returns to the agent as the prompt, character by character."""

    template_fields: Sequence[str] = (*DecoratedOperator.template_fields, *AgentOperator.template_fields)
    template_fields_renderers: ClassVar[dict[str, str]] = {
        **DecoratedOperator.template_fields_renderers,
        **AgentOperator.template_fields_renderers,
    }
    custom_operator_name: str = "@task.agent"
    overwrite_rtif_after_execution: bool = True

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        op_args: Collection[Any] | None = None,
        op_kwargs: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if inspect.iscoroutinefunction(python_callable):
            raise TypeError(f"{python_callable.__name__} is async; an agent task takes a plain function.")
        super().__init__(
            python_callable=python_callable,
            op_args=op_args,
            op_kwargs=op_kwargs,
            prompt=SET_DURING_EXECUTION,
            **kwargs,
        )

    def execute(self, context: Context) -> Any:
        """Call the function, then run the agent on exactly the text it returned."""
        context_merge(context, self.op_kwargs)
        kwargs = determine_kwargs(self.python_callable, self.op_args, context)
        # Data from here on: rendering it would evaluate a template that a user typed (`{{ conn.db.password }}`).
        self.prompt = self.python_callable(*self.op_args, **kwargs)
        return AgentOperator.execute(self, context)


def agent(python_callable: Callable[..., Any] | None = None, **kwargs: Any) -> TaskDecorator:
    """Turn a function that returns a prompt into an agent task.

    Args:
        python_callable: The function; it returns text, or a list of text and pydantic-ai user content.
        **kwargs: The arguments of `AgentOperator` besides ``prompt``, and those of every operator.
    """
    return task_decorator_factory(
        python_callable=python_callable, decorated_operator_class=_AgentDecoratedOperator, **kwargs
    )
