"""Which providers are installed, and one pass over their sources."""

from __future__ import annotations

import ast
import hashlib
import json
import logging
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from urllib.parse import unquote, urlparse

from airflow_dag_agent_provider.catalog.operator import Kind, Operator, Parameter
from airflow_dag_agent_provider.catalog.signatures import NOTIFIER, OPERATOR, SENSOR, Node, Sources
from airflow_dag_agent_provider.catalog.source import UNREADABLE

log = logging.getLogger(__name__)

FORMAT = 1
"""Raise it when the stored facts change; older cache files are then built anew."""
GROUP = "apache_airflow_provider"
CORE = ("apache-airflow-core", "apache-airflow-task-sdk")
FOLDERS = {"operators", "sensors", "transfers", "notifications", "notifiers"}
NOT_FOR_USE = {"tests", "test", "example_dags", "system"}
FILLED_BY_DECORATOR = {"python_callable", "op_args", "op_kwargs", "kwargs_to_upstream"}
WORK = {"execute", "aexecute", "poke", "notify", "async_notify"}
"""A class does something where one of these is defined below the SDK's base class."""


@dataclass(frozen=True, slots=True)
class Installed:
    """One installed distribution with operators."""

    name: str
    version: str
    modules: tuple[str, ...]
    """Modules its entry points name; the package around each is walked."""
    roots: tuple[Path, ...]
    """Import roots of its own (editable installs), besides the search path."""
    stamp: str = ""
    """Of an editable install: when its files changed last."""


@dataclass(slots=True)
class Index:
    """All facts of one deployment."""

    distributions: dict[str, str] = field(default_factory=dict)
    operators: dict[str, Operator] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    task_parameters: tuple[Parameter, ...] = ()
    left_out: tuple[str, ...] = ()


def installed(search_path: Sequence[str] | None = None) -> list[Installed]:
    """Return Airflow itself and all provider distributions, sorted by name."""
    path = [*(search_path if search_path is not None else sys.path)]
    found: dict[str, Installed] = {}
    for distribution in metadata.distributions(path=path):
        text = distribution.read_text("entry_points.txt") or ""
        modules = tuple(entry_point_modules(text)) if GROUP in text else ()
        if modules:
            one = describe(distribution, modules)
            found.setdefault(one.name, one)
    for name in CORE:
        core = next(iter(metadata.distributions(name=name, path=path)), None)
        if core is not None:
            found.setdefault(name, describe(core, ()))
    return sorted(found.values(), key=lambda one: one.name)


def entry_point_modules(text: str) -> Iterator[str]:
    """Yield the modules that the provider entry points of an ``entry_points.txt`` name.

    >>> list(entry_point_modules("[apache_airflow_provider]\\nprovider_info = a.b.info:get"))
    ['a.b.info']
    """
    section = ""
    for line in text.splitlines():
        if heading := re.fullmatch(r"\s*\[(.+)\]\s*", line):
            section = heading[1]
        elif section == GROUP and "=" in line:
            yield line.partition("=")[2].partition(":")[0].strip()


def describe(distribution: metadata.Distribution, modules: tuple[str, ...]) -> Installed:
    """Return what the index needs of one distribution (its METADATA is long: only two lines are read)."""
    head = (distribution.read_text("METADATA") or "")[:2000]
    name = re.search(r"^Name: *(\S+)", head, re.MULTILINE)
    version = re.search(r"^Version: *(\S+)", head, re.MULTILINE)
    roots = tuple(editable_roots(distribution.read_text("direct_url.json")))
    stamps = (path.stat().st_mtime_ns for root in roots for path in package_files(root, modules))
    return Installed(
        name=re.sub(r"[-_.]+", "-", name[1]).lower() if name else distribution.name,
        version=version[1] if version else distribution.version,
        modules=modules,
        roots=roots,
        stamp=str(max(stamps, default="")),
    )


def editable_roots(direct_url: str | None) -> Iterator[Path]:
    """Yield the import roots of an editable install, as its ``direct_url.json`` says."""
    try:
        facts = json.loads(direct_url or "{}")
    except ValueError:
        return
    url = urlparse(str(facts.get("url", "")))
    if facts.get("dir_info", {}).get("editable") and url.scheme == "file":
        folder = Path(unquote(url.path))
        yield from (root for root in (folder, folder / "src") if root.is_dir())


def package_files(root: Path, modules: Sequence[str]) -> Iterator[Path]:
    """Yield the Python files of the packages that an editable install's entry points name."""
    for module in modules:
        package = root.joinpath(*module.split(".")[:-1] or [module])
        if package != root and package.is_dir():
            yield from package.rglob("*.py")


def key(found: Sequence[Installed]) -> str:
    """Return the name of this deployment's cache: the same distributions and versions, the same key."""
    facts = [FORMAT, sys.version_info[:2], sorted((one.name, one.version, one.stamp) for one in found)]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]


def build(found: Sequence[Installed], search_path: Sequence[str] | None = None) -> Index:
    """Read the sources of all providers. Seconds for many providers; what cannot be read is left out."""
    path = [*(search_path if search_path is not None else sys.path)]
    roots = [root for one in found for root in one.roots] + [Path(entry or ".") for entry in path]
    version = next((one.version for one in found if one.name == CORE[0]), "3.3.0")
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:3])
    sources = Sources([*dict.fromkeys(roots)], airflow_version=numbers)
    index = Index({one.name: one.version for one in found}, task_parameters=sources.task_parameters())
    walked: list[str] = []
    for one in found:
        for provider_module in one.modules:
            for module in operator_modules(sources, provider_module):
                walked.append(module)
                for operator in operators_of(sources, module, one):
                    index.operators[operator.path] = operator
            for operator in decorators_of(sources, provider_module, one):
                index.operators.setdefault(operator.path, operator)
    index.aliases = aliases_of(sources, [*walked, "airflow.operators", "airflow.sensors"], index)
    index.left_out = tuple(sources.unreadable)
    return index


def operator_modules(sources: Sources, provider_module: str) -> Iterator[str]:
    """Yield the modules of a provider that may define operators, sensors, transfers or notifiers."""
    file = sources.locate(provider_module)
    package = provider_module if file and file.name == "__init__.py" else provider_module.rpartition(".")[0]
    if file is None or not package:
        log.warning("Left out of the catalog: a provider without a package. module=%s", provider_module)
        return
    for path in sorted(file.parent.rglob("*.py")):
        parts = path.relative_to(file.parent).with_suffix("").parts
        if FOLDERS.isdisjoint(parts) or not NOT_FOR_USE.isdisjoint(parts):
            continue
        yield ".".join([package, *(parts[:-1] if parts[-1] == "__init__" else parts)])


def operators_of(sources: Sources, module: str, one: Installed) -> Iterator[Operator]:
    """Yield the public classes of one module that a plan may use."""
    source = sources.module(module)
    for name in source.classes if source else ():
        node = sources.find(module, name)
        if node is None or name.startswith("_") or node.path != f"{module}.{name}":
            continue
        kind = kind_of(sources, node)
        if kind is not None:
            yield describe_class(sources, node, kind, one)


def kind_of(sources: Sources, node: Node) -> Kind | None:
    """Return what a class is, None if it is nothing for a plan."""
    order, complete = sources.order(node)
    paths = {member.path for member in order}
    name = node.source.name
    if SENSOR in paths or (not complete and name.endswith("Sensor")):
        return "sensor"
    if NOTIFIER in paths or (not complete and name.endswith("Notifier")):
        return "notifier"
    if OPERATOR in paths or (not complete and name.endswith("Operator")):
        is_transfer = ".transfers" in node.path or re.search(r"[a-z0-9]To[A-Z]|Transfer", name)
        return "transfer" if is_transfer else "operator"
    return None


def describe_class(sources: Sources, node: Node, kind: Kind, one: Installed) -> Operator:
    """Return all facts of one class."""
    signature = sources.signature(node)
    fields, fields_known = sources.template_fields(node)
    return Operator(
        path=node.path,
        name=node.source.name,
        kind=kind,
        doc=node.source.doc,
        parameters=tuple(signature.parameters.values()),
        template_fields=fields,
        distribution=one.name,
        version=one.version,
        verified=signature.exact and fields_known,
        exact=signature.exact,
        takes_task_parameters=signature.takes_task_parameters,
        abstract=is_abstract(sources, node),
        deprecated=any("deprecated" in decorator for decorator in node.source.decorators),
    )


def is_abstract(sources: Sources, node: Node) -> bool:
    """Tell whether a class does nothing by itself; False where its bases are not all known."""
    order, complete = sources.order(node)
    if not complete:
        return False
    below = [member.source for member in order if member.path not in (OPERATOR, SENSOR, NOTIFIER)]
    if not any(WORK & source.methods for source in below):
        return True
    wanted = {method for source in below for method in source.abstract_methods}
    first = (next(source for source in below if method in source.methods) for method in wanted)
    return any(method in source.abstract_methods for method, source in zip(wanted, first, strict=True))


def decorators_of(sources: Sources, provider_module: str, one: Installed) -> Iterator[Operator]:
    """Yield the task decorators that a provider registers."""
    for entry in registered_decorators(sources.locate(provider_module)):
        path, name = str(entry.get("class-name", "")), str(entry.get("name", ""))
        found = sources.function(path)
        if found is None:
            continue
        module, function = found
        node = sources.named_in(module, function.operator_class) if function.operator_class else None
        of_class = describe_class(sources, node, "decorator", one) if node else None
        own = [p for p in function.init.parameters if p.name not in FILLED_BY_DECORATOR]
        inherited = of_class.parameters if of_class else ()
        names = FILLED_BY_DECORATOR | {p.name for p in own} | {"task_id"}
        yield Operator(
            path=path,
            name=f"task.{name}",
            kind="decorator",
            doc=function.doc,
            parameters=(*own, *(p for p in inherited if p.name not in names)),
            template_fields=of_class.template_fields if of_class else (),
            distribution=one.name,
            version=one.version,
            verified=bool(of_class and of_class.verified),
            exact=bool(of_class and of_class.exact),
            takes_task_parameters=bool(of_class and of_class.takes_task_parameters),
            abstract=False,
            deprecated=False,
        )


def registered_decorators(provider_info: Path | None) -> list[dict[str, object]]:
    """Return the ``task-decorators`` of a provider's info, as far as it is a literal."""
    try:
        tree = ast.parse(provider_info.read_bytes()) if provider_info else ast.Module([], [])
    except UNREADABLE as error:
        log.warning("Decorators left out of the catalog. file=%s error=%s", provider_info, error)
        return []
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for name, value in zip(node.keys, node.values, strict=True):
                if isinstance(name, ast.Constant) and name.value == "task-decorators":
                    return literal_entries(value)
    return []


def literal_entries(value: ast.expr) -> list[dict[str, object]]:
    """Return a literal list of dicts; the empty list for anything else."""
    try:
        entries = ast.literal_eval(value)
    except ValueError:
        return []
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def aliases_of(sources: Sources, modules: Sequence[str], index: Index) -> dict[str, str]:
    """Return other paths of the same classes: names imported into these modules, and old names."""
    aliases: dict[str, str] = {}
    targets: dict[str, list[str]] = {}
    for module in modules:
        source = sources.module(module)
        if source is None:
            continue
        targets |= {f"{module}.{name}": dotted for name, dotted in source.names.items()}
        targets |= {old: [new] for old, new in source.moved.items()}
        for star in source.stars:
            exported = sources.module(star)
            targets |= {f"{module}.{name}": [f"{star}.{name}"] for name in (exported.classes if exported else ())}
    for _ in range(4):  # an alias of an alias of ...
        for alias, dotted in targets.items():
            if alias not in index.operators and alias not in aliases:
                hit = next((d for d in dotted if d in index.operators or d in aliases), None)
                if hit is not None:
                    aliases[alias] = aliases.get(hit, hit)
    return aliases
