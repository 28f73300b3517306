"""No secret enters a plan: a request that holds one is refused before anything is stored."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from airflow_dag_agent_provider.exceptions import RequestRefused

# name, separator, value: "DB_PASSWORD=..." assigns, "token: ..." may also be a schema, "password ..." may be prose
_STRONG = r"pass[ _-]?word|passwd|pass[ _-]?phrase|passcode|pwd|passwort|kennwort|mot de passe|contraseña"
_WEAK = r"secret(?:[ _-]?(?:access[ _-]?)?key)?|(?:api|access|account|private)[ _-]?key|token"
_SHORT = r"pass|pw"
_SAID = re.compile(
    rf"(?:(?P<strong>[\w-]{{0,40}}(?:{_STRONG}))|(?P<weak>[\w-]{{0,40}}(?:{_WEAK}))|(?P<short>(?<![\w-])(?:[\w-]{{0,40}}[_-])?(?:{_SHORT})))"
    r"(?![\w-])[\"'`]?(?P<sign>\s*(?::=|=>|==?|->)\s*|(?:\s+is)?\s*:\s*|\s+(?:is|was|of|to|equals)\s+|[ \t]+\(?)"
    r"[\"'`]?(?P<value>[^\s\"'`,;]{4,400})",
    re.IGNORECASE,
)
_URI_PASSWORD = re.compile(
    r"\b[a-z][a-z0-9+.-]{0,20}://[^\s/:@\[\"']{0,100}:(?P<value>[^\s\"']{1,400})@[\w.\[-]", re.IGNORECASE
)
_PORT = re.compile(r"(?:[0-9]{1,5}|\{?port\}?)/", re.IGNORECASE)
_CURL_USER = re.compile(
    r"\b(?:curl|wget|http)\b[^\n]{0,300}?\s(?:-u|--user)[ =]?[\"']?[^\s:\"']{1,100}:(?P<value>[^\s\"']{4,400})"
)
_BEARER = re.compile(
    r"\b(?:bearer|basic)\s+(?=[A-Za-z._~+/-]{0,400}[0-9])[A-Za-z0-9._~+/-]{16,}"
    r"|\bauthorization[\"']?\s*[:=]\s*[\"']?(?:bearer|basic|token)\s+[A-Za-z0-9._~+/=-]{8,}",
    re.IGNORECASE,
)
# What stands where a secret would and is none: a template, a placeholder, a variable, an expression, a path.
_PLACEHOLDER = re.compile(
    r"\{\{|\$[{(]|\$[A-Za-z_]\w*$|%\(|%[A-Z_]+%$|<[^>]*>?$|\{\w*\}|[:@]\w+$|\*+$|x+$|\.{3,}|…|[\[({]"
    r"|[a-z_]\w*\(|[a-z_]+(?:\.[a-z_\"]+)+|[\w-]*(?:pass(?:word|wd)?|secret|token|pwd|credentials?|key)$"
    r"|(?:[.~]{0,2}/|\w+://)|(?-i:[a-z0-9_.-]+(?:/[a-z0-9_.-]+)+$)|[\w.+-]+@[\w-]+(?:\.[\w-]+)+$",
    re.IGNORECASE,
)
# A type of SQL, Python or a schema, with its size; a hash is a type of its own ("password: sha256 hex").
_TYPE = re.compile(
    r"(?:(?:var|n|nvar|long)?char(?:acter)?2?|(?:n|tiny|medium|long)?text|str(?:ing)?|bytes?|bytea|(?:var)?binary|[bc]lob"
    r"|(?:big|small|tiny|u|medium)?int(?:eger)?\d*|(?:big|small)?serial|float\d*|double|real|decimal\d*|numeric|number"
    r"|bool(?:ean)?|date(?:time)?\d*|time(?:stamp)?(?:_?n?tz|_ltz)?|timestamp_\w+|interval|uuid\d?|guid|json[bl]?|array"
    r"|list|dict|any|enum|object|variant|optional|union|utf-?\d+|hash(?:ed)?|sha-?\d+|md5|bcrypt|argon2\w*|base64|hex)"
    r"(?![\w!@#$&~-])",
    re.IGNORECASE,
)
_WORD = re.compile(
    r"(?:stored|kept|taken|read|in|the|your|from|column|null|none|nil|true|false|required|missing|empty|expired|optional|"
    r"hashed|masked|dropped|removed|unknown|changeme|not|value|excluded|self|args|kwargs|os|env)\b",
    re.IGNORECASE,
)
_NUMBERED_NAME = re.compile(  # column3, bucket_42, us-east-1
    r"(?:col(?:umn)?|field|line|row|id|part|value|attr|step|task|version|page|level|type|file|table|position|pos|nr|no|"
    r"number|day|week|quarter|group|phase|item|run)\d+$|(?:[a-z]+[_-])+\d{1,4}$",
    re.IGNORECASE,
)
_VENDORS: Final = {
    "an Anthropic key": re.compile(r"\bsk-ant-[\w-]{16,}"),
    "an OpenAI key": re.compile(r"\bsk-(?=[\w-]{0,200}\d)(?=[\w-]{0,200}[A-Z])[\w-]{20,}"),
    "a Google key": re.compile(r"\b(?:AIza[\w-]{30,}|GOCSPX-[\w-]{20,}|ya29\.[\w-]{20,})"),
    "a Hugging Face token": re.compile(r"\bhf_[A-Za-z0-9]{20,}"),
    "a Databricks token": re.compile(r"\bdapi[0-9a-f]{32}\b"),
    "an Azure signature": re.compile(r"\bsig=(?=[\w%+/=-]{0,200}[\d%])[\w%+/=-]{10,}"),
    "a Slack address": re.compile(r"\bhooks\.slack\.com/services/T\w+/B\w+/\w+"),
    "a Groq or xAI key": re.compile(r"\b(?:gsk_|xai-)[A-Za-z0-9]{20,}"),
}
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
    """Return what kind of secret stands in ``text``, words or JSON; None when there is none."""
    text = text.replace('\\"', '"').replace("\\n", "\n")  # JSON holds texts with escapes
    for kind, pattern in _VENDORS.items():
        if pattern.search(text):
            return kind
    if any(_is_uri_password(found["value"]) for found in _URI_PASSWORD.finditer(text)):
        return "a password in a URI"
    if any(not _PLACEHOLDER.match(found["value"]) for found in _CURL_USER.finditer(text)):
        return "a password or key"
    if any(_is_said(found) for found in _said(text)):
        return "a password or key"
    if _BEARER.search(text):
        return "a bearer token"
    if not _WORTH_A_LOOK.search(text):
        return None
    found = (kind for kind, detector in _detectors().items() for line in text.splitlines() if _finds(detector, line))
    return next(found, None)


def _is_uri_password(value: str) -> bool:
    return not (_PORT.match(value) or _PLACEHOLDER.match(value))


def _said(text: str) -> Iterator[re.Match[str]]:
    """Yield each name of a secret with what follows; the next search starts behind the name, not the value."""
    position = 0
    while found := _SAID.search(text, position):
        yield found
        position = found.start("sign")


def _is_said(found: re.Match[str]) -> bool:
    """Tell whether what follows the name of a secret is one."""
    value, sign = found["value"].rstrip(".,;:!?)]}>"), found["sign"].strip().lower()
    if len(value) < 4 or _PLACEHOLDER.match(value) or _TYPE.match(value) or _WORD.match(value):
        return False
    assigned = "=" in sign or sign == "->"
    if found["strong"] and (sign.endswith(":") or assigned) and value.isdigit():
        return not re.match(r"\s*(?:char|byte|bit|row|value)", found.string[found.end() :])
    if assigned and not found["weak"]:
        return True
    if sign in ("", "(") and found["short"]:  # "pass hunter22 on" is a verb
        return False
    return _looks_secret(value) and (assigned or not _NUMBERED_NAME.match(value))


def _looks_secret(value: str) -> bool:
    """Tell a secret from a word: letters with digits or signs between, or longer than words are."""
    if value.isalpha():
        return len(value) >= 16
    has_letter = any(char.isalpha() for char in value)
    return len(value) >= 6 and has_letter and re.search(r"[0-9!@#$%^&*+=~?]", value) is not None


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
