"""Every error this package raises on purpose.

    DagAgentError
    ├── SettingsError           a value of the [dag_agent] section cannot be used
    │   └── PathInvalid         a path or URI names no place that can be used
    ├── ModelUnavailable        no model: connection, model name or vendor package is missing
    ├── ModelFailed             the model was asked and gave nothing that can be used
    ├── RequestInvalid          the request, or the dag_id with it, cannot be read
    ├── RequestRefused          the request asks for what is never done
    ├── QuestionsOpen           the request cannot be planned before somebody answers
    ├── PlanInvalid             a plan that cannot be compiled (operator, argument, edge ...)
    ├── ChecksFailed            the checks report an error: this source is never offered or released
    ├── SandboxFailed           the sandbox itself did not work (not: the checked file is bad)
    ├── StorageError
    │   ├── KeyExists           put_new found an object
    │   └── KeyChanged          swap found other bytes than expected
    ├── SqlRefused              a statement that the SQL guard does not let through
    ├── HistoryInvalid          a message history that is no conversation of pydantic-ai
    ├── SessionIdInvalid        a session id with characters or a length that are not taken
    ├── SessionDamaged          a stored turn of a conversation cannot be read
    ├── DraftNotFound
    ├── DraftDamaged            the stored draft does not hash to its own sha256
    ├── DraftStale              the file that a draft replaces is not the one it was written for
    ├── ApprovalMismatch        what was approved is not what would be released
    └── PublishRefused          the target is outside every bundle, not ours, or not writable

Each error carries its facts as attributes; its message says what happened, the value, and the way out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Asked(Protocol):
    """What `QuestionsOpen` needs of a question; `authoring.plan.Question` is one."""

    @property
    def text(self) -> str: ...

    @property
    def why(self) -> str: ...


class DagAgentError(Exception):
    """Root of the tree; catch it to catch all that this package raises on purpose."""


class SettingsError(DagAgentError):
    """A value of the configuration cannot be used; ``option`` is of ``[dag_agent]`` unless it names its section."""

    def __init__(self, option: str, value: object, *, why: str) -> None:
        self.option, self.value, self.why = option, value, why
        where = option if option.startswith("[") else f"[dag_agent] {option}"
        super().__init__(f"{where} = {value!r} cannot be used: {why}")


class PathInvalid(SettingsError):
    """A path or URI, of the command line or of the configuration, names no place that can be used."""

    def __init__(self, path: str, *, why: str) -> None:
        super().__init__("path", path, why=why)
        self.args = (f"{path!r} is not a path that can be used: {why}",)


class ModelUnavailable(DagAgentError):
    """No model can be made from the connection or model id."""

    def __init__(self, wanted: str, *, why: str, way_out: str) -> None:
        self.wanted, self.why, self.way_out = wanted, why, way_out
        super().__init__(f"No model for {wanted!r}: {why}. {way_out}")


class ModelFailed(DagAgentError):
    """The model was asked, and its answer cannot be used or did not come."""

    def __init__(self, model: str, *, why: str) -> None:
        self.model, self.why = model, why
        super().__init__(
            f"The model {model!r} gave no plan that can be used: {why.rstrip('.')}. Nothing was written. Ask again, "
            "say the request in other words, or name another model: --model offline:planner"
        )


class RequestInvalid(DagAgentError):
    """The request says nothing, is too long, or comes with a dag_id that Airflow does not take."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"The request cannot be read: {reason}. Correct it and send it again; nothing was written.")


class RequestRefused(DagAgentError):
    """The request asks for something that is never done; rewording the rest helps, a retry does not."""

    def __init__(self, reason: str, *, way_out: str) -> None:
        self.reason, self.way_out = reason, way_out
        super().__init__(f"Refused: {reason} {way_out}")


class QuestionsOpen(DagAgentError):
    """The request leaves something open that has no harmless default."""

    def __init__(self, questions: Sequence[Asked]) -> None:
        self.questions = tuple(questions)
        listed = "\n".join(f"  {n}. {q.text}\n     why: {q.why}" for n, q in enumerate(self.questions, 1))
        super().__init__(
            f"{len(self.questions)} question(s) must be answered before a DAG can be written:\n{listed}\n"
            "Say the answers in the request itself and send it again; nothing was written."
        )


class PlanInvalid(DagAgentError):
    """A plan cannot be compiled; ``problems`` are sentences a person or a model can act on."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("The plan cannot be compiled:\n" + "\n".join(f"- {p}" for p in self.problems))


class ChecksFailed(DagAgentError):
    """The checks report at least one error."""

    def __init__(self, what: str, findings: Sequence[object]) -> None:
        self.what, self.findings = what, tuple(findings)
        listed = "\n".join(f"- {finding}" for finding in self.findings)
        super().__init__(f"{what} has errors and is not released:\n{listed}")


class SandboxFailed(DagAgentError):
    """The sandbox did not work; says nothing about the checked file."""

    def __init__(self, doing: str, *, why: str) -> None:
        self.doing, self.why = doing, why
        super().__init__(f"The sandbox failed to {doing}: {why}")


class StorageError(DagAgentError):
    """An object store did not do what was asked."""


class KeyExists(StorageError):
    """``put_new`` found an object under the key."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"An object is already stored under {key!r}; write-once objects are never replaced.")


class KeyChanged(StorageError):
    """``swap`` found other bytes than the caller expected."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"{key!r} was changed by somebody else meanwhile. Look at it and start again.")


class SqlRefused(DagAgentError):
    """A statement is not one read over tables that may be read; nothing was sent to the database."""

    def __init__(self, what: str, *, way_out: str = "write one read-only SELECT over the allowed tables") -> None:
        self.what, self.way_out = what, way_out
        super().__init__(f"Refused: {what}. Way out: {way_out}.")


class HistoryInvalid(DagAgentError):
    """A message history is not what pydantic-ai writes."""

    def __init__(self, given: object, *, why: str) -> None:
        self.given, self.why = given, why
        head = repr(given)[:60]
        super().__init__(
            f"message_history = {head} is not a conversation: {why}. Give the XCom 'message_history' of an earlier "
            "run, or '[]' for a new conversation; in a template: ti.xcom_pull(..., default='[]')."
        )


class SessionIdInvalid(DagAgentError):
    """A session id cannot name a conversation."""

    def __init__(self, session_id: object) -> None:
        self.session_id = session_id
        super().__init__(
            f"session_id = {session_id!r} names no conversation: give 1 to 128 letters, digits, '_', '.' or '-', "
            "like 'orders-2026'. Nothing was asked or stored."
        )


class SessionDamaged(DagAgentError):
    """A stored turn of a conversation cannot be read; nothing is left out silently."""

    def __init__(self, session_id: str, *, key: str, why: str) -> None:
        self.session_id, self.key, self.why = session_id, key, why
        super().__init__(
            f"The conversation {session_id!r} cannot be read at {key!r}: {why}. Go on under another session id, or "
            "have the object removed from [dag_agent] sessions_path."
        )


class DraftNotFound(DagAgentError):
    """No draft has this id."""

    def __init__(self, draft_id: str) -> None:
        self.draft_id = draft_id
        super().__init__(f"There is no draft {draft_id!r}. List the drafts: airflow dag-agent drafts")


class DraftDamaged(DagAgentError):
    """A stored draft is unreadable or does not hash to its own sha256."""

    def __init__(self, draft_id: str, *, why: str) -> None:
        self.draft_id, self.why = draft_id, why
        super().__init__(f"Draft {draft_id!r} is damaged: {why}. It is never released; write a new draft.")


class DraftStale(DagAgentError):
    """The file in the DAG folder is no longer the one that the draft was written for."""

    def __init__(self, draft_id: str, *, path: str, written_for: str | None, found: str | None) -> None:
        self.draft_id, self.path, self.written_for, self.found = draft_id, path, written_for, found
        super().__init__(
            f"Draft {draft_id!r} was written to replace {written_for or 'no file'!r} at {path!r}, but "
            f"{found or 'no file'!r} stands there now. Nothing was released. Write a new draft from the same "
            "request: it shows the change against the file as it is."
        )


class ApprovalMismatch(DagAgentError):
    """What was approved is not what would be released now."""

    def __init__(self, draft_id: str, *, what: str, approved: str | None, found: str | None) -> None:
        self.draft_id, self.what, self.approved, self.found = draft_id, what, approved, found
        super().__init__(
            f"Draft {draft_id!r}: {what} changed after approval (approved {approved!r}, found {found!r}). "
            f"Nothing was released. Look at it and approve again: airflow dag-agent publish {draft_id}"
        )


class PublishRefused(DagAgentError):
    """A release was refused before anything was written."""

    def __init__(self, path: str, *, why: str, way_out: str) -> None:
        self.path, self.why, self.way_out = path, why, way_out
        super().__init__(f"{path!r} is not written: {why}. {way_out}")
