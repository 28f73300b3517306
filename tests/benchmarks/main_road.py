"""What each step of the main road costs in one process: median of several runs, in milliseconds.

Run: make bench. Absolute figures depend on the machine; compare the rows of one run.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime

os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="dag-agent-bench-"))

from airflow_dag_agent_provider.authoring.plan import DagPlan, DagRequest
from airflow_dag_agent_provider.authoring.render import render
from airflow_dag_agent_provider.authoring.validate import contract_of, problems
from airflow_dag_agent_provider.catalog import Catalog
from airflow_dag_agent_provider.checks.run import run_checks
from airflow_dag_agent_provider.offline.planner import propose
from airflow_dag_agent_provider.sandbox.sandbox import Sandbox

REQUEST = DagRequest(
    text="Every day at 04:00 pick up the CSV files in /data/in, parse id: string, ts: timestamp, value: float, drop "
    "duplicates by id and ts, upsert them into the SQLite table daily_values, and fail if no row arrived. "
    "Retry three times.",
    dag_id=None,
    requester=None,
    today=datetime.now(UTC).date(),
)
IMPORTS = {
    "import airflow.sdk": "import airflow.sdk",
    "... and AgentOperator": "import airflow.sdk; import airflow_dag_agent_provider.operators.agent",
    "... and the authoring DAG": "import airflow.sdk; from airflow_dag_agent_provider.meta_dag import authoring_dag",
}


def median_ms(step: Callable[[], object], *, runs: int) -> float:
    """Return the median time of ``step`` after one run that is not counted."""
    step()
    times = []
    for _ in range(runs):
        begin = time.perf_counter()
        step()
        times.append((time.perf_counter() - begin) * 1000)
    return statistics.median(times)


def import_ms(*, rounds: int = 5) -> dict[str, float]:
    """Return the median time that a new interpreter needs for each of IMPORTS, measured in turn."""
    times: dict[str, list[float]] = {name: [] for name in IMPORTS}
    for _ in range(rounds):
        for name, code in IMPORTS.items():
            begin = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
            times[name].append((time.perf_counter() - begin) * 1000)
    return {name: statistics.median(values) for name, values in times.items()}


def main() -> None:
    """Print the table."""
    plan = propose(REQUEST).plan
    assert isinstance(plan, DagPlan)
    catalog, source = Catalog.installed(), render(plan).encode()
    best, static = Sandbox(), Sandbox(isolation="static")
    rows = [
        ("words to plan (offline planner)", median_ms(lambda: propose(REQUEST), runs=20)),
        ("plan against the catalog", median_ms(lambda: problems(plan, catalog=catalog), runs=20)),
        ("plan to source (render)", median_ms(lambda: render(plan), runs=20)),
        ("static checks of the file", median_ms(lambda: run_checks(source, sandbox=static), runs=7)),
        (
            "all checks, loaded in a cold child",
            median_ms(lambda: run_checks(source, sandbox=best, contract=contract_of(plan)), runs=3),
        ),
        *import_ms().items(),
    ]
    for name, value in rows:
        sys.stdout.write(f"{name:38} {value:10.1f} ms\n")


if __name__ == "__main__":
    main()
