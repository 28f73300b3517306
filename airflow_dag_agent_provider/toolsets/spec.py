"""Toolsets as data: what a DAG file writes down and a task builds when it runs.

    ToolsetSpec                  frozen dataclass; build(ctx) makes the real pydantic-ai toolset
    ├── Prefixed, Renamed        one wrapper per change, around another spec
    └── (SQL, hook, authoring ... in their own modules)

A spec is compared by its repr: Airflow's DAG hash reads it, so it is the same in every process and differs when
the configuration differs. For use in a plain agent: ``Agent(toolsets=[spec.build])``.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

if TYPE_CHECKING:
    from pydantic_ai import RunContext
    from pydantic_ai.toolsets import AbstractToolset

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
# Airflow renders in place whatever has the first two, and hashes the source text of what is callable.
_FORBIDDEN = ("template_fields", "resolve", "__call__")


@dataclass(frozen=True)
class ToolsetSpec(ABC):
    """A toolset written down. Subclasses are frozen dataclasses whose fields are plain data.

    ``agent_template_fields`` names the text fields that the operator renders with Jinja when the task runs.
    """

    agent_template_fields: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        taken = [name for name in _FORBIDDEN if any(name in vars(parent) for parent in cls.__mro__)]
        if taken:
            raise TypeError(f"{cls.__name__} is a toolset spec and must not have {', '.join(taken)}.")

    def __post_init__(self) -> None:
        """Refuse values whose repr changes from process to process; subclasses with their own call this one."""
        for field in fields(self):
            value = getattr(self, field.name)
            text = self._read(field.name)
            if isinstance(value, set | frozenset) or _ADDRESS.search(text):
                raise TypeError(
                    f"{type(self).__name__}.{field.name} = {text} reads differently in every process, so the DAG "
                    "would get a new version at every parse. Give plain data; a tuple instead of a set."
                )

    def _read(self, field: str) -> str:
        """Return how a field reads in the repr; overridden where its own repr says too much or changes."""
        return repr(getattr(self, field))

    @property
    @abstractmethod
    def id(self) -> str:
        """Return the toolset's id; two toolsets of one agent differ in it (connection id, prefix)."""

    @abstractmethod
    def build(self, ctx: RunContext[Any]) -> AbstractToolset[Any]:
        """Make the real toolset; called once per run, in the task."""

    def rendered(self, render: Callable[[str], str]) -> Self:
        """Return a copy whose ``agent_template_fields`` went through ``render``."""
        texts = {name: getattr(self, name) for name in self.agent_template_fields}
        return replace(self, **{name: render(text) for name, text in texts.items() if isinstance(text, str)})

    def prefixed(self, prefix: str) -> Prefixed:
        """Return a spec whose tools are named ``<prefix>_<tool>``."""
        return Prefixed(self, prefix)

    def renamed(self, names: Mapping[str, str]) -> Renamed:
        """Return a spec with other tool names; ``names`` maps the new name to the old one."""
        return Renamed(self, tuple(sorted(names.items())))


@dataclass(frozen=True)
class Prefixed(ToolsetSpec):
    """A spec whose tool names start with ``prefix`` and an underscore."""

    inner: ToolsetSpec
    prefix: str

    @property
    def id(self) -> str:
        """Return the inner id with the prefix."""
        return f"{self.inner.id}:{self.prefix}"

    def build(self, ctx: RunContext[Any]) -> AbstractToolset[Any]:
        """Build the inner toolset and prefix it."""
        return self.inner.build(ctx).prefixed(self.prefix)

    def rendered(self, render: Callable[[str], str]) -> Self:
        """Render the inner spec."""
        return replace(self, inner=self.inner.rendered(render))


@dataclass(frozen=True)
class Renamed(ToolsetSpec):
    """A spec whose tools have other names: pairs of (new, old)."""

    inner: ToolsetSpec
    names: tuple[tuple[str, str], ...]

    @property
    def id(self) -> str:
        """Return the inner id: a toolset keeps its identity under other names."""
        return self.inner.id

    def build(self, ctx: RunContext[Any]) -> AbstractToolset[Any]:
        """Build the inner toolset and rename its tools."""
        return self.inner.build(ctx).renamed(dict(self.names))

    def rendered(self, render: Callable[[str], str]) -> Self:
        """Render the inner spec."""
        return replace(self, inner=self.inner.rendered(render))
