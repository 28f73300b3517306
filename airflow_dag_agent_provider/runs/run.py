"""Run an agent once: the only place that calls a pydantic-ai run.

    agent, prompt -> [thread with its own event loop] -> AgentRun, or the run's own error

The thread makes three things work alike everywhere: a caller whose event loop is already running, Airflow's
execution timeout (raised by a signal in the main thread, which waits here and then cancels the run), and
``on_kill`` (a signal handler, where cancelling must not happen on the loop's own thread).
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any

from pydantic_ai import CancellationToken, capture_run_messages
from pydantic_ai import exceptions as errors
from pydantic_ai.usage import RunUsage

from airflow_dag_agent_provider.runs.guards import MaskedResults, ToolLog
from airflow_dag_agent_provider.runs.limits import limits_of, usage_as_data

if TYPE_CHECKING:
    from pydantic_ai import Agent
    from pydantic_ai.agent import AgentRunResult
    from pydantic_ai.capabilities import AbstractCapability
    from pydantic_ai.messages import ModelMessage, UserContent
    from pydantic_ai.usage import UsageLimits

log = logging.getLogger(__name__)

POLL_S = 0.5
GRACE_S = 3.0  # Airflow sends SIGKILL 5 s after SIGTERM; what the run leaves behind must be saved before
DEBUG_OUTPUT_CHARACTERS = 500


@dataclass(frozen=True, kw_only=True)
class RunReport:
    """What a run used, finished or not; ``usage`` is plain JSON-able data."""

    run_id: str
    model: str
    usage: Mapping[str, Any]
    tool_calls: tuple[str, ...]
    elapsed_s: float


@dataclass(frozen=True, kw_only=True)
class AgentRun(RunReport):
    """A run that finished: the agent's typed output, the whole conversation, and the part that this run added."""

    output: Any
    messages: Sequence[ModelMessage]
    new_messages: Sequence[ModelMessage]


class RunHandle:
    """One run seen from outside: what it has used so far, and the way to stop it. Serves one run."""

    def __init__(self) -> None:
        self.run_id = str(uuid.uuid4())
        self.model = ""
        self.usage = RunUsage()
        self.tool_calls: list[str] = []
        self.messages: Sequence[ModelMessage] = ()
        self.token = CancellationToken()
        self._started = time.perf_counter()

    def cancel(self) -> None:
        """Stop the run from any thread or signal handler; without effect on a run that ended.

        In a signal handler the token cannot be cancelled directly: pydantic-ai would not wake the loop.
        """
        threading.Thread(target=self.token.cancel, daemon=True, name="cancel agent run").start()

    def report(self) -> RunReport:
        """Return what is known now; right also while the run goes on and after it failed."""
        return RunReport(
            run_id=self.run_id,
            model=self.model,
            usage=usage_as_data(self.usage),
            tool_calls=tuple(self.tool_calls),
            elapsed_s=time.perf_counter() - self._started,
        )


def run_agent(
    agent: Agent[Any, Any],
    prompt: str | Sequence[UserContent] | None,
    *,
    history: Sequence[ModelMessage] = (),
    usage_limits: UsageLimits | Mapping[str, Any] | None = None,
    capabilities: Sequence[AbstractCapability[Any]] = (),
    log_tools: bool = True,
    handle: RunHandle | None = None,
) -> AgentRun:
    """Run ``agent`` on ``prompt`` and wait for it, whether or not an event loop is running here.

    Args:
        agent: A ready agent with its model.
        prompt: Text, or text mixed with images, audio and documents.
        history: The conversation that this prompt goes on with, oldest first.
        usage_limits: Caps on requests, tokens, tool calls; a mapping takes the same names.
        capabilities: Added to the agent's own for this run.
        log_tools: Log each tool call as it happens; the summary is always logged.
        handle: To cancel the run and to read what it used after a failure.

    Raises:
        AgentRunError: And every other error of pydantic-ai and of the tools, as it is; see `retry_helps`.
    """
    handle = handle or RunHandle()
    handle.model = str(getattr(agent.model, "model_name", agent.model))
    outcome = _Outcome()
    limits = limits_of(usage_limits)
    guards = (ToolLog(calls=handle.tool_calls, verbose=log_tools), *capabilities, MaskedResults())

    async def drive() -> None:
        with outcome, capture_run_messages() as messages:
            handle.messages = messages
            async with agent:
                outcome.result = await agent.run(
                    prompt,
                    run_id=handle.run_id,
                    message_history=list(history) or None,
                    usage=handle.usage,
                    usage_limits=limits,
                    capabilities=guards,
                    cancellation_token=handle.token,
                )

    _wait(drive, outcome, handle)
    return _finish(outcome, handle)


def retry_helps(error: BaseException) -> bool:
    """Say whether running the same agent again can end otherwise.

    No for wrong credentials, an unknown model, a used-up quota, a request the model refuses, a mistake in the
    agent's set-up and a usage limit; yes for all else (rate limits, outages, an answer that did not fit).
    """
    if isinstance(error, errors.FallbackExceptionGroup):
        return any(retry_helps(part) for part in error.exceptions)
    permanent = (
        errors.UserError,
        errors.UsageLimitExceeded,
        errors.ModelRequestRejectedError,
        errors.ModelQuotaExceededError,
    )
    return not isinstance(error, permanent)


class _Outcome:
    """Carries what the run's thread returned or raised to the thread that waits for it."""

    def __init__(self) -> None:
        self.result: AgentRunResult[Any] | None = None
        self.error: BaseException | None = None
        self.done = threading.Event()

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        self.error = error
        self.done.set()
        return True


def _wait(drive: Any, outcome: _Outcome, handle: RunHandle) -> None:
    """Run ``drive`` in a thread until it is done; when this thread is interrupted, cancel it first."""
    context = contextvars.copy_context()
    thread = threading.Thread(
        target=lambda: context.run(asyncio.run, drive()), daemon=True, name=f"agent run {handle.run_id}"
    )
    thread.start()
    try:
        while not outcome.done.wait(POLL_S):
            pass
    finally:
        if not outcome.done.is_set():
            handle.token.cancel()
            outcome.done.wait(GRACE_S)
            _log_summary(handle.report(), ending="interrupted")
        thread.join(POLL_S)  # the loop closes its connections; a tool that blocks is not waited for


def _finish(outcome: _Outcome, handle: RunHandle) -> AgentRun:
    """Log the summary and return the run, or raise what ended it."""
    if outcome.result is None:
        _log_summary(handle.report(), ending="failed")
        raise outcome.error or RuntimeError("the event loop of the agent run ended without a result")
    result = outcome.result
    handle.model = result.response.model_name or handle.model
    report = handle.report()
    _log_summary(report, ending="complete")
    log.debug("LLM output: %s", str(result.output)[:DEBUG_OUTPUT_CHARACTERS])
    return AgentRun(
        **vars(report), output=result.output, messages=result.all_messages(), new_messages=result.new_messages()
    )


def _log_summary(report: RunReport, *, ending: str) -> None:
    counts = ("requests", "tool_calls", "input_tokens", "output_tokens", "total_tokens")
    figures = ", ".join(f"{name}={report.usage[name]}" for name in counts)
    log.info("::group::LLM run")
    log.info("LLM run %s: model=%s, %s", ending, report.model, figures)
    if report.tool_calls:
        log.info("Tool call sequence: %s", " -> ".join(report.tool_calls))
    log.info("::endgroup::")
