"""Durable steps: a model response or tool result that is recorded is not paid for again by a later attempt.

One capability at two seams. The model that serves a request is wrapped, so the request is compared as it would be
sent; a tool call is wrapped outside of masking, so a record holds what the model was told. The n-th equal request of
a run has a record of its own, so calls may run side by side.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Literal

from pydantic import TypeAdapter
from pydantic_ai.capabilities import AbstractCapability, CapabilityOrdering
from pydantic_ai.exceptions import (
    ModelRetry,
    ToolFailed,
    ToolFailedError,
    ToolRetryError,
    UnexpectedModelBehavior,
)
from pydantic_ai.messages import ModelMessagesTypeAdapter, ModelRequest, ModelResponse, ToolReturn, ToolReturnPart
from pydantic_ai.models import CompletedStreamedResponse
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_core import PydanticSerializationError

from airflow_dag_agent_provider.runs.fingerprint import ModelRequests, of_tool_call
from airflow_dag_agent_provider.runs.masking import masked
from airflow_dag_agent_provider.runs.step_store import Step, StepStore

if TYPE_CHECKING:
    from pydantic_ai import RunContext, ToolDefinition
    from pydantic_ai.agent import AgentRunResult
    from pydantic_ai.capabilities import ValidatedToolArgs, WrapRunHandler, WrapToolExecuteHandler
    from pydantic_ai.messages import ModelMessage, ToolCallPart
    from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse
    from pydantic_ai.settings import ModelSettings

log = logging.getLogger(__name__)

_TOOL_RETURN = TypeAdapter(ToolReturn)


class DurableSteps(AbstractCapability[Any]):
    """Records every step of one run, and replays what an earlier attempt recorded. Serves one run."""

    def __init__(self, steps: StepStore) -> None:
        self.steps = steps
        self.replayed = 0
        self.executed = 0
        self.requests = ModelRequests()
        self._asked: Counter[str] = Counter()
        self._last_response: str | None = None

    def get_ordering(self) -> CapabilityOrdering:
        """Stand outside of what changes results, so that a record is what the model was told."""
        return CapabilityOrdering(position="outermost")

    def get_wrapper_model(self, model: Model) -> Model:
        """Answer a recorded request without the model."""
        return _RecordedModel(model, self)

    async def respond(self, fingerprint: str, model: WrapperModel, *request: Any) -> ModelResponse:
        """Return the recorded response of a request, or ask the model and record it."""
        name = self._last_response = self._name(fingerprint)
        step = await self._recorded(name)
        if step is not None:
            return _response(step)
        response = await model.wrapped.request(*request)
        self.executed += 1
        data = ModelMessagesTypeAdapter.dump_python([response], mode="json")
        if response.state != "complete":
            return response
        if masked(data) != data:
            log.warning("A model response holds a secret, so it is not recorded and would be asked for again")
            return response
        return _response(await asyncio.to_thread(self.steps.commit, name, Step(kind="response", value=data)))

    async def wrap_tool_execute(
        self,
        ctx: RunContext[Any],
        *,
        call: ToolCallPart,
        tool_def: ToolDefinition,  # noqa: ARG002
        args: ValidatedToolArgs,
        handler: WrapToolExecuteHandler,
    ) -> Any:
        """Return the recorded result of a call, or run the tool and record what came of it."""
        name = self._name(of_tool_call(call, args))
        step = await self._recorded(name)
        if step is not None:
            return _replayed(step, ctx)
        try:
            result = await handler(args)
        except (ModelRetry, ToolRetryError, ToolFailed, ToolFailedError) as error:
            self.executed += 1
            kind, text = told_to_the_model(error)
            await asyncio.to_thread(self.steps.commit, name, Step(kind=kind, value=text))
            raise
        self.executed += 1
        recorded = _as_step(call, result)
        if recorded is None:
            log.warning("The result of tool %s is no JSON, so it is not recorded and would run again", call.tool_name)
            return result
        await asyncio.to_thread(self.steps.commit, name, recorded)
        return result

    async def wrap_run(self, ctx: RunContext[Any], *, handler: WrapRunHandler) -> AgentRunResult[Any]:  # noqa: ARG002
        """Say at the end what was replayed; an answer that ended the run is asked for again next time."""
        try:
            await asyncio.to_thread(self.steps.has, "")  # the one listing, off the event loop
            return await handler()
        except UnexpectedModelBehavior:
            if self._last_response is not None:
                await asyncio.to_thread(self.steps.forget, self._last_response)
            raise
        finally:
            log.info("Durable steps: %s replayed, %s executed", self.replayed, self.executed)

    async def _recorded(self, name: str) -> Step | None:
        """Return the record of a step and count it as replayed; None: it has to run."""
        step = await asyncio.to_thread(self.steps.get, name) if self.steps.has(name) else None
        self.replayed += step is not None
        return step

    def _name(self, fingerprint: str) -> str:
        """Claim the record of this request; without an await, so calls side by side never share one."""
        self._asked[fingerprint] += 1
        return f"{fingerprint}-{self._asked[fingerprint]}"


class _RecordedModel(WrapperModel):
    """Asks the wrapped model only for what is not recorded."""

    def __init__(self, wrapped: Model, durable: DurableSteps) -> None:
        super().__init__(wrapped)
        self.durable = durable

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        fingerprint = self.durable.requests.fingerprint(
            self.wrapped, messages, model_settings, model_request_parameters
        )
        return await self.durable.respond(fingerprint, self, messages, model_settings, model_request_parameters)

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,  # noqa: ARG002
    ) -> AsyncIterator[StreamedResponse]:
        """Give the whole response as coarse events: half a response is never recorded."""
        response = await self.request(messages, model_settings, model_request_parameters)
        yield CompletedStreamedResponse(response, model_request_parameters=model_request_parameters, replay_events=True)


def _response(step: Step) -> ModelResponse:
    [response] = ModelMessagesTypeAdapter.validate_python(step.value)
    assert isinstance(response, ModelResponse)
    return response


def _replayed(step: Step, ctx: RunContext[Any]) -> Any:
    """Return or raise what a recorded call gave."""
    if step.kind == "retry":
        raise ModelRetry(step.value)
    if step.kind == "failed":
        raise ToolFailed(step.value)
    ctx.usage.tool_calls += 1  # the run counts only calls that it makes; a limit is to hold over all attempts
    if step.kind == "tool_return":
        return _TOOL_RETURN.validate_python(step.value)
    [request] = ModelMessagesTypeAdapter.validate_python(step.value)
    part = request.parts[0]
    assert isinstance(part, ToolReturnPart)
    return part.content


def _as_step(call: ToolCallPart, result: Any) -> Step | None:
    """Return a result as a step; None when it has no JSON form."""
    try:
        if isinstance(result, ToolReturn):
            return Step(kind="tool_return", value=_TOOL_RETURN.dump_python(result, mode="json"))
        part = ToolReturnPart(call.tool_name, result, tool_call_id=call.tool_call_id)
        data = ModelMessagesTypeAdapter.dump_python([ModelRequest([part])], mode="json")
    except PydanticSerializationError:
        return None
    return Step(kind="result", value=data)


def told_to_the_model(
    error: ModelRetry | ToolRetryError | ToolFailed | ToolFailedError,
) -> tuple[Literal["retry", "failed"], str]:
    """Return what a tool's error tells the model: to call it again, or that it failed; and the text."""
    if isinstance(error, ToolRetryError):
        cause = error.__cause__
        return "retry", cause.message if isinstance(cause, ModelRetry) else str(error)
    if isinstance(error, ModelRetry):
        return "retry", error.message
    return "failed", str(error.tool_failed.content if isinstance(error, ToolFailedError) else error)
