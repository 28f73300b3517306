"""What the catalog says about a plan."""

from __future__ import annotations

import pytest

from airflow_dag_agent_provider.catalog import Catalog

SQL = "airflow.providers.common.sql.operators.sql.SQLExecuteQueryOperator"
BASH = "airflow.providers.standard.operators.bash.BashOperator"


def test_a_right_call_has_no_problem(installed: Catalog) -> None:
    assert installed.problems(SQL, {"sql": "select 1", "conn_id": "db", "retries": 2}) == []


def test_an_unknown_argument_names_the_nearest_real_one(installed: Catalog) -> None:
    assert installed.problems(BASH, {"bash_command": "ls", "bash_comand": "ls"}) == [
        "BashOperator has no argument 'bash_comand'; did you mean 'bash_command'?"
    ]


def test_an_argument_like_none_lists_what_there_is(installed: Catalog) -> None:
    (problem,) = installed.problems(BASH, {"bash_command": "ls", "zzz": 1})

    assert problem.startswith("BashOperator has no argument 'zzz'; it has bash_command, env, ")


def test_a_missing_required_argument_is_named(installed: Catalog) -> None:
    assert installed.problems(BASH, {}) == ["BashOperator needs the argument 'bash_command' and has no default for it."]


def test_an_unknown_class_names_the_nearest(installed: Catalog) -> None:
    (problem,) = installed.problems("airflow.operators.bash_operator.BashOperater", {})

    assert problem.startswith("'airflow.operators.bash_operator.BashOperater' is not in this deployment; did you mean")
    assert f"'{BASH}'" in problem


@pytest.mark.parametrize(
    ("path", "package"),
    [
        ("airflow.providers.amazon.aws.transfers.s3_to_redshift.S3ToRedshiftOperator", "amazon"),
        ("airflow.providers.microsoft.azure.operators.adls.ADLSCreateObjectOperator", "microsoft-azure"),
        ("airflow.providers.apache.kafka.operators.produce.ProduceToTopicOperator", "apache-kafka"),
        ("airflow.providers.dbt.cloud.operators.dbt.DbtCloudRunJobOperator", "dbt-cloud"),
        ("SnowflakeOperator", "snowflake"),
    ],
)
def test_a_class_of_a_provider_that_is_not_installed_names_the_package(
    installed: Catalog, path: str, package: str
) -> None:
    distribution = f"apache-airflow-providers-{package}"
    if distribution in installed.distributions:
        pytest.skip(f"{distribution} is installed here")

    (problem,) = installed.problems(path, {})

    assert f"install {distribution}" in problem


def test_a_notifier_is_not_a_task(installed: Catalog) -> None:
    notifiers = [operator for operator in installed.operators if operator.kind == "notifier"]
    if not notifiers:
        pytest.skip("no provider with a notifier is installed")

    (problem,) = installed.problems(notifiers[0].path, {})

    assert "is a notifier, not a task" in problem


def test_a_notifier_is_right_where_one_is_asked_for(installed: Catalog) -> None:
    path = "airflow.providers.smtp.notifications.smtp.SmtpNotifier"
    if installed.get(path) is None:
        pytest.skip("apache-airflow-providers-smtp is not installed")

    assert installed.problems(path, {"to": "a@example.org"}, kinds=("notifier",)) == []


def test_a_base_class_is_not_for_use(installed: Catalog) -> None:
    (problem,) = installed.problems("airflow.providers.common.sql.operators.sql.BaseSQLOperator", {})

    assert "is a base class that does nothing by itself" in problem
