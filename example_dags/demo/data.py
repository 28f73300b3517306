"""The demo's input and output: CSV files that somebody dropped into a folder, and one SQLite file."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

SHIPPED = Path(__file__).with_name("incoming")
TABLE = "daily_values"

DEFAULT_REQUEST = (
    "Every day at 04:00 pick up the CSV files in <folder>, parse id: string, ts: timestamp, value: float, "
    "drop duplicates by id and ts, upsert them into the SQLite table daily_values, and fail if no row "
    "arrived. Retry three times."
)

# What the shipped files hold: 13 rows, of which 3 repeat an (id, ts) and 1 does not parse.
EXPECTED_ROWS = (
    ("pump-1", datetime(2026, 11, 18, 0), 20.5),
    ("pump-1", datetime(2026, 11, 18, 12), 21.25),
    ("pump-1", datetime(2026, 11, 19, 0), 22.0),
    ("pump-1", datetime(2026, 11, 20, 0), 19.75),
    ("pump-2", datetime(2026, 11, 18, 0), 7.0),
    ("pump-2", datetime(2026, 11, 18, 12), 7.5),
    ("pump-2", datetime(2026, 11, 19, 0), 6.75),
    ("valve-7", datetime(2026, 11, 19, 6, 30), -0.125),
    ("valve-7", datetime(2026, 11, 20, 6, 30), 0.5),
)


@dataclass(frozen=True)
class Table:
    """What stands in one table: column names and rows."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def typed(self) -> tuple[tuple[Any, ...], ...]:
        """Return the rows of (id, ts, value), sorted, with ts as a naive datetime however it was stored."""
        at = [self.columns.index(name) for name in ("id", "ts", "value")]
        picked = (tuple(row[i] for i in at) for row in self.rows)
        return tuple(
            sorted((id_, datetime.fromisoformat(str(ts)).replace(tzinfo=None), value) for id_, ts, value in picked)
        )


@dataclass(frozen=True)
class Workplace:
    """The folders of the demo inside a throw-away home."""

    home: Path

    @property
    def incoming(self) -> Path:
        """Where the CSV files arrive."""
        return self.home / "incoming"

    @property
    def database(self) -> Path:
        """The SQLite file behind the connection sqlite_default."""
        return self.home / "demo.sqlite"

    def furnish(self) -> None:
        """Copy the shipped CSV files to where they arrive."""
        shutil.copytree(SHIPPED, self.incoming)

    def request(self, wanted: str | None) -> str:
        """Return the request to author, with ``<folder>`` replaced by the folder of the CSV files."""
        return (wanted or DEFAULT_REQUEST).replace("<folder>", str(self.incoming))

    def tables(self) -> list[Table]:
        """Return every table of the SQLite file; an empty list while it does not exist."""
        if not self.database.is_file():
            return []
        with closing(sqlite3.connect(self.database)) as connection:
            names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").fetchall()
            return [_read(connection, name) for (name,) in names if not name.startswith("sqlite_")]


def demo_variables() -> dict[str, str]:
    """Return what the services need to know of a workplace; ``{home}`` stands for the home."""
    folders = {
        "DAGS_PATH": "dags",
        "DRAFTS_PATH": "drafts",
        "SESSIONS_PATH": "sessions",
        "STEP_CACHE_PATH": "steps",
    }
    return {
        "AIRFLOW_CONN_SQLITE_DEFAULT": json.dumps({"conn_type": "sqlite", "host": "{home}/demo.sqlite"}),
        **{f"AIRFLOW__DAG_AGENT__{name}": f"file://{{home}}/{folder}" for name, folder in folders.items()},
    }


def _read(connection: sqlite3.Connection, name: str) -> Table:
    cursor = connection.execute('SELECT * FROM "{}" ORDER BY 1, 2'.format(name.replace('"', '""')))
    return Table(name, tuple(column[0] for column in cursor.description), tuple(cursor.fetchall()))
