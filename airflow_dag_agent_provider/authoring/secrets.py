"""No secret enters a plan: a request that holds one is refused before anything is stored."""

from __future__ import annotations

import re

from airflow_dag_agent_provider.exceptions import RequestRefused

_URI_PASSWORD = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@]+:[^\s/@]+@", re.IGNORECASE)
_PEM = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_BEARER = re.compile(r"\bbearer\s+[A-Za-z0-9._~+/-]{16,}", re.IGNORECASE)
_ASSIGNED = re.compile(
    r"\b(?:password|passwd|pwd|secret|api[_ -]?key|access[_ -]?token|token)\s*(?:is|[:=])\s*"
    r"[\"']?(?![{<*])(?P<value>[^\s\"',;]{6,})",
    re.IGNORECASE,
)


def refuse_secrets(text: str) -> None:
    """Do nothing when ``text`` holds no secret.

    Raises:
        RequestRefused: It does; the message names the kind of secret, never the secret.
    """
    kind = secret_kind(text)
    if kind is not None:
        raise RequestRefused(
            f"the request holds what looks like a secret ({kind}). Requests, plans and DAG files are stored and shown.",
            way_out="Store it in an Airflow connection, name the connection id in the request, and change the "
            "secret if it was real.",
        )


def secret_kind(text: str) -> str | None:
    """Return what kind of secret stands in ``text``; None when there is none."""
    if _URI_PASSWORD.search(text):
        return "a password in a URI"
    if _PEM.search(text):
        return "a private key"
    if _BEARER.search(text):
        return "a bearer token"
    assigned = _ASSIGNED.search(text)
    if assigned and re.search(r"\d|[^\w.]", assigned["value"]):
        return "a password or token"
    return _detected(text)


def _detected(text: str) -> str | None:
    """Return the first kind that detect-secrets' token formats find; its entropy guesses are left out."""
    from detect_secrets.core.scan import scan_line
    from detect_secrets.settings import transient_settings

    formats = (
        "AWSKeyDetector", "AzureStorageKeyDetector", "GitHubTokenDetector", "GitLabTokenDetector", "JwtTokenDetector",
        "MailchimpDetector", "NpmDetector", "OpenAIDetector", "PypiTokenDetector", "SendGridDetector", "SlackDetector",
        "SquareOAuthDetector", "StripeDetector", "TelegramBotTokenDetector", "TwilioKeyDetector",
    )  # fmt: skip
    with transient_settings({"plugins_used": [{"name": name} for name in formats]}):
        for line in text.splitlines():
            for secret in scan_line(line):
                return str(secret.type)
    return None
