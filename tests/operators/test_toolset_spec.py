"""ToolsetSpec: data that stays the same from process to process."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from airflow_dag_agent_provider.toolsets.spec import ToolsetSpec
from tests.operators.specs import Echo


def test_rendering_changes_a_copy() -> None:
    spec = Echo("{{ x }}", tables=("{{ x }}",))
    assert spec.rendered(str.upper) == Echo("{{ X }}", tables=("{{ x }}",))
    assert spec.conn_id == "{{ x }}"


def test_wrapped_specs_render_what_they_wrap() -> None:
    assert Echo("a").prefixed("p").rendered(str.upper) == Echo("A").prefixed("p")
    assert Echo("a").renamed({"n": "echo"}).rendered(str.upper) == Echo("A").renamed({"n": "echo"})


def test_a_prefix_is_part_of_the_id() -> None:
    assert (Echo("a").id, Echo("a").prefixed("p").id) == ("echo-a", "echo-a:p")


def test_renaming_reads_the_same_in_any_order() -> None:
    assert Echo("a").renamed({"x": "1", "y": "2"}) == Echo("a").renamed({"y": "2", "x": "1"})


@pytest.mark.parametrize("value", [frozenset({"orders"}), object(), lambda: 1, (object(),)])
def test_values_that_read_differently_in_every_process_are_refused(value: Any) -> None:
    with pytest.raises(TypeError, match=r"Echo\.tables = .* reads differently in every process"):
        Echo("a", tables=value)


@pytest.mark.parametrize("name", ["template_fields", "resolve", "__call__"])
def test_names_that_airflow_would_act_on_are_refused(name: str) -> None:
    with pytest.raises(TypeError, match=f"must not have {name}"):
        dataclass(frozen=True)(type("Bad", (Echo,), {name: lambda self: None}))


def test_a_spec_serves_a_plain_agent() -> None:
    from pydantic_ai import Agent
    from pydantic_ai.models.test import TestModel

    ended = asyncio.run(Agent(TestModel(), toolsets=[Echo("db").prefixed("p").build]).run("go"))
    assert ended.output == '{"p_echo":"conn=db"}'


def test_toolsets_are_exported_when_asked_for() -> None:
    import airflow_dag_agent_provider.toolsets as toolsets

    assert toolsets.ToolsetSpec is ToolsetSpec
    with pytest.raises(AttributeError, match="Nothing"):
        toolsets.Nothing  # noqa: B018
