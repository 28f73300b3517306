"""The corpus, checked once per session: every file costs a child process, so two run at a time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from airflow_dag_agent_provider.checks.codes import BY_CODE
from airflow_dag_agent_provider.checks.finding import CheckReport
from airflow_dag_agent_provider.checks.run import run_checks
from airflow_dag_agent_provider.sandbox.limits import Limits
from airflow_dag_agent_provider.sandbox.sandbox import Sandbox

STATIC_CHECKS = {"decode", "syntax", "lint"}
CORPUS = Path(__file__).parent / "corpus"
EXPECT = re.compile(r"# EXPECT: (?P<code>[\w-]+)(?: line (?P<line>\d+))?(?: (?P<severity>warning|info))?")


@dataclass(frozen=True)
class Bad:
    """One bad file, without its first line, and the finding that it must give."""

    source: bytes
    code: str
    line: int | None
    severity: str


def bad_file(path: Path) -> Bad:
    """Read a file of corpus/bad; its first line says what is expected."""
    first, _, source = path.read_text(encoding="utf-8").partition("\n")
    match = EXPECT.fullmatch(first)
    assert match, f"{path.name}: the first line must be '# EXPECT: code [line N] [warning|info]', not {first!r}"
    line = int(match["line"]) if match["line"] else None
    return Bad(source.encode(), match["code"], line, match["severity"] or "error")


BAD = {path.stem: bad_file(path) for path in sorted((CORPUS / "bad").glob("*.py"))}
GOOD = {path.stem: path.read_bytes() for path in sorted((CORPUS / "good").glob("*.py"))}


def check_all(sources: Mapping[str, bytes], sandbox: Sandbox) -> dict[str, CheckReport]:
    """Check every file, two at a time; the threads outlive their children."""
    with ThreadPoolExecutor(2) as pool:
        reports = pool.map(lambda source: run_checks(source, sandbox=sandbox), sources.values())
        return dict(zip(sources, reports, strict=True))


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    """The sandbox of these tests."""
    return Sandbox(limits=Limits(import_s=10))


@pytest.fixture(scope="session")
def bad_reports(sandbox: Sandbox) -> dict[str, CheckReport]:
    """The reports of corpus/bad by file name; what is found without an import is not imported."""
    static = {name: bad.source for name, bad in BAD.items() if BY_CODE[bad.code].check in STATIC_CHECKS}
    others = {name: bad.source for name, bad in BAD.items() if name not in static}
    return check_all(static, replace(sandbox, isolation="static")) | check_all(others, sandbox)


@pytest.fixture(scope="session")
def good_reports(sandbox: Sandbox) -> dict[str, CheckReport]:
    """The reports of corpus/good by file name."""
    return check_all(GOOD, sandbox)
