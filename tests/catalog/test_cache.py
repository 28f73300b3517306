"""The index on disk."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from airflow_dag_agent_provider.catalog import cache
from tests.catalog.trees import MAKE, Tree

BUILD = """
import sys
from pathlib import Path
from airflow_dag_agent_provider.catalog import Catalog
for _ in range(5):
    catalog = Catalog.installed(Path(sys.argv[2]), search_path=[sys.argv[1]])
    for file in Path(sys.argv[2]).glob("*.json"):
        file.unlink(missing_ok=True)
Catalog.installed(Path(sys.argv[2]), search_path=[sys.argv[1]])
"""


@pytest.fixture
def path(tree: Tree) -> str:
    return f"{tree.operators(MAKE)}.MakeOperator"


def cache_file(tree: Tree) -> Path:
    (file,) = (tree.root / "cache").iterdir()
    return file


def test_the_second_catalog_comes_from_the_cache(tree: Tree, path: str) -> None:
    built = tree.catalog().get(path)
    (tree.root / "acme/operators/make.py").unlink()

    assert tree.catalog().get(path) == built


def test_the_cache_holds_everything(tree: Tree, path: str) -> None:
    tree.write("acme/operators/broken.py", "class")
    built, loaded = tree.catalog(), tree.catalog()

    assert loaded.operators == built.operators
    assert loaded.task_parameters == built.task_parameters
    assert loaded.distributions == built.distributions
    assert loaded.left_out == built.left_out == ("acme.operators.broken",)


def test_another_version_of_a_provider_is_read_anew(tree: Tree, path: str) -> None:
    tree.catalog()
    tree.write("acme-1.0.dist-info/METADATA", "Metadata-Version: 2.4\nName: acme\nVersion: 1.1\n")

    operator = tree.catalog().get(path)

    assert operator is not None
    assert operator.version == "1.1"


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]", b'{"format": 1}', b"\xff", b"null"], ids=lambda b: b.decode("latin-1")
)
def test_a_damaged_cache_file_is_built_again(tree: Tree, path: str, damage: bytes) -> None:
    tree.catalog()
    cache_file(tree).write_bytes(damage)

    assert tree.catalog().get(path) is not None
    assert json.loads(cache_file(tree).read_bytes())["operators"]


def test_a_cut_row_in_the_cache_is_damage(tree: Tree, path: str) -> None:
    tree.catalog()
    file = cache_file(tree)
    stored = json.loads(file.read_bytes())
    stored["operators"][0] = stored["operators"][0][:4]
    file.write_text(json.dumps(stored))

    assert tree.catalog().get(path) is not None


def test_a_folder_that_cannot_be_written_is_no_failure(
    tree: Tree, path: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache.store(tree.catalog()._facts, tmp_path / "missing" / "catalog.json")

    assert "cannot be written" in caplog.text


def test_two_processes_that_build_at_once_leave_one_whole_file(tree: Tree, path: str) -> None:
    command = [sys.executable, "-c", BUILD, str(tree.root), str(tree.root / "cache")]

    builders = [subprocess.Popen(command) for _ in range(2)]

    assert [builder.wait(timeout=60) for builder in builders] == [0, 0]
    assert tree.catalog().get(path) is not None
    assert cache.load(cache_file(tree)) is not None


def test_without_a_folder_the_cache_is_the_users_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    folder = cache.user_cache_dir()

    assert folder == tmp_path / "airflow-dag-agent"
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_others_can_write_is_not_trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "airflow-dag-agent").mkdir()
    (tmp_path / "airflow-dag-agent").chmod(0o777)

    assert cache.user_cache_dir() != tmp_path / "airflow-dag-agent"
