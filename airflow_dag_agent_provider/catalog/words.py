"""Words of requests and of class names: data of the search."""

from __future__ import annotations

from collections.abc import Mapping

_STOP_WORDS = """
a an and as at be by do does each every for from has have i in into is it its me my new of off on
onto or our out over so some that the their them then there this to up using via want we when which
with you your all any operator task airflow data please should would
"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "alter": ("sql", "execute"),
    "alert": ("notifier", "notification", "send"),
    "api": ("http", "request"),
    "aws": ("amazon",),
    "bucket": ("s3", "gcs", "blob"),
    "command": ("bash", "shell"),
    "container": ("docker", "pod", "kubernetes"),
    "copy": ("transfer",),
    "create": ("execute",),
    "csv": ("file",),
    "database": ("sql", "db"),
    "db": ("sql", "database"),
    "delete": ("execute",),
    "download": ("transfer", "get"),
    "drop": ("sql", "execute"),
    "email": ("smtp", "mail"),
    "endpoint": ("http",),
    "excel": ("file",),
    "function": ("callable",),
    "gcp": ("google",),
    "insert": ("sql", "rows"),
    "json": ("file",),
    "k8s": ("kubernetes", "pod"),
    "load": ("transfer", "insert"),
    "mail": ("email", "smtp"),
    "move": ("transfer", "copy"),
    "mysql": ("sql",),
    "notify": ("notifier", "notification"),
    "parquet": ("file",),
    "pause": ("delta", "wait"),
    "postgres": ("sql", "postgresql"),
    "postgresql": ("sql", "postgres"),
    "query": ("sql", "execute"),
    "rest": ("http",),
    "run": ("execute",),
    "script": ("bash", "python"),
    "select": ("sql", "query"),
    "shell": ("bash",),
    "sqlite": ("sql",),
    "statement": ("sql", "query"),
    "storage": ("file", "object"),
    "table": ("sql",),
    "trigger": ("dagrun",),
    "truncate": ("sql", "execute"),
    "update": ("execute",),
    "upload": ("transfer", "put"),
    "url": ("http",),
    "wait": ("sensor",),
    "webhook": ("http",),
}
_ACTIONS = """
add archive bulk branch cancel check clean clone count create delete describe drop execute export
get import insert list load pause publish purge put query remove resume send start stop submit
trigger truncate undo update upload upsert validate write
"""
ACTIONS = frozenset(_ACTIONS.split())
"""Verbs in class names: one that nobody asked for speaks against the class."""
KIND_WORDS = frozenset({"operator", "sensor", "notifier", "task", "to"})
WAITING = frozenset({"wait", "sensor", "until", "poll", "appears", "arrives", "exists", "check"})
TELLING = frozenset({"alert", "notify", "notification", "notifier"})
NEUTRAL = tuple(f"apache-airflow-providers-{name}" for name in ("standard", "common-", "http", "smtp"))
"""Distributions that stand for no vendor; the rest come after them unless the words name the vendor."""
PURPOSES: Mapping[str, str] = {
    "BashOperator": "run a shell command or script",
    "DockerOperator": "run a container from an image",
    "EmptyOperator": "do nothing, join, start, end",
    "ExternalTaskSensor": "wait until another dag or task has finished, depend on another dag",
    "HttpOperator": "call a rest api, get or post to a url, request an endpoint",
    "KubernetesPodOperator": "run a container from an image",
    "PythonOperator": "run a python function, call a python callable",
    "SFTPOperator": "download or upload a file from or to sftp",
    "SQLExecuteQueryOperator": "run an sql query or statement; create, alter or drop a table or view in a "
    "database; insert, update, delete, select; postgres, mysql, sqlite, snowflake",
}
"""What some are for, where their docstring says too little to be found by it."""
