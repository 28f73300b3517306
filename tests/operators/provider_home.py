"""A folder that makes this checkout look installed: the metadata a wheel would have, and a neighbour's if asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_INSTALLED = bool(list(distributions(name="airflow-dag-agent-provider")))

_ENTRY_POINTS = """[apache_airflow_provider]
provider_info = airflow_dag_agent_provider.provider_info:get_provider_info
[airflow.plugins]
dag_agent = airflow_dag_agent_provider.plugin:DagAgentPlugin
"""


def make_provider_home(folder: Path, *, neighbour: bool = False) -> Path:
    """Write dist-info folders of this package (unless it is installed) and of common-ai with ``neighbour``."""
    folder.mkdir(parents=True, exist_ok=True)
    if not _INSTALLED:
        _distribution(folder, "airflow-dag-agent-provider", "0.1.0", entry_points=_ENTRY_POINTS)
    if neighbour:
        _distribution(folder, "apache-airflow-providers-common-ai", "1.0.0", entry_points="")
    return folder


def _distribution(folder: Path, name: str, version: str, *, entry_points: str) -> None:
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(entry_points)


def in_airflow(home: Path, code: str) -> tuple[Any, str]:
    """Run ``code`` in a new process with the distributions of ``home``; return its last line as JSON, and stderr."""
    ended = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=home.parent,  # python -c puts the current folder on the path: every entry point would be there twice
        env={**os.environ, "PYTHONPATH": str(home) if _INSTALLED else f"{home}{os.pathsep}{ROOT}"},
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout.strip().splitlines()[-1]), ended.stdout + ended.stderr
