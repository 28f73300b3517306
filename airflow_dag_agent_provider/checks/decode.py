"""Are these bytes a text that a reader sees as Python sees it?"""

from __future__ import annotations

import io
import tokenize
import unicodedata
from collections.abc import Iterator

from airflow_dag_agent_provider.checks.codes import finding
from airflow_dag_agent_provider.checks.finding import Finding, Severity
from airflow_dag_agent_provider.checks.subject import Subject

MAX_BYTES = 200_000
BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
INVISIBLE = frozenset(
    "\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\ufeff\u00ad\u180e\u115f\u1160\u3164\uffa0\u2028\u2029"
)
HARMLESS_CONTROLS = frozenset("\t\n\f")
WRITE_IT_OUT = "Delete it, or write it as an escape inside of a string"


def decode(subject: Subject) -> list[Finding]:
    """Find bytes that are no clean UTF-8 text of a sensible size."""
    source = subject.source
    if len(source) > MAX_BYTES:
        hint = "Move data out of the file, or split the DAG"
        return [finding("too-large", f"The file has {len(source)} bytes, at most {MAX_BYTES} are checked", hint)]
    if b"\x00" in source:
        line = source[: source.index(b"\x00")].count(b"\n") + 1
        return [finding("nul-byte", "The file holds the byte '\\x00'", "Write the file as plain text", line=line)]
    try:
        text = subject.text
    except UnicodeDecodeError as error:
        line = source[: error.start].count(b"\n") + 1
        message = f"Byte {source[error.start : error.start + 1]!r} is not UTF-8"
        return [finding("not-utf8", message, "Save the file as UTF-8", line=line)]
    if (declared := _declared(source)) != "utf-8":
        message = f"The file declares the encoding {declared!r}: Python would read another text than a reviewer"
        return [finding("not-utf8", message, "Delete the coding line; Python reads UTF-8", line=1)]
    return [_hidden(*place, text) for place in _unseen(text)]


def _declared(source: bytes) -> str:
    """Return the encoding in which Python would read the file."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    except SyntaxError as error:  # an encoding that Python does not know
        return str(error)
    return "utf-8" if encoding in {"utf-8-sig", "ascii"} else encoding


def _unseen(text: str) -> Iterator[tuple[int, int, str]]:
    """Give (line, column, character) of each character that changes or hides what is seen."""
    bad = {
        character
        for character in set(text.replace("\r\n", "\n"))
        if character in BIDI or character in INVISIBLE or _control(character)
    }
    if not bad:
        return
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        yield from ((number, column, character) for column, character in enumerate(line, 1) if character in bad)


def _control(character: str) -> bool:
    return unicodedata.category(character) == "Cc" and character not in HARMLESS_CONTROLS


def _hidden(line: int, column: int, character: str, text: str) -> Finding:
    escape = ascii(character).strip("'")
    if character in BIDI and character not in "\u200e\u200f\u061c":
        message = f"The bidirectional control character '{escape}' shows code in another order than it runs"
        return finding("bidi-control", message, WRITE_IT_OUT, line=line, column=column)
    name = unicodedata.name(character, "control character")
    message = f"The invisible character '{escape}' ({name.lower()}) stands here"
    joins = unicodedata.category(character) not in {"Cc", "Zl", "Zp"}  # those look like an end of line
    severity: Severity = "warning" if joins and _in_text(text, line, column) else "error"
    return finding("invisible-character", message, WRITE_IT_OUT, line=line, column=column, severity=severity)


def _in_text(text: str, line: int, column: int) -> bool:
    """Whether the place is in a string or a comment, where an emoji or a language may need the character."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.start <= (line, column - 1) < token.end:
                return token.type in (
                    tokenize.STRING,
                    tokenize.COMMENT,
                    getattr(tokenize, "FSTRING_MIDDLE", -1),
                )
    except (tokenize.TokenError, SyntaxError):
        return False
    return False
