"""What the SQL guard costs per statement: median, 95th percentile and maximum over the corpus of its tests."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path
from statistics import median, quantiles

from airflow_dag_agent_provider.exceptions import SqlRefused
from airflow_dag_agent_provider.toolsets.sql_guard import guard

CORPUS = Path(__file__).parents[1] / "toolsets" / "sql_corpus.jsonl"
ROUNDS = 5


def spent_ms(case: dict[str, str]) -> float:
    """Return the time that one statement takes."""
    before = time.perf_counter()
    with contextlib.suppress(SqlRefused):
        guard(case["sql"], dialect=case["dialect"], allowed_tables=["orders", "customers"], max_rows=50)
    return (time.perf_counter() - before) * 1000


def main() -> None:
    """Print the figures; the first round, which loads grammars and lists, is told apart."""
    cases = [json.loads(line) for line in CORPUS.read_text().splitlines()]
    first = sum(map(spent_ms, cases))
    times = [spent_ms(case) for _ in range(ROUNDS) for case in cases]
    print(f"{len(cases)} statements, first round {first:.0f} ms in all")  # noqa: T201
    print(f"median {median(times):.2f} ms, p95 {quantiles(times, n=20)[-1]:.2f} ms, max {max(times):.1f} ms")  # noqa: T201


if __name__ == "__main__":
    main()
