"""Hostile files, each loaded once per session under short limits, two at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from airflow_dag_agent_provider.sandbox.answers import Loaded
from airflow_dag_agent_provider.sandbox.limits import Limits
from airflow_dag_agent_provider.sandbox.sandbox import Sandbox

SECRET = "DAG_AGENT_TEST_SECRET"
# import_s < cpu_s < wall_s, and wall_s above a cold start of Airflow
LIMITS = Limits(wall_s=20, import_s=3, cpu_s=8, memory_mb=1024, output_kb=256)

DAG = """
from datetime import datetime
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG

with DAG("d", schedule="0 4 * * *", start_date=datetime(2026, 1, 1), tags=TAGS) as dag:
    EmptyOperator(task_id="b") << EmptyOperator(task_id="a")
"""
FAKE = '{"kind": "result", "body": {"dags": []}}'

SOURCES = {  # the slow ones first, so that the others run beside them
    "sleeps_without_alarm": (
        "import signal, time\nsignal.setitimer(signal.ITIMER_REAL, 0)\n"
        "for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGINT):\n    signal.signal(number, signal.SIG_IGN)\n"
        "while True:\n    time.sleep(1)\n"
    ),
    "loops_without_alarm": (
        "import signal\nsignal.setitimer(signal.ITIMER_REAL, 0)\n"
        "signal.signal(signal.SIGALRM, signal.SIG_IGN)\nwhile True:\n    pass\n"
    ),
    "plain": "TAGS = ['y', 'x', 'z']" + DAG,
    "again": "TAGS = ['z', 'y', 'x']" + DAG,
    "exits_at_once": "import os\nos._exit(0)\n",
    "sys_exit": "import sys\nsys.exit(7)\n",
    "loops": "while True:\n    pass\n",
    "hogs_memory": "rows = bytearray(3 << 30)\n",
    "floods_output": "while True:\n    print('x' * 1000)\n",
    "prints_a_result": f"print({FAKE!r}, flush=True)\nTAGS = []" + DAG,
    "reads_the_environment": f"import os\nTAGS = [os.environ.get({SECRET!r}, 'nothing')]" + DAG,
    "leaves_a_grandchild": (
        "import subprocess\nTAGS = [str(subprocess.Popen(['/bin/sleep', '300']).pid)]" + DAG
    ),
    "forks_and_goes_on": "import os\npid = os.fork()\nTAGS = []" + DAG,
    "writes_a_large_file": "with open('big', 'wb') as file:\n    file.write(bytes(64 << 20))\n",
    "waits_for_input": "import sys\nTAGS = ['read:' + sys.stdin.read()]" + DAG,
    "a_thread_stays": (
        "import threading, time\nthreading.Thread(target=time.sleep, args=(300,)).start()\nTAGS = []" + DAG
    ),
    "forges_a_result": (
        "import os\nfor fd in range(3, 20):\n    try:\n"
        f"        os.write(fd, b'{FAKE}\\n')\n    except OSError:\n        pass\nos._exit(0)\n"
    ),
    "says_what_it_was_asked": (
        "import sys\nfrom pathlib import Path\nTAGS = [str(sys.argv[1:]), str(Path('../request.json').exists())]" + DAG
    ),
    "says_where_it_is": "import os\nTAGS = [os.getcwd(), os.environ['AIRFLOW_HOME']]" + DAG,
}  # fmt: skip


@pytest.fixture(scope="session")
def loads() -> Iterator[dict[str, Loaded]]:
    """What the sandbox says of each source."""
    os.environ[SECRET] = "the-key"
    sandbox = Sandbox(limits=LIMITS)
    bash = "airflow.providers.standard.operators.bash.BashOperator"
    operators = (bash, "airflow.sdk.BaseOperator", "airflow.nowhere.Operator")

    def load(name: str) -> Loaded:
        return sandbox.load(SOURCES[name].encode(), operators=operators if name == "plain" else ())

    with ThreadPoolExecutor(2) as pool:
        yield dict(zip(SOURCES, pool.map(load, SOURCES), strict=True))
    del os.environ[SECRET]
