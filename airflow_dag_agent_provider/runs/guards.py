"""What stands around a tool call: the log lines.

Nothing here overrides an event hook, because any consumer of events would switch the model to streaming.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic_ai.capabilities import AbstractCapability

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
