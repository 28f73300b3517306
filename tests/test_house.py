"""The house stands as docs/architecture.md draws it: rows, doors, dangers and sizes, proved on the source.

Imports inside functions and under TYPE_CHECKING count too; what an imported module pulls in does not.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

PACKAGE = "airflow_dag_agent_provider"
ROOT = Path(__file__).parent.parent / PACKAGE

# From the roof down. A room is a folder or a module of the package; it imports from rows below its own.
ROWS: Mapping[str, tuple[str, ...]] = {
    "doors": ("cli", "commands", "api", "plugin", "decorators", "meta_dag", "provider_info"),
    "faces": ("operators",),
    "tools": ("toolsets", "hooks"),
    "planner": ("offline",),
    "wings": ("authoring", "runs"),
    "ground": ("checks", "catalog"),
    "cellar": ("sandbox",),
    "words": ("exceptions", "settings", "storage", "__init__"),
}
PLANNER_GUESTS = ("hooks", *ROWS["doors"])
"""Who may import `offline`."""
CHILD = "sandbox.child"
"""Started as a process of its own; imported by nobody."""

# One door per danger: the only modules (or folders) where it is found.
STARTS_PROCESSES = ("sandbox",)
CALLS_A_MODEL = ("runs.run",)
READS_CONFIG = ("settings",)
SWAPS_FILES = ("authoring.publish", "storage")
IMPORTS_AIRFLOW_BELOW_RUNS = (CHILD, "storage", "settings")
CATCHES_BROADLY = {"best_effort": "*", "tool_errors": "toolsets", "*": CHILD}
"""Function -> where it may catch everything."""
PRINTS = ("cli",)

MAX_MODULE_LINES = 450
MAX_FUNCTION_LINES = 60
DATA_TABLES: frozenset[str] = frozenset()
"""Modules that are a table of data and may be longer."""
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "base", "mixins", "mixin", "misc"}


@dataclass(frozen=True)
class Import:
    """One imported dotted name."""

    target: str
    line: int
    in_function: bool


@dataclass(frozen=True)
class Module:
    """One file of the package; `name` is without the package, e.g. `runs.limits`."""

    name: str
    path: Path
    source: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source, filename=str(self.path))

    @property
    def room(self) -> str:
        return self.name.partition(".")[0]

    @property
    def row(self) -> int | None:
        return next((n for n, rooms in enumerate(ROWS.values()) if self.room in rooms), None)

    @property
    def in_child(self) -> bool:
        return inside(self.name, CHILD)

    def at(self, line: int) -> str:
        """Return `file:line`, as editors take it."""
        return f"{self.path.relative_to(ROOT.parent)}:{line}"

    @cached_property
    def imports(self) -> list[Import]:
        in_functions = {
            id(inner)
            for function in ast.walk(self.tree)
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            for inner in ast.walk(function)
        }
        return [
            Import(target, node.lineno, id(node) in in_functions)
            for node in ast.walk(self.tree)
            for target in self._targets(node)
        ]

    def _targets(self, node: ast.AST) -> list[str]:
        if isinstance(node, ast.Import):
            return [alias.name for alias in node.names]
        if not isinstance(node, ast.ImportFrom):
            return []
        here = [PACKAGE, *self.name.split(".")]
        if self.path.name == "__init__.py" and self.name != "__init__":
            here.append("__init__")
        source = [*here[: -node.level], *([node.module] if node.module else [])] if node.level else [node.module or ""]
        return [".".join([*source, alias.name]) for alias in node.names]


def inside(name: str, *places: str) -> bool:
    """Tell whether a module is one of the places or lies in one."""
    return any(place == "*" or name == place or name.startswith(f"{place}.") for place in places)


def read_modules() -> dict[str, Module]:
    """Return all modules of the package by name."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)
        found[name] = Module(name, path, path.read_text())
    return found


MODULES = read_modules()


def own_imports(module: Module) -> Iterator[tuple[Module, Import]]:
    """Yield the modules of this package that a module imports."""
    for one in module.imports:
        if one.target == PACKAGE or one.target.startswith(f"{PACKAGE}."):
            parts = one.target.split(".")[1:]
            names = (".".join(parts[:end]) for end in range(len(parts), 0, -1))
            target = MODULES[next((name for name in names if name in MODULES), "__init__")]
            if target is not module:
                yield target, one


def calls(module: Module) -> Iterator[tuple[str, ast.Call]]:
    """Yield every call with what is called, e.g. `agent.run`; an owner that is not a name is `?`."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                owner = node.func.value
                last = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "?")
                yield f"{last}.{node.func.attr}", node
            elif isinstance(node.func, ast.Name):
                yield node.func.id, node


def elsewhere(*places: str) -> list[Module]:
    """Return the modules outside of these places."""
    return [module for module in MODULES.values() if not inside(module.name, *places)]


def assert_none(found: list[str]) -> None:
    """Fail with one line per violation."""
    if found:
        pytest.fail("\n" + "\n".join(sorted(found)), pytrace=False)


def test_every_module_is_in_a_room_of_the_house() -> None:
    assert_none(
        [
            f"{m.at(1)}: {m.room!r} is in no row; add the room to ROWS here and to docs/architecture.md"
            for m in MODULES.values()
            if m.row is None
        ]
    )


def test_a_module_imports_only_from_rows_below_and_from_its_own_room() -> None:
    rows = list(ROWS)
    found = []
    for module in MODULES.values():
        for target, one in own_imports(module):
            same_folder = target.room == module.room or "." not in module.name + target.name
            if module.row is None or target.row is None or (target.row == module.row and same_folder):
                continue
            if target.row <= module.row:
                found.append(
                    f"{module.at(one.line)}: {module.name} ({rows[module.row]}) imports {target.name} "
                    f"({rows[target.row]}); a module imports only from rows below its own"
                )
    assert_none(found)


def test_no_imports_run_in_a_circle() -> None:
    graph = {m.name: {target.name for target, _ in own_imports(m)} for m in MODULES.values()}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        if name in trail:
            circle = " -> ".join([*trail[trail.index(name) :], name])
            pytest.fail(f"{MODULES[name].at(1)}: modules import each other in a circle: {circle}", pytrace=False)
        if name not in done:
            for target in sorted(graph[name]):
                visit(target, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def test_the_offline_planner_is_imported_by_hooks_and_doors_only() -> None:
    assert_none(
        [
            f"{m.at(one.line)}: {m.name} imports {target.name}; only hooks and doors may"
            for m in elsewhere("offline", *PLANNER_GUESTS)
            for target, one in own_imports(m)
            if target.room == "offline"
        ]
    )


def test_the_sandbox_child_is_imported_by_nobody() -> None:
    assert_none(
        [
            f"{m.at(one.line)}: {m.name} imports {target.name}, which only python -m may start"
            for m in elsewhere(CHILD)
            for target, one in own_imports(m)
            if target.in_child
        ]
    )


def test_only_the_sandbox_starts_processes() -> None:
    modules = re.compile(r"(subprocess|multiprocessing|pty|pexpect)(\.|$)|concurrent\.futures.*Process")
    functions = re.compile(
        r"os\.(fork|forkpty|exec\w+|spawn\w+|posix_spawnp?|popen|system|startfile)"
        r"|asyncio\.create_subprocess_\w+|\w+\.subprocess_(exec|shell)|ProcessPoolExecutor"
    )
    found = []
    for module in elsewhere(*STARTS_PROCESSES):
        lines = [(one.line, one.target) for one in module.imports if modules.match(one.target)]
        lines += [(one.line, one.target) for one in module.imports if functions.fullmatch(one.target)]
        lines += [(call.lineno, name) for name, call in calls(module) if functions.fullmatch(name)]
        found += [f"{module.at(line)}: {name}; only {STARTS_PROCESSES} starts processes" for line, name in lines]
    assert_none(found)


def test_only_one_module_runs_an_agent() -> None:
    runs = re.compile(r".*\.run_(sync|stream|stream_sync|stream_events)|(?i:\w*agent)\.(run|iter)")
    assert_none(
        [
            f"{module.at(call.lineno)}: {name}(); only {CALLS_A_MODEL} runs an agent"
            for module in elsewhere(*CALLS_A_MODEL)
            for name, call in calls(module)
            if runs.fullmatch(name)
        ]
    )


def test_only_settings_reads_the_configuration() -> None:
    config = re.compile(r"airflow\.configuration(\..*)?|airflow\.sdk\.configuration(\..*)?|airflow\..*\bconf")
    assert_none(
        [
            f"{module.at(one.line)}: imports {one.target}; only {READS_CONFIG} reads the configuration"
            for module in elsewhere(*READS_CONFIG)
            for one in module.imports
            if config.fullmatch(one.target)
        ]
    )


def test_only_publish_writes_into_the_dag_folder() -> None:
    callers = [
        (module, call) for module in elsewhere("storage") for name, call in calls(module) if name.endswith(".swap")
    ]
    assert_none(
        [
            f"{module.at(call.lineno)}: calls swap(); only {SWAPS_FILES} replaces files"
            for module, call in callers
            if not inside(module.name, *SWAPS_FILES)
        ]
        + [
            f"{module.at(call.lineno)}: a second place in authoring.publish calls swap(); one function writes"
            for module, call in [c for c in callers if c[0].name == "authoring.publish"][1:]
        ]
    )


def test_below_the_runs_wing_airflow_is_imported_only_in_three_places() -> None:
    below = [room for row in ("planner", "ground", "cellar", "words") for room in ROWS[row]]
    found = []
    for module in MODULES.values():
        for one in module.imports:
            is_airflow = one.target == "airflow" or one.target.startswith("airflow.")
            if not is_airflow or not inside(module.name, "authoring", *below) or module.in_child:
                continue
            if not inside(module.name, *IMPORTS_AIRFLOW_BELOW_RUNS):
                found.append(f"{module.at(one.line)}: imports {one.target}; only {IMPORTS_AIRFLOW_BELOW_RUNS} may")
            elif not one.in_function:
                found.append(f"{module.at(one.line)}: imports {one.target} outside of a function")
    assert_none(found)


def test_everything_is_caught_only_in_the_named_places() -> None:
    broad = {"Exception", "BaseException"}
    found = []

    def visit(module: Module, node: ast.AST, function: str) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            function = node.name
        caught = None
        if isinstance(node, ast.ExceptHandler):
            caught = [node.type] if node.type else [ast.Name(id="Exception")]
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "suppress":
            caught = node.args
        names = {getattr(n, "id", None) for item in caught or () if item for n in ast.walk(item)}
        allowed = inside(module.name, CATCHES_BROADLY.get(function, CATCHES_BROADLY["*"]), CATCHES_BROADLY["*"])
        if names & broad and not allowed:
            line = getattr(node, "lineno", 1)
            found.append(f"{module.at(line)}: catches everything in {function!r}; only {CATCHES_BROADLY} may")
        for child in ast.iter_child_nodes(node):
            visit(module, child, function)

    for module in MODULES.values():
        visit(module, module.tree, "<module>")
    assert_none(found)


def test_no_module_is_too_long() -> None:
    assert_none(
        [
            f"{module.at(lines)}: {lines} lines; at most {MAX_MODULE_LINES}"
            for module in MODULES.values()
            if (lines := len(module.source.splitlines())) > MAX_MODULE_LINES and module.name not in DATA_TABLES
        ]
    )


def test_no_function_is_too_long() -> None:
    assert_none(
        [
            f"{module.at(node.lineno)}: {node.name} has {length} lines; at most {MAX_FUNCTION_LINES}"
            for module in MODULES.values()
            for node in ast.walk(module.tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and (length := (node.end_lineno or 0) - node.lineno + 1) > MAX_FUNCTION_LINES
        ]
    )


def test_every_module_has_a_name_that_says_something() -> None:
    assert_none(
        [
            f"{module.at(1)}: {part!r} says nothing about what is inside"
            for module in MODULES.values()
            for part in module.name.split(".")
            if part.strip("_") in NAMES_THAT_SAY_NOTHING
        ]
    )


def test_nothing_is_left_to_do() -> None:
    assert_none(
        [
            f"{module.at(token.start[0])}: {token.string.strip()}"
            for module in MODULES.values()
            for token in tokenize.generate_tokens(io.StringIO(module.source).readline)
            if token.type == tokenize.COMMENT and re.search(r"\b(TODO|FIXME|XXX|HACK)\b", token.string)
        ]
    )


def test_only_the_console_prints() -> None:
    assert_none(
        [
            f"{module.at(call.lineno)}: print(); only {PRINTS} prints, other modules log"
            for module in elsewhere(*PRINTS, CHILD)
            for name, call in calls(module)
            if name == "print"
        ]
    )
