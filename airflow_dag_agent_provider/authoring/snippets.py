"""The Python that a plan carries: what may stand in it, so that nothing of it runs when the file is parsed.

A DAG file is imported every few seconds. Bodies run in a task; decorators, default values and whatever else
Python evaluates at a ``def`` would run in the dag processor, before anybody approved anything.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
import warnings
from collections.abc import Iterator

LINE_LENGTH = 88
_ANNOTATION = (ast.Name, ast.Attribute, ast.Subscript, ast.Tuple, ast.List, ast.Constant, ast.BinOp)
_ANNOTATION_PARTS = (*_ANNOTATION, ast.expr_context, ast.BitOr)
_ACT_ON_IMPORT = {"__future__", "antigravity", "this"}


def parsed(text: str) -> ast.Module | str:
    """Return the syntax tree of ``text``, or what is wrong with it; what the compiler alone refuses too."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape in a body is a finding of the checks
            tree = ast.parse(text)
            compile(text, "<plan>", "exec", dont_inherit=True)
            return tree
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return f"{error}"


def parsed_expression(text: str) -> ast.expr | str:
    """Return the tree of one expression, or what is wrong with it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return f"{error}"


def one_function(text: str) -> ast.FunctionDef | str:
    """Return the tree of exactly one ``def``, or what is wrong with the text."""
    tree = parsed(text)
    if isinstance(tree, str):
        return f"is not Python: {tree}"
    if len(tree.body) != 1 or not isinstance(tree.body[0], ast.FunctionDef):
        return "must be one `def` block and nothing else"
    return tree.body[0]


def names_read(code: str) -> set[str]:
    """Return every name that stands alone in ``code``, e.g. ``log`` of ``log.info``."""
    tree = parsed(code)
    return set() if isinstance(tree, str) else {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def function_name(source: str) -> str:
    """Return the name of the first ``def`` in ``source`` as Python reads it; empty when there is none."""
    tree = parsed(source)
    functions = [] if isinstance(tree, str) else [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return functions[0].name if functions else ""


def function_problems(source: str) -> Iterator[str]:
    """Yield what keeps ``source`` from being a function that does nothing until it is called."""
    node = one_function(source)
    if isinstance(node, str):
        yield node
        return
    if not node.name.isascii() or node.name.startswith("__"):
        yield f"has the name {node.name!r}; use ASCII letters and no leading '__'"
    if node.decorator_list:
        yield "has a decorator, which would run when the file is parsed; leave it out"
    if getattr(node, "type_params", ()):
        yield "has type parameters; leave them out"
    given = node.args
    for default in [*given.defaults, *(value for value in given.kw_defaults if value is not None)]:
        if not _is_literal(default):
            yield f"has the default value {ast.unparse(default)!r}; a default is a literal, nothing that is called"
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    for annotation in [*(arg.annotation for arg in every if arg), node.returns]:
        if annotation is not None and not _is_type(annotation):
            yield f"has the annotation {ast.unparse(annotation)!r}, which is not a plain type"


def annotation_problem(text: str) -> str | None:
    """Return what is wrong with ``text`` as a type; None when it is one.

    >>> annotation_problem("dict[str, list[int] | None]")
    >>> annotation_problem("int = f()")
    "'int = f()' is not a plain type; write one such as list[str] or dict[str, int] | None"
    """
    tree = parsed_expression(text)
    if text.isprintable() and not set(text) & set("#\\") and isinstance(tree, ast.expr) and _is_type(tree):
        return None
    return f"{text!r} is not a plain type; write one such as list[str] or dict[str, int] | None"


def import_problem(statement: str) -> str | None:
    """Return what keeps ``statement`` from being a plain import of the standard library; None when nothing does."""
    tree = parsed(statement)
    if isinstance(tree, str) or not tree.body:
        return "is not an import statement"
    for node in tree.body:
        if not isinstance(node, ast.Import | ast.ImportFrom):
            return "is not an import statement"
        if any(alias.asname for alias in node.names):
            return "renames what it imports; leave out 'as' and use the full name"
        if any(alias.name == "*" for alias in node.names):
            return "imports everything; name what is needed"
        if isinstance(node, ast.ImportFrom) and node.level:
            return "is a relative import; a DAG file is in no package"
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        for root in {module.partition(".")[0] for module in modules}:
            if root not in sys.stdlib_module_names or root in _ACT_ON_IMPORT:
                return f"imports {root!r}; a function imports from the standard library only"
    return None


def import_bindings(statement: str) -> Iterator[tuple[str, str]]:
    """Yield (name, the import that binds it) for every name that ``statement`` brings into the file.

    >>> list(import_bindings("from datetime import UTC, date"))
    [('UTC', 'from datetime import UTC'), ('date', 'from datetime import date')]
    """
    tree = parsed(statement)
    for node in () if isinstance(tree, str) else tree.body:
        if isinstance(node, ast.ImportFrom):
            names = ((alias.asname or alias.name, alias.name) for alias in node.names)
            yield from ((bound, f"from {node.module} import {name}") for bound, name in names)
        elif isinstance(node, ast.Import):
            roots = ((alias.asname, alias.name.partition(".")[0]) for alias in node.names)
            yield from ((renamed or root, f"import {root}") for renamed, root in roots)


def example_problem(text: str, *, exception: bool) -> str | None:
    """Return what is wrong with one side of an example; an exception is named, anything else is an expression."""
    tree = parsed_expression(text)
    if isinstance(tree, str):
        return "is not one Python expression"
    if exception and not all(isinstance(node, ast.Name | ast.Attribute | ast.Load) for node in ast.walk(tree)):
        return "is not the name of an exception"
    return None


def normalized(code: str) -> str:
    r"""Return ``code`` without blank ends and with the line ends that Python reads: ``\n`` only."""
    return code.replace("\r\n", "\n").replace("\r", "\n").strip()


def indented(code: str) -> str:
    r"""Return ``code`` one level deeper; lines inside of multi-line strings stay as they are.

    Lines end with ``\n`` only, as for Python: a form feed or U+2028 inside a string is no line end.
    """
    inside: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.STRING or tokenize.tok_name[token.type].startswith("FSTRING_MIDDLE"):
            inside |= set(range(token.start[0] + 1, token.end[0] + 1))
    lines = code.removesuffix("\n").split("\n")
    return "\n".join(line if not line.strip() or n in inside else f"    {line}" for n, line in enumerate(lines, 1))


def laid_out(source: str) -> str:
    """Return ``source`` as black lays it out; unchanged where black cannot read it or would change what it means."""
    import black
    from black.parsing import ASTSafetyError

    try:
        formatted = black.format_str(source, mode=black.Mode(line_length=LINE_LENGTH))
        black.assert_equivalent(source, formatted)
    except (ASTSafetyError, SyntaxError, ValueError, RecursionError, MemoryError):
        return source
    return formatted


def _is_type(tree: ast.expr) -> bool:
    return all(
        isinstance(node, _ANNOTATION_PARTS)
        and (not isinstance(node, ast.Constant) or node.value is None or isinstance(node.value, int | type(...)))
        and (not isinstance(node, ast.BinOp) or isinstance(node.op, ast.BitOr))
        for node in ast.walk(tree)
    )


def _is_literal(tree: ast.expr) -> bool:
    try:
        ast.literal_eval(tree)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return False
    return True
