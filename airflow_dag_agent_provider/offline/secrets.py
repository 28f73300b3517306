"""Finds secrets in a request before anything of it is stored; names their kind, never their value."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final

_URI_PASSWORD = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/:@{}]*:(?P<value>[^\s/@]+)@", re.I)
_SAID = re.compile(
    r"\b(?:password|passwd|passphrase|pwd|secret(?:[ _-]?key)?|api[ _-]?key|access[ _-]?key|auth[ _-]?token|token)\b"
    r"(?:\s+(?:is|of)\s+|\s*[:=]\s*)[\"'`]?(?P<value>[^\s\"'`,;]{4,})",
    re.I,
)
_HARMLESS: Final = re.compile(
    r"\{\{|<[^>]*>$|\*+$|stored|kept|in$|the$|your$|from|string|text|column|null|none|required", re.I
)
_PLUGINS: Final = {
    "an AWS key": ("aws", "AWSKeyDetector"),
    "an Azure storage key": ("azure_storage_key", "AzureStorageKeyDetector"),
    "a GitHub token": ("github_token", "GitHubTokenDetector"),
    "a GitLab token": ("gitlab_token", "GitLabTokenDetector"),
    "a JSON web token": ("jwt", "JwtTokenDetector"),
    "an OpenAI key": ("openai", "OpenAIDetector"),
    "a private key": ("private_key", "PrivateKeyDetector"),
    "a SendGrid key": ("sendgrid", "SendGridDetector"),
    "a Slack token": ("slack", "SlackDetector"),
    "a Stripe key": ("stripe", "StripeDetector"),
}
_WORTH_A_LOOK = re.compile(r"[A-Za-z0-9+/=_-]{16,}|-----BEGIN")


def find_secret(text: str) -> str | None:
    """Return the kind of the first secret in ``text`` ("a password in a URI"), None where there is none."""
    if found := _URI_PASSWORD.search(text):
        return None if _HARMLESS.match(found["value"]) else "a password in a URI"
    for said in _SAID.finditer(text):
        if not _HARMLESS.match(said["value"]):
            return "a password or key"
    if _WORTH_A_LOOK.search(text):
        for kind, plugin in _detectors().items():
            if any(plugin.analyze_string(line) for line in text.splitlines() if list(plugin.analyze_string(line))):
                return kind
    return None


@cache
def _detectors() -> dict[str, Any]:
    from importlib import import_module  # only a text with a long token needs detect-secrets

    found: dict[str, Any] = {}
    for kind, (module, name) in _PLUGINS.items():
        found[kind] = getattr(import_module(f"detect_secrets.plugins.{module}"), name)()
    return found
