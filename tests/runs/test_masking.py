"""runs/masking.py: no secret that Airflow knows gets through, and nothing else is touched."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import pytest
from airflow.sdk.log import mask_secret
from pydantic import BaseModel
from pydantic_ai import BinaryContent, ToolReturn

from airflow_dag_agent_provider.runs.masking import masked

SECRET = "planted-canary-555"


@pytest.fixture(autouse=True)
def _planted() -> None:
    mask_secret(SECRET)


class Row(BaseModel):
    text: str


@dataclass
class Pair:
    left: str
    right: Any


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (f"a {SECRET} b", "a *** b"),
        ([{"a": ({"b": [[[[[SECRET]]]]]},)}], [{"a": ({"b": [[[[["***"]]]]]},)}]),
        ({SECRET: 1}, {"***": 1}),
        (Row(text=SECRET), {"text": "***"}),
        ([Row(text=SECRET)], [{"text": "***"}]),
        (Pair(SECRET, Row(text="b")), {"left": "***", "right": {"text": "b"}}),
        (ToolReturn(SECRET, content=[SECRET]), ToolReturn("***", content=["***"])),
    ],
)
def test_a_secret_is_masked_wherever_it_lies(value: Any, expected: Any) -> None:
    assert masked(value) == expected


@pytest.mark.parametrize("value", ["text", 7, None, 1.5, True, Row(text="x"), Pair("a", 1), b"bytes", [1, {"a": (2,)}]])
def test_what_holds_no_secret_is_as_it_was(value: Any) -> None:
    assert masked(value) == value
    assert type(masked(value)) is type(value)


def test_a_picture_is_not_looked_into() -> None:
    mask_secret(base64.b64encode(b"picture of a cat").decode()[:8])
    picture = BinaryContent(data=b"picture of a cat", media_type="image/png")
    assert masked([picture]) == [picture]
