"""Every fenced block of README.md and docs/*.md runs, and every link leads somewhere.

```python            run; the blocks of a page share one namespace, in order
```python dag        a whole DAG file: loaded by Airflow's DagBag
```bash, ```console  `dag-agent ...` runs in a temporary folder, `make ...` is a target of the Makefile; a
                     line that ends with `# exit 3` must exit with 3. In a console block only `$ ` lines count
```bash real-airflow needs a running Airflow: only its syntax is checked
```json toml ini     parsed
```text, mermaid ... not run; but a block says what it is
"""

from __future__ import annotations

import configparser
import json
import re
import shlex
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [page for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))) if page.exists()]
FENCE = re.compile(r"^(?P<indent> *)(?P<fence>```+)(?P<info>[^\n`]*)\n(?P<body>.*?)^ *(?P=fence) *$", re.M | re.S)
LINK = re.compile(r"\[[^]\n]*\]\((?!https?:|mailto:)(?P<path>[^)#\s]*)(?:#(?P<anchor>[^)\s]*))?\)")
SHELL_OPERATORS = {"|", "||", "&&", "&", ">", ">>", "<", ";", "(", ")"}


@dataclass(frozen=True)
class Block:
    """One fenced block; `line` is where its body starts."""

    page: Path
    line: int
    language: str
    mark: str
    body: str

    @property
    def at(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    """Yield the fenced blocks of a page in order."""
    text = page.read_text()
    for match in FENCE.finditer(text):
        language, _, mark = match["info"].strip().partition(" ")
        body = re.sub(rf"^ {{0,{len(match['indent'])}}}", "", match["body"], flags=re.M)
        yield Block(page, text.count("\n", 0, match.start("body")) + 1, language, mark.strip(), body)


def run_python(block: Block, namespace: dict[str, Any]) -> None:
    """Run a block so that a traceback names the line of the page."""
    exec(compile("\n" * (block.line - 1) + block.body, str(block.page), "exec"), namespace)


def load_dag(block: Block, folder: Path) -> None:
    """Load a block as a DAG file."""
    from airflow.dag_processing.dagbag import DagBag

    name = block.mark.removeprefix("dag").strip() or f"{block.page.stem.lower()}_{block.line}.py"
    file = folder / name
    file.write_text(block.body)
    bag = DagBag(dag_folder=str(file))
    assert bag.import_errors == {}, f"{block.at}: {bag.import_errors}"
    assert bag.dags, f"{block.at}: this file has no DAG"


def commands(block: Block) -> Iterator[str]:
    """Yield the command lines of a block, with continued lines joined."""
    joined = re.sub(r"\\\n\s*", "", block.body)
    for line in joined.splitlines():
        if block.language == "console":
            if line.startswith("$ "):
                yield line[2:]
        elif line.strip() and not line.startswith("#"):
            yield line.removeprefix("$ ")


def run_command(block: Block, line: str) -> None:
    """Run one line of a shell block, as far as it is ours."""
    exits = re.search(r"#\s*exit (\d)\s*$", line)
    words = shlex.split(line, comments=True)
    if words[:2] == ["airflow", "dag-agent"]:
        words = words[1:]
    if words[:1] == ["make"]:
        targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.M))
        wanted = {word for word in words[1:] if "=" not in word and not word.startswith("-")}
        assert wanted <= targets, f"{block.at}: {sorted(wanted - targets)} is no target of the Makefile"
    elif words[:1] == ["dag-agent"]:
        assert SHELL_OPERATORS.isdisjoint(shlex.shlex(line, posix=True, punctuation_chars=True)), (
            f"{block.at}: {line!r} needs a shell; write it as one command"
        )
        assert run_dag_agent(words[1:]) == int(exits[1] if exits else 0), f"{block.at}: {line}"


def run_dag_agent(arguments: list[str]) -> int:
    """Run the command line in this process and return its exit code."""
    from airflow_dag_agent_provider.cli import main

    try:
        return main(arguments)
    except SystemExit as done:  # --help, --version and wrong usage
        return done.code if isinstance(done.code, int) else 1


def check_shell(block: Block) -> None:
    """Let bash parse a block without running it."""
    script = "\n".join(commands(block))
    done = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True, check=False)
    assert done.returncode == 0, f"{block.at}: {done.stderr}"


def run_page(page: Path, folder: Path) -> None:
    """Run all blocks of a page in order."""
    namespace: dict[str, Any] = {"__name__": "__docs__"}
    parsers: dict[str, Callable[[str], object]] = {
        "json": json.loads,
        "toml": tomllib.loads,
        "ini": lambda text: configparser.ConfigParser(interpolation=None).read_string(text),
    }
    for block in blocks(page):
        assert block.language, f"{block.at}: a block without a language; write ```text if it is none"
        if block.language == "python":
            if block.mark.split(" ")[0] == "dag":
                load_dag(block, folder)
            else:
                run_python(block, namespace)
        elif block.language in ("bash", "console"):
            check_shell(block)
            for line in commands(block) if block.mark != "real-airflow" else ():
                run_command(block, line)
        elif block.language in parsers:
            parsers[block.language](block.body)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory whose drafts and releases stay in it."""
    for option in ("drafts", "dags", "sessions", "step_cache"):
        monkeypatch.setenv(f"AIRFLOW__DAG_AGENT__{option.upper()}_PATH", str(tmp_path / option))
    (tmp_path / "dags").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("document", PAGES, ids=lambda document: document.name)
def test_every_block_of_a_page_runs(document: Path, folder: Path) -> None:
    run_page(document, folder)


@pytest.mark.parametrize("document", PAGES, ids=lambda document: document.name)
def test_every_link_of_a_page_leads_somewhere(document: Path) -> None:
    lost = []
    for match in LINK.finditer(FENCE.sub("", document.read_text())):
        target = document.parent / match["path"] if match["path"] else document
        if not target.exists() or (
            match["anchor"] and target.suffix == ".md" and match["anchor"] not in anchors(target.read_text())
        ):
            lost.append(match[0])
    assert lost == []


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ +(.+?) *$", FENCE.sub("", text), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


WRONG = {
    "python that raises": "```python\nraise ValueError('wrong')\n```",
    "a name of no earlier block": "```python\na = 1\n```\n```python\nb\n```",
    "a dag block without a DAG": "```python dag\nx = 1\n```",
    "a dag block that does not load": "```python dag\nimport no_such_module\n```",
    "a make target that is none": "```bash\nmake coffee\n```",
    "a command that is none": "```console\n$ dag-agent brew\nfine\n```",
    "a command with a shell in it": "```bash\ndag-agent --version | cat\n```",
    "a shell that bash cannot parse": "```bash real-airflow\nif then\n```",
    "json that is none": "```json\n{,}\n```",
    "a block without a language": "```\nwhat is this\n```",
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_block_is_found(folder: Path, text: str) -> None:
    (folder / "page.md").write_text(f"# A page\n\n{text}\n")

    with pytest.raises((AssertionError, ValueError, NameError)):
        run_page(folder / "page.md", folder)


def test_right_blocks_pass(folder: Path) -> None:
    page = folder / "page.md"
    page.write_text(
        "```python\na = 1\n```\n```python\nassert a == 1\n```\n"
        "```python dag\nfrom airflow.sdk import DAG\nwith DAG('right', schedule=None): ...\n```\n"
        "```bash\ndag-agent --version\nmake test PYTEST_ARGS=-x\nls | wc -l\n```\n"
        "```bash real-airflow\nairflow standalone &\n```\n```text\nanything\n```\n"
    )

    run_page(page, folder)
