"""Object stores: write-once, compare-and-swap, no half-written object, no way out of the folder."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from airflow_dag_agent_provider.exceptions import KeyChanged, KeyExists, StorageError
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
