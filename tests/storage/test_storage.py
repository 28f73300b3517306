"""Object stores: write-once, compare-and-swap, no half-written object, no way out of the folder."""

from __future__ import annotations

import errno
import os
import sys
import threading
import types
from pathlib import Path

import pytest

from airflow_dag_agent_provider.exceptions import KeyChanged, KeyExists, PathInvalid, StorageError
from airflow_dag_agent_provider.storage import LocalStore, MemoryStore, ObjectStore, RemoteStore, open_store


@pytest.fixture(params=["memory", "local", "remote"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "memory":
        return MemoryStore()
    if request.param == "local":
        return LocalStore(tmp_path)
    import fsspec
    from airflow.sdk.io.fs import _register_filesystems

    _register_filesystems()["memory"] = lambda *_: fsspec.filesystem("memory")  # a remote store without a network
    return RemoteStore(f"memory://{tmp_path.as_posix().replace('/', '-')}/store")


def test_an_object_comes_back_as_it_was_put(store: ObjectStore) -> None:
    store.put_new("a/b.json", b"1")
    assert store.get("a/b.json") == b"1"


def test_an_absent_object_is_none(store: ObjectStore) -> None:
    assert store.get("a/none") is None


def test_put_new_never_replaces(store: ObjectStore) -> None:
    store.put_new("a/b", b"1")
    with pytest.raises(KeyExists, match="a/b"):
        store.put_new("a/b", b"2")
    assert store.get("a/b") == b"1"


def test_swap_replaces_what_was_expected(store: ObjectStore) -> None:
    store.swap("f.py", b"1", expected=None)
    store.swap("f.py", b"2", expected=b"1")
    assert store.get("f.py") == b"2"


def test_swap_refuses_when_somebody_changed_the_object(store: ObjectStore) -> None:
    store.put_new("f.py", b"theirs")
    with pytest.raises(KeyChanged):
        store.swap("f.py", b"mine", expected=None)
    assert store.get("f.py") == b"theirs"


def test_list_gives_the_keys_below_a_prefix(store: ObjectStore) -> None:
    for key in ("x/2", "x/1", "y/1"):
        store.put_new(key, b"")
    assert store.list("x") == ["x/1", "x/2"]
    assert store.list("nothing") == []


def test_delete_takes_an_object_away_and_an_absent_one_is_fine(store: ObjectStore) -> None:
    store.put_new("x", b"1")
    store.delete("x")
    store.delete("x")
    assert store.get("x") is None


@pytest.mark.parametrize("key", ["", "../x", "a/../x", "/etc/passwd", "a//b", "a\x00b", ".hidden", "a b"])
def test_a_key_that_could_leave_the_store_is_refused(store: ObjectStore, key: str) -> None:
    with pytest.raises(StorageError):
        store.put_new(key, b"")


def test_a_key_behind_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "out").symlink_to(tmp_path)
    with pytest.raises(StorageError, match="link"):
        LocalStore(tmp_path / "root").put_new("out/x", b"")


def test_one_of_many_writers_wins_and_nothing_is_left_beside(tmp_path: Path) -> None:
    store, won = LocalStore(tmp_path), []

    def write(n: int) -> None:
        try:
            store.put_new("k/one", str(n).encode() * 1000)
            won.append(n)
        except KeyExists:
            pass

    threads = [threading.Thread(target=write, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert store.get("k/one") == str(won[0]).encode() * 1000
    assert [file.name for file in (tmp_path / "k").iterdir()] == ["one"]


def test_a_swap_leaves_no_lock_or_temporary_file(tmp_path: Path) -> None:
    LocalStore(tmp_path).swap("dag.py", b"1", expected=None)
    assert [file.name for file in tmp_path.iterdir()] == ["dag.py"]


def test_a_folder_that_cannot_be_made_is_named_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"cannot be written.*\[dag_agent\]"):
        LocalStore(tmp_path / "file").put_new("x", b"")


def test_a_file_uri_and_a_path_open_a_local_store(tmp_path: Path) -> None:
    for uri in (str(tmp_path), f"file://{tmp_path}"):
        opened = open_store(uri)
        assert isinstance(opened, LocalStore)
        assert opened.root == tmp_path
    assert isinstance(open_store("s3://bucket/dags"), RemoteStore)


def test_a_folder_where_a_file_belongs_is_named_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    store = LocalStore(tmp_path)
    for act in (
        lambda: store.get("x"),
        lambda: store.delete("x"),
        lambda: store.swap("x", b"1", expected=None),
    ):
        with pytest.raises(StorageError, match=r"/x' cannot be (read|deleted).*\[dag_agent\]"):
            act()
    assert [file.name for file in tmp_path.iterdir()] == ["x"]


def test_a_full_disk_is_named_and_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", full)
    for write in (LocalStore(tmp_path).put_new, lambda *given: LocalStore(tmp_path).swap(*given, expected=None)):
        with pytest.raises(StorageError, match=r"No space left.*Make room"):
            write("x", b"1")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_listed_is_not_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(tmp_path / "x"))

    monkeypatch.setattr("os.scandir", denied)
    with pytest.raises(StorageError, match=r"/x' cannot be read \(Permission denied\)"):
        LocalStore(tmp_path).list("x")


def test_a_file_where_a_folder_belongs_lists_nothing(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    assert LocalStore(tmp_path).list("x") == []


def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").symlink_to(tmp_path / "x")
    with pytest.raises(StorageError):
        LocalStore(tmp_path).get("x")


def test_an_unknown_scheme_is_named() -> None:
    with pytest.raises(PathInvalid, match=r"'s3x://bucket'.*no storage for s3x:// is installed"):
        open_store("s3x://bucket").get("x")


@pytest.mark.parametrize("module", ["airflow.sdk.exceptions", "botocore.exceptions"])
def test_what_a_remote_storage_refuses_is_named(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path that raises what the client raises without credentials; a client that is not installed is stood in for."""
    refusal = type("Refused", (Exception,), {})
    name = "AirflowException" if "airflow" in module else "BotoCoreError"
    monkeypatch.setitem(sys.modules, module, types.SimpleNamespace(**{name: refusal}))

    class Path:
        def read_bytes(self) -> bytes:
            raise refusal("Unable to locate credentials")

        def __str__(self) -> str:
            return "s3://bucket/x"

    store = RemoteStore("s3://bucket")
    monkeypatch.setattr(store, "_path", lambda key: Path())
    with pytest.raises(StorageError, match=r"'s3://bucket/x' cannot be read \(Unable to locate credentials\)"):
        store.get("x")
