"""The recorded steps of one task: one write-once object per step.

    <step_cache_path>/v1/<hash of DAG, run, task, map index and clear>/<hash of the step's request>.json

A damaged object is never used and never silent: it is logged, removed, and its step runs again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from airflow_dag_agent_provider.exceptions import KeyExists
from airflow_dag_agent_provider.runs.history import messages_as_data, read_history
from airflow_dag_agent_provider.storage import ObjectStore, key_of

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelMessage

log = logging.getLogger(__name__)


class Step(BaseModel):
    """What one step gave: a model response, a tool's result, or the error that a tool told the model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    kind: Literal["response", "result", "tool_return", "retry", "failed", "history"]
    value: Any


class StepStore:
    """The steps of one task instance over its retries.

    Args:
        store: Where steps are kept.
        identity: What names the task instance and stays the same over retries, but not over a clear.
    """

    def __init__(self, store: ObjectStore, *, identity: tuple[str | int, ...]) -> None:
        self.store = store
        self.folder = f"v1/{key_of(*identity)}"

    def has(self, name: str) -> bool:
        """Say whether a step was recorded when this store was first asked; costs nothing from then on."""
        return self._key(name) in self._known

    def get(self, name: str) -> Step | None:
        """Return a recorded step; None when there is none that can be used."""
        key = self._key(name)
        data = self.store.get(key)
        try:
            return None if data is None else Step.model_validate_json(data)
        except ValidationError as error:
            log.warning("A recorded step is damaged, so it runs again: %s (%s)", key, error.errors()[0]["msg"])
            self.forget(name)
            return None

    def commit(self, name: str, step: Step) -> Step:
        """Record a step and return what counts: an earlier record of the same step wins over this one."""
        key = self._key(name)
        try:
            self.store.put_new(key, step.model_dump_json().encode())
        except KeyExists:
            self._known.add(key)
            return self.get(name) or step
        self._known.add(key)
        return step

    def first_history(self, history: Sequence[ModelMessage]) -> list[ModelMessage]:
        """Return the conversation that the first attempt went on with: a session may have grown meanwhile."""
        kept = self.commit("history", Step(kind="history", value=messages_as_data(history)))
        return read_history(kept.value)

    def forget(self, name: str) -> None:
        """Remove a step, so that a later attempt runs it again."""
        self._known.discard(self._key(name))
        self.store.delete(self._key(name))

    def clear(self) -> None:
        """Remove all steps: the task has ended well."""
        for key in self.store.list(self.folder):
            self.store.delete(key)
        self._known.clear()

    @cached_property
    def _known(self) -> set[str]:
        """The keys that are there: one listing spares a look-up per new step."""
        return set(self.store.list(self.folder))

    def _key(self, name: str) -> str:
        return f"{self.folder}/{name}.json"
