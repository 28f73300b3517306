"""What a release would change, as text: a unified diff with nothing invisible in it."""

from __future__ import annotations

import difflib
import unicodedata


def unified(old: str | None, new: str, *, path: str) -> str:
    """Return the unified diff from ``old`` (None: no file yet) to ``new``; empty when they are equal."""
    before = [] if old is None else visible(old).splitlines()
    after = visible(new).splitlines()
    source = "/dev/null" if old is None else f"a/{path}"
    return "\n".join(difflib.unified_diff(before, after, source, f"b/{path}", lineterm=""))


def visible(text: str) -> str:
    r"""Return ``text`` with every control and formatting character written as an escape.

    >>> visible("a\u202eb\x00")
    'a\\u202eb\\x00'
    """
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp"):
        return char
    return char.encode("unicode_escape").decode()
