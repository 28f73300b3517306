"""From classes as written to what their constructors take: bases across files, inherited arguments."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from airflow_dag_agent_provider.catalog.operator import Parameter
from airflow_dag_agent_provider.catalog.source import (
    UNREADABLE,
    ClassSource,
    FunctionSource,
    ModuleSource,
    read_module,
)

log = logging.getLogger(__name__)

OPERATOR = "airflow.sdk.bases.operator.BaseOperator"
SENSOR = "airflow.sdk.bases.sensor.BaseSensorOperator"
NOTIFIER = "airflow.sdk.bases.notifier.BaseNotifier"

WITHOUT_FACTS = {"abc.ABC", "typing.Generic", "typing.Protocol", "typing_extensions.Protocol", "object"}
"""Bases that add no argument and no field."""
HARMLESS_DECORATORS = {"deprecated", "final", "total_ordering", "runtime_checkable", "poke_mode_only"}
HARMLESS_METACLASSES = {"ABCMeta", "BaseOperatorMeta"}


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A class at its place; `path` is where it is defined."""

    path: str
    source: ClassSource
    module: ModuleSource


@dataclass(frozen=True, slots=True)
class Signature:
    """What a constructor takes."""

    parameters: Mapping[str, Parameter]
    exact: bool = True
    takes_task_parameters: bool = False


class Sources:
    """All source files below some import roots, read when they are asked for."""

    def __init__(self, roots: Sequence[Path], *, airflow_version: tuple[int, ...]) -> None:
        self.roots, self.airflow_version = tuple(roots), airflow_version
        self.unreadable: list[str] = []
        self._modules: dict[str, ModuleSource | None] = {}
        self._classes: dict[tuple[str, str], Node | None] = {}
        self._orders: dict[str, tuple[tuple[Node, ...], bool]] = {}

    def locate(self, module: str) -> Path | None:
        """Return the file of a module, None if no root has it."""
        relative = Path(*module.split("."))
        for root in self.roots:
            for candidate in (root / relative.with_suffix(".py"), root / relative / "__init__.py"):
                if candidate.is_file():
                    return candidate
        return None

    def module(self, name: str) -> ModuleSource | None:
        """Return a module's facts; None if there is none, or it cannot be read (which is logged once)."""
        if name not in self._modules:
            path = self.locate(name)
            self._modules[name] = None if path is None else self._read(path, name)
        return self._modules[name]

    def _read(self, path: Path, name: str) -> ModuleSource | None:
        try:
            return read_module(path, name, airflow_version=self.airflow_version)
        except UNREADABLE as error:
            self.unreadable.append(name)
            log.warning("Left out of the catalog: a module that cannot be read. module=%s error=%s", name, error)
            return None

    def find(self, module: str, name: str) -> Node | None:
        """Return the class that ``module.name`` stands for, wherever it is defined."""
        key = (module, name)
        if key not in self._classes:
            self._classes[key] = None  # an import cycle ends here
            self._classes[key] = self._find(module, name)
        return self._classes[key]

    def _find(self, module: str, name: str) -> Node | None:
        source = self.module(module)
        if source is None:
            return None
        found = source.classes.get(name)
        if found and name not in source.stand_ins:
            return Node(f"{module}.{name}", found, source)
        for dotted in source.names.get(name, ()):
            owner, _, attribute = dotted.rpartition(".")
            if owner and (node := self.find(owner, attribute)):
                return node
        if found:
            return Node(f"{module}.{name}", found, source)
        return next((node for star in source.stars if (node := self.find(star, name))), None)

    def named_in(self, module: ModuleSource, dotted: str) -> Node | None:
        """Return the class that a name used inside ``module`` stands for."""
        first, _, rest = dotted.partition(".")
        if not rest:
            return self.find(module.name, first)
        owner, _, attribute = rest.rpartition(".")
        for target in module.names.get(first, (first,)):
            if node := self.find(".".join(part for part in (target, owner) if part), attribute):
                return node
        return None

    def order(self, node: Node) -> tuple[tuple[Node, ...], bool]:
        """Return the method resolution order, and whether every base was found.

        It ends at BaseOperator and BaseNotifier: what is above them takes no arguments of a plan.
        """
        if node.path not in self._orders:
            self._orders[node.path] = ((node,), False)  # a class that is its own base ends here
            self._orders[node.path] = self._order(node)
        return self._orders[node.path]

    def _order(self, node: Node) -> tuple[tuple[Node, ...], bool]:
        if node.path in (OPERATOR, NOTIFIER):
            return (node,), True
        lines: list[list[Node]] = []
        complete = True
        for base in node.source.bases:
            if self._is_without_facts(node.module, base):
                continue
            found = self.named_in(node.module, base)
            if found is None:
                complete = False
                continue
            line, whole = self.order(found)
            complete = complete and whole
            lines.append([*line])
        merged = merge([*lines, [line[0] for line in lines]])
        return (node, *merged), complete

    def _is_without_facts(self, module: ModuleSource, base: str) -> bool:
        first, _, rest = base.partition(".")
        names = module.names.get(first, (first,))
        return any(".".join(part for part in (name, rest) if part) in WITHOUT_FACTS for name in names)

    def signature(self, node: Node) -> Signature:
        """Return what the constructor of a class takes."""
        order, complete = self.order(node)
        taken = self._taken(order, 0, depth=0)
        plain = all(self._is_plain(member) for member in order if member.path != OPERATOR)
        return Signature(taken.parameters, taken.exact and complete and plain, taken.takes_task_parameters)

    def _is_plain(self, node: Node) -> bool:
        decorators = {decorator.rpartition(".")[2] for decorator in node.source.decorators}
        metaclass = (node.source.metaclass or "ABCMeta").rpartition(".")[2]
        return decorators <= HARMLESS_DECORATORS and metaclass in HARMLESS_METACLASSES

    def _taken(self, order: Sequence[Node], start: int, *, depth: int) -> Signature:
        """Return what the constructor found at or after ``start`` takes, with all it hands on."""
        at = next((i for i in range(start, len(order)) if order[i].source.init), None)
        if at is None:
            return Signature({})
        node, init = order[at], order[at].source.init
        assert init is not None
        if node.path == OPERATOR:
            return Signature({}, takes_task_parameters=True)
        own = {p.name: p for p in init.parameters}
        own |= {name: Parameter(name, "", "None", False, False) for name in init.taken if name not in own}
        if not init.takes_kwargs:
            return Signature(own, init.readable)
        exact, task_parameters = init.readable and bool(init.forwards), False
        inherited: dict[str, Parameter] = {}
        for forward in init.forwards:
            target = self._target(order, at, forward.target, depth)
            exact = exact and target.exact
            task_parameters = task_parameters or target.takes_task_parameters
            filled = {*forward.filled, *[*target.parameters][: forward.positional]}
            inherited |= {n: p._replace(inherited=True) for n, p in target.parameters.items() if n not in filled}
        return Signature({**own, **{n: p for n, p in inherited.items() if n not in own}}, exact, task_parameters)

    def _target(self, order: Sequence[Node], at: int, target: str | None, depth: int) -> Signature:
        if target is None:
            return self._taken(order, at + 1, depth=depth)
        node = self.named_in(order[at].module, target)
        if node is None or depth > 8:
            return Signature({}, exact=False)
        return self._taken(self.order(node)[0], 0, depth=depth + 1)

    def template_fields(self, node: Node) -> tuple[tuple[str, ...], bool]:
        """Return the template fields of a class, and whether they could be read."""
        order, complete = self.order(node)
        owner = next((member for member in order if member.source.fields is not None), None)
        if owner is None or owner.source.fields is None:
            return (), complete
        names: list[str] = []
        readable = owner.source.fields.readable
        for part in owner.source.fields.parts:
            if not part.startswith("*"):
                names.append(part)
                continue
            other = self.named_in(owner.module, part[1:])
            fields, known = self.template_fields(other) if other and other is not owner else ((), False)
            names += fields
            readable = readable and known
        return tuple(dict.fromkeys(names)), readable

    def function(self, path: str) -> tuple[ModuleSource, FunctionSource] | None:
        """Return a module-level function by its dotted path."""
        owner, _, name = path.rpartition(".")
        module = self.module(owner) if owner else None
        found = module.functions.get(name) if module else None
        return (module, found) if module and found else None

    def task_parameters(self) -> tuple[Parameter, ...]:
        """Return BaseOperator's arguments: what every task takes."""
        base = self.find(*OPERATOR.rsplit(".", 1))
        if base is None or base.source.init is None:
            return ()
        return base.source.init.parameters


def merge(lines: list[list[Node]]) -> list[Node]:
    """Merge linearisations as Python does (C3); where it cannot, keep the first of each class."""
    merged: list[Node] = []
    lines = [line for line in lines if line]
    while lines:
        tails = {node.path for line in lines for node in line[1:]}
        head = next((line[0] for line in lines if line[0].path not in tails), lines[0][0])
        merged.append(head)
        lines = [[node for node in line if node.path != head.path] for line in lines]
        lines = [line for line in lines if line]
    return merged
