"""Text of users, models and loaded files as Markdown in which nothing acts.

One escape for every place: approval bodies, READMEs and the docstrings that the Airflow UI shows. Only what acts
is escaped, so that the same text reads well in a Python file.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence

from airflow_dag_agent_provider.authoring.diff import visible

_LINKS = re.compile(r"\]\s*[(\[:]")


def plain(text: str) -> str:
    r"""Return ``text`` as one line that Markdown shows as it is.

    No HTML, image, link, table bar, code, emphasis, heading, list or quote comes of it. Web and mail addresses
    are written as ``https[:]//``, ``www[.]`` and ``[@]``: renderers link them even when they are escaped.

    >>> plain("a | b ![x](http://evil) <img>")
    'a \\| b !\\[x\\](http[:]//evil) &lt;img>'
    >>> plain("Upserts *.csv into daily_values, keys: list[str]")
    'Upserts *.csv into daily_values, keys: list[str]'
    """
    return _at_line_start(_inline(text))


def plain_lines(text: str, *, width: int, first: str = "", rest: str = "") -> list[str]:
    """Return `plain` text in lines of about ``width`` characters after our own marks, e.g. ``- ``; a path or
    another long word is never cut."""
    lines = textwrap.wrap(_inline(text), width - len(first), break_long_words=False, break_on_hyphens=False)
    return [f"{rest if n else first}{_at_line_start(line)}" for n, line in enumerate(lines)]


def code(text: str) -> str:
    """Return ``text`` as a code span, or as `plain` text where it could end one."""
    shown = visible(text)
    if not shown.strip() or re.search(r"[`|\n\t]", shown):
        return plain(text)
    return f"`{shown}`"


def fenced(text: str, language: str) -> str:
    """Return ``text`` in a code fence that it cannot close."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{visible(text).rstrip()}\n{fence}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; the cells must be one line each."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def _inline(text: str) -> str:
    """Return one line in which nothing acts but what stands at its start."""
    line = " ".join(visible(text).split())
    line = re.sub(r"\\(?![^\W_])", r"\\\\", line)
    line = re.sub(r"&(?=#?\w+;)", "&amp;", line)
    line = re.sub(r"<(?![\s=\d])", "&lt;", line)
    line = re.sub(r"[`|]", r"\\\g<0>", line)
    line = re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", line)
    for pair in (r"\*+", "~+"):
        acting = re.compile(rf"(?<=\S){pair}|{pair}(?=\S)")
        if len(acting.findall(line)) > 1:
            line = acting.sub(lambda run: "".join(f"\\{char}" for char in run[0]), line)
    if _LINKS.search(line):
        line = re.sub(r"[\[\]]", r"\\\g<0>", line)
    line = re.sub(r"(?i)(https?|ftp):(?=//)", r"\1[:]", line)
    line = re.sub(r"(?i)(www)\.(?=\S)", r"\1[.]", line)
    line = re.sub(r"(?i)(mailto|xmpp):(?=\S)", r"\1[:]", line)
    return re.sub(r"(?<=[\w.+-])@(?=[\w-]+\.[\w-])", "[@]", line)


def _at_line_start(line: str) -> str:
    """Return ``line`` with the mark escaped that would make it a heading, list, quote or rule."""
    found = re.match(r"\d{1,9}(?=[.)](\s|$))", line)
    if found:
        return f"{found[0]}\\{line[found.end() :]}"
    return re.sub(r"^(?=[-+>#=~\[]|\*(?:[\s*-]|$))", r"\\", line)
