"""The services that some tests use. Only a server that somebody named is touched; none is guessed."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit, urlunsplit

POSTGRES = "DAG_AGENT_TEST_POSTGRES"


class ServiceMissing(Exception):
    """A service is not there; the message says which, and how to name one."""


@contextmanager
def empty_postgres_database() -> Iterator[str]:
    """Yield the DSN of a new database on the server of $DAG_AGENT_TEST_POSTGRES, and drop it afterwards.

    The variable is a URL like ``postgresql://user:password@host:5432/postgres`` of a user who may create databases.

    Raises:
        ServiceMissing: The variable is not set, the driver is missing or the server does not answer.
    """
    server = os.environ.get(POSTGRES)
    if not server:
        raise ServiceMissing(f"no PostgreSQL: set {POSTGRES}=postgresql://user:password@host:5432/postgres")
    name = f"dag_agent_test_{uuid.uuid4().hex[:12]}"
    _run_on(server, f'CREATE DATABASE "{name}"')
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        _run_on(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def _run_on(server: str, statement: str) -> None:
    try:
        import psycopg2
    except ImportError:
        raise ServiceMissing("PostgreSQL tests need psycopg2 (extra: postgres)") from None
    try:
        connection = psycopg2.connect(server, connect_timeout=2)
    except psycopg2.OperationalError as error:
        raise ServiceMissing(f"the PostgreSQL of {POSTGRES} does not answer: {error}".strip()) from None
    with closing(connection):
        connection.autocommit = True
        connection.cursor().execute(statement)
