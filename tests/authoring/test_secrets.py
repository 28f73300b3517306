"""No secret enters a plan, and ordinary words are no secret."""

from __future__ import annotations

import pytest

from airflow_dag_agent_provider.authoring.secrets import refuse_secrets, secret_kind
from airflow_dag_agent_provider.exceptions import RequestRefused

# put together here, so that no secret-like string stands in a file
SECRETS = {
    "a password in a URI": "load it from postgres://bob:" + "hunter2x" + "@db.example/shop daily",
    "a private key": "use -----BEGIN RSA " + "PRIVATE KEY----- MIIE",
    "a bearer token": "call it with Bearer " + "abcdefghij0123456789",
    "a password or key": "the password is " + "tr0ub4dor&3",
    "an AWS key": "key AKIA" + "IOSFODNN7EXAMPLE",
    "a GitHub token": "ghp_" + "a1B2" * 9,
    "a Slack token": "xoxb-" + "123456789012-" + "abcDEF123456",
}


@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_is_found_by_kind(kind: str) -> None:
    assert secret_kind(SECRETS[kind]) == kind


@pytest.mark.parametrize("kind", SECRETS)
def test_the_refusal_names_the_kind_and_never_the_secret(kind: str) -> None:
    with pytest.raises(RequestRefused) as refusal:
        refuse_secrets(SECRETS[kind])
    assert kind in str(refusal.value)
    assert "Airflow connection" in refusal.value.way_out
    for word in SECRETS[kind].split():
        assert len(word) < 12 or word not in str(refusal.value)


@pytest.mark.parametrize(
    "text",
    [
        "Every day at 04:00 load the CSV files in /data/in into the SQLite table sales.",
        "Mask the column password and drop the token column.",
        "The token is stored in connection api_conn.",
        "Read s3://bucket/2026-01-01/ with connection aws_default and md5 0cc175b9c0f1b6a831c399e269772661",
        "password: {{ conn.shop.password }}",
        "columns user: string, password: string, token: text",
        "mail us if the password is missing",
        "poll https://api.example.com:8443/v1/rates",
    ],
)
def test_ordinary_words_are_no_secret(text: str) -> None:
    assert secret_kind(text) is None
