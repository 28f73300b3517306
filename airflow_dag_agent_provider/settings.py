"""The only reader of configuration: the ``[dag_agent]`` section and where the DAG bundles are."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import urlsplit

from airflow_dag_agent_provider.exceptions import SettingsError

SECTION = "dag_agent"
DEFAULT_CONNECTION = "pydanticai_default"

Isolation = Literal["require", "best", "static"]


@dataclass(frozen=True)
class Bundle:
    """A local folder that the dag processor reads; a file there is seen within ``refresh_interval_s``."""

    name: str
    path: Path
    refresh_interval_s: int


@dataclass(frozen=True)
class Settings:
    """The ``[dag_agent]`` section as values; paths are ObjectStorage URIs or local folders.

    ``dags_path`` is where releases go, ``drafts_path`` holds drafts and the release store. ``model`` is the
    model used where neither a parameter nor the connection names one. ``bundles`` are the local DAG bundles.
    """

    dags_path: str
    drafts_path: str
    sessions_path: str
    step_cache_path: str
    model: str | None = None
    llm_conn_id: str = DEFAULT_CONNECTION
    isolation: Isolation = "best"
    connections: tuple[str, ...] = ()
    bundles: tuple[Bundle, ...] = ()
    paused_at_creation: bool = True

    def bundle_of(self, path: str) -> Bundle | None:
        """Return the local bundle whose folder holds ``path``; None when no bundle does."""
        local = local_path(path)
        if local is None:
            return None
        resolved = local.resolve()
        return next((b for b in self.bundles if resolved.is_relative_to(b.path.resolve())), None)


def load_settings() -> Settings:
    """Read the configuration of this Airflow installation.

    Raises:
        SettingsError: A value cannot be used; the message names the option.
    """
    from airflow.configuration import AIRFLOW_HOME, conf

    def option(name: str) -> str | None:
        return conf.get(SECTION, name, fallback=None) or None

    store = f"file://{AIRFLOW_HOME}/dag_agent"
    bundles = _bundles(conf)
    return Settings(
        dags_path=option("dags_path") or _folder_for_releases(bundles, conf.get("core", "dags_folder")),
        drafts_path=option("drafts_path") or f"{store}/drafts",
        sessions_path=option("sessions_path") or f"{store}/sessions",
        step_cache_path=option("step_cache_path") or f"{store}/steps",
        model=option("model"),
        llm_conn_id=option("llm_conn_id") or DEFAULT_CONNECTION,
        isolation=_isolation(option("isolation") or "best"),
        connections=tuple(c.strip() for c in (option("connections") or "").split(",") if c.strip()),
        bundles=bundles,
        paused_at_creation=conf.getboolean("core", "dags_are_paused_at_creation", fallback=True),
    )


def local_path(uri: str) -> Path | None:
    """Return the local folder or file a URI names; None for S3, GCS and the like.

    >>> local_path("file:///opt/dags").as_posix(), local_path("/opt/dags").as_posix(), local_path("s3://b/dags")
    ('/opt/dags', '/opt/dags', None)
    """
    parts = urlsplit(uri)
    if parts.scheme in ("", "file"):
        return Path(parts.path)
    return None


def _isolation(value: str) -> Isolation:
    if value not in ("require", "best", "static"):
        raise SettingsError("isolation", value, why="it must be 'require', 'best' or 'static'")
    return cast(Isolation, value)


def _bundles(conf: Any) -> tuple[Bundle, ...]:
    """Return the bundles of the configuration that are local folders."""
    every_s = conf.getint("dag_processor", "refresh_interval", fallback=300)
    raw = conf.get("dag_processor", "dag_bundle_config_list", fallback="[]")
    try:
        configured = json.loads(raw) if isinstance(raw, str) else raw
    except ValueError as error:
        raise SettingsError("[dag_processor] dag_bundle_config_list", raw, why=f"it is not JSON: {error}") from None
    found = []
    for bundle in configured or []:
        if not str(bundle.get("classpath", "")).endswith("LocalDagBundle"):
            continue
        arguments = bundle.get("kwargs") or {}
        folder = arguments.get("path") or conf.get("core", "dags_folder")
        found.append(Bundle(bundle["name"], Path(folder), int(arguments.get("refresh_interval") or every_s)))
    return tuple(found)


def _folder_for_releases(bundles: tuple[Bundle, ...], dags_folder: str) -> str:
    """Return ``[core] dags_folder`` where a bundle reads it, else the first local bundle's folder."""
    folders = [bundle.path for bundle in bundles]
    if not folders or Path(dags_folder) in folders:
        return f"file://{dags_folder}"
    return f"file://{folders[0]}"
