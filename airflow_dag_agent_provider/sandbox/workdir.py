"""The throw-away folder of one child, and the environment that knows nothing else."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PACKAGE_ROOT = Path(__file__).parents[2]


@contextmanager
def workdir() -> Iterator[Path]:
    """Give a new folder that only this user can read; it is removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="dag-agent-")).resolve()
    try:
        for name in ("home", "files", "plugins", "tmp"):
            (folder / name).mkdir()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def environment(folder: Path, *, import_s: float) -> dict[str, str]:
    """Return the whole environment of a child that works in ``folder``.

    No variable of this process is passed on: a task's environment holds connections, keys and tokens. .pyc
    files are read (an import of Airflow without them takes 13 s), so there is no ``PYTHONPYCACHEPREFIX``. The
    database is in memory: Airflow wants one. The user has a name, /etc/passwd cannot be read.
    """
    airflow = {
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__DAGS_FOLDER": folder / "files",
        "CORE__PLUGINS_FOLDER": folder / "plugins",
        "CORE__DAGBAG_IMPORT_TIMEOUT": import_s,
        "CORE__DAGBAG_IMPORT_ERROR_TRACEBACKS": "True",
        "CORE__DAGBAG_IMPORT_ERROR_TRACEBACK_DEPTH": 100,
        "DATABASE__SQL_ALCHEMY_CONN": "sqlite://",
        "LOGGING__LOGGING_LEVEL": "ERROR",
        "LOGGING__BASE_LOG_FOLDER": folder / "home" / "logs",
        "USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    return {
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "LOGNAME": "dag-agent",
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "PYTHONPATH": str(PACKAGE_ROOT),
        "PYTHONWARNINGS": "default",
        # One thread per library: address space is limited and a pool per core would eat it.
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "AIRFLOW_HOME": str(folder / "home"),
        **{f"AIRFLOW__{name}": str(value) for name, value in airflow.items()},
    }
