"""The offline planner as a pydantic-ai model (id ``offline:planner``), one model among many.

It reads the marked blocks of the last user prompt, uses the tools it is offered as a language model would, and
answers with `Understanding`, `TaskPlan`, `Proposal` or the id of a draft. It asks each tool once (a search twice),
so a conversation always ends.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter
from pydantic_ai import RunContext
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    ModelResponsePart,
    RetryPromptPart,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models import CompletedStreamedResponse, Model, ModelRequestParameters, StreamedResponse
from pydantic_ai.profiles import ModelProfile
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RequestUsage

from airflow_dag_agent_provider.authoring.plan import DagPlan, DagRequest, OperatorTask, SubTask, TaskPlan, plan_json
from airflow_dag_agent_provider.authoring.prompts import read_block
from airflow_dag_agent_provider.exceptions import ModelUnavailable, PlanInvalid, QuestionsOpen, RequestRefused
from airflow_dag_agent_provider.offline.planner import design, propose, understand

SYSTEM: Final = "offline"
NAME: Final = "planner"
_OURS: Final = ("Understanding", "TaskPlan", "Proposal")
_WAY_OUT: Final = (
    "It answers with an Understanding, a TaskPlan, a Proposal or a draft_id, for a prompt with a <request> block "
    "(authoring.prompts). For anything else name a model: set an Airflow connection of type pydanticai."
)
_DESIGNS: Final = TypeAdapter(list[TaskPlan])
_Tried = dict[str, list[ToolReturnPart | RetryPromptPart]]


@dataclass(frozen=True)
class _Output:
    """What the caller wants: one of `_OURS`, "draft" or "text"; ``tool`` is the output tool, None for text."""

    kind: str
    tool: str | None
    properties: tuple[str, ...] = ()
    required: tuple[str, ...] = ()


class OfflinePlanner(Model[Any]):
    """Plans DAGs from words without any language model; deterministic and free."""

    def __init__(self, *, settings: ModelSettings | None = None) -> None:
        profile = ModelProfile(supports_json_schema_output=True, supports_json_object_output=True)
        super().__init__(settings=settings, profile=profile)

    @property
    def model_name(self) -> str:
        """``planner``."""
        return NAME

    @property
    def system(self) -> str:
        """``offline``."""
        return SYSTEM

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """Answer one turn.

        Raises:
            ModelUnavailable: The prompt has no request block, or another output type is wanted.
            QuestionsOpen: A draft is wanted and the request must be answered first.
            RequestRefused: A draft is wanted of a request that is refused.
            PlanInvalid: The tools refuse the plan; a second try would give the same.
        """
        _, parameters = self.prepare_request(model_settings, model_request_parameters)
        step = sum(isinstance(message, ModelResponse) for message in messages)
        part = _answer(messages, parameters, f"plan-{step}")
        return ModelResponse(
            parts=[part],
            model_name=NAME,
            provider_name=SYSTEM,
            finish_reason="tool_call" if isinstance(part, ToolCallPart) else "stop",
            usage=RequestUsage(input_tokens=_tokens(messages), output_tokens=max(len(str(part)) // 4, 1)),
        )

    @asynccontextmanager
    async def request_stream(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
        run_context: RunContext[Any] | None = None,  # noqa: ARG002 - the interface has it
    ) -> AsyncGenerator[StreamedResponse]:
        """Answer one turn as a stream of one piece."""
        response = await self.request(messages, model_settings, model_request_parameters)
        yield CompletedStreamedResponse(response, model_request_parameters=model_request_parameters, replay_events=True)


def _answer(messages: Sequence[ModelMessage], parameters: ModelRequestParameters, call_id: str) -> ModelResponsePart:
    prompt, tried = _conversation(messages)
    output = _wanted(parameters, prompt)
    request = DagRequest.model_validate(read_block(prompt, "request"))
    offered = {tool.name for tool in parameters.function_tools}
    for part in tried.get("", []):  # the output itself was refused: another one would be the same
        raise PlanInvalid([_text(part)])
    if output.kind == "TaskPlan":
        subtask = SubTask.model_validate(read_block(prompt, "subtask"))
        made = _with_operators(design(request, subtask), subtask, offered, tried, call_id)
        return made if isinstance(made, ToolCallPart) else _final(made, output, call_id)
    if output.kind == "Understanding":
        return _final(understand(request), output, call_id)
    designs = read_block(prompt, "designs")
    proposal = propose(request, None if designs is None else _DESIGNS.validate_python(designs))
    if output.kind == "Proposal":
        call = None if proposal.plan is None else _check(proposal.plan, offered, tried, call_id)
        return call or _final(proposal, output, call_id)
    if proposal.refused is not None:
        raise RequestRefused(proposal.refused.reason, way_out=proposal.refused.way_out)
    if proposal.plan is None:
        raise QuestionsOpen(proposal.questions)
    return _check(proposal.plan, offered, tried, call_id) or _draft(proposal.plan, output, tried, call_id)


# ---- what is asked


def _conversation(messages: Sequence[ModelMessage]) -> tuple[str, _Tried]:
    """Return the last user prompt and what each tool answered since; "" holds complaints about the output."""
    prompt, tried = "", _Tried()
    for message in messages:
        for part in message.parts if isinstance(message, ModelRequest) else ():
            if isinstance(part, UserPromptPart):
                content = part.content
                said = content if isinstance(content, str) else "\n".join(c for c in content if isinstance(c, str))
                prompt, tried = said, {}
            elif isinstance(part, RetryPromptPart):
                tried.setdefault(part.tool_name or "", []).append(part)
            elif isinstance(part, ToolReturnPart):
                tried.setdefault(part.tool_name, []).append(part)
    return prompt, tried


def _wanted(parameters: ModelRequestParameters, prompt: str) -> _Output:
    """Return the output that fits the prompt among those that the caller takes."""
    outputs = [_output(tool.parameters_json_schema, tool.name) for tool in parameters.output_tools]
    if parameters.output_object is not None:
        outputs.append(_output(parameters.output_object.json_schema, None))
    if not outputs and any(tool.name == "write_dag" for tool in parameters.function_tools):
        outputs.append(_Output("text", None))
    known = {output.kind: output for output in outputs if output.kind}
    if not known:
        raise ModelUnavailable("offline:planner", why="the wanted output type is none of its own", way_out=_WAY_OUT)
    if read_block(prompt, "request") is None:
        raise ModelUnavailable("offline:planner", why="the prompt has no <request> block", way_out=_WAY_OUT)
    if read_block(prompt, "subtask") is not None and "TaskPlan" in known:
        return known["TaskPlan"]
    known_without_subtask = {kind: output for kind, output in known.items() if kind != "TaskPlan"}
    if not known_without_subtask:
        raise ModelUnavailable("offline:planner", why="a TaskPlan needs a <subtask> block", way_out=_WAY_OUT)
    return next(iter(known_without_subtask.values()))


def _output(schema: dict[str, Any], tool: str | None) -> _Output:
    title, properties = schema.get("title"), tuple(schema.get("properties", ()))
    kind = title if title in _OURS else "draft" if "draft_id" in properties else ""
    return _Output(kind, tool, properties, tuple(schema.get("required", ())))


# ---- turns


def _with_operators(
    made: TaskPlan, subtask: SubTask, offered: set[str], tried: _Tried, call_id: str
) -> TaskPlan | ToolCallPart:
    """Return the next look into the catalog, or the design with the operators that the catalog has."""
    tasks = list(made.tasks)
    for index, task in enumerate(tasks):
        if not isinstance(task, OperatorTask) or "search_operators" not in offered:
            continue
        name = task.operator.rpartition(".")[2]
        queries = (f"{subtask.name.replace('_', ' ')} SQL query", name)
        searches = tried.get("search_operators", [])
        found = list(_paths(searches, name))
        if not found and len(searches) < len(queries):
            return ToolCallPart(
                "search_operators", {"query": queries[len(searches)], "limit": 10}, tool_call_id=call_id
            )
        if not found:
            raise PlanInvalid([f"The catalog has no {name}; install the package of {task.operator}."])
        path = task.operator if task.operator in found else found[0]
        if "describe_operator" in offered:
            described = tried.get("describe_operator", [])
            if not described:
                return ToolCallPart("describe_operator", {"path": path}, tool_call_id=call_id)
            _refuse_if_failed(described[-1])
            text = _text(described[-1])
            if missing := [argument for argument in task.arguments if not re.search(rf"\b{argument}\b", text)]:
                raise PlanInvalid([f"{path} has no argument {argument!r}." for argument in missing])
        tasks[index] = task.model_copy(update={"operator": path})
    return made.model_copy(update={"tasks": tuple(tasks)})


def _paths(parts: Sequence[ToolReturnPart | RetryPromptPart], name: str) -> Iterator[str]:
    for part in parts:
        if isinstance(part, ToolReturnPart):
            yield from re.findall(rf"\b[\w.]+\.{name}\b", _text(part))


def _check(plan: DagPlan, offered: set[str], tried: _Tried, call_id: str) -> ToolCallPart | None:
    """Return the call of check_plan where it is offered and not made yet."""
    if "check_plan" not in offered:
        return None
    if "check_plan" not in tried:
        return ToolCallPart("check_plan", {"plan": plan_json(plan)}, tool_call_id=call_id)
    _refuse_if_failed(tried["check_plan"][-1])
    return None


def _draft(plan: DagPlan, output: _Output, tried: _Tried, call_id: str) -> ModelResponsePart:
    """Return the call of write_dag, then the answer with the id of the draft."""
    if "write_dag" not in tried:
        return ToolCallPart("write_dag", {"plan": plan_json(plan)}, tool_call_id=call_id)
    written = tried["write_dag"][-1]
    _refuse_if_failed(written)
    result = _json(written)
    if not isinstance(result, dict) or not result.get("draft_id"):
        raise PlanInvalid([f"write_dag gave no draft_id: {_text(written)[:500]}"])
    if output.kind == "text":
        return TextPart(f"Draft {result['draft_id']} is written: {plan.summary}")
    known = {"dag_id": plan.dag_id, "summary": plan.summary, **result}
    values = {name: known[name] for name in output.properties if name in known}
    if unknown := [name for name in output.required if name not in values]:
        why = f"the wanted output needs {', '.join(unknown)}, which write_dag does not give"
        raise ModelUnavailable("offline:planner", why=why, way_out=_WAY_OUT)
    return _part(values, output, call_id)


def _refuse_if_failed(part: ToolReturnPart | RetryPromptPart) -> None:
    """Raise PlanInvalid where a tool refuses the plan: the planner is a program and would write it again."""
    result = _json(part)
    failed = isinstance(part, RetryPromptPart) or part.outcome != "success"
    problems: list[str] = []
    if isinstance(result, dict):
        failed = failed or result.get("ok") is False or bool(result.get("problems"))
        listed = result.get("problems") or result.get("findings") or []
        problems = [item if isinstance(item, str) else json.dumps(item, default=str) for item in listed]
    if failed:
        raise PlanInvalid(problems or [_text(part)])


def _final(value: BaseModel, output: _Output, call_id: str) -> ModelResponsePart:
    return _part(plan_json(value), output, call_id)


def _part(values: dict[str, Any], output: _Output, call_id: str) -> ModelResponsePart:
    if output.tool is None:
        return TextPart(json.dumps(values, ensure_ascii=False))
    return ToolCallPart(output.tool, values, tool_call_id=call_id)


def _json(part: ToolReturnPart | RetryPromptPart) -> Any:
    content: Any = part.content
    if isinstance(content, BaseModel):
        return content.model_dump(mode="json")
    if isinstance(content, str):
        try:
            return json.loads(content)
        except ValueError:
            return None
    return content


def _text(part: ToolReturnPart | RetryPromptPart) -> str:
    return part.model_response_str() if isinstance(part, ToolReturnPart) else part.model_response()


def _tokens(messages: Sequence[ModelMessage]) -> int:
    """Return an estimate of the tokens of a conversation: a quarter of its characters."""
    parts = (getattr(part, "content", None) or getattr(part, "args", "") for m in messages for part in m.parts)
    return max(sum(len(str(part)) for part in parts) // 4, 1)
