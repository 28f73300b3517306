"""Run uv with the package index settings of this machine's pip.

uv does not read pip's configuration. This hands it the four settings that decide where packages come from
(index-url, extra-index-url, find-links, cert) and pip's rule that the best version of all indexes wins.
What a person set for uv (any UV_* variable of the same purpose) stays as it is. No host is named here.

    .venv/bin/python .ci/uv.py pip install --editable .
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

UV_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_EXTRA_INDEX_URL",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
}
STRONGEST_LAST = ("global", "user", "site", "install", ":env:")


def pip_settings(listing: str) -> dict[str, str]:
    """Return the settings of a ``pip config list`` by name; a stronger section wins.

    >>> pip_settings("global.cert='/a.pem'\\n:env:.cert='/b.pem'\\nglobal.timeout='60'")
    {'cert': '/b.pem', 'timeout': '60'}
    """
    rows = []
    for line in listing.splitlines():
        key, _, value = line.partition("=")
        section, _, name = key.rpartition(".")
        if section in STRONGEST_LAST and value:
            rows.append((STRONGEST_LAST.index(section), name, str(ast.literal_eval(value))))
    return {name: value for _, name, value in sorted(rows)}


def uv_environment(pip: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Return `environ` with pip's index settings added under uv's names, where uv has none of its own."""
    found = {uv: " ".join(pip[name].split()) for name, uv in UV_NAMES.items() if name in pip}
    if "UV_EXTRA_INDEX_URL" in found:
        found["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return found | {"UV_NO_PROGRESS": "1"} | dict(environ)


def main(arguments: list[str]) -> None:
    """Replace this process by uv of the same environment."""
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    ).stdout
    uv = Path(sys.executable).with_name("uv")
    environ = uv_environment(pip_settings(listing), os.environ) | {"VIRTUAL_ENV": sys.prefix}
    os.execve(uv, [str(uv), *arguments], environ)


if __name__ == "__main__":
    main(sys.argv[1:])
