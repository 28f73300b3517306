"""No secret enters a plan, and ordinary words are no secret."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from airflow_dag_agent_provider.authoring.secrets import refuse_secrets, secret_kind
from airflow_dag_agent_provider.exceptions import RequestRefused

# put together here, so that no secret-like string stands in a file
WORD = "hunter" + "22"
SHORT_WORD = "hunter" + "2"
MIXED = "abc123" + "def456"
SECRETS = {
    "a password in a URI": f"load it from postgres://bob:{SHORT_WORD}x@db.example/shop daily",
    "a private key": "use -----BEGIN RSA " + "PRIVATE KEY----- MIIE",
    "a bearer token": "call it with Bearer " + "abcdefghij" + "0123456789",
    "a password or key": "the password is " + "tr0ub4dor" + "&3",
    "an AWS key": "key AKIA" + "IOSFODNN7EXAMPLE",
    "a GitHub token": "ghp_" + "a1B2" * 9,
    "a Slack token": "xoxb-" + "123456789012-" + "abcDEF123456",
    "an Anthropic key": "use sk-ant-" + "api03-" + "abcdefghij0123456789",
    "an OpenAI key": "use sk-" + "proj-" + "Abcdefghij0123456789",
    "a Google key": "AIza" + "SyA1234567890abcdefghijklmnopqrstuv",
    "a Hugging Face token": "hf_" + "abcdefghijklmnopqrstuvwxyzABCDEFGH",
    "a Databricks token": "dapi" + "0123456789abcdef" * 2,
    "an Azure signature": "https://x.blob.example/c?sv=2020&sig=" + "abc%2B" + "def123456",
    "a Slack address": "https://hooks.slack.com/services/" + "T00000000/" + "B00000000/" + "X" * 24,
}
SAID = [
    f"connect with user bob and password {SHORT_WORD}",
    f"the password ({WORD})",
    f"set the password to {WORD}",
    f"DB_PASSWORD={WORD}",
    "PGPASSWORD=" + "S3cr3t" + "!99",
    f"client_secret={MIXED}",
    f"clientSecret: {MIXED}",
    f"db_password: {WORD}!",
    f"dbPassword={SHORT_WORD}",
    "password = " + "swordfish",
    "the password is " + "correcthorse" + "battery",
    "password:" + "12345",
    f"password\n: {WORD}",
    f"Password is: {WORD}.",
    f"Passwort: {WORD}",
    f"mot de passe: {WORD}",
    f"pw={WORD}",
    f"pass: {WORD}",
    f"--password {WORD} --user bob",
    f"pwd={WORD};uid=sa",
    "AccountKey=" + "abcd1234" * 4 + "==",
    "aws_secret_access_key = " + "wJalrXUtnFEMI/" + "K7MDENG/bPxRfiCY",
    f"curl -u bob:{WORD} http://x",
    f"my token is {MIXED}",
    f'{{"password": "{WORD}"}}',
    f'{{"text": "a \\"password\\": \\"{WORD}\\""}}',
    f"columns token: uuid, and the password {WORD}",
]
IN_URI = [
    "postgresql://bob:" + "p/ss@w0rd" + "@host/db",
    f"redis://:{WORD}@cache:6379/0",
    f"https://bob:{WORD}@example.com/x?y=1",
]


@pytest.mark.parametrize("text", SAID)
def test_a_secret_that_is_said_or_assigned_is_found(text: str) -> None:
    assert secret_kind(text) == "a password or key"


@pytest.mark.parametrize("text", IN_URI)
def test_a_password_in_a_uri_is_found(text: str) -> None:
    assert secret_kind(text) == "a password in a URI"


def test_an_authorization_header_is_found_without_a_digit() -> None:
    assert secret_kind("Authorization: Basic " + "Ym" + "9iOmhvcnNl") == "a bearer token"


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
        "mail us if the password is missing",
        "the password is required! token is optional?",
        "a basic understanding of internationalization",
        "user id and token of each row",
        "bypass = true, first pass: 2026-01-01",
        "password of 8-16 characters, password: 1024 bytes",
        "primary key: id, token column3, secret bucket_42, token us-east-1",
        "use secret backend prod/db1/keys and token: /run/secrets/token1",
        "access key of s3://bucket1/x",
        "contact bob:ann@example.com, docker run -u 1000:1000",
    ],
)
def test_ordinary_words_are_no_secret(text: str) -> None:
    assert secret_kind(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "columns user: string, password: string, token: text",
        "parse id: string, token: varchar(64), value: float",
        "parse token: uuid, amount: float",
        "columns token: bigint",
        "token: string(20), refresh: int64",
        "api_key: char(32)",
        "password: bytes",
        "password varchar2(255) not null",
        "password: sha256 hex",
        "access token: timestamp",
        "secret: decimal(10,2)",
        "token: str|None",
        '{"COLUMNS": {"token": "string", "password": "char(32)"}}',
    ],
)
def test_a_type_is_no_secret(text: str) -> None:
    assert secret_kind(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "password: {{ conn.shop.password }}",
        "use token={{ conn.x.password }}",
        "Authorization: Bearer {{ conn.api.password }}",
        "token: ${TOKEN} password=$PASSWORD",
        "password = :password, token=%(token)s, secret=<secret>, pwd=****",
        "postgresql://{user}:{password}@{host}/x",
        "postgres://user:password@host/x",
        "connect(user=user, password=password, token=conn.password)",
        "token = row.get('token')",
        'UPDATE SET "password" = excluded."password"',
        r'{"SQL": "UPDATE SET \"password\" = excluded.\"password\""}',
        "max_tokens=4096, password=None",
    ],
)
def test_a_placeholder_or_an_expression_is_no_secret(text: str) -> None:
    assert secret_kind(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "poll https://api.example.com:8443/v1/rates",
        "read http://example.com:8080/a@b",
        "read http://[::1]:8080/a@b",
    ],
)
def test_a_port_is_no_password(text: str) -> None:
    assert secret_kind(text) is None


@pytest.mark.parametrize(
    "plan", sorted((Path(__file__).parents[1] / "requests").glob("*/plan.json")), ids=lambda p: p.parent.name
)
def test_an_ordinary_plan_holds_no_secret(plan: Path) -> None:
    assert secret_kind(plan.read_text()) is None


@pytest.mark.parametrize("piece", ["a", "a.", "password ", "password: ", "x://a:", "basic a", "curl -u a", "pass_"])
def test_a_long_text_is_read_in_a_moment(piece: str) -> None:
    started = time.process_time()
    secret_kind((piece * 20_000)[:20_000])
    assert time.process_time() - started < 3
