"""The three wire formats: OpenAI chat completions, OpenAI responses, Anthropic messages; whole and streamed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.wire.reply import Reply

Body = dict[str, Any]


def encode(path: str, reply: Reply, request: Body, number: int) -> tuple[str, bytes]:
    """Return content type and bytes of ``reply`` in the format that ``path`` speaks."""
    make, stream = _format_of(path)
    body = make(reply, request, f"{number}")
    if not request.get("stream"):
        return "application/json", json.dumps(body).encode()
    lines = []
    for event in stream(body):
        if "type" in event:
            lines.append(f"event: {event['type']}")
        lines.append(f"data: {json.dumps(event)}\n")
    if path.endswith("/chat/completions"):
        lines.append("data: [DONE]\n")
    return "text/event-stream", ("\n".join(lines) + "\n").encode()


def _format_of(path: str) -> tuple[Any, Any]:
    if path.endswith("/chat/completions"):
        return _chat, _stream_chat
    if path.endswith("/responses"):
        return _responses, _stream_responses
    return _messages, _stream_messages


# --- OpenAI chat completions ----------------------------------------------------------------------------------


def _chat(reply: Reply, request: Body, number: str) -> Body:
    message: Body = {"role": "assistant", "content": reply.text}
    if reply.calls:
        message["tool_calls"] = [
            {"id": f"call_{number}_{n}", "type": "function", "function": {"name": c.tool, "arguments": c.text}}
            for n, c in enumerate(reply.calls)
        ]
    ends = "length" if reply.ends == "length" else "tool_calls" if reply.calls else "stop"
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": 1,
        "model": request["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": ends}],
        "usage": {
            "prompt_tokens": reply.input_tokens,
            "completion_tokens": reply.output_tokens,
            "total_tokens": reply.input_tokens + reply.output_tokens,
        },
    }


def _stream_chat(body: Body) -> Iterator[Body]:
    choice = body["choices"][0]
    delta = dict(choice["message"])
    if "tool_calls" in delta:
        delta["tool_calls"] = [{**call, "index": n} for n, call in enumerate(delta["tool_calls"])]
    head = {**body, "object": "chat.completion.chunk", "usage": None}
    yield {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]}
    yield {**head, "choices": [], "usage": body["usage"]}


# --- OpenAI responses -----------------------------------------------------------------------------------------


def _responses(reply: Reply, request: Body, number: str) -> Body:
    output: list[Body] = []
    if reply.text is not None:
        text = {"type": "output_text", "text": reply.text, "annotations": []}
        item = {"type": "message", "id": f"msg_{number}", "role": "assistant", "status": "completed"}
        output.append({**item, "content": [text]})
    for n, call in enumerate(reply.calls):
        ids = {"id": f"fc_{number}_{n}", "call_id": f"call_{number}_{n}"}
        output.append(
            {"type": "function_call", **ids, "name": call.tool, "arguments": call.text, "status": "completed"}
        )
    return {
        "id": f"resp_{number}",
        "object": "response",
        "created_at": 1,
        "model": request["model"],
        "status": "completed",
        "output": output,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "error": None,
        "instructions": None,
        "metadata": {},
        "incomplete_details": {"reason": "max_output_tokens"} if reply.ends == "length" else None,
        "usage": {
            "input_tokens": reply.input_tokens,
            "output_tokens": reply.output_tokens,
            "total_tokens": reply.input_tokens + reply.output_tokens,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens_details": {"reasoning_tokens": 0},
        },
    }


def _stream_responses(body: Body) -> Iterator[Body]:
    events: list[Body] = [{"type": "response.created", "response": {**body, "output": [], "status": "in_progress"}}]
    for n, item in enumerate(body["output"]):
        is_call = item["type"] == "function_call"
        empty = {"arguments": ""} if is_call else {"content": []}
        kind = "function_call_arguments" if is_call else "output_text"
        text = item["arguments"] if is_call else item["content"][0]["text"]
        where = {"item_id": item["id"], "output_index": n, "content_index": 0}
        events += [
            {"type": "response.output_item.added", "output_index": n, "item": {**item, **empty}},
            {"type": f"response.{kind}.delta", **where, "logprobs": [], "delta": text},
            {"type": "response.output_item.done", "output_index": n, "item": item},
        ]
    events.append({"type": "response.completed", "response": body})
    for number, event in enumerate(events):
        yield {**event, "sequence_number": number}


# --- Anthropic messages ---------------------------------------------------------------------------------------


def _messages(reply: Reply, request: Body, number: str) -> Body:
    content: list[Body] = [] if reply.text is None else [{"type": "text", "text": reply.text}]
    for n, call in enumerate(reply.calls):
        given = call.text if request.get("stream") else json.loads(call.text)
        content.append({"type": "tool_use", "id": f"toolu_{number}_{n}", "name": call.tool, "input": given})
    ends = "max_tokens" if reply.ends == "length" else "tool_use" if reply.calls else "end_turn"
    return {
        "id": f"msg_{number}",
        "type": "message",
        "role": "assistant",
        "model": request["model"],
        "content": content,
        "stop_reason": ends,
        "stop_sequence": None,
        "usage": {"input_tokens": reply.input_tokens, "output_tokens": reply.output_tokens},
    }


def _stream_messages(body: Body) -> Iterator[Body]:
    yield {"type": "message_start", "message": {**body, "content": [], "stop_reason": None}}
    for n, block in enumerate(body["content"]):
        if block["type"] == "tool_use":
            start, delta = {**block, "input": {}}, {"type": "input_json_delta", "partial_json": block["input"]}
        else:
            start, delta = {**block, "text": ""}, {"type": "text_delta", "text": block["text"]}
        yield {"type": "content_block_start", "index": n, "content_block": start}
        yield {"type": "content_block_delta", "index": n, "delta": delta}
        yield {"type": "content_block_stop", "index": n}
    ends = {"stop_reason": body["stop_reason"], "stop_sequence": None}
    yield {"type": "message_delta", "delta": ends, "usage": body["usage"]}
    yield {"type": "message_stop"}
