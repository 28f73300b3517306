"""How much a process of the sandbox may use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of one child process; the parent keeps the wall clock and the output caps, the kernel the rest.

    ``import_s`` is what Airflow itself allows a file to import (``dagbag_import_timeout``): it names the line
    that hangs. ``wall_s`` covers the start of Airflow too (2 s warm, 13 s cold) and cannot be switched off
    from inside. ``processes`` is on top of those the user already runs and does not bind root.
    """

    wall_s: float = 60.0
    import_s: float = 30.0
    cpu_s: int = 45
    memory_mb: int = 2048
    file_mb: int = 16
    open_files: int = 256
    processes: int = 64
    output_kb: int = 1024
    result_kb: int = 8192
