"""The only reader of configuration: the ``[dag_agent]`` section and where the DAG bundles are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import unquote

from airflow_dag_agent_provider.exceptions import PathInvalid, SettingsError

SECTION = "dag_agent"
DEFAULT_CONNECTION = "pydanticai_default"

Isolation = Literal["require", "best", "static"]

_URI = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_BUNDLES = "[dag_processor] dag_bundle_config_list"


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

    def folder(name: str, default: str) -> str:
        value = option(name)
        return default if value is None else _whole_path(name, value)

    store = Path(AIRFLOW_HOME, "dag_agent").absolute()
    bundles = _bundles(conf)
    with _readable(conf, "core", "dags_are_paused_at_creation"):
        paused = conf.getboolean("core", "dags_are_paused_at_creation", fallback=True)
    return Settings(
        dags_path=folder("dags_path", _folder_for_releases(bundles, conf.get("core", "dags_folder"))),
        drafts_path=folder("drafts_path", str(store / "drafts")),
        sessions_path=folder("sessions_path", str(store / "sessions")),
        step_cache_path=folder("step_cache_path", str(store / "steps")),
        model=option("model"),
        llm_conn_id=option("llm_conn_id") or DEFAULT_CONNECTION,
        isolation=_isolation(option("isolation") or "best"),
        connections=tuple(c.strip() for c in (option("connections") or "").split(",") if c.strip()),
        bundles=bundles,
        paused_at_creation=paused,
    )


def local_path(uri: str) -> Path | None:
    """Return the absolute local folder or file a URI or path names; None for S3, GCS and the like.

    Only what holds ``://`` is a URI; a plain path is taken as it is. ``~`` is the home folder, and a relative
    path starts in the current directory (the command line; the configuration takes none).

    Raises:
        PathInvalid: It is empty, or a ``file://`` URI of another host.

    >>> local_path("file:///opt/my%20dags").as_posix(), local_path("/opt/dags#1").as_posix(), local_path("s3://b/dags")
    ('/opt/my dags', '/opt/dags#1', None)
    """
    parts = _URI.fullmatch(uri)
    if parts and parts["scheme"].lower() != "file":
        return None
    if parts is None and uri.lower().startswith("file:"):
        raise PathInvalid(uri, why="a file URI is written file:///opt/dags, with three slashes")
    path = _of_file_uri(uri, parts["rest"]) if parts else uri
    if not path.strip() or "\0" in path:
        raise PathInvalid(uri, why="it names no folder. Write it whole, like /opt/airflow/dags")
    try:
        local = Path(re.sub(r"^//+", "/", path)).expanduser()
    except RuntimeError:
        raise PathInvalid(uri, why="there is no such home folder. Write the path whole") from None
    return local.absolute()


def _of_file_uri(uri: str, rest: str) -> str:
    host, slash, path = rest.partition("/")
    if host.lower() not in ("", "localhost"):
        raise PathInvalid(
            uri,
            why=f"{host!r} is read as a host, and files of other hosts cannot be reached. A local folder has three "
            "slashes and the whole path: file:///opt/airflow/dags",
        )
    return unquote(slash + path)


def _whole_path(option: str, value: str) -> str:
    """Return the value of a path option; SettingsError unless it names the same place on every machine."""
    try:
        local_path(value)
    except PathInvalid as error:
        raise SettingsError(option, value, why=error.why) from None
    if "://" not in value and not value.startswith(("/", "~")):
        raise SettingsError(
            option,
            value,
            why="it is relative, and every process of Airflow has another current directory. Write it whole, like "
            f"{str(Path(value).absolute())!r}",
        )
    return value


def _isolation(value: str) -> Isolation:
    if value not in ("require", "best", "static"):
        raise SettingsError("isolation", value, why="it must be 'require', 'best' or 'static'")
    return cast(Isolation, value)


@contextmanager
def _readable(conf: Any, section: str, option: str) -> Iterator[None]:
    """Name the option when Airflow cannot read its value."""
    from airflow.exceptions import AirflowConfigException

    try:
        yield
    except (AirflowConfigException, ValueError) as error:
        raise SettingsError(f"[{section}] {option}", conf.get(section, option), why=str(error)) from error


def _bundles(conf: Any) -> tuple[Bundle, ...]:
    """Return the bundles of the configuration that are local folders."""
    with _readable(conf, "dag_processor", "refresh_interval"):
        every_s = conf.getint("dag_processor", "refresh_interval", fallback=300)
    raw = conf.get("dag_processor", "dag_bundle_config_list", fallback="[]")
    try:
        configured = json.loads(raw or "[]") if isinstance(raw, str) else raw
    except ValueError as error:
        raise SettingsError(_BUNDLES, raw, why=f"it is not JSON: {error}") from None
    if not isinstance(configured or [], list):
        raise SettingsError(_BUNDLES, raw, why="it must be a list of bundles, [{...}, ...]")
    found = (_bundle(entry, conf.get("core", "dags_folder"), every_s) for entry in configured or [])
    return tuple(bundle for bundle in found if bundle is not None)


def _bundle(entry: Any, dags_folder: str, every_s: int) -> Bundle | None:
    """Return one entry of the list as a bundle; None for one that is not a local folder."""
    if not isinstance(entry, dict):
        raise SettingsError(_BUNDLES, entry, why='a bundle is written {"name": ..., "classpath": ..., "kwargs": {...}}')
    if not str(entry.get("classpath", "")).endswith("LocalDagBundle"):
        return None
    name, arguments = entry.get("name"), entry.get("kwargs") or {}
    if not name or not isinstance(name, str):
        raise SettingsError(_BUNDLES, entry, why="the bundle has no name")
    if not isinstance(arguments, dict) or not isinstance(arguments.get("path") or "", str):
        raise SettingsError(_BUNDLES, entry, why='kwargs must be an object like {"path": "/opt/airflow/dags"}')
    try:
        refresh_interval_s = int(arguments.get("refresh_interval") or every_s)
    except (TypeError, ValueError):
        raise SettingsError(_BUNDLES, entry, why="refresh_interval must be a whole number of seconds") from None
    return Bundle(name, Path(arguments.get("path") or dags_folder), refresh_interval_s)


def _folder_for_releases(bundles: tuple[Bundle, ...], dags_folder: str) -> str:
    """Return ``[core] dags_folder`` where a bundle reads it, else the first local bundle's folder."""
    folders = [bundle.path for bundle in bundles]
    if not folders or Path(dags_folder) in folders:
        return dags_folder
    return str(folders[0])
