"""What a scripted vendor answers, said once for all wire formats."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Call:
    """One tool call; ``arguments`` may be broken JSON text, to see what the client makes of it."""

    tool: str
    arguments: dict[str, Any] | str = field(default_factory=dict)

    @property
    def text(self) -> str:
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments)


@dataclass(frozen=True)
class Reply:
    """One answer of the model: text, tool calls, or both. ``delay_s`` passes before it is sent."""

    text: str | None = None
    calls: tuple[Call, ...] = ()
    ends: Literal["done", "length"] = "done"
    input_tokens: int = 11
    output_tokens: int = 7
    delay_s: float = 0


@dataclass(frozen=True)
class Failure:
    """An HTTP answer that is no model answer; ``status=0`` drops the connection."""

    status: int
    message: str = "scripted failure"
    code: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: str | None = None
    delay_s: float = 0


@dataclass(frozen=True)
class Seen:
    """One request as it arrived."""

    path: str
    body: dict[str, Any]
    headers: dict[str, str]

    @property
    def sent_text(self) -> str:
        """All that was sent, as readable JSON: for asking whether some characters left this process."""
        return json.dumps(self.body, ensure_ascii=False)
