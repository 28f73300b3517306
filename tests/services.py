"""The services that some tests use. Only a server that somebody named is touched; none is guessed."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit, urlunsplit

POSTGRES = "DAG_AGENT_TEST_POSTGRES"
MARIADB = "DAG_AGENT_TEST_MARIADB"


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


@contextmanager
def empty_mariadb_database() -> Iterator[str]:
    """Yield the URL of a new database on the server of $DAG_AGENT_TEST_MARIADB, and drop it afterwards.

    The variable is a URL like ``mysql://user:password@host:3306/`` of a user who may create databases.

    Raises:
        ServiceMissing: The variable is not set, the driver is missing or the server does not answer.
    """
    server = os.environ.get(MARIADB)
    if not server:
        raise ServiceMissing(f"no MariaDB: set {MARIADB}=mysql://user:password@host:3306/")
    name = f"dag_agent_test_{uuid.uuid4().hex[:12]}"
    url = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    run_on_mariadb(urlunsplit(urlsplit(server)._replace(path="")), f"CREATE DATABASE `{name}`")
    try:
        yield url
    finally:
        run_on_mariadb(url, f"DROP DATABASE `{name}`")


def run_on_mariadb(url: str, *statements: str) -> None:
    """Run statements on the database of a URL and commit."""
    try:
        import mysql.connector as driver
    except ImportError:
        raise ServiceMissing("MariaDB tests need mysql-connector-python (extra: mysql)") from None
    parts = urlsplit(url)
    place = {"host": parts.hostname, "port": parts.port or 3306, "database": parts.path.strip("/") or None}
    try:
        connection = driver.connect(user=parts.username, password=parts.password or "", connection_timeout=2, **place)
    except driver.Error as error:
        raise ServiceMissing(f"the MariaDB of {MARIADB} does not answer: {error}") from None
    with closing(connection):
        for statement in statements:
            connection.cursor().execute(statement)
        connection.commit()


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
