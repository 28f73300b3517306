"""Which package has a module that is missing."""

from __future__ import annotations

NESTED = frozenset({"apache", "atlassian", "cncf", "common", "dbt", "microsoft"})
DISTRIBUTIONS = {
    "PIL": "pillow", "bs4": "beautifulsoup4", "cv2": "opencv-python", "dateutil": "python-dateutil",
    "dotenv": "python-dotenv", "git": "GitPython", "jwt": "PyJWT", "ldap": "python-ldap",
    "MySQLdb": "mysqlclient",
    "psycopg2": "psycopg2-binary", "sklearn": "scikit-learn", "snowflake": "snowflake-connector-python",
    "yaml": "PyYAML", "zmq": "pyzmq", "kafka": "kafka-python", "serial": "pyserial", "docx": "python-docx",
}  # fmt: skip


def package_of(module: str) -> str:
    """Return the distribution that most likely holds ``module``.

    >>> package_of("airflow.providers.apache.kafka.operators.consume")
    'apache-airflow-providers-apache-kafka'
    >>> package_of("airflow.providers.slack")
    'apache-airflow-providers-slack'
    >>> package_of("yaml.nodes")
    'PyYAML'
    """
    parts = module.split(".")
    if parts[:2] == ["airflow", "providers"] and len(parts) > 2:
        length = 4 if parts[2] in NESTED else 3
        return "-".join(["apache-airflow-providers", *parts[2:length]])
    return DISTRIBUTIONS.get(parts[0], parts[0].replace("_", "-"))


def is_airflow(module: str) -> bool:
    """Whether ``module`` would be part of Airflow itself: no package brings it back.

    >>> is_airflow("airflow.operators.subdag"), is_airflow("airflow.providers.slack"), is_airflow("yaml")
    (True, False, False)
    """
    return module.split(".")[0] == "airflow" and not module.startswith("airflow.providers.")
