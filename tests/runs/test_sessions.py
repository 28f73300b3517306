"""runs/sessions.py and runs/history.py: a conversation goes on, and no turn is lost."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.log import mask_secret
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, TextPart, ToolCallPart, UserPromptPart

from airflow_dag_agent_provider.exceptions import HistoryInvalid, SessionDamaged, SessionIdInvalid
from airflow_dag_agent_provider.runs.history import messages_as_data, read_history, write_history
from airflow_dag_agent_provider.runs.sessions import Session
from airflow_dag_agent_provider.storage import LocalStore, MemoryStore, ObjectStore


def session(store: ObjectStore, writer: str = "run-1", **other: Any) -> Session:
    values = {"dag_id": "chat", "user": "ann", "session_id": "s1", "writer": (writer, "ask", "-1"), **other}
    return Session(store=store, **values)


def turn(question: str, answer: str) -> list[ModelMessage]:
    return [ModelRequest([UserPromptPart(question)]), ModelResponse([TextPart(answer)])]


def said(messages: list[ModelMessage]) -> list[str]:
    return [str(part.content) for message in messages for part in message.parts]


def test_a_new_session_is_empty() -> None:
    assert session(MemoryStore()).load() == []


def test_turns_come_back_in_order() -> None:
    store = MemoryStore()
    for n in range(12):
        assert session(store, f"run-{n}").append(turn(f"q{n}", f"a{n}"), run_id="r") == n + 1
    assert said(session(store, "next").load()) == [text for n in range(12) for text in (f"q{n}", f"a{n}")]


def test_a_task_that_runs_again_replaces_its_own_turn_where_it_stood() -> None:
    store = MemoryStore()
    session(store, "run-1").append(turn("q1", "first try"), run_id="r")
    session(store, "run-2").append(turn("q2", "a2"), run_id="r")
    again = session(store, "run-1")
    assert said(again.load()) == ["q2", "a2"]
    again.append(turn("q1", "second try"), run_id="r")
    assert said(session(store, "run-3").load()) == ["q1", "second try", "q2", "a2"]


@pytest.mark.parametrize("other", [{"user": "bob"}, {"user": None}, {"dag_id": "chat2"}, {"session_id": "s2"}])
def test_other_users_dags_and_ids_have_sessions_of_their_own(other: dict[str, Any]) -> None:
    store = MemoryStore()
    session(store).append(turn("mine", "yes"), run_id="r")
    assert session(store, "run-2", **other).load() == []


def test_many_writers_at_once_lose_no_turn(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    start = threading.Barrier(8)

    def write(n: int) -> None:
        mine = session(store, f"run-{n}")
        mine.load()
        start.wait()
        mine.append(turn(f"q{n}", f"a{n}"), run_id="r")

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    texts = said(session(store, "next").load())
    assert sorted(texts) == sorted([f"q{n}" for n in range(8)] + [f"a{n}" for n in range(8)])
    assert all(texts[i + 1] == texts[i].replace("q", "a") for i in range(0, 16, 2))


@pytest.mark.parametrize("wrong", ["", "a/b", "../up", "a b", "ä", "x" * 129, "a\0b", "{{ x }}", None, 7])
def test_an_id_that_is_none_is_refused_with_the_way_out(wrong: Any) -> None:
    with pytest.raises(SessionIdInvalid, match="1 to 128 letters, digits"):
        session(MemoryStore(), session_id=wrong)


@pytest.mark.parametrize("fine", ["a", "..", ".", "a.b-c_D9", "x" * 128])
def test_every_safe_id_stays_inside_its_store(tmp_path: Path, fine: str) -> None:
    session(LocalStore(tmp_path / "sessions"), session_id=fine).append(turn("q", "a"), run_id="r")
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.parts[-4] for path in written] == ["sessions"]


@pytest.mark.parametrize("damage", [b"", b"{}", b'{"format": 1, "messages": [{"kind": "nonsense"}]}'])
def test_a_damaged_turn_is_an_error_not_a_shorter_conversation(damage: bytes) -> None:
    store = MemoryStore()
    session(store).append(turn("q", "a"), run_id="r")
    [key] = store.list("v1")
    store.put_new(key.replace("000001", "000002"), damage)
    with pytest.raises(SessionDamaged, match="Go on under another session id"):
        session(store, "run-2").load()


def test_secrets_are_not_stored() -> None:
    mask_secret("planted-canary-456")
    store = MemoryStore()
    session(store).append(turn("my key is planted-canary-456", "thanks"), run_id="r")
    assert said(session(store, "run-2").load()) == ["my key is ***", "thanks"]


# --- history --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [write_history, lambda m: write_history(m).encode(), messages_as_data, list])
def test_every_form_of_a_history_is_read(form: Any) -> None:
    assert said(read_history(form(turn("q", "a")))) == ["q", "a"]


@pytest.mark.parametrize("empty", ["[]", b"[]", [], (), None])
def test_an_empty_history_is_a_new_conversation(empty: Any) -> None:
    assert read_history(empty) == []


@pytest.mark.parametrize("wrong", ["None", "", "{}", '[{"kind": "letter"}]', [{"a": 1}], 7, "[object"])
def test_what_is_no_history_is_refused_with_the_way_out(wrong: Any) -> None:
    with pytest.raises(HistoryInvalid, match="or '\\[\\]' for a new conversation"):
        read_history(wrong)


def test_a_call_that_was_never_answered_does_not_block_the_next_turn() -> None:
    open_call = [ModelRequest([UserPromptPart("q")]), ModelResponse([ToolCallPart("look", {}, tool_call_id="a")])]
    assert read_history(open_call)[-1].parts[0].part_kind == "tool-return"
