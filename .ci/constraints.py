"""Write constraints.txt: one pinned set that serves every extra and both dependency groups.

The pins named here go together and are moved by hand; everything else is the newest that resolves.
The result names no host and no path; where packages come from is this machine's own setting.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

PINS = ("pydantic-ai-slim==2.62.0", "pydantic-ai-harness==0.62.0")
OUTPUT = Path("constraints.txt")
COMMAND = (
    "uv pip compile pyproject.toml --all-extras --group test --group lint --universal --fork-strategy fewest"
    " --python-version 3.11 --constraint PINS --upgrade --quiet"
    " --no-header --no-annotate --no-emit-index-url --no-emit-find-links"
)
HEADER = f"""\
# Pinned packages for Python 3.11 and newer: every extra, and the dependency groups test and lint.
# Made by `make constraints`, which runs, with PINS a file of the lines {", ".join(PINS)} and uv itself:
#   {COMMAND}
"""
LINE = re.compile(r"[a-z0-9][a-z0-9._-]*==[^\s/:]+( ; [^/:]+)?")


def main() -> None:
    """Resolve anew, refuse a line that is not a plain pin, then replace the file."""
    with tempfile.TemporaryDirectory() as folder:
        pins, compiled = Path(folder, "PINS"), Path(folder, "compiled.txt")
        pins.write_text("\n".join(PINS) + "\n")
        arguments = [str(pins) if word == "PINS" else word for word in COMMAND.split()[1:]]
        subprocess.run(
            [
                sys.executable,
                str(Path(__file__).with_name("uv.py")),
                *arguments,
                "--output-file",
                str(compiled),
            ],
            check=True,
        )
        lines = compiled.read_text().splitlines()
    lines = sorted([*lines, f"uv=={uv_version()}"])
    strange = [line for line in lines if not LINE.fullmatch(line)]
    if strange:
        sys.exit(f"constraints.txt was not written: only plain pins may stand in it, not {strange!r}")
    OUTPUT.write_text(HEADER + "\n".join(lines) + "\n")
    print(f"{OUTPUT}: {len(lines)} pins")  # noqa: T201


def uv_version() -> str:
    """Return the version of the uv that resolves, which is pinned too."""
    uv = Path(sys.executable).with_name("uv")
    return subprocess.run([uv, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]


if __name__ == "__main__":
    main()
