"""Run pytest over the files of the request. Started with ``python -m``, imported by nobody."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from airflow_dag_agent_provider.sandbox.child.start import start

MAX_FAILED = 50


class _Count:
    """A pytest plugin that counts what ran and what failed."""

    def __init__(self) -> None:
        self.tests = 0
        self.failed: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test that ran, and a test or fixture that failed."""
        self.tests += report.when == "call"
        if report.failed:
            self.failed.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a file that cannot be collected."""
        if report.failed:
            self.failed.append(report.nodeid)


def main() -> None:
    """Run the tests and send how they ended."""
    request, channel = start()
    channel.send(kind="ready")
    count = _Count()
    folder = Path(request["files"])
    settings = folder.parent / "pytest.ini"  # ours, so that none further up is found
    settings.write_text("[pytest]\n", encoding="utf-8")
    options = ["-q", "--tb=short", "-p", "no:cacheprovider", "--rootdir", str(folder), "-c", str(settings)]
    code = pytest.main([*options, str(folder)], plugins=[count])
    sys.stdout.flush()
    sys.stderr.flush()
    channel.finish(
        {
            "passed": code == pytest.ExitCode.OK and count.tests > 0 and not count.failed,
            "tests": count.tests,
            "failed": count.failed[:MAX_FAILED],
        }
    )


if __name__ == "__main__":
    main()
