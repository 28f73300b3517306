"""What comes with a DAG: tests that pass, a README with the graph, metadata."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from airflow_dag_agent_provider.authoring.artifacts import artifacts, mermaid, pytest_file
from airflow_dag_agent_provider.authoring.drafts import Drafts
from airflow_dag_agent_provider.authoring.plan import PythonTask
from airflow_dag_agent_provider.sandbox.sandbox import Sandbox
from airflow_dag_agent_provider.storage import MemoryStore
from tests.authoring.plans import draft_content, plan

DRAFT = Drafts(MemoryStore()).add(draft_content())
FILES = artifacts(DRAFT, approver="bob", version=1)


def test_the_pytest_file_passes_and_fails_when_the_dag_is_changed() -> None:
    files = {name: text.encode() for name, text in FILES.items() if name.endswith(".py")}
    outcome = Sandbox().pytest(files, wall_s=120)
    assert outcome.passed, outcome.output
    files["count_files.py"] = (
        files["count_files.py"].replace(b"0 4 * * *", b"0 5 * * *").replace(b"value / 2", b"value / 3")
    )
    broken = Sandbox().pytest(files, wall_s=120)
    assert not broken.passed
    assert len(broken.failed) == 2


def test_examples_become_unit_tests_of_the_module() -> None:
    test = FILES["test_count_files.py"]
    assert "count_files.halve(Decimal('3')) == Decimal('1.5')".replace("'", '"') in test
    assert "with pytest.raises(TypeError):" in test


def test_ruff_finds_nothing_to_change_in_the_pytest_file(tmp_path: Path) -> None:
    single = plan(tasks=(PythonTask(task_id="one", doc="Alone.", body="return None"),), edges=(), functions=())
    for n, text in enumerate((FILES["test_count_files.py"], pytest_file(single, module="count_files"))):
        (tmp_path / f"test_{n}.py").write_text(text)
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--no-cache", "--diff", str(tmp_path)]
    assert subprocess.run(command, capture_output=True, text=True, check=False).stdout == ""


def test_the_readme_draws_the_graph() -> None:
    assert "list_files --> count_them" in FILES["README.md"]
    assert mermaid(DRAFT.plan).startswith("graph LR\n")
