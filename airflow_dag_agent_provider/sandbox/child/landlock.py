"""Landlock: the kernel keeps this process to its own folder, without TCP and without a way to other processes.

The numbers are those of linux/landlock.h. ctypes, because Python has no call for it. What Landlock does not
cover is said in docs/checks.md.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from stat import S_ISDIR

MACHINES = ("x86_64", "aarch64")
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same on both
RULE_PATH_BENEATH, GET_VERSION = 1, 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = (1 << bit for bit in range(4))
MAKE_CHAR, MAKE_BLOCK = 1 << 6, 1 << 11
TRUNCATE, IOCTL_DEV = 1 << 14, 1 << 15
FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV  # the rights a rule on a single file may name
READ = EXECUTE | READ_FILE | READ_DIR
FILESYSTEM_BITS = {1: 13, 2: 14, 3: 15, 5: 16}  # rights that the kernel knows, by the version that brought them
BIND_TCP_AND_CONNECT_TCP = 0b11
ABSTRACT_SOCKETS_AND_SIGNALS = 0b11

PREFIX_FOLDERS = ("bin", "lib", "lib64", "share", "ssl", "pyvenv.cfg")  # not all of it: a venv may be a project
SYSTEM = (
    # not /usr: there are images whose Airflow home is /usr/local/airflow
    "/bin", "/lib", "/lib32", "/lib64",
    "/usr/bin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libexec", "/usr/share",
    "/usr/local/bin", "/usr/local/lib", "/usr/local/lib64", "/usr/local/share", "/nix/store",
    "/etc/ld.so.cache", "/etc/localtime", "/etc/timezone", "/etc/os-release", "/etc/magic", "/etc/alternatives",
    "/etc/ssl/openssl.cnf", "/etc/ssl/certs", "/etc/pki/tls/openssl.cnf", "/etc/pki/tls/certs",
    "/etc/pki/ca-trust/extracted", "/etc/crypto-policies",
    # the module mimetypes fails where these are there and cannot be read
    "/etc/mime.types", "/etc/httpd/mime.types", "/etc/httpd/conf/mime.types",
    "/etc/apache2/mime.types", "/etc/apache/mime.types",
    "/dev/urandom", "/dev/random", "/dev/zero",
    "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/sys/devices/system/cpu",
)  # fmt: skip


def restrict(folder: Path) -> list[str]:
    """Let this process write in ``folder`` alone and read nothing else but what Python needs.

    Returns:
        The names of the layers that hold: ``landlock``, from version 4 of the interface (Linux 6.7)
        ``landlock_net``, from 6 (Linux 6.12) ``landlock_scope``. Before version 3 (Linux 6.2) another's
        file can still be truncated; that is ``landlock_partial``. Empty where the kernel has none.
    """
    version = _version()
    if version < 1 or not _one_thread():
        return []
    handled = (1 << max(bits for since, bits in FILESYSTEM_BITS.items() if since <= version)) - 1
    try:
        ruleset = _new_ruleset(version, handled)
        try:
            for path in _needed():
                _allow(ruleset, path, READ & handled)
            _allow(ruleset, Path("/dev/null"), (READ_FILE | WRITE_FILE | TRUNCATE) & handled)
            _allow(ruleset, folder, handled & ~(EXECUTE | MAKE_CHAR | MAKE_BLOCK | IOCTL_DEV))
            _call(RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
        finally:
            os.close(ruleset)
    except OSError:
        return []
    named = [("landlock_partial" if version < 3 else "landlock", 1), ("landlock_net", 4), ("landlock_scope", 6)]
    return [name for name, since in named if version >= since]


def _needed() -> Iterator[Path]:
    """Give what an import may read and a subprocess may run."""
    yield from map(Path, SYSTEM)
    for prefix in {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix}:
        yield from (Path(prefix, name) for name in PREFIX_FOLDERS)
    for entry in (*sys.path, *_editable()):
        path = Path(entry).resolve()
        if entry and path != Path(path.anchor):
            yield path


def _editable() -> Iterable[str]:
    """Give the source folders of editable installs that setuptools finds without ``sys.path``."""
    for name, module in list(sys.modules.items()):
        if name.startswith("__editable__"):
            yield from (str(place) for place in getattr(module, "MAPPING", {}).values())


def _version() -> int:
    if sys.platform != "linux" or os.uname().machine not in MACHINES:
        return 0
    try:
        return _call(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(GET_VERSION))
    except OSError:  # ENOSYS: no such call; EOPNOTSUPP: switched off at boot; EPERM: a container's filter
        return 0


def _one_thread() -> bool:
    """Whether this is the only thread, for the others would stay free; one that was joined may still end."""
    for _ in range(100):
        try:
            if len(list(Path("/proc/self/task").iterdir())) == 1:
                return True
        except OSError:
            return False
        time.sleep(0.005)
    return False


def _new_ruleset(version: int, handled: int) -> int:
    words = [handled]
    if version >= 4:
        words.append(BIND_TCP_AND_CONNECT_TCP)
    if version >= 6:
        words.append(ABSTRACT_SOCKETS_AND_SIGNALS)
    attributes = struct.pack(f"={len(words)}Q", *words)
    return _call(CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))


def _allow(ruleset: int, path: Path, rights: int) -> None:
    """Allow ``rights`` beneath ``path``; a path that is not there needs no rule."""
    try:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not S_ISDIR(os.fstat(fd).st_mode):
            rights &= FILE
        rule = struct.pack("=Qi", rights, fd)
        _call(ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(RULE_PATH_BENEATH), rule, ctypes.c_uint32(0))
    finally:
        os.close(fd)


def _call(number: int, *arguments: object) -> int:
    """Make a system call; OSError where it fails."""
    result = int(ctypes.CDLL(None, use_errno=True).syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
