"""What the demo prints, and the one question it asks."""

from __future__ import annotations

import html
import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


def say(text: str = "") -> None:
    """Print at once, also into a pipe."""
    print(text, flush=True)


def heading(text: str) -> None:
    """Print the title of a part."""
    say(f"\n== {text}")


def ask(question: str) -> bool:
    """Ask on the terminal; only y or yes is a yes."""
    say()
    return input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}


def is_interactive() -> bool:
    """Tell whether a person sits at both ends."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()


def text_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return rows as aligned text; numbers stand on the right.

    >>> print(text_table(["id", "value"], [["pump-1", 20.5], ["p", -1.25]]))
    id      value
    ------  -----
    pump-1   20.5
    p       -1.25
    """
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    right = [bool(rows) and all(isinstance(row[i], int | float) for row in rows) for i in range(len(columns))]
    lines = [list(columns), ["-" * width for width in widths], *cells]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if on_right else cell.ljust(width)
            for cell, width, on_right in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in lines
    )


@dataclass
class Phases:
    """How long each part took, in the order of the parts."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Count the time of a block; a name that comes again adds up."""
        begin = time.monotonic()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.monotonic() - begin

    def table(self) -> str:
        """Return the parts and their sum as a text table."""
        rows = [[name, round(seconds, 1)] for name, seconds in self.seconds.items()]
        return text_table(["phase", "seconds"], [*rows, ["total", round(sum(self.seconds.values()), 1)]])


def readable(markdown: str) -> str:
    r"""Return Markdown as a terminal should show it: without the escapes that a browser needs.

    >>> readable(r"\*.csv &lt;b&gt;")
    '*.csv <b>'
    """
    return html.unescape(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown))
