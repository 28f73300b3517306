"""Import one DAG file with Airflow and tell what it gives. Started with ``python -m``, imported by nobody."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

from airflow_dag_agent_provider.sandbox.child.start import start

MAX_MESSAGE = 4000
CAPTURED = re.compile(r"(?P<path>.*?):(?P<line>\d+): (?P<category>[\w.]+): (?P<message>.*)", re.DOTALL)
MODULE = re.compile(r"unusual_prefix_[0-9a-f]{40}_")  # Airflow's name for the module of a DAG file

Answer = dict[str, Any]


def main() -> None:
    """Load the file of the request and send the answer."""
    request, channel = start()
    import_module("airflow_dag_agent_provider.sandbox.child.bag")  # Airflow: 2 s warm, 13 s cold
    channel.send(kind="ready")
    path = Path(request["files"]) / "dag_file.py"
    answer = _confirm(request["operators"], path)
    with _forks_noted(path) as forks:
        answer |= _load(path)
    answer["forked_at"] = sorted(set(forks))[:20]
    channel.finish(answer)


@contextmanager
def whatever_happens(failures: list[Answer], stage: str, path: Path) -> Iterator[None]:
    """Turn whatever foreign code raises into a failure: this is the sandbox child's one broad handler."""
    try:
        yield
    except BaseException as error:  # noqa: BLE001 - foreign code raises SystemExit and KeyboardInterrupt too
        traceback, line = error.__traceback__, None
        while traceback is not None:
            if traceback.tb_frame.f_code.co_filename == str(path):
                line = traceback.tb_lineno
            traceback = traceback.tb_next
        failures.append(_failure(stage, type(error).__qualname__, str(error), line, path))


def _confirm(operators: Sequence[str], path: Path) -> Answer:
    """Import each operator class by its dotted path."""
    confirmed, classes, unconfirmed = [], [], []
    for operator in operators:
        failures: list[Answer] = []
        module, _, name = operator.rpartition(".")
        with whatever_happens(failures, "import", path):
            found = getattr(import_module(module), name)
            confirmed.append(operator)
            if isinstance(found, type) and operator != (defined := f"{found.__module__}.{found.__name__}"):
                classes.append((operator, defined))
        unconfirmed += [
            {"operator": operator, "message": f"{failure['error_type']}: {failure['message']}"} for failure in failures
        ]
    return {
        "operators_confirmed": confirmed,
        "operator_classes": classes,
        "operators_unconfirmed": unconfirmed,
    }


def _load(path: Path) -> Answer:
    # Not at the top: this process is locked before it imports Airflow.
    from airflow_dag_agent_provider.sandbox.child.bag import Bag, dag_facts

    bag = Bag(path.parent)
    failures: list[Answer] = []
    dags: list[Answer] = []
    with whatever_happens(failures, "import", path):
        bag.process_file(str(path), only_if_updated=False, safe_mode=False)
    failures += [_told(text, path) for text in bag.import_errors.values()]
    for dag_id in sorted(bag.dags):
        with whatever_happens(failures, "serialize", path):
            dags.append(dag_facts(bag.dags[dag_id], folder=path.parent))
    return {
        "dags": dags,
        "duplicate_dag_ids": sorted({dag_id for dag_id in bag.offered if bag.offered.count(dag_id) > 1}),
        "import_errors": failures,
        "warnings": _captured(bag.captured_warnings.get(str(path), ()), path),
    }


def _told(text: str, path: Path) -> Answer:
    """Read the type, message and line out of the traceback that a DagBag keeps."""
    lines = text.rstrip().splitlines()
    frames = [number for number, line in enumerate(lines) if line.startswith('  File "')]
    here = re.findall(rf'^  File "{re.escape(str(path))}", line (\d+)', text, re.MULTILINE)
    after = frames[-1] + 1 if frames else 0
    while frames and after < len(lines) - 1 and lines[after].startswith(" "):
        after += 1
    error_type, _, message = "\n".join(lines[after:]).partition(":")
    if not re.fullmatch(r"[\w.]+", error_type):
        error_type, message = "Exception", "\n".join(lines[after:])
    return _failure("import", error_type, message.strip(), int(here[-1]) if here else None, path)


def _failure(stage: str, error_type: str, message: str, line: int | None, path: Path) -> Answer:
    message = message.replace(str(path), "the file").replace(str(path.parent), "its folder")
    return {
        "stage": stage,
        "error_type": error_type.rpartition(".")[2],
        "message": MODULE.sub("", message)[:MAX_MESSAGE],
        "line": line,
    }


def _captured(warnings: Sequence[str], path: Path) -> list[Answer]:
    """Keep the warnings that point into the file; those of installed packages are not its author's."""
    matches = [match for match in map(CAPTURED.fullmatch, warnings) if match and match["path"] == str(path)]
    return [
        {"category": match["category"], "message": match["message"][:MAX_MESSAGE], "line": int(match["line"])}
        for match in matches[:100]
    ]


@contextmanager
def _forks_noted(path: Path) -> Iterator[list[int]]:
    """Collect the lines of the file from which this process forks; 0 where no line of it is on the stack."""
    lines: list[int] = []
    owner = os.getpid()

    def note() -> None:
        if os.getpid() != owner or len(lines) > 1000:
            return
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename != str(path):
            frame = frame.f_back
        lines.append(frame.f_lineno if frame else 0)

    os.register_at_fork(before=note)
    yield lines


if __name__ == "__main__":
    main()
