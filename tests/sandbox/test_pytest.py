"""Generated tests run under the same protections."""

from __future__ import annotations

import pytest

from airflow_dag_agent_provider.exceptions import SandboxFailed
from airflow_dag_agent_provider.sandbox.sandbox import Sandbox

SANDBOX = Sandbox()


def test_tests_that_hold_pass_and_see_the_files_beside_them() -> None:
    files = {
        "dags/shop.py": b"def double(x): return 2 * x\n",
        "dags/test_shop.py": b"import shop\ndef test_a(): assert shop.double(2) == 4\n",
    }
    outcome = SANDBOX.pytest(files)
    assert (outcome.passed, outcome.tests, outcome.failed) == (True, 1, ())


def test_a_test_that_fails_is_named() -> None:
    outcome = SANDBOX.pytest({"test_a.py": b"def test_yes(): pass\ndef test_no(): assert 1 == 2\n"})
    assert (outcome.passed, outcome.tests, outcome.failed) == (False, 2, ("test_a.py::test_no",))


def test_the_output_says_why_a_test_failed() -> None:
    assert "assert 1 == 2" in SANDBOX.pytest({"test_a.py": b"def test_no(): assert 1 == 2\n"}).output


def test_a_file_that_cannot_be_collected_fails() -> None:
    outcome = SANDBOX.pytest({"test_a.py": b"import no_such_module\n"})
    assert (outcome.passed, outcome.failed) == (False, ("test_a.py",))


def test_no_test_at_all_does_not_pass() -> None:
    assert not SANDBOX.pytest({"test_a.py": b"A = 1\n"}).passed


def test_a_test_that_ends_the_process_does_not_pass() -> None:
    outcome = SANDBOX.pytest({"test_a.py": b"import os\ndef test_a(): os._exit(0)\n"})
    assert (outcome.passed, str(outcome.died)) == (False, "it ended with exit code 0 before it gave a result")


def test_a_test_that_hangs_is_stopped() -> None:
    outcome = SANDBOX.pytest({"test_a.py": b"import time\ndef test_a(): time.sleep(99)\n"}, wall_s=4)
    assert (outcome.passed, str(outcome.died)) == (False, "it was stopped after 4 s")


def test_a_test_sees_an_airflow_home_of_its_own() -> None:
    source = b"import os\ndef test_a(): assert os.environ['AIRFLOW_HOME'] == os.environ['HOME']\n"
    assert SANDBOX.pytest({"test_a.py": source}).passed


@pytest.mark.parametrize("name", ["../test_a.py", "/tmp/test_a.py", ""])
def test_a_path_that_leaves_the_folder_is_refused(name: str) -> None:
    with pytest.raises(SandboxFailed, match="relative path"):
        SANDBOX.pytest({name: b""})


def test_static_isolation_runs_no_test() -> None:
    outcome = Sandbox(isolation="static").pytest({"test_a.py": b"def test_a(): pass\n"})
    assert (outcome.passed, outcome.layers) == (False, ("static",))
