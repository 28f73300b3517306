"""Landlock: what code of a file or of a test reaches when it tries, each once for all tests here."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from airflow_dag_agent_provider.sandbox.child import landlock
from airflow_dag_agent_provider.sandbox.sandbox import REQUIRED, Sandbox

PROBES = """
import ctypes, os, socket, subprocess, sys, tempfile, zoneinfo
from pathlib import Path
def tcp(call, address):
    with socket.socket() as one:
        getattr(one, call)(address)
def truncate():
    if ctypes.CDLL(None, use_errno=True).truncate(str(OTHER / "a").encode(), ctypes.c_long(0)):
        raise OSError(ctypes.get_errno(), "truncate")
def moves():
    Path("d").mkdir(); Path("d/a").write_text("x"); Path("d/a").rename("b"); Path("b").unlink(); Path("d").rmdir()
def unix():
    with socket.socket(socket.AF_UNIX) as one:
        one.connect(ABSTRACT)
PROBES = {
    "environ": lambda: Path(f"/proc/{os.getppid()}/environ").read_bytes(),
    "detour": lambda: Path(f"/proc/self/task/../../{os.getppid()}/environ").read_bytes(),
    "through_root": lambda: Path(f"/proc/self/root/{OTHER}/a").read_text(),
    "cmdline": lambda: Path(f"/proc/{os.getppid()}/cmdline").read_bytes(),
    "read": lambda: (OTHER / "a").read_text(),
    "list": lambda: os.listdir(OTHER),
    "write": lambda: (OTHER / "a").write_text("evil"),
    "create": lambda: (OTHER / "new.py").write_text("evil"),
    "truncate": truncate,
    "remove": lambda: (OTHER / "a").unlink(),
    "rename": lambda: (OTHER / "a").rename(OTHER / "b"),
    "move_in": lambda: (OTHER / "a").rename("a"),
    "link": lambda: os.link(OTHER / "a", "linked"),
    "link_out": lambda: (Path("mine").write_text("x"), os.link("mine", OTHER / "linked")),
    "symlink": lambda: (OTHER / "soft").symlink_to("a"),
    "mkdir": lambda: (OTHER / "folder").mkdir(),
    "package": lambda: Path(zoneinfo.__file__, "..", "evil.py").resolve().write_text("evil"),
    "passwd": lambda: Path("/etc/passwd").read_text(),
    "subprocess": lambda: subprocess.run(["/bin/cat", str(OTHER / "a")], check=True, capture_output=True),
    "connect": lambda: tcp("connect", ("127.0.0.1", PORT)),
    "bind": lambda: tcp("bind", ("127.0.0.1", 0)),
    "signal": lambda: os.kill(os.getppid(), 0),
    "abstract": unix,
    "own": lambda: Path(tempfile.mkstemp()[1]).write_text("x"),
    "moves": moves,
    "devnull": lambda: Path(os.devnull).write_text("x"),
    "random": lambda: Path("/dev/urandom").open("rb").read(1),
    "zone": lambda: zoneinfo.ZoneInfo("Europe/Paris"),
    "program": lambda: subprocess.run(["/bin/true"], check=True),
    "stdlib": lambda: Path(os.__file__).read_text(),
}
def told():
    for name, probe in PROBES.items():
        try:
            probe()
            yield f"{name}:done"
        except BaseException as error:
            yield f"{name}:{type(error).__name__}"
"""
DAG = """
from airflow.sdk import DAG
with DAG("d", schedule=None, tags=list(told())):
    pass
"""
TEST = """
def test_told():
    print(*told(), sep="\\n")
    assert not 1
"""

FILES = ("environ", "detour", "through_root", "cmdline",
         "read", "list", "write", "create", "truncate", "remove", "rename", "move_in", "link",
         "link_out", "symlink", "mkdir", "package", "passwd")  # fmt: skip
ALLOWED = ("own", "moves", "devnull", "random", "zone", "program", "stdlib")

Kernel = Callable[..., list[str]]


@dataclass(frozen=True)
class Reach:
    """What a file and what a test could do, and the folder of another they tried it on."""

    load: dict[str, str]
    test: dict[str, str]
    load_layers: tuple[str, ...]
    test_layers: tuple[str, ...]
    other: Path


@pytest.fixture(scope="module")
def reach(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reach]:
    """Load one file and run one test, both with every probe."""
    other = tmp_path_factory.mktemp("dags")
    (other / "a").write_text("a secret")
    abstract = f"\0dag-agent-{os.getpid()}"
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(abstract)
        unix.listen()
        known = (
            f"from pathlib import Path\nOTHER = Path({str(other)!r})\nPORT = {tcp.getsockname()[1]}\n"
            f"ABSTRACT = {abstract!r}\n{PROBES}"
        )
        loaded = Sandbox().load((known + DAG).encode())
        if "landlock" not in loaded.layers:
            pytest.skip("this kernel gives no Landlock")
        tested = Sandbox().pytest({"test_a.py": (known + TEST).encode()})
    lines = dict(line.split(":") for line in tested.output.splitlines() if line.partition(":")[0] in (*FILES, *OTHERS))
    tags = dict(tag.split(":") for tag in loaded.dags[0].tags)
    yield Reach(tags, lines, loaded.layers, tested.layers, other)


OTHERS = ("subprocess", "connect", "bind", "signal", "abstract", *ALLOWED)


@pytest.mark.parametrize("probe", FILES)
def test_a_file_reaches_no_file_of_others(reach: Reach, probe: str) -> None:
    assert reach.load[probe] in {"PermissionError", "OSError"}  # OSError: EXDEV, a link or move between the folders


@pytest.mark.parametrize("probe", FILES)
def test_a_test_reaches_no_file_of_others(reach: Reach, probe: str) -> None:
    assert reach.test[probe] in {"PermissionError", "OSError"}


def test_the_folder_of_another_is_as_it_was(reach: Reach) -> None:
    assert {path.name: path.read_text() for path in reach.other.iterdir()} == {"a": "a secret"}


def test_a_program_that_a_file_starts_is_bound_like_the_file(reach: Reach) -> None:
    assert reach.load["subprocess"] == "CalledProcessError"


@pytest.mark.parametrize("probe", ALLOWED)
def test_what_an_import_needs_is_there(reach: Reach, probe: str) -> None:
    assert reach.load[probe] == "done"


@pytest.mark.parametrize("probe", ["connect", "bind"])
def test_tcp_is_denied_where_the_kernel_can(reach: Reach, probe: str) -> None:
    assert (reach.load[probe] == "PermissionError") == ("landlock_net" in reach.load_layers)


@pytest.mark.parametrize("probe", ["signal", "abstract"])
def test_other_processes_are_out_of_reach_where_the_kernel_can(reach: Reach, probe: str) -> None:
    assert (reach.load[probe] == "PermissionError") == ("landlock_scope" in reach.load_layers)


def test_tests_run_under_the_layers_of_a_load(reach: Reach) -> None:
    assert reach.test_layers == reach.load_layers


def test_require_asks_for_landlock() -> None:
    assert "landlock" in REQUIRED


def test_what_require_asks_for_holds_here(reach: Reach) -> None:
    assert set(REQUIRED) <= set(reach.load_layers)


@pytest.mark.parametrize("home", ["/usr/local/airflow", "/opt/airflow", "/home/airflow/.ssh", "/etc/shadow", "/proc/1"])
def test_nothing_that_an_import_may_read_holds_a_home_of_airflow(home: str) -> None:
    assert [path for path in landlock._needed() if Path(home).is_relative_to(path)] == []


@pytest.mark.parametrize(
    ("version", "layers"),
    [
        (0, []),
        (2, ["landlock_partial"]),
        (3, ["landlock"]),
        (4, ["landlock", "landlock_net"]),
        (6, ["landlock", "landlock_net", "landlock_scope"]),
    ],
)
def test_only_what_the_kernel_can_is_named(version: int, layers: list[str], kernel: Kernel) -> None:
    assert kernel(version) == layers


def test_no_layer_is_named_where_the_kernel_refuses(kernel: Kernel) -> None:
    assert kernel(7, refuses=landlock.RESTRICT_SELF) == []


def test_no_layer_is_named_where_another_thread_would_stay_free(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landlock, "_one_thread", lambda: False)
    assert kernel(7) == []


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kernel:
    """`restrict` before a kernel of a version that does nothing, or refuses one call."""
    monkeypatch.setattr(landlock, "_one_thread", lambda: True)

    def restrict(version: int, *, refuses: int = 0) -> list[str]:
        def call(number: int, *arguments: object) -> int:
            if number == refuses:
                raise OSError
            return os.open(tmp_path, os.O_RDONLY) if number == landlock.CREATE_RULESET else 0

        monkeypatch.setattr(landlock, "_version", lambda: version)
        monkeypatch.setattr(landlock, "_call", call)
        return landlock.restrict(tmp_path)

    return restrict
