"""Airflow's .pyc files: a child under Landlock reads them and cannot write them."""

from __future__ import annotations

import os
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from airflow_dag_agent_provider.sandbox.process import Job, run
from airflow_dag_agent_provider.sandbox.workdir import environment, workdir

IMPORT = "import airflow_dag_agent_provider.sandbox.child.bag"
WALL_S = 120.0


@cache
def write_bytecode() -> None:
    """Where an install left Airflow uncompiled, import it once in a process that runs nothing foreign.

    Otherwise each child would compile it for itself: 13 s in place of 2.
    """
    spec = find_spec("airflow")  # finds, imports nothing
    for root in (spec and spec.submodule_search_locations) or ():
        package = Path(root, "dag_processing")
        compiled = package / "__pycache__" / f"dagbag.{sys.implementation.cache_tag}.pyc"
        if not (package / "dagbag.py").exists() or compiled.exists() or not os.access(package, os.W_OK):
            continue
        with workdir() as folder:
            run(
                Job(
                    argv=(sys.executable, "-P", "-s", "-c", IMPORT),
                    env=environment(folder, import_s=WALL_S),
                    cwd=folder,
                    wall_s=WALL_S,
                    max_output_bytes=1 << 20,
                )
            )
