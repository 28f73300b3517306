"""What comes with a DAG: tests that pass, a README with the graph, metadata."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from airflow_dag_agent_provider.authoring.artifacts import artifacts, mermaid, pytest_file
from airflow_dag_agent_provider.authoring.drafts import Drafts
from airflow_dag_agent_provider.authoring.plan import Example, PythonTask
from airflow_dag_agent_provider.sandbox.sandbox import Sandbox
from airflow_dag_agent_provider.storage import MemoryStore
from tests.authoring.plans import draft_content, function, plan, python, request

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


def test_examples_become_unit_tests_of_the_dag_file() -> None:
    test = FILES["test_count_files.py"]
    assert 'dag_file.halve(dag_file.Decimal("3")) == dag_file.Decimal("1.5")' in test
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


ODD = (
    function(
        "def dag_file(x: str) -> str:\n    return Path(x).name",
        "from zipfile import Path",
        examples=(Example(call="dag_file", expected="dag_file if dag_file else None"),),
    ),
    function("def _p(x: int) -> int:\n    return x", examples=(Example(call="_p(1)", expected="1  # one"),)),
    function(
        "def the_tasks_and_their_order_are_as_planned(x: int) -> int:\n    return x",
        examples=(Example(call="(the_tasks_and_their_order_are_as_planned(1)\n == 1)", expected="1 == 1"),),
    ),
)


@pytest.mark.parametrize("dag_id", ["2024_sales", "class", "pytest", "import-me.v2"])
def test_the_pytest_file_passes_whatever_the_dag_is_called(dag_id: str) -> None:
    module = dag_id.replace("-", "_").replace(".", "_")
    its_plan = plan(dag_id=dag_id, functions=ODD, tasks=(python("a"),), edges=())
    draft = Drafts(MemoryStore()).add(draft_content(plan=its_plan, path=f"{module}.py"))
    files = artifacts(draft, approver="bob", version=1)
    outcome = Sandbox().pytest(
        {name: text.encode() for name, text in files.items() if name.endswith(".py")}, wall_s=120
    )
    assert outcome.passed, outcome.output


def test_words_of_a_user_do_not_act_in_the_readme() -> None:
    text = "# APPROVED - see https://evil.example [docs](http://evil) <img src=x>\n\n| a | b |"
    its_plan = plan(summary=text, request=text, assumptions=(text,))
    draft = Drafts(MemoryStore()).add(draft_content(plan=its_plan, request=request(text)))
    page = artifacts(draft, approver="bob` <i>", version=1)["README.md"]
    shown = page.split("```text")[0] + page.split("```mermaid")[1]
    assert "\n# APPROVED" not in shown
    assert "- # APPROVED" not in shown
    for acting in ("://", "<img", "<i>", "\n| a"):
        assert acting not in shown
