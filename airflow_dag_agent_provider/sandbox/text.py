"""Foreign text made fit for one line of a report, a terminal or a review."""

from __future__ import annotations

MAX_CHARS = 500


def one_line(text: str, *, max_chars: int = MAX_CHARS) -> str:
    r"""Return ``text`` as one line of at most ``max_chars`` characters, whatever is not printable escaped.

    >>> one_line("a\n  b\x1b[31m \u202ec")
    'a b\\x1b[31m \\u202ec'
    >>> one_line("abcdef", max_chars=4)
    'abc…'
    """
    line = _escaped(" ".join(text[: 4 * max_chars].split()))
    return line if len(line) <= max_chars else line[: max_chars - 1] + "…"


def printable(text: str) -> str:
    r"""Return ``text`` with its lines and tabs, whatever else is not printable escaped.

    >>> printable("a\tb\n\x1b[31m")
    'a\tb\n\\x1b[31m'
    """
    return "\n".join("\t".join(map(_escaped, line.split("\t"))) for line in text.replace("\r\n", "\n").split("\n"))


def _escaped(text: str) -> str:
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
