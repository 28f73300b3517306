"""No secret enters a plan: a request that holds one is refused before anything is stored."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final

from airflow_dag_agent_provider.exceptions import RequestRefused

_URI_PASSWORD = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@{}]*:(?P<value>[^\s/@]+)@", re.IGNORECASE)
_BEARER = re.compile(r"\b(?:bearer|basic)\s+[A-Za-z0-9._~+/-]{16,}", re.IGNORECASE)
_SAID = re.compile(
    r"\b(?:password|passwd|passphrase|pwd|secret(?:[ _-]?key)?|api[ _-]?key|access[ _-]?key|auth[ _-]?token|token)\b"
    r"(?:\s+(?:is|of)\s+|\s*[:=]\s*)[\"'`]?(?P<value>[^\s\"'`,;]{4,})",
    re.IGNORECASE,
)
# What stands behind "password:" and is no password: templates, placeholders, types, and words about where it is.
_HARMLESS = re.compile(
    r"\{\{|<[^>]*>$|\*+$|(?:stored|kept|taken|read|in|the|your|from|string|text|varchar|column|null|none|required|"
    r"missing|empty|expired|optional|hashed|masked|dropped|removed|unknown|integer|float|not)\b",
    re.IGNORECASE,
)
_DETECTORS: Final = {
    "an AWS key": ("aws", "AWSKeyDetector"),
    "an Azure storage key": ("azure_storage_key", "AzureStorageKeyDetector"),
    "a GitHub token": ("github_token", "GitHubTokenDetector"),
    "a GitLab token": ("gitlab_token", "GitLabTokenDetector"),
    "a JSON web token": ("jwt", "JwtTokenDetector"),
    "an npm token": ("npm", "NpmDetector"),
    "an OpenAI key": ("openai", "OpenAIDetector"),
    "a private key": ("private_key", "PrivateKeyDetector"),
    "a PyPI token": ("pypi_token", "PypiTokenDetector"),
    "a SendGrid key": ("sendgrid", "SendGridDetector"),
    "a Slack token": ("slack", "SlackDetector"),
    "a Stripe key": ("stripe", "StripeDetector"),
    "a Telegram token": ("telegram_token", "TelegramBotTokenDetector"),
    "a Twilio key": ("twilio", "TwilioKeyDetector"),
}
_WORTH_A_LOOK = re.compile(r"[A-Za-z0-9+/=_-]{16,}|-----BEGIN")


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
    for said, kind in ((_URI_PASSWORD, "a password in a URI"), (_SAID, "a password or key")):
        if any(not _HARMLESS.match(found["value"]) for found in said.finditer(text)):
            return kind
    if _BEARER.search(text):
        return "a bearer token"
    if not _WORTH_A_LOOK.search(text):
        return None
    found = (kind for kind, detector in _detectors().items() for line in text.splitlines() if _finds(detector, line))
    return next(found, None)


def _finds(detector: Any, line: str) -> bool:
    return any(True for _ in detector.analyze_string(line))


@cache
def _detectors() -> dict[str, Any]:
    """Return the token formats of detect-secrets; its guesses by entropy are left out."""
    from importlib import import_module  # only a text with a long token needs them

    return {
        kind: getattr(import_module(f"detect_secrets.plugins.{module}"), name)()
        for kind, (module, name) in _DETECTORS.items()
    }
