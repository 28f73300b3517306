"""Can Python compile the file?"""

from __future__ import annotations

import re

from airflow_dag_agent_provider.checks.codes import finding
from airflow_dag_agent_provider.checks.finding import Finding
from airflow_dag_agent_provider.checks.subject import Subject

FENCE = re.compile(r"^\s*(```|~~~)", re.MULTILINE)
PROSE = re.compile(
    r"^(?:here(?:'s| is| are)|sure\b|certainly|of course|below is|the following|this (?:dag|code))",
    re.IGNORECASE,
)
WORDS = re.compile(
    r"^(?!(?:from|import|with|def|class|if|for|return|assert|raise|async|await|not|lambda)\b)"
    r"[A-Za-z']+(?: [A-Za-z']+){3,}[.:!,]?"
)


def syntax(subject: Subject) -> list[Finding]:
    """Find what keeps the file from being compiled."""
    try:
        tree = subject.tree
    except SyntaxError as error:
        return [_syntax_error(error, subject.text)]
    except (RecursionError, MemoryError):
        hint = "Break the expression into named parts"
        return [finding("syntax-error", "An expression is nested too deeply for Python's parser", hint)]
    except ValueError as error:
        return [finding("syntax-error", f"Python cannot compile the file: {error}", "Write plain Python")]
    if not tree.body:
        return [finding("empty-file", "The file holds no statement", "Write a DAG into it")]
    return []


def _syntax_error(error: SyntaxError, text: str) -> Finding:
    line, column = error.lineno, error.offset or None
    if place := _around_code(text, line):
        message = f"Line {place} is not Python but Markdown or prose: {text.splitlines()[place - 1].strip()[:80]!r}"
        return finding("not-only-code", message, "Give the code alone, without fences and explanations", line=place)
    message = f"Python cannot compile the file: {error.msg}"
    lines = text.splitlines()
    if line and line >= len(lines) and re.search(r"never closed|EOF|unterminated|expected", error.msg):
        hint = "The file seems to be cut off at its end; write all of it"
    elif line and line <= len(lines):
        hint = f"Correct line {line}: {lines[line - 1].strip()[:100]!r}"
    else:
        hint = "Correct the syntax"
    return finding("syntax-error", message, hint, line=line, column=column)


def _around_code(text: str, line: int | None) -> int | None:
    """Return the first line of a Markdown fence or of prose around the code, None without one."""
    lines = text.splitlines()
    if not line or line > len(lines):
        return None
    if (fence := FENCE.search(text)) and not _inside_string(text, fence.start()):
        return text.count("\n", 0, fence.start(1)) + 1
    stripped = lines[line - 1].strip()
    if PROSE.match(stripped) or WORDS.match(stripped):
        return line
    return None


def _inside_string(text: str, position: int) -> bool:
    """Whether an odd number of triple quotes opens before the place."""
    before = text[:position]
    return before.count('"""') % 2 == 1 or before.count("'''") % 2 == 1
