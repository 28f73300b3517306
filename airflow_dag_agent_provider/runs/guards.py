"""What stands around a tool call: the log lines outside, masking inside.

Nothing here overrides an event hook, because any consumer of events would switch the model to streaming.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic_ai.capabilities import AbstractCapability, CapabilityOrdering
from pydantic_ai.exceptions import ModelRetry, ToolFailed, ToolFailedError, ToolRetryError

from airflow_dag_agent_provider.runs.durable import DurableSteps, told_to_the_model
from airflow_dag_agent_provider.runs.masking import masked

if TYPE_CHECKING:
    from pydantic_ai import RunContext, ToolDefinition
    from pydantic_ai.capabilities import ValidatedToolArgs, WrapToolExecuteHandler
    from pydantic_ai.messages import ModelResponse, ToolCallPart
    from pydantic_ai.models import ModelRequestContext

log = logging.getLogger(__name__)


@dataclass
class ToolLog(AbstractCapability[Any]):
    """Notes every tool call in order and, when ``verbose``, logs it as it happens.

    Names and durations are logged at INFO, arguments only at DEBUG; results never.
    """

    calls: list[str] = field(default_factory=list)
    verbose: bool = True

    def get_ordering(self) -> CapabilityOrdering:
        """Stand outside of the durable steps: a replayed call belongs to the sequence too."""
        return CapabilityOrdering(position="outermost", wraps=(DurableSteps,))

    async def wrap_tool_execute(
        self,
        ctx: RunContext[Any],  # noqa: ARG002
        *,
        call: ToolCallPart,
        tool_def: ToolDefinition,  # noqa: ARG002
        args: ValidatedToolArgs,
        handler: WrapToolExecuteHandler,
    ) -> Any:
        """Run the tool between its two log lines."""
        self.calls.append(call.tool_name)
        if not self.verbose:
            return await handler(args)
        with _timed_call(call.tool_name):
            log.debug("Tool %s arguments: %s", call.tool_name, args)
            return await handler(args)

    async def after_model_request(
        self,
        ctx: RunContext[Any],
        *,
        request_context: ModelRequestContext,  # noqa: ARG002
        response: ModelResponse,
    ) -> ModelResponse:
        """Log what the request cost."""
        log.debug(
            "Model request %s: model=%s, input_tokens=%s, output_tokens=%s",
            ctx.usage.requests,
            response.model_name,
            response.usage.input_tokens,
            response.usage.output_tokens,
        )
        return response


class MaskedResults(AbstractCapability[Any]):
    """Masks what every tool gives or says: the one place before model, transcript, step cache and session."""

    def get_ordering(self) -> CapabilityOrdering:
        """Stand next to the tool."""
        return CapabilityOrdering(position="innermost")

    async def wrap_tool_execute(
        self,
        ctx: RunContext[Any],  # noqa: ARG002
        *,
        call: ToolCallPart,  # noqa: ARG002
        tool_def: ToolDefinition,  # noqa: ARG002
        args: ValidatedToolArgs,
        handler: WrapToolExecuteHandler,
    ) -> Any:
        """Run the tool and mask its result, or the error that it tells the model."""
        try:
            return masked(await handler(args))
        except (ModelRetry, ToolRetryError, ToolFailed, ToolFailedError) as error:
            kind, text = told_to_the_model(error)
            if masked(text) == text:
                raise
            clean = ModelRetry if kind == "retry" else ToolFailed
            raise clean(masked(text)) from None


@contextmanager
def _timed_call(name: str) -> Iterator[None]:
    log.info("Tool call: %s", name)  # no ::group::, calls of one turn run side by side
    started = time.perf_counter()
    ending = "failed after"
    try:
        yield
        ending = "returned in"
    finally:
        log.info("Tool %s %s %.2fs", name, ending, time.perf_counter() - started)
