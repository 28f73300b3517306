"""The environment that the demo's Airflow processes get: a clean one, with quick settings for two cores."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

LOCAL_BUNDLE = "airflow.dag_processing.bundles.local.LocalDagBundle"
REFRESH_INTERVAL_S = 5

# Why each one: docs/demo.md, "Settings".
QUICK_SETTINGS = {
    "CORE__EXECUTOR": "LocalExecutor",
    "CORE__LOAD_EXAMPLES": "False",
    "CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",
    "CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
    "CORE__PARALLELISM": "4",
    "CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "0",
    "CORE__MIN_SERIALIZED_DAG_FETCH_INTERVAL": "0",
    "DAG_PROCESSOR__REFRESH_INTERVAL": str(REFRESH_INTERVAL_S),
    "DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL": "1",
    "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "3",
    "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
    "SCHEDULER__TRIGGER_TIMEOUT_CHECK_INTERVAL": "2",
    "WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
    "API__WORKERS": "1",
    "API__HOST": "127.0.0.1",
}


def airflow_environment(
    home: Path, *, port: int, bundles: Mapping[str, Path], extra: Mapping[str, str]
) -> dict[str, str]:
    """Return the whole environment of an Airflow in `home` that answers on 127.0.0.1:`port`.

    Args:
        home: AIRFLOW_HOME; its folder ``dags`` is the bundle ``dags-folder``.
        port: Where the api-server listens.
        bundles: Further bundles, name to folder.
        extra: Variables that win over all others.

    Returns:
        This process's environment without its Airflow variables, then the quick settings, then `extra`.
    """
    url = f"http://127.0.0.1:{port}"
    settings = QUICK_SETTINGS | {
        "API__PORT": str(port),
        "API__BASE_URL": url,
        "CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "CORE__DAGS_FOLDER": str(home / "dags"),
        "DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": bundle_list({"dags-folder": home / "dags", **bundles}),
        "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    local = ",".join(filter(None, [inherited.get("NO_PROXY") or inherited.get("no_proxy"), "127.0.0.1,localhost"]))
    return (
        inherited
        | {"NO_PROXY": local, "no_proxy": local, "PYTHONUNBUFFERED": "1", "AIRFLOW_HOME": str(home)}
        | {f"AIRFLOW__{name}": value for name, value in settings.items()}
        | dict(extra)
    )


def bundle_list(bundles: Mapping[str, Path]) -> str:
    """Return the JSON of ``[dag_processor] dag_bundle_config_list`` for local folders.

    >>> bundle_list({"a": Path("/x")})[:50]
    '[{"name": "a", "classpath": "airflow.dag_processin'
    """
    return json.dumps(
        [
            {
                "name": name,
                "classpath": LOCAL_BUNDLE,
                "kwargs": {"path": str(path), "refresh_interval": REFRESH_INTERVAL_S},
            }
            for name, path in bundles.items()
        ]
    )


def inherited_connections() -> dict[str, str]:
    """Return the AIRFLOW_CONN_* variables of this process, for a person who brings a model of their own."""
    return {name: value for name, value in os.environ.items() if name.startswith("AIRFLOW_CONN_")}
