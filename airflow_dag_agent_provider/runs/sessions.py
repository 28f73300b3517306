"""Conversations that go on over DAG runs: one write-once object per turn, in the order in which turns ended.

    <sessions_path>/v1/<hash of DAG, user and session id>/000001.json, 000002.json ...

Two runs at once in one session both start from the turns that stand there, and each puts its own turn under the next
free number: none is lost. A task that runs again (a retry, a clear) replaces its own turn by a newer one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from airflow_dag_agent_provider.exceptions import HistoryInvalid, KeyExists, SessionDamaged, SessionIdInvalid
from airflow_dag_agent_provider.runs.history import messages_as_data, read_history
from airflow_dag_agent_provider.storage import ObjectStore, key_of

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelMessage

_SAFE_ID = re.compile(r"[A-Za-z0-9_.-]{1,128}")


class Turn(BaseModel):
    """What one run added to a conversation; ``writer`` names the task instance, so that it can replace its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    writer: tuple[str, ...]
    run_id: str
    at: datetime
    messages: list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Session:
    """One conversation, seen by one task instance.

    Args:
        store: Where conversations are kept.
        dag_id: Sessions of other DAGs are other sessions, also under the same id.
        user: Who triggered the run; another user's session of the same id is another session. None: nobody did.
        session_id: 1-128 characters of ``[A-Za-z0-9_.-]``; hashed before it becomes a path.
        writer: What identifies the task instance over its retries: run id, task id, map index.

    Raises:
        SessionIdInvalid: ``session_id`` is not such a text.
    """

    store: ObjectStore
    dag_id: str
    user: str | None
    session_id: str
    writer: tuple[str, ...]

    def __post_init__(self) -> None:
        if not isinstance(self.session_id, str) or not _SAFE_ID.fullmatch(self.session_id):
            raise SessionIdInvalid(self.session_id)

    def load(self) -> list[ModelMessage]:
        """Return the turns so far, oldest first; without what this very task instance wrote in an earlier attempt.

        Raises:
            SessionDamaged: A stored turn cannot be read; a retry will not help.
        """
        newest = {turn.writer: turn for turn in map(self._turn, self._keys())}  # at the place of a writer's first
        others = [turn for writer, turn in newest.items() if writer != self.writer]
        return [message for turn in others for message in self._messages(turn)]

    def append(self, messages: Sequence[ModelMessage], *, run_id: str) -> int:
        """Store the messages of a run as the next turn and return its number, from 1."""
        turn = Turn(writer=self.writer, run_id=run_id, at=datetime.now(UTC), messages=messages_as_data(messages))
        data = turn.model_dump_json().encode()
        while True:  # whoever comes second takes the next number
            number = 1 + max((int(key[-11:-5]) for key in self._keys()), default=0)
            try:
                self.store.put_new(f"{self._folder}/{number:06d}.json", data)
            except KeyExists:
                continue
            return number

    @property
    def _folder(self) -> str:
        return f"v1/{key_of(self.dag_id, self.user, self.session_id)}"

    def _keys(self) -> list[str]:
        return self.store.list(self._folder)

    def _turn(self, key: str) -> Turn:
        data = self.store.get(key)
        try:
            return Turn.model_validate_json(data or b"")
        except ValidationError as error:
            raise SessionDamaged(self.session_id, key=key, why=str(error.errors()[0]["msg"])) from error

    def _messages(self, turn: Turn) -> list[ModelMessage]:
        try:
            return read_history(turn.messages)
        except HistoryInvalid as error:
            raise SessionDamaged(self.session_id, key=self._folder, why=error.why) from error
