"""The catalog: look up, search, and tell what is wrong with a plan's use of an operator."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_dag_agent_provider.catalog import cache, index
from airflow_dag_agent_provider.catalog.index import Index
from airflow_dag_agent_provider.catalog.operator import Kind, Operator, Parameter
from airflow_dag_agent_provider.catalog.providers import distribution_of, provider_of
from airflow_dag_agent_provider.catalog.search import SearchIndex

if TYPE_CHECKING:
    from pydantic import JsonValue

TASKS: tuple[Kind, ...] = ("operator", "sensor", "transfer")
INSTEAD = {
    "notifier": "a notifier, not a task: it is given to on_failure_callback and the like",
    "decorator": "a decorator, not an operator class: write a Python task",
}


class Catalog:
    """What a plan may use in one deployment.

    Make one with `Catalog.installed()` and keep it: each call looks at the installed distributions anew.
    """

    def __init__(self, facts: Index) -> None:
        self._facts = facts

    @classmethod
    def installed(cls, cache_dir: Path | None = None, *, search_path: Sequence[str] | None = None) -> Catalog:
        """Return the catalog of what is installed, from the cache where nothing changed since.

        Args:
            cache_dir: Folder of the cache file. None: a folder of this user below XDG_CACHE_HOME, ~/.cache or
                the system's temporary folder.
            search_path: Where to look for distributions instead of `sys.path`.
        """
        found = index.installed(search_path)
        if cache_dir is None:
            cache_dir = cache.user_cache_dir()
        else:
            cache_dir.mkdir(parents=True, exist_ok=True)
        file = cache_dir / f"catalog-{index.key(found)}.json" if cache_dir else None
        facts = cache.load(file) if file else None
        if facts is None:
            facts = index.build(found, search_path)
            if file:
                cache.store(facts, file)
        return cls(facts)

    @property
    def operators(self) -> tuple[Operator, ...]:
        """Everything in the catalog, ordered by path."""
        return tuple(sorted(self._facts.operators.values(), key=lambda operator: operator.path))

    @property
    def distributions(self) -> dict[str, str]:
        """The distributions it was read from, with their versions."""
        return dict(self._facts.distributions)

    @property
    def task_parameters(self) -> tuple[Parameter, ...]:
        """BaseOperator's arguments, which every task takes."""
        return self._facts.task_parameters

    @property
    def left_out(self) -> tuple[str, ...]:
        """Modules that could not be read."""
        return self._facts.left_out

    def get(self, path: str) -> Operator | None:
        """Return the class at a dotted path, also at a path it is re-exported from; None if there is none."""
        return self._facts.operators.get(self._facts.aliases.get(path, path))

    def search(self, query: str, *, limit: int = 10) -> list[Operator]:
        """Return what fits the words best, the best first; abstract base classes are left out.

        Args:
            query: Plain words, e.g. "copy files from s3 to redshift". Empty: nothing is found.
            limit: At most this many.

        Raises:
            Fts5Missing: The SQLite of this Python has no full-text search.
        """
        return self._search_index.search(query, limit=limit)

    @cached_property
    def _search_index(self) -> SearchIndex:
        return SearchIndex(self.operators)

    def problems(self, path: str, arguments: Mapping[str, JsonValue], *, kinds: Collection[Kind] = TASKS) -> list[str]:
        """Return what is wrong with using ``path`` with ``arguments``, as sentences; empty if nothing is.

        Args:
            path: Dotted path of the class.
            arguments: Constructor arguments by name, without `task_id`; only the names count.
            kinds: What the place takes; by default what can be a task.
        """
        operator = self.get(path)
        if operator is None:
            return [self._unknown(path)]
        if operator.kind not in kinds:
            return [f"{path!r} is {INSTEAD.get(operator.kind, f'a {operator.kind}')}."]
        found = []
        if operator.abstract:
            found.append(f"{path!r} is a base class that does nothing by itself{self._rather(operator)}.")
        if operator.exact:
            found += [self._unknown_argument(operator, name) for name in arguments if not self._takes(operator, name)]
        missing = [name for name in operator.required if name not in arguments]
        found += [f"{operator.name} needs the argument {name!r} and has no default for it." for name in missing]
        return found

    def _takes(self, operator: Operator, name: str) -> bool:
        if any(p.name == name for p in operator.parameters):
            return True
        return operator.takes_task_parameters and any(p.name == name for p in self.task_parameters)

    def _unknown_argument(self, operator: Operator, name: str) -> str:
        own = [p.name for p in operator.parameters]
        shared = [p.name for p in self.task_parameters] if operator.takes_task_parameters else []
        near = difflib.get_close_matches(name, [*own, *shared], n=1, cutoff=0.6)
        hint = f"; did you mean {near[0]!r}?" if near else f"; it has {', '.join(own) or 'none of its own'}."
        return f"{operator.name} has no argument {name!r}{hint}"

    def _unknown(self, path: str) -> str:
        provider = provider_of(path)
        package = distribution_of(provider) if provider else None
        if package and package not in self._facts.distributions:
            return f"{path!r} is not installed: install {package}{self._nearest(path, word=', or use')}."
        return f"{path!r} is not in this deployment{self._nearest(path, word='; did you mean')}."

    def _nearest(self, path: str, *, word: str) -> str:
        usable = [o for o in self.operators if o.kind in TASKS and not (o.abstract or o.name.startswith("Base"))]
        by_name = {operator.name.lower(): operator for operator in usable}
        name = path.rpartition(".")[2].lower()
        near = difflib.get_close_matches(name, by_name, n=3, cutoff=0.75)
        return f"{word} {' or '.join(repr(by_name[one].path) for one in near)}" if near else ""

    def _rather(self, operator: Operator) -> str:
        found = self._nearest(operator.path.replace(".Base", "."), word="; use for example")
        return "" if operator.path in found else found
