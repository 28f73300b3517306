"""One Python file as plain facts: its names, its classes and how their constructors pass arguments on.

Read with `ast` and let go again, so that thousands of files fit in little memory.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from airflow_dag_agent_provider.catalog.operator import Parameter

UNREADABLE = (OSError, SyntaxError, ValueError, RecursionError, MemoryError)
VERSION_GATE = re.compile(r"AIRFLOW_V_(\d+)_(\d+)(?:_(\d+))?_PLUS")
IMPORT_MAP = re.compile(r"import|lazy|deprecated_classes", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Forward:
    """One call that hands ``**kwargs`` on: to ``super()`` (target None) or to a class by name."""

    target: str | None
    filled: frozenset[str]
    positional: int


@dataclass(frozen=True, slots=True)
class Init:
    """A constructor: its own parameters and where the rest goes."""

    parameters: tuple[Parameter, ...]
    takes_kwargs: bool
    forwards: tuple[Forward, ...]
    taken: tuple[str, ...]
    """Names the body takes out of ``**kwargs``, so they are accepted too."""
    readable: bool
    """False: decorated, or ``**kwargs`` goes where it cannot be followed."""


@dataclass(frozen=True, slots=True)
class Fields:
    """The value of ``template_fields``: literal names and references to other classes' fields."""

    parts: tuple[str, ...]
    """A literal name, or ``*Class`` for the fields of another class."""
    readable: bool = True


@dataclass(frozen=True, slots=True)
class ClassSource:
    """One class statement."""

    name: str
    bases: tuple[str, ...]
    decorators: tuple[str, ...]
    metaclass: str | None
    doc: str
    init: Init | None
    fields: Fields | None
    methods: frozenset[str]
    abstract_methods: frozenset[str]


@dataclass(frozen=True, slots=True)
class FunctionSource:
    """One module-level function, as far as a task decorator needs it."""

    name: str
    doc: str
    init: Init
    operator_class: str | None
    """What is passed as ``decorated_operator_class``."""


@dataclass(slots=True)
class ModuleSource:
    """One file."""

    name: str
    is_package: bool
    names: dict[str, list[str]] = field(default_factory=dict)
    """Local name -> dotted paths it may stand for, the likeliest first."""
    stars: list[str] = field(default_factory=list)
    classes: dict[str, ClassSource] = field(default_factory=dict)
    stand_ins: set[str] = field(default_factory=set)
    """Classes written for when the import of the same name fails."""
    functions: dict[str, FunctionSource] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    """Old dotted path -> new one, as a table of deprecated classes in the file says."""


def read_module(path: Path, name: str, *, airflow_version: tuple[int, ...]) -> ModuleSource:
    """Return the facts of one file.

    Raises:
        OSError, SyntaxError, ValueError, RecursionError, MemoryError: It cannot be read or parsed.
    """
    source = path.read_bytes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(source, filename=str(path))
    module = ModuleSource(name, is_package=path.name == "__init__.py")
    _Reader(module, source.splitlines(), airflow_version).read(tree.body)
    return module


class _Reader:
    """Walks the statements of one file in order."""

    def __init__(self, module: ModuleSource, lines: Sequence[bytes], airflow_version: tuple[int, ...]) -> None:
        self.module, self.lines, self.airflow_version = module, lines, airflow_version
        self.constants: dict[str, ast.expr] = {}

    def read(self, body: Sequence[ast.stmt]) -> None:
        for statement in body:
            match statement:
                case ast.Import():
                    for alias in statement.names:
                        top = alias.name if alias.asname else alias.name.partition(".")[0]
                        self._name(alias.asname or top, top)
                case ast.ImportFrom():
                    self._import_from(statement)
                case ast.ClassDef():
                    if statement.name in self.module.names:
                        self.module.stand_ins.add(statement.name)
                    self.module.classes.setdefault(statement.name, self._class(statement))
                case ast.FunctionDef():
                    self.module.functions.setdefault(statement.name, self._function(statement))
                case ast.If():
                    for branch in self._branches(statement):
                        self.read(branch)
                case ast.Try():
                    self.read([*statement.body, *statement.orelse])
                    for handler in statement.handlers:
                        self.read(handler.body)
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self._assign(name, value)
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    self._assign(name, value)

    def _name(self, local: str, dotted: str) -> None:
        self.module.names.setdefault(local, []).append(dotted)

    def _absolute(self, target: str, level: int) -> str:
        if not level:
            return target
        parts = self.module.name.split(".")
        keep = len(parts) - level + (1 if self.module.is_package else 0)
        return ".".join([*parts[:keep], *([target] if target else [])])

    def _import_from(self, statement: ast.ImportFrom) -> None:
        source = self._absolute(statement.module or "", statement.level)
        for alias in statement.names:
            if alias.name == "*":
                self.module.stars.append(source)
            else:
                self._name(alias.asname or alias.name, f"{source}.{alias.name}")

    def _branches(self, statement: ast.If) -> list[list[ast.stmt]]:
        """Return the branches to read, the likeliest first; what is only for type checkers comes last."""
        match self._holds(statement.test):
            case True:
                return [statement.body]
            case False if isinstance(statement.test, ast.Name) and statement.test.id == "TYPE_CHECKING":
                return [statement.orelse, statement.body]
            case False:
                return [statement.orelse]
        return [statement.body, statement.orelse]

    def _holds(self, test: ast.expr) -> bool | None:
        match test:
            case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
                return False
            case ast.Name(id=name) | ast.Attribute(attr=name) if gate := VERSION_GATE.fullmatch(name):
                return self.airflow_version >= tuple(int(part) for part in gate.groups() if part)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self._holds(operand)
                return None if inner is None else not inner
        return None

    def _assign(self, name: str, value: ast.expr) -> None:
        if isinstance(value, ast.Name | ast.Attribute):
            if dotted := dotted_name(value):
                self._name(name, dotted if "." in dotted else f"{self.module.name}.{dotted}")
        elif isinstance(value, ast.Dict) and IMPORT_MAP.search(name):
            self._import_map(value)
        elif isinstance(value, ast.Tuple | ast.List):
            self.constants[name] = value

    def _import_map(self, table: ast.Dict) -> None:
        """Read a table of lazily imported names, or of classes that moved away."""
        for key, value in zip(table.keys, table.values, strict=True):
            if not (isinstance(key, ast.Constant) and isinstance(key.value, str)):
                continue
            match value:
                case ast.Constant(value=str(source)):
                    self._name(key.value, f"{self._relative(source)}.{key.value}")
                case ast.Tuple(elts=sources):
                    for source in string_constants(sources):
                        self._name(key.value, f"{self._relative(source)}.{key.value}")
                case ast.Dict():
                    self._moved(f"{self.module.name}.{key.value}", value)

    def _moved(self, submodule: str, table: ast.Dict) -> None:
        for name, target in zip(table.keys, table.values, strict=True):
            if isinstance(name, ast.Constant) and isinstance(target, ast.Constant):
                self.module.moved[f"{submodule}.{name.value!s}"] = str(target.value)

    def _relative(self, source: str) -> str:
        bare = source.lstrip(".")
        return self._absolute(bare, len(source) - len(bare))

    def text(self, node: ast.expr) -> str:
        """Return the source of an expression on one line (`ast.unparse` is ten times slower)."""
        if isinstance(node, ast.Name):
            return node.id
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        if first == last:
            return self.lines[first][node.col_offset : node.end_col_offset].decode("utf-8", "replace")
        pieces = [self.lines[first][node.col_offset :], *self.lines[first + 1 : last]]
        pieces.append(self.lines[last][: node.end_col_offset])
        return " ".join(piece.strip().decode("utf-8", "replace") for piece in pieces)

    def _class(self, node: ast.ClassDef) -> ClassSource:
        init, fields, methods, abstract = None, None, set(), set()
        for statement in node.body:
            match statement:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    decorators = {dotted_name(d).rpartition(".")[2] for d in statement.decorator_list}
                    methods.add(statement.name)
                    if "abstractmethod" in decorators:
                        abstract.add(statement.name)
                    if statement.name == "__init__" and "overload" not in decorators:
                        init = self._init(statement)
                case ast.Assign(targets=[ast.Name(id="template_fields")], value=value):
                    fields = self._fields(value)
                case ast.AnnAssign(target=ast.Name(id="template_fields"), value=ast.expr() as value):
                    fields = self._fields(value)
                case ast.Assign(targets=[ast.Name(id=name)]):
                    methods.add(name)
        metaclass = next((dotted_name(k.value) for k in node.keywords if k.arg == "metaclass"), None)
        return ClassSource(
            name=node.name,
            bases=tuple(dotted_name(base) or "?" for base in node.bases),
            decorators=tuple(dotted_name(decorator) or "?" for decorator in node.decorator_list),
            metaclass=metaclass,
            doc=first_paragraph(ast.get_docstring(node, clean=False)),
            init=init,
            fields=fields if fields is not None or "template_fields" not in methods else Fields((), readable=False),
            methods=frozenset(methods),
            abstract_methods=frozenset(abstract),
        )

    def _fields(self, value: ast.expr) -> Fields:
        parts = field_parts(value, self.constants)
        return Fields((), readable=False) if parts is None else Fields(tuple(dict.fromkeys(parts)))

    def _function(self, node: ast.FunctionDef) -> FunctionSource:
        calls = (call for call in ast.walk(node) if isinstance(call, ast.Call))
        wanted = (k.value for call in calls for k in call.keywords if k.arg == "decorated_operator_class")
        operator_class = next((dotted_name(value) for value in wanted), None)
        doc = first_paragraph(ast.get_docstring(node, clean=False))
        return FunctionSource(node.name, doc, self._init(node, bound=False), operator_class or None)

    def _init(self, node: ast.FunctionDef | ast.AsyncFunctionDef, *, bound: bool = True) -> Init:
        kwargs = node.args.kwarg.arg if node.args.kwarg else None
        forwards, taken, uses = follow_kwargs(node, kwargs) if kwargs and bound else ((), (), 0)
        return Init(
            parameters=tuple(self._parameters(node.args, skip=1 if bound else 0)),
            takes_kwargs=kwargs is not None,
            forwards=forwards,
            taken=taken,
            readable=all(dotted_name(d).endswith("apply_defaults") for d in node.decorator_list)
            and bool(forwards or not kwargs or not uses),
        )

    def _parameters(self, arguments: ast.arguments, *, skip: int) -> Iterator[Parameter]:
        positional = [*arguments.posonlyargs, *arguments.args]
        defaults: list[ast.expr | None] = [
            *[None] * (len(positional) - len(arguments.defaults)),
            *arguments.defaults,
        ]
        pairs = [*zip(positional, defaults, strict=True)][skip:]
        for argument, default in [*pairs, *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]:
            yield Parameter(
                name=argument.arg,
                annotation=self.text(argument.annotation) if argument.annotation else "",
                default=self.text(default) if default else None,
                required=default is None,
                inherited=False,
            )


def follow_kwargs(
    node: ast.FunctionDef | ast.AsyncFunctionDef, kwargs: str
) -> tuple[tuple[Forward, ...], tuple[str, ...], int]:
    """Return where a constructor's ``**kwargs`` goes, the names taken out of it, how often it is used."""
    forwards, taken, uses = [], [], 0
    for item in ast.walk(node):
        match item:
            case ast.Name(id=name) if name == kwargs:
                uses += 1
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="pop" | "get" | "setdefault")):
                if name == kwargs:
                    taken += string_constants(item.args[:1])
            case ast.Call(func=ast.Attribute(value=owner, attr="__init__"), args=args, keywords=keywords):
                if any(k.arg is None and isinstance(k.value, ast.Name) and k.value.id == kwargs for k in keywords):
                    is_super = isinstance(owner, ast.Call) and dotted_name(owner.func) == "super"
                    filled = frozenset(k.arg for k in keywords if k.arg)
                    target = None if is_super else dotted_name(owner)
                    forwards.append(Forward(target, filled, len(args) - (0 if is_super else 1)))
            case ast.Compare(left=left, ops=[ast.In() | ast.NotIn()], comparators=[ast.Name(id=name)]):
                if name == kwargs:
                    taken += string_constants([left])
            case ast.Subscript(value=ast.Name(id=name), slice=key):
                if name == kwargs:
                    taken += string_constants([key])
    return tuple(forwards), tuple(dict.fromkeys(taken)), uses


def field_parts(value: ast.expr, constants: Mapping[str, ast.expr]) -> list[str] | None:
    """Return the parts of a ``template_fields`` value (see `Fields`); None where it is computed."""
    match value:
        case ast.Constant(value=str(name)):
            return [name]
        case ast.Tuple(elts=items) | ast.List(elts=items):
            return joined([field_parts(item, constants) for item in items])
        case ast.Set(elts=items):
            parts = joined([field_parts(item, constants) for item in items])
            return None if parts is None else sorted(parts)
        case ast.Starred(value=inner):
            return field_parts(inner, constants)
        case ast.Attribute(attr="template_fields", value=owner) if name := dotted_name(owner):
            return [f"*{name}"]
        case ast.Name(id=name) if name in constants:
            return field_parts(constants[name], constants)
        case ast.BinOp(left=left, op=ast.Add() | ast.BitOr(), right=right):
            return joined([field_parts(left, constants), field_parts(right, constants)])
        case ast.Call(func=ast.Name(id="tuple" | "list" | "set" | "sorted" | "frozenset"), args=[inner]):
            return field_parts(inner, constants)
        case ast.Call(func=ast.Attribute(attr="union", value=owner), args=others):
            return joined([field_parts(item, constants) for item in [owner, *others]])
        case ast.Call(func=function, args=items, keywords=[]) if dotted_name(function).endswith("aws_template_fields"):
            # Amazon's own helper: the given names and those that every AWS operator has.
            parts = joined([field_parts(item, constants) for item in items])
            return None if parts is None else sorted({*parts, "aws_conn_id", "region_name", "verify"})
    return None


def joined(parts: Sequence[list[str] | None]) -> list[str] | None:
    """Return all parts as one list; None if one of them is None."""
    together: list[str] = []
    for part in parts:
        if part is None:
            return None
        together += part
    return together


def string_constants(nodes: Sequence[ast.expr]) -> list[str]:
    """Return the values of those nodes that are string literals."""
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def dotted_name(node: ast.expr) -> str:
    """Return ``a.b.C`` for a name, also for ``a.b.C[int]`` and ``a.b.C()``; "" for anything else."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            owner = dotted_name(value)
            return f"{owner}.{attr}" if owner else ""
        case ast.Subscript(value=value):
            return dotted_name(value)
        case ast.Call(func=func):
            return dotted_name(func)
    return ""


def first_paragraph(doc: str | None, *, max_chars: int = 240) -> str:
    """Return the first paragraph of a docstring on one line."""
    paragraph = re.split(r"\n\s*\n|\n\s*(?=:param|\.\. )", (doc or "").strip(), maxsplit=1)[0]
    text = " ".join(paragraph.split())
    return text if len(text) <= max_chars else text[: max_chars - 1].rstrip() + "…"
