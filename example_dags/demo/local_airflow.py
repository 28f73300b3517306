"""A real Airflow in a throw-away home: api-server, scheduler and dag-processor, started and always stopped.

    with LocalAirflow(bundles={"example-dags": Path("example_dags")}) as airflow:
        print(airflow.url)

Nothing of it stays: no process, no port, no file (unless `keep` asks for the home).
"""

from __future__ import annotations

import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from example_dags.demo.environment import airflow_environment
from example_dags.demo.processes import ProcessTrees
from example_dags.demo.rest import AirflowRest, RestError

SERVICES = {
    "api-server": ["api-server"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
}

# The scheduler forks its workers and they fork the tasks: what it has imported, no task has to import.
PRELOAD = """\
import sys

if "scheduler" in sys.argv:
    import pydantic_ai
    import pydantic_ai.models.function
"""


# The services must share these. In a file and not in the environment, which every task inherits.
SECRETS = "[api_auth]\njwt_secret = {}\n\n[api]\nsecret_key = {}\n"


class AirflowDidNotStart(Exception):
    """A service ended or did not become healthy in time; the message ends with the tails of the logs."""

    def __init__(self, what: str, *, home: Path, logs: str) -> None:
        self.what, self.home = what, home
        super().__init__(f"Airflow in {str(home)!r} did not start: {what}. KEEP=1 keeps the home.\n{logs}")


class LocalAirflow:
    """One Airflow with SQLite and LocalExecutor; a context manager that leaves nothing behind."""

    def __init__(
        self,
        *,
        bundles: Mapping[str, Path],
        extra_env: Mapping[str, str] | None = None,
        keep: bool = False,
        boot_timeout_s: float = 180.0,
    ) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="dag-agent-airflow-")).resolve()
        self.port = free_port()
        self.rest = AirflowRest(f"http://127.0.0.1:{self.port}")
        self.processes = ProcessTrees()
        self.seconds: dict[str, float] = {}
        self._bundles, self._extra_env = dict(bundles), dict(extra_env or {})
        self._keep, self._boot_timeout_s = keep, boot_timeout_s

    @property
    def url(self) -> str:
        """Where the UI and the REST API are."""
        return self.rest.url

    @property
    def dags_folder(self) -> Path:
        """The folder of the bundle ``dags-folder``."""
        return self.home / "dags"

    def env(self) -> dict[str, str]:
        """Return the environment of the services; ``{home}`` in an extra variable is the home."""
        extra = {name: value.replace("{home}", str(self.home)) for name, value in self._extra_env.items()}
        return airflow_environment(self.home, port=self.port, bundles=self._bundles, extra=extra)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start everything and wait until it is healthy; the caller stops it, whatever this raises."""
        for folder in (self.dags_folder, self.home / "services", self.home / "config"):
            folder.mkdir()
        (self.home / "config" / "airflow_local_settings.py").write_text(PRELOAD)
        (self.home / "airflow.cfg").write_text(SECRETS.format(*(secrets.token_urlsafe(64) for _ in range(2))))
        begin = time.monotonic()
        self._make_database()
        made = time.monotonic()
        for name, arguments in SERVICES.items():
            command = [sys.executable, "-m", "airflow", *arguments]
            self.processes.start(name, command, env=self.env(), cwd=self.home, log=self._log(name))
        self._wait_until_healthy(begin + self._boot_timeout_s)
        self.seconds = {"database": made - begin, "services": time.monotonic() - made}

    def stop(self) -> None:
        """End every process and remove the home; a second Ctrl-C does not interrupt it."""
        with uninterrupted():
            self.processes.stop()
            if not self._keep:
                shutil.rmtree(self.home, ignore_errors=True)

    def check_alive(self) -> None:
        """Raise AirflowDidNotStart when a service is no longer running."""
        for name, code in self.processes.ended().items():
            raise AirflowDidNotStart(f"the {name} ended with code {code}", home=self.home, logs=self.tails())

    def tails(self, *, lines: int = 25) -> str:
        """Return the last lines of each service's log."""
        parts = []
        for name in ["database", *SERVICES]:
            log = self._log(name)
            if log.is_file():
                last = log.read_text(errors="replace").splitlines()[-lines:]
                parts.append("\n".join([f"--- {name}", *last]))
        return "\n".join(parts)

    def _make_database(self) -> None:
        command = [sys.executable, "-c", "from airflow.utils.db import initdb; initdb()"]
        with self._log("database").open("wb") as out:
            done = subprocess.run(
                command,
                env=self.env(),
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                check=False,
            )
        if done.returncode:
            what = f"making the database ended with code {done.returncode}"
            raise AirflowDidNotStart(what, home=self.home, logs=self.tails())

    def _wait_until_healthy(self, deadline: float) -> None:
        unhealthy = ["api-server"]
        while unhealthy:
            self.check_alive()
            if time.monotonic() > deadline:
                what = f"{', '.join(unhealthy)} not healthy within {self._boot_timeout_s:.0f} s"
                raise AirflowDidNotStart(what, home=self.home, logs=self.tails())
            time.sleep(0.2)
            unhealthy = self._unhealthy()
        self.rest.log_in()

    def _unhealthy(self) -> list[str]:
        try:
            health = self.rest.health()
            self.rest.execution_health()
        except RestError:
            return ["api-server"]
        parts = ("metadatabase", "scheduler", "dag_processor")
        return [part for part in parts if (health.get(part) or {}).get("status") != "healthy"]

    def _log(self, name: str) -> Path:
        return self.home / "services" / f"{name}.log"


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Ignore Ctrl-C, SIGTERM and a closed terminal for a while (only the main thread gets them)."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
