"""Object stores: bytes under keys, write-once where asked. The seam under drafts, releases, sessions and steps.

    MemoryStore   for tests and throw-away work
    LocalStore    a local folder: temp file, fsync, link or rename, so nobody ever sees half an object
    RemoteStore   S3, GCS, Azure ... through Airflow's ObjectStoragePath

Keys are relative POSIX paths of [A-Za-z0-9_.=+-] parts; `open_store` picks the store for a URI.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import re
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from airflow_dag_agent_provider.exceptions import KeyChanged, KeyExists, PathInvalid, StorageError
from airflow_dag_agent_provider.settings import local_path

_PART = re.compile(r"[A-Za-z0-9_=+-][A-Za-z0-9_.=+-]{0,254}")
_VENDOR_ERRORS = (
    ("airflow.sdk.exceptions", "AirflowException"),
    ("botocore.exceptions", "BotoCoreError"),
    ("google.auth.exceptions", "GoogleAuthError"),
    ("azure.core.exceptions", "AzureError"),
)
_WAYS_OUT = {
    errno.ENOSPC: "Make room on its disk",
    errno.EDQUOT: "Make room on its disk",
    errno.EISDIR: "A folder stands where a file belongs: move it away",
    errno.ENOTDIR: "A file stands where a folder belongs: move it away",
    errno.EEXIST: "A file stands where a folder belongs: move it away",
    errno.ENAMETOOLONG: "Use a shorter name",
}


class ObjectStore(Protocol):
    """What the rooms above need of a store."""

    def get(self, key: str) -> bytes | None:
        """Return the object; None when there is none."""

    def put_new(self, key: str, data: bytes) -> None:
        """Store ``data`` whole under a free key, or raise `KeyExists` and change nothing."""

    def swap(self, key: str, data: bytes, *, expected: bytes | None) -> None:
        """Replace ``expected`` (None: no object) by ``data``, or raise `KeyChanged` and change nothing."""

    def list(self, prefix: str) -> list[str]:
        """Return the keys under a folder-like prefix, sorted."""

    def delete(self, key: str) -> None:
        """Remove the object; an absent one is fine."""


def open_store(uri: str, *, flush: bool = True) -> ObjectStore:
    """Return the store for a local folder, a ``file://`` URI or any ObjectStorage URI.

    Args:
        uri: Where the objects are.
        flush: False spares the wait for the disk: for objects that can be made again after a power failure.

    Raises:
        PathInvalid: The URI is empty, or a file of another host.
    """
    folder = local_path(uri)
    return LocalStore(folder, flush=flush) if folder is not None else RemoteStore(uri)


def key_of(*ids: str | int | None) -> str:
    """Return a key part for ids of any characters and length: the same ids, the same 40 hex digits.

    >>> key_of("a", "b/../c") == key_of("a", "b/../c"), key_of("a", "bc") == key_of("ab", "c")
    (True, False)
    """
    return hashlib.sha256(json.dumps(ids).encode()).hexdigest()[:40]


class MemoryStore:
    """A store in this process."""

    def __init__(self) -> None:
        self._objects: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes | None:
        """See `ObjectStore.get`."""
        return self._objects.get(_checked(key))

    def put_new(self, key: str, data: bytes) -> None:
        """See `ObjectStore.put_new`."""
        with self._lock:
            if _checked(key) in self._objects:
                raise KeyExists(key)
            self._objects[key] = data

    def swap(self, key: str, data: bytes, *, expected: bytes | None) -> None:
        """See `ObjectStore.swap`."""
        with self._lock:
            if self._objects.get(_checked(key)) != expected:
                raise KeyChanged(key)
            self._objects[key] = data

    def list(self, prefix: str) -> list[str]:
        """See `ObjectStore.list`."""
        return sorted(key for key in self._objects if key.startswith(f"{prefix}/"))

    def delete(self, key: str) -> None:
        """See `ObjectStore.delete`."""
        self._objects.pop(_checked(key), None)


class LocalStore:
    """A store in a local folder; safe between processes of one machine, never half-written.

    Whatever the operating system refuses is a `StorageError` that names the path.
    """

    def __init__(self, root: Path, *, flush: bool = True) -> None:
        self.root = root
        self.flush = flush

    def get(self, key: str) -> bytes | None:
        """See `ObjectStore.get`."""
        path = self._path(key)
        with _possible("read", path):
            try:
                return path.read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None

    def put_new(self, key: str, data: bytes) -> None:
        """See `ObjectStore.put_new`; a hard link is the atomic step, so one writer wins."""
        path = self._path(key)
        with _possible("written", path), self._written(path, data) as temporary:
            try:
                os.link(temporary, path)
            except FileExistsError:
                raise KeyExists(key) from None

    def swap(self, key: str, data: bytes, *, expected: bytes | None) -> None:
        """See `ObjectStore.swap`; writers of this package are serialised by a lock on the folder."""
        path = self._path(key)
        with _possible("written", path), self._locked(path.parent), self._written(path, data) as temporary:
            if self.get(key) != expected:
                raise KeyChanged(key)
            temporary.replace(path)

    def list(self, prefix: str) -> list[str]:
        """See `ObjectStore.list`; a folder that cannot be read is an error, not empty."""
        folder = self.root / _checked(prefix)
        with _possible("read", folder):
            found = [Path(place, name) for place, _, names in os.walk(folder, onerror=_unless_absent) for name in names]
            files = [path for path in found if path.is_file() and not path.name.startswith(".")]
        return sorted(path.relative_to(self.root).as_posix() for path in files)

    def delete(self, key: str) -> None:
        """See `ObjectStore.delete`."""
        path = self._path(key)
        with _possible("deleted", path), suppress(NotADirectoryError):
            path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        path = self.root / _checked(key)
        try:
            inside = path.resolve().is_relative_to(self.root.resolve())
        except (OSError, RuntimeError):  # a link to itself; RuntimeError until Python 3.13
            inside = False
        if not inside:
            raise StorageError(f"{key!r} leads out of {str(self.root)!r} through a link; nothing was touched.")
        return path

    @contextmanager
    def _written(self, path: Path, data: bytes) -> Iterator[Path]:
        """Yield a complete file beside ``path``; it is gone afterwards unless it was renamed."""
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                if self.flush:
                    os.fsync(file.fileno())
                os.fchmod(file.fileno(), 0o644)
            yield temporary
        finally:
            temporary.unlink(missing_ok=True)

    @contextmanager
    def _locked(self, folder: Path) -> Iterator[None]:
        """Hold the folder's own lock: no lock file is left in a DAG folder."""
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


class RemoteStore:
    """A store on S3, GCS, Azure ...: one object per key, create-if-absent by the backend's conditional write.

    ``swap`` compares and then writes: two writers of the same key at the same moment are not told apart.
    """

    def __init__(self, uri: str) -> None:
        self.uri = uri

    def get(self, key: str) -> bytes | None:
        """See `ObjectStore.get`."""
        path = self._path(key)
        with _possible("read", path):
            try:
                data: bytes = path.read_bytes()
            except FileNotFoundError:
                return None
        return data

    def put_new(self, key: str, data: bytes) -> None:
        """See `ObjectStore.put_new`."""
        path = self._path(key)
        with _possible("written", path):
            try:
                with path.open("xb") as file:
                    file.write(data)
            except FileExistsError:
                raise KeyExists(key) from None

    def swap(self, key: str, data: bytes, *, expected: bytes | None) -> None:
        """See `ObjectStore.swap`."""
        if self.get(key) != expected:
            raise KeyChanged(key)
        path = self._path(key)
        with _possible("written", path):
            path.write_bytes(data)

    def list(self, prefix: str) -> list[str]:
        """See `ObjectStore.list`."""
        root = self._path(prefix)
        with _possible("read", root):
            found = [p for p in root.rglob("*") if p.is_file()] if root.exists() else []
        return sorted(f"{prefix}/{str(p).removeprefix(str(root)).lstrip('/')}" for p in found)

    def delete(self, key: str) -> None:
        """See `ObjectStore.delete`."""
        path = self._path(key)
        with _possible("deleted", path):
            path.unlink(missing_ok=True)

    def _path(self, key: str) -> Any:
        from airflow.sdk import ObjectStoragePath

        try:
            return ObjectStoragePath(self.uri) / _checked(key)
        except (ValueError, ImportError) as error:
            scheme = self.uri.partition("://")[0]
            raise PathInvalid(
                self.uri,
                why=f"no storage for {scheme}:// is installed ({error}). Correct the URI, or install the Airflow "
                "provider that brings it, e.g. airflow-dag-agent-provider[s3]",
            ) from error


@contextmanager
def _possible(done: str, path: Any) -> Iterator[None]:
    """Turn what the operating system or the storage refuses into a `StorageError`."""
    try:
        yield
    except _refusals() as error:
        number, reason = getattr(error, "errno", None), getattr(error, "strerror", None) or error
        way_out = _WAYS_OUT.get(number or 0, "Give this user access to it")
        what = f"{str(path)!r} cannot be {done} ({reason})"
        raise StorageError(f"{what}. {way_out}, or set another path in [dag_agent].") from error


def _refusals() -> tuple[type[Exception], ...]:
    """Return what the system raises, and the clients that are loaded: no credentials, no connection."""
    loaded = [(sys.modules[module], name) for module, name in _VENDOR_ERRORS if module in sys.modules]
    return (OSError, *(getattr(module, name) for module, name in loaded))


def _unless_absent(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        raise error


def _checked(key: str) -> str:
    """Return ``key``; StorageError when it could leave its store."""
    if key and all(_PART.fullmatch(part) for part in key.split("/")):
        return key
    raise StorageError(f"{key!r} is not a storage key: parts of letters, digits and '_.=+-' joined by '/'.")
