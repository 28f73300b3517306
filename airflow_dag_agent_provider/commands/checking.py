"""`check`: DAG files before Airflow reads them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_dag_agent_provider.commands.answer import error_finding
from airflow_dag_agent_provider.commands.console import FINDINGS, OK, USAGE, say, say_json, tell

if TYPE_CHECKING:
    from airflow_dag_agent_provider.checks.finding import CheckReport

_DAG_FACTS = {"dag_id", "schedule", "tasks", "next_runs"}


def check(args: argparse.Namespace) -> int:
    """Check DAG files; exit code 1 when one has an error."""
    from airflow_dag_agent_provider.checks.run import run_checks
    from airflow_dag_agent_provider.sandbox.sandbox import STATIC, Sandbox
    from airflow_dag_agent_provider.settings import load_settings

    missing = [path for path in args.paths if not _stands(path)]
    if missing:
        tell(f"There is no file or folder {', '.join(map(repr, missing))}.")
        return USAGE
    paths = list(_python_files(args.paths))
    if not paths:
        tell(f"There is no Python file (*.py) in {', '.join(map(repr, args.paths))}.")
        return USAGE
    sandbox = Sandbox(isolation=load_settings().isolation)
    files: list[dict[str, Any]] = []
    layers: list[tuple[str, ...]] = []
    for path in paths:
        tell(f"checking {path} ...")
        try:
            source = _bytes(path)
        except OSError as error:
            files.append(_unreadable(path, error))
            continue
        report = run_checks(source, sandbox=sandbox)
        files.append(_checked(path, report))
        if report.layers:
            layers.append(report.layers)
    common = [layer for layer in layers[0] if all(layer in of_file for of_file in layers)] if layers else [*STATIC]
    answer = {"files": files, "isolation": {"layers": common}}
    if args.format == "json":
        say_json(answer)
    else:
        say(_text(answer))
    return OK if all(file["ok"] for file in files) else FINDINGS


def _stands(path: str) -> bool:
    """Tell whether something is there; what cannot be looked at is reported when it is read."""
    with suppress(OSError):
        return Path(path).exists()
    return True


def _python_files(paths: list[str]) -> Iterator[Path]:
    for path in map(Path, paths):
        if not _is_folder(path):
            yield path
        else:
            yield from sorted(found for found in path.rglob("*.py") if not _is_folder(found))


def _is_folder(path: Path) -> bool:
    with suppress(OSError):
        return path.is_dir()
    return False


def _bytes(path: Path) -> bytes:
    if path.exists() and not path.is_file():
        raise OSError(0, "it is a device or a pipe, not a file")
    return path.read_bytes()


def _unreadable(path: Path, error: OSError) -> dict[str, Any]:
    what = "The link leads to nothing" if _is_link(path) else "The file cannot be read"
    hint = "Give this user access to the file, or take it out of the folder"
    finding = error_finding("unreadable", f"{what} ({error.strerror})", hint=hint, check="read")
    return {"path": str(path), "ok": False, "findings": [finding], "dags": [], "elapsed_s": 0.0}


def _is_link(path: Path) -> bool:
    with suppress(OSError):
        return path.is_symlink()
    return False


def _checked(path: Path, report: CheckReport) -> dict[str, Any]:
    return {
        "path": str(path),
        "ok": report.ok,
        "findings": [finding.model_dump() for finding in report.findings],
        "dags": [dag.model_dump(mode="json", include=_DAG_FACTS) for dag in report.dags],
        "elapsed_s": round(report.elapsed_s, 3),
    }


def _text(answer: dict[str, Any]) -> str:
    lines = []
    for file in answer["files"]:
        dags = ", ".join(f"{dag['dag_id']} ({len(dag['tasks'])} tasks)" for dag in file["dags"]) or "no DAG"
        lines.append(f"{file['path']}: {'ok' if file['ok'] else 'ERROR'}, {dags}, {file['elapsed_s']} s")
        for finding in file["findings"]:
            place = f":{finding['line']}" if finding["line"] else ""
            lines.append(f"  {finding['severity']} {finding['code']}{place} {finding['message']}")
            lines.append(f"    {finding['hint']}")
    return "\n".join([*lines, f"isolated by: {', '.join(answer['isolation']['layers'])}"])
