"""What a DAG file with an agent costs: its imports in new interpreters, and its parse in a forked child.

    python tests/benchmarks/imports.py [ROUNDS]

A round measures every row once, so rows of one run can be compared although the machine's speed drifts.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 7

# process_time and wall time of a statement, after airflow.sdk is there as in every parse process
TIMED = """
import time, airflow.sdk
from airflow.sdk import DAG, BaseOperator, BaseHook, task
wall, cpu = time.perf_counter(), time.process_time()
{statement}
print("seconds", time.perf_counter() - wall, time.process_time() - cpu)
"""
IMPORTS = {
    "nothing": "pass",
    "AgentOperator": "from airflow_dag_agent_provider.operators.agent import AgentOperator",
    "AgentOperator and SQLToolset": "from airflow_dag_agent_provider.operators.agent import AgentOperator\n"
    "from airflow_dag_agent_provider.toolsets import SQLToolset",
    "pydantic_ai, for comparison": "import pydantic_ai",
}

EMPTY = "from airflow.sdk import DAG\nwith DAG('empty', schedule=None):\n    pass\n"
AGENT = """
from airflow.sdk import DAG
from airflow_dag_agent_provider.operators.agent import AgentOperator
from airflow_dag_agent_provider.toolsets import SQLToolset
with DAG('agent', schedule=None):
    AgentOperator(task_id='a', prompt='x', toolsets=[SQLToolset('db', allowed_tables=['orders'])])
"""
# As the dag processor does it: Airflow is loaded once, each file is parsed and serialized in a forked child.
PARSE = """
import os, sys, time, logging
logging.disable(logging.CRITICAL)
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization
def parse(path):
    bag = DagBag(dag_folder=path, safe_mode=False, load_op_links=False)
    assert bag.dags and not bag.import_errors, bag.import_errors
    [DagSerialization.to_dict(dag) for dag in bag.dags.values()]
parse(sys.argv[1])
for path in sys.argv[1:]:
    before = time.perf_counter()
    child = os.fork()
    if not child:
        parse(path)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    print("seconds", time.perf_counter() - before, flush=True)
"""


def run(code: str, *arguments: str) -> list[float]:
    """Run code in a new interpreter and return the last two numbers that it prints behind ``seconds``."""
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    told = [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("seconds ")]
    return [float(word) for words in told for word in words][-2:]


def main() -> None:
    """Print a table of medians."""
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"AIRFLOW_HOME": home, "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
        files = []
        for name, source in (("empty", EMPTY), ("agent", AGENT)):
            files.append(str(Path(home, f"{name}.py")))
            Path(files[-1]).write_text(source)
        measured: dict[str, list[list[float]]] = {}
        began = time.monotonic()
        for number in range(ROUNDS):
            for name, statement in IMPORTS.items():
                measured.setdefault(name, []).append(run(TIMED.format(statement=statement)))
            measured.setdefault("parse", []).append(run(PARSE, *files))
            print(f"round {number + 1} of {ROUNDS}, {time.monotonic() - began:.0f} s", file=sys.stderr)  # noqa: T201
    for name in IMPORTS:
        wall, cpu = (median(values) for values in zip(*measured[name], strict=True))
        print(f"import over airflow.sdk: {name:32} {wall * 1000:8.1f} ms wall {cpu * 1000:8.1f} ms cpu")  # noqa: T201
    empty, agent = (median(values) for values in zip(*measured["parse"], strict=True))
    print(f"parse in a forked child: empty DAG {empty * 1000:.0f} ms, agent and SQL toolset {agent * 1000:.0f} ms")  # noqa: T201


if __name__ == "__main__":
    main()
