"""A chat through DAG params on a real Airflow: turns are remembered, and none is lost."""

from __future__ import annotations

import re
import threading
import time

import pytest

from tests.real_airflow.agents.conftest import Runs, Vendor
from tests.wire.server import Reply, Seen

pytestmark = [pytest.mark.airflow, pytest.mark.timeout(300)]

ORDINALS = {"first": 0, "second": 1, "third": 2}


def said(seen: Seen) -> list[tuple[str, str]]:
    """Return who said what in a request, without the instructions."""
    return [(m["role"], m["content"]) for m in seen.body["messages"] if m["role"] in ("user", "assistant")]


def knows_only_the_conversation(seen: Seen) -> Reply:
    """Answer "the third one?" from an earlier answer, if the request carries one."""
    talk = said(seen)
    question = talk[-1][1]
    if "three cities" in question:
        return Reply("Oslo, Rome, Paris")
    [ordinal] = re.findall("first|second|third", question)
    lists = [text for role, text in talk if role == "assistant" and text.count(",") == 2]
    return Reply(lists[-1].split(", ")[ORDINALS[ordinal]] if lists else "The third of what?")


def turn(runs: Runs, message: str, session_id: str) -> str:
    run_id = runs.airflow.rest.trigger("chat", conf={"message": message, "session_id": session_id})
    assert runs.finish("chat", run_id) == "success"
    return str(runs.airflow.rest.xcom("chat", run_id, "answer"))


def test_the_third_one_is_known_from_an_earlier_turn(runs: Runs, vendor: Vendor) -> None:
    runs.ready("chat")
    vendor.begin(knows_only_the_conversation)
    assert turn(runs, "Name three cities.", "cities") == "Oslo, Rome, Paris"
    assert turn(runs, "What is the second one?", "cities") == "Rome"
    assert turn(runs, "And the third one?", "cities") == "Paris"
    assert turn(runs, "And the third one?", "another-session") == "The third of what?"


def test_two_runs_at_once_in_one_session_lose_no_turn(runs: Runs, vendor: Vendor) -> None:
    both = threading.Barrier(2)

    def answer(seen: Seen) -> Reply:
        question = said(seen)[-1][1]
        if question != "What did I say?":
            both.wait(60)  # neither is answered before both have asked
        return Reply(f"heard: {question}")

    runs.ready("chat")
    vendor.begin(answer)
    rest = runs.airflow.rest
    ids = [rest.trigger("chat", conf={"message": m, "session_id": "at-once"}) for m in ("left", "right")]
    assert [runs.finish("chat", run_id) for run_id in ids] == ["success", "success"]
    assert [len(said(seen)) for seen in vendor.seen] == [1, 1]

    turn(runs, "What did I say?", "at-once")
    talk = said(vendor.seen[-1])
    assert sorted(text for _, text in talk[:-1]) == ["heard: left", "heard: right", "left", "right"]
    assert [role for role, _ in talk] == ["user", "assistant", "user", "assistant", "user"]
    assert {(talk[n][1], talk[n + 1][1]) for n in (0, 2)} == {("left", "heard: left"), ("right", "heard: right")}


def test_what_a_person_types_is_never_rendered(runs: Runs, vendor: Vendor) -> None:
    planted = "{{ conn.pydanticai_default.password }} {{ 7 * 6 }}"
    runs.ready("chat")
    vendor.begin(Reply("done"))
    for _ in range(2):
        turn(runs, planted, f"planted-{int(time.monotonic())}")
    assert all(planted in text for seen in vendor.seen for role, text in said(seen) if role == "user")
    assert not any("sk-loopback-key" in seen.sent_text for seen in vendor.seen)
