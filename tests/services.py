"""Where the services are that some tests use."""

from __future__ import annotations

import os

DEFAULT_POSTGRES = "postgresql://postgres@127.0.0.1:5432/postgres"


def postgres_or_reason() -> tuple[str | None, str]:
    """Return the DSN of a PostgreSQL that answers, or None and why there is none."""
    dsn = os.environ.get("DAG_AGENT_TEST_POSTGRES", DEFAULT_POSTGRES)
    try:
        import psycopg2
    except ImportError:
        return None, "PostgreSQL tests need psycopg2 (extra: postgres)"
    try:
        psycopg2.connect(dsn, connect_timeout=2).close()
    except psycopg2.OperationalError as error:
        return None, f"no PostgreSQL at {dsn.rpartition('@')[2]!r} (set DAG_AGENT_TEST_POSTGRES): {error}".strip()
    return dsn, ""
