"""``python -m example_dags.demo demo`` takes the whole road once; ``... ui`` leaves Airflow running.

Options are environment variables, so that they read well behind make: REQUEST, YES, KEEP (docs/demo.md).
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from example_dags.demo import road
from example_dags.demo.console import Phases, ask, heading, is_interactive, readable, say, text_table
from example_dags.demo.data import EXPECTED_ROWS, TABLE, Workplace, demo_variables
from example_dags.demo.environment import inherited_connections
from example_dags.demo.local_airflow import AirflowDidNotStart, LocalAirflow
from example_dags.demo.rest import Json, RestError

EXAMPLE_DAGS = Path(__file__).resolve().parent.parent
AUTHORING_DAG = "dag_agent_author"
AUTHORING_FILE = "author.py"
AUTHOR_TIMEOUT_S = 180.0
PARSE_TIMEOUT_S = 60.0
RUN_TIMEOUT_S = 120.0


@dataclass(frozen=True)
class Options:
    """What the person asked for behind ``make demo``."""

    request: str | None = None
    approve: bool = False
    keep: bool = False
    authoring_dag: str = AUTHORING_DAG
    authoring_file: Path = EXAMPLE_DAGS / AUTHORING_FILE

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Options:
        """Read REQUEST, YES and KEEP; empty, 0 and no mean no."""
        return cls(
            request=environ.get("REQUEST", "").strip() or None,
            approve=_is_set(environ, "YES"),
            keep=_is_set(environ, "KEEP"),
        )


def main(arguments: list[str]) -> int:
    """Return the exit code: 0 all happened, 1 something did not, 2 wrong usage, 130 interrupted."""
    commands = {"demo": run_demo, "ui": run_ui}
    if len(arguments) != 1 or arguments[0] not in commands:
        say("usage: python -m example_dags.demo {demo,ui}")
        return 2
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job inherits it as ignored
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    try:
        return commands[arguments[0]](Options.from_environ(os.environ))
    except (road.RoadBlocked, RestError, AirflowDidNotStart) as problem:
        say(f"\nThe road ended here. {problem}")
        return 1
    except KeyboardInterrupt:
        say("\nInterrupted; Airflow is stopped.")
        return 130


def run_demo(options: Options) -> int:
    """Take the road once and print what came of it."""
    phases = Phases()
    airflow = new_airflow(options)
    place = Workplace(airflow.home)
    try:
        place.furnish()
        heading("Starting Airflow (api-server, scheduler, dag-processor)")
        with phases.phase("start Airflow"):
            airflow.start()
        say(f"  UI while this runs: {airflow.url}")
        with phases.phase("parse the authoring DAG"):
            wait_for_authoring(airflow, options)
        released = author(airflow, options, request=place.request(options.request), phases=phases)
        if not released:
            kept = "is kept" if options.keep else "goes with this throw-away home (KEEP=1 keeps it)"
            say(f"\nRejected: nothing was published; the draft {kept}.")
            return 0
        for release in released:
            run_release(airflow, release, phases=phases)
        show_result(place, exact=options.request is None)
    finally:
        with phases.phase("stop Airflow"):
            airflow.stop()
        if options.keep:
            say(f"\nKept: {airflow.home}")
    heading("Done")
    say(phases.table())
    return 0


def run_ui(options: Options) -> int:
    """Leave Airflow running until Ctrl-C."""
    airflow = new_airflow(options)
    place = Workplace(airflow.home)
    try:
        place.furnish()
        heading("Starting Airflow (api-server, scheduler, dag-processor)")
        with airflow:
            wait_for_authoring(airflow, options)
            airflow.rest.unpause(options.authoring_dag)
            say(f"  Airflow:  {airflow.url}")
            say(f"  Author:   {airflow.url}/dags/{options.authoring_dag}")
            say(f"  Reviews:  {airflow.url}/required_actions")
            say(f"  DAGs go to {airflow.dags_folder} and appear within seconds, paused")
            say(f"  A request to start with:\n    {place.request(options.request)}")
            say("\nCtrl-C stops it.")
            while True:
                time.sleep(1)
                airflow.check_alive()
    except KeyboardInterrupt:
        say("\nAirflow is stopped.")
        return 0


def new_airflow(options: Options) -> LocalAirflow:
    """Return the demo's Airflow, not yet started."""
    return LocalAirflow(
        bundles={"example-dags": options.authoring_file.parent},
        extra_env=inherited_connections() | demo_variables(),
        keep=options.keep,
    )


def wait_for_authoring(airflow: LocalAirflow, options: Options) -> None:
    """Wait until the authoring DAG can be triggered."""
    road.wait_for_dag(
        airflow.rest, options.authoring_dag, file_name=options.authoring_file.name, timeout_s=PARSE_TIMEOUT_S
    )


def author(airflow: LocalAirflow, options: Options, *, request: str, phases: Phases) -> list[road.Release]:
    """Trigger the authoring DAG, let a person review, and return what was released."""
    heading("Request")
    say(f"  {request}")
    heading(f"Authoring ({options.authoring_dag})")
    with phases.phase("author, request to review"):
        journey = road.start(airflow.rest, options.authoring_dag, conf={"request": request})
        journey.decide = Reviewer(always=options.approve)
        journey.until_asked(timeout_s=AUTHOR_TIMEOUT_S)
    with phases.phase("review and release"):
        journey.follow(timeout_s=AUTHOR_TIMEOUT_S)
    released = journey.releases()
    if not released and not journey.rejected:
        raise road.RoadBlocked(f"Run {journey.run_id!r} succeeded, but none of its reviews reports a release.")
    return released


@dataclass(frozen=True)
class Reviewer:
    """Shows what waits for approval and decides: a person at a terminal, else always yes."""

    always: bool

    def __call__(self, asked: Json) -> bool:
        heading(asked["subject"])
        say(readable(asked.get("body") or "(nothing is said about it)"))
        if self.always or not is_interactive():
            say(f"\nApproved without asking: {'YES=1' if self.always else 'this is no terminal'}.")
            return True
        return ask("Approve?")


def run_release(airflow: LocalAirflow, release: road.Release, *, phases: Phases) -> None:
    """Wait for the new DAG, run it, and require success."""
    heading(f"Released {release.dag_id}, version {release.version}")
    say(f"  {release.path}\n  sha256 {road.file_sha256(release)}")
    with phases.phase("parse the new DAG"):
        road.wait_for_dag(airflow.rest, release.dag_id, file_name=release.path.name, timeout_s=PARSE_TIMEOUT_S)
    say(f"  {airflow.url}/dags/{release.dag_id}")
    heading(f"Running {release.dag_id}")
    with phases.phase("run the new DAG"):
        now = datetime.now(UTC).isoformat()
        road.start(airflow.rest, release.dag_id, logical_date=now).follow(timeout_s=RUN_TIMEOUT_S)


def show_result(place: Workplace, *, exact: bool) -> None:
    """Print every table of the SQLite file; with the default request its content must be exactly right."""
    tables = place.tables()
    for table in tables:
        heading(f"Table {table.name}: {len(table.rows)} rows")
        say(text_table(table.columns, table.rows[:30]))
    if not exact:
        return
    wanted = [table for table in tables if table.name == TABLE]
    if not wanted:
        raise road.RoadBlocked(f"The run succeeded, but {str(place.database)!r} has no table {TABLE!r}.")
    if wanted[0].typed() != EXPECTED_ROWS:
        raise road.RoadBlocked(f"Table {TABLE!r} does not hold what the CSV files say: {EXPECTED_ROWS!r}.")


def _is_set(environ: Mapping[str, str], name: str) -> bool:
    return environ.get(name, "").strip().lower() not in {"", "0", "no", "false"}


def _leave(number: int, _frame: FrameType | None) -> None:
    """Turn a polite signal into an exception, so that Airflow is stopped on the way out."""
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
