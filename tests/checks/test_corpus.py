"""Good files pass, bad files are found: one file of corpus/ per defect."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from airflow_dag_agent_provider.checks.codes import CODES
from airflow_dag_agent_provider.checks.finding import CheckReport
from airflow_dag_agent_provider.sandbox.sandbox import Sandbox

from .conftest import BAD, GOOD, check_all

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "eval"  # laid beside a checkout that is evaluated
EVAL = Path(os.environ.get("DAG_AGENT_EVAL", BESIDE)) / "dags"

# Found by tests of their own: these files kill, block or need a contract, a deployment or raw bytes.
ELSEWHERE = {
    "nul-byte", "too-large", "import-hangs", "kills-parser", "too-much-memory", "output-flood", "not-loaded",
    "operator-missing", "connection-missing", "connection-unknown", "af2-signature",
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_gives_no_error(good_reports: dict[str, CheckReport], name: str) -> None:
    assert [str(finding) for finding in good_reports[name].errors] == []


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_gives_its_code(bad_reports: dict[str, CheckReport], name: str) -> None:
    found = {(finding.code, finding.severity) for finding in bad_reports[name].findings}
    assert (BAD[name].code, BAD[name].severity) in found


@pytest.mark.parametrize("name", [name for name, bad in BAD.items() if bad.line])
def test_a_bad_file_is_found_at_its_line(bad_reports: dict[str, CheckReport], name: str) -> None:
    lines = {finding.line for finding in bad_reports[name].findings if finding.code == BAD[name].code}
    assert BAD[name].line in lines


@pytest.mark.parametrize("name", [name for name, bad in BAD.items() if bad.severity != "error"])
def test_a_defect_that_is_no_error_does_not_forbid_the_release(bad_reports: dict[str, CheckReport], name: str) -> None:
    assert bad_reports[name].ok


@pytest.mark.parametrize("name", BAD)
def test_every_finding_has_a_hint(bad_reports: dict[str, CheckReport], name: str) -> None:
    assert all(finding.hint for finding in bad_reports[name].findings)


def test_every_code_has_a_bad_file_or_a_test_of_its_own() -> None:
    codes = {code.code for code in CODES if code.check != "contract"}
    assert codes - {bad.code for bad in BAD.values()} == ELSEWHERE


@pytest.fixture(scope="session")
def eval_reports(sandbox: Sandbox) -> dict[str, CheckReport]:
    files = [*sorted(EVAL.glob("good/*.py")), *sorted(EVAL.glob("legit/*.py"))]
    sources = {path.name: path.read_bytes().replace(b"~~", b"") for path in files}
    return check_all(sources, sandbox)


@pytest.mark.skipif(not EVAL.is_dir(), reason=f"no evaluation data in {EVAL}; set DAG_AGENT_EVAL")
def test_no_good_file_of_the_evaluation_gives_an_error(eval_reports: dict[str, CheckReport]) -> None:
    # A provider that this machine does not have is rightly an error here.
    errors = {
        name: [f for f in report.errors if f.code != "package-not-installed"] for name, report in eval_reports.items()
    }
    assert {name: found for name, found in errors.items() if found} == {}
