"""Connections that a file names."""

from __future__ import annotations

from airflow_dag_agent_provider.checks.connections import connections
from airflow_dag_agent_provider.checks.deployment import Deployment, NothingKnown
from airflow_dag_agent_provider.checks.finding import Finding
from airflow_dag_agent_provider.checks.subject import Subject
from airflow_dag_agent_provider.sandbox.sandbox import Sandbox

STATIC = Sandbox(isolation="static")


class Known(NothingKnown):
    """A deployment with one connection, and no other."""

    def connection_type(self, conn_id: str) -> str | None:
        return "postgres" if conn_id == "warehouse" else ""


def named(source: str, deployment: Deployment | None = None) -> list[Finding]:
    return connections(Subject(source.encode(), STATIC, None, deployment or NothingKnown()))


def test_a_connection_that_exists_gives_no_finding() -> None:
    assert named("f(conn_id='warehouse')\n", Known()) == []


def test_a_connection_that_does_not_exist_is_a_warning_at_its_line() -> None:
    (found,) = named("\nf(postgres_conn_id='mart')\n", Known())
    assert (found.code, found.severity, found.line) == ("connection-missing", "warning", 2)


def test_a_connection_nobody_knows_of_is_an_info() -> None:
    (found,) = named("f(http_conn_id='api')\n")
    assert (found.code, found.severity) == ("connection-unknown", "info")


def test_a_connection_is_reported_once_at_its_first_place() -> None:
    (found,) = named("f(conn_id='a')\nf(conn_id='a')\n")
    assert found.line == 1


def test_a_connection_in_default_args_is_seen() -> None:
    (found,) = named("DAG(default_args={'conn_id': 'a'})\n")
    assert "'a'" in found.message


def test_a_connection_behind_a_module_constant_is_seen() -> None:
    (found,) = named("WAREHOUSE = 'a'\nf(conn_id=WAREHOUSE)\n")
    assert (found.line, "'a'" in found.message) == (2, True)


def test_a_templated_connection_is_left_alone() -> None:
    assert named("f(conn_id='{{ params.conn }}')\n", Known()) == []


def test_other_keywords_are_left_alone() -> None:
    assert named("f(dag_id='a', second_id='b', conn_identity='c')\n", Known()) == []
