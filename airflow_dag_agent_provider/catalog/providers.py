"""Providers of the Airflow project and well-known classes of theirs: what to install when a plan names one.

Data, and two look-ups.
"""

from __future__ import annotations

_PROVIDERS = """
airbyte alibaba amazon apache.cassandra apache.drill apache.druid apache.flink apache.hdfs
apache.hive apache.iceberg apache.impala apache.kafka apache.kylin apache.livy apache.pig
apache.pinot apache.spark apache.tinkerpop apprise arangodb asana atlassian.jira celery cloudant
cncf.kubernetes cohere common.ai common.compat common.io common.messaging common.sql databricks
datadog dbt.cloud dingding discord docker edge3 elasticsearch exasol fab facebook ftp git github
google grpc hashicorp http imap influxdb jdbc jenkins keycloak microsoft.azure microsoft.mssql
microsoft.psrp microsoft.winrm mongo mysql neo4j odbc openai openfaas openlineage opensearch
opsgenie oracle pagerduty papermill pgvector pinecone postgres presto qdrant redis salesforce samba
segment sendgrid sftp singularity slack smtp snowflake sqlite ssh standard tableau telegram teradata
trino vertica weaviate yandex ydb zendesk
"""
PROVIDERS = frozenset(_PROVIDERS.split())
"""Import path below `airflow.providers`; the distribution's name has '-' for the dots."""

CLASS_PREFIXES = {
    "Adls": "microsoft.azure",
    "Athena": "amazon",
    "Azure": "microsoft.azure",
    "BigQuery": "google",
    "CloudSQL": "google",
    "Databricks": "databricks",
    "Dataflow": "google",
    "Dataproc": "google",
    "DbtCloud": "dbt.cloud",
    "DynamoDB": "amazon",
    "Docker": "docker",
    "Ecs": "amazon",
    "Emr": "amazon",
    "FTP": "ftp",
    "GCS": "google",
    "Glue": "amazon",
    "Hive": "apache.hive",
    "Http": "http",
    "Imap": "imap",
    "Kubernetes": "cncf.kubernetes",
    "Lambda": "amazon",
    "Livy": "apache.livy",
    "Mongo": "mongo",
    "MsSql": "microsoft.mssql",
    "MySql": "mysql",
    "Oracle": "oracle",
    "Papermill": "papermill",
    "Postgres": "postgres",
    "Pubsub": "google",
    "PubSub": "google",
    "Redis": "redis",
    "Redshift": "amazon",
    "S3": "amazon",
    "SFTP": "sftp",
    "SSH": "ssh",
    "SageMaker": "amazon",
    "Salesforce": "salesforce",
    "Slack": "slack",
    "Sns": "amazon",
    "Snowflake": "snowflake",
    "SparkSubmit": "apache.spark",
    "Sqs": "amazon",
    "Trino": "trino",
    "Wasb": "microsoft.azure",
    "ConsumeFromTopic": "apache.kafka",
    "ProduceToTopic": "apache.kafka",
}
"""Start of a class name -> the provider that has such classes; the longest match counts."""


def distribution_of(provider: str) -> str:
    """Return the name to install.

    >>> distribution_of("apache.kafka")
    'apache-airflow-providers-apache-kafka'
    """
    return "apache-airflow-providers-" + provider.replace(".", "-")


def provider_of(path: str) -> str | None:
    """Return the provider a dotted path or a bare class name points at, None if none is known.

    >>> provider_of("airflow.providers.amazon.aws.operators.s3.S3CreateBucketOperator")
    'amazon'
    >>> provider_of("SnowflakeOperator")
    'snowflake'
    """
    parts = path.split(".")
    if parts[:2] == ["airflow", "providers"]:
        known = (".".join(parts[2:end]) for end in (4, 3))
        return next((name for name in known if name in PROVIDERS), None)
    prefixes = (prefix for prefix in CLASS_PREFIXES if parts[-1].startswith(prefix))
    longest = max(prefixes, key=len, default=None)
    return CLASS_PREFIXES[longest] if longest else None
