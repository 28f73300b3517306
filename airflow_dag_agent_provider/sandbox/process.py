"""The only place of the package where a process is started, watched and ended."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from airflow_dag_agent_provider.exceptions import SandboxFailed
from airflow_dag_agent_provider.sandbox.answers import Death

TAIL_BYTES = 8192
POLL_S = 0.05


@dataclass(frozen=True)
class Job:
    """One process to run: no environment but ``env``, no input but ``stdin``, nothing without a limit.

    ``channel`` says that the program gets the number of an open pipe as its last argument and writes lines of
    JSON into it, the last of which starts with ``end_mark``; that line ends the job.
    """

    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    wall_s: float
    max_output_bytes: int
    max_result_bytes: int = 0
    stdin: bytes = b""
    channel: bool = False
    end_mark: bytes = b'{"kind": "result"'


@dataclass
class Ended:
    """How a job ended: ``lines`` came over the channel, complete ones only; ``end_mark`` is the job's."""

    lines: list[bytes] = field(default_factory=list)
    end_mark: bytes = b""
    stdout: bytes = b""
    stderr: bytes = b""
    exit_code: int = 0
    stopped: Death | None = None
    elapsed_s: float = 0.0

    @property
    def death(self) -> Death:
        """How the process ended, for a job that gave no result."""
        if self.stopped is not None:
            return self.stopped
        if self.exit_code < 0:
            return Death(kind="signal", detail=_signal_name(-self.exit_code))
        return Death(kind="exit", detail=str(self.exit_code))


def run(job: Job) -> Ended:
    """Run ``job`` to its end, its last line or its limits; no process of its group outlives this call.

    Raises:
        SandboxFailed: The program could not be started.
    """
    started = time.monotonic()
    process, result = _start(job)
    watch = _Watch(job, process, result)
    try:
        watch.until_done(deadline=started + job.wall_s)
    finally:
        # The leader is not reaped yet, so its number still names this group and no other.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        exit_code = process.wait()
        watch.drain()
        watch.close()
    ended = watch.ended
    ended.exit_code, ended.elapsed_s = exit_code, time.monotonic() - started
    return ended


def _start(job: Job) -> tuple[subprocess.Popen[bytes], IO[bytes] | None]:
    """Start the process in its own session; return it with the reading end of its channel."""
    read_fd, write_fd = os.pipe() if job.channel else (-1, -1)
    argv = [*job.argv, str(write_fd)] if job.channel else list(job.argv)
    try:
        with tempfile.TemporaryFile() as stdin:  # a file, not a pipe: nobody has to feed it
            stdin.write(job.stdin)
            stdin.seek(0)
            process = subprocess.Popen(
                argv,
                env=dict(job.env),
                cwd=job.cwd,
                stdin=stdin if job.stdin else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                close_fds=True,
                pass_fds=(write_fd,) if job.channel else (),
            )
    except OSError as error:
        if job.channel:
            os.close(read_fd)
        raise SandboxFailed(f"start {argv[0]!r}", why=str(error)) from error
    finally:
        if job.channel:
            os.close(write_fd)
    return process, os.fdopen(read_fd, "rb", buffering=0) if job.channel else None


class _Watch:
    """Reads the pipes of one process until it is done."""

    def __init__(self, job: Job, process: subprocess.Popen[bytes], result: IO[bytes] | None) -> None:
        assert process.stdout is not None and process.stderr is not None
        self.job, self.process, self.ended = job, process, Ended(end_mark=job.end_mark)
        self._pipes = {"stdout": process.stdout, "stderr": process.stderr}
        if result is not None:
            self._pipes["result"] = result
        self._buffers = {name: bytearray() for name in self._pipes}
        self._seen = dict.fromkeys(self._pipes, 0)
        self._selector = selectors.DefaultSelector()
        for name, pipe in self._pipes.items():
            os.set_blocking(pipe.fileno(), False)
            self._selector.register(pipe, selectors.EVENT_READ, name)

    def until_done(self, *, deadline: float) -> None:
        """Return when the last line came, the process ended or a limit is reached."""
        while not self._finished():
            left = deadline - time.monotonic()
            if left <= 0:
                self.ended.stopped = Death(kind="timeout", detail=f"{self.job.wall_s:g}")
                return
            for key, _ in self._selector.select(min(POLL_S, left)):
                self._read(key.data)
            if over := self._over():
                self.ended.stopped = Death(kind="output", detail=str(over))
                return

    def drain(self) -> None:
        """Take what lies in the pipes of a process that has ended, up to the limits."""
        for name in self._pipes:
            while self._read(name) and not self._over():
                pass
        self.ended.stdout, self.ended.stderr = bytes(self._buffers["stdout"]), bytes(self._buffers["stderr"])
        complete, _, _ = bytes(self._buffers.get("result", b"")).rpartition(b"\n")
        self.ended.lines = complete.splitlines()

    def close(self) -> None:
        """Close this side of all pipes."""
        self._selector.close()
        for pipe in self._pipes.values():
            pipe.close()

    def _read(self, name: str) -> bool:
        """Read what is there; False when nothing is."""
        try:
            chunk = os.read(self._pipes[name].fileno(), 65536)
        except BlockingIOError:
            return False
        if not chunk:
            with suppress(KeyError):
                self._selector.unregister(self._pipes[name])
            return False
        self._seen[name] += len(chunk)
        self._buffers[name] += chunk
        return True

    def _over(self) -> int:
        """Return how many bytes came when that is too many, else 0."""
        printed = self._seen["stdout"] + self._seen["stderr"]
        if printed > self.job.max_output_bytes:
            return printed
        told = self._seen.get("result", 0)
        return told if told > self.job.max_result_bytes and "result" in self._seen else 0

    def _finished(self) -> bool:
        result = self._buffers.get("result")
        if result and result.endswith(b"\n") and result.rfind(self.job.end_mark) >= 0:
            return True
        state = os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return state is not None


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
