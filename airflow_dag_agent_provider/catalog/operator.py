"""The facts the catalog keeps of one class (or decorator) that a plan may use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

Kind = Literal["operator", "sensor", "transfer", "notifier", "decorator"]


class Parameter(NamedTuple):
    """One constructor argument, as its source writes it."""

    name: str
    annotation: str
    default: str | None
    required: bool
    inherited: bool


@dataclass(frozen=True, slots=True)
class Operator:
    """One class that a plan may use.

    Attributes:
        path: Dotted path of the class where it is defined.
        name: Class name; of a decorator `task.<name>`.
        doc: First paragraph of the docstring on one line, at most 240 characters.
        parameters: Constructor arguments, own ones first. The arguments every task has (BaseOperator's) are
            not repeated here: see `Catalog.task_parameters` and `takes_task_parameters`.
        template_fields: Arguments that are rendered with Jinja; empty where they are computed.
        verified: All of this was read from source without a gap. False: something is decided only at run
            time (a computed template_fields, a decorated signature, a base class that was not found).
        exact: `parameters` is the whole signature, so another argument name is an error.
        takes_task_parameters: BaseOperator's arguments are accepted too.
        abstract: A base class: it does nothing until a subclass says what.
        deprecated: Its source says so.
    """

    path: str
    name: str
    kind: Kind
    doc: str
    parameters: tuple[Parameter, ...]
    template_fields: tuple[str, ...]
    distribution: str
    version: str
    verified: bool
    exact: bool
    takes_task_parameters: bool
    abstract: bool
    deprecated: bool

    @property
    def module(self) -> str:
        """Dotted path of the module that defines it."""
        return self.path.rpartition(".")[0]

    @property
    def conn_ids(self) -> tuple[str, ...]:
        """The arguments that take a connection id."""
        return tuple(p.name for p in self.parameters if p.name == "conn_id" or p.name.endswith("_conn_id"))

    @property
    def required(self) -> tuple[str, ...]:
        """The arguments without a default; `task_id` is not counted, a plan has it elsewhere."""
        return tuple(p.name for p in self.parameters if p.required and p.name != "task_id")
