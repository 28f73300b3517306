"""The index on disk: one JSON file per set of installed distributions, written whole or not at all."""

from __future__ import annotations

import json
import logging
import os
import secrets
import tempfile
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from airflow_dag_agent_provider.catalog.index import FORMAT, Index
from airflow_dag_agent_provider.catalog.operator import Operator, Parameter

log = logging.getLogger(__name__)

COLUMNS = tuple(field.name for field in fields(Operator))


def load(file: Path) -> Index | None:
    """Return a stored index; None if there is none or it is damaged (then it is built again)."""
    try:
        stored = json.loads(file.read_bytes())
        if stored["format"] != FORMAT or stored["columns"] != [*COLUMNS]:
            return None
        operators = [read_operator(row) for row in stored["operators"]]
        return Index(
            distributions=dict(stored["distributions"]),
            operators={operator.path: operator for operator in operators},
            aliases=dict(stored["aliases"]),
            task_parameters=read_parameters(stored["task_parameters"]),
            left_out=tuple(stored["left_out"]),
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as error:
        log.warning("A damaged catalog cache is built again. file=%s error=%r", file, error)
        return None


def read_operator(row: Sequence[object]) -> Operator:
    """Return one stored class; TypeError or ValueError if the row is not one."""
    operator = Operator(*row)  # type: ignore[arg-type]
    if not isinstance(operator.path, str) or not isinstance(operator.verified, bool):
        raise ValueError(f"not an operator: {row!r:.200}")
    object.__setattr__(operator, "parameters", read_parameters(operator.parameters))
    object.__setattr__(operator, "template_fields", tuple(operator.template_fields))
    return operator


def read_parameters(rows: Sequence[Sequence[object]]) -> tuple[Parameter, ...]:
    """Return stored parameters; TypeError if a row has another shape."""
    return tuple([Parameter._make(row) for row in rows])


def store(index: Index, file: Path) -> None:
    """Write an index so that a reader sees the old file or the whole new one.

    A folder that cannot be written is not an error: the next process builds the index again.
    """
    content = {
        "format": FORMAT,
        "columns": COLUMNS,
        "distributions": index.distributions,
        "task_parameters": index.task_parameters,
        "operators": [[getattr(operator, column) for column in COLUMNS] for operator in index.operators.values()],
        "aliases": index.aliases,
        "left_out": index.left_out,
    }
    part = file.with_suffix(f".{os.getpid()}-{secrets.token_hex(4)}.part")
    try:
        part.write_text(json.dumps(content, separators=(",", ":")))
        part.replace(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        log.warning("The catalog cache cannot be written. file=%s error=%s", file, error)


def user_cache_dir() -> Path | None:
    """Return a folder that only this user can write, or None if there is none."""
    home = os.environ.get("HOME")
    base = os.environ.get("XDG_CACHE_HOME") or (home and f"{home}/.cache")
    temporary = Path(tempfile.gettempdir()) / f"airflow-dag-agent-{os.getuid()}"
    for folder in (*([Path(base) / "airflow-dag-agent"] if base else []), temporary):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            facts = folder.stat()
        except OSError:
            continue
        if facts.st_uid == os.getuid() and not facts.st_mode & 0o022 and os.access(folder, os.W_OK):
            return folder
    return None
