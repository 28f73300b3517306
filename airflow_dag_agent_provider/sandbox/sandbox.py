"""The sandbox: what is asked of untrusted source, each in a process of its own."""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Literal, TypeVar

from pydantic import ValidationError

from airflow_dag_agent_provider.exceptions import SandboxFailed
from airflow_dag_agent_provider.sandbox.answers import Death, LintMessage, Loaded, Outcome
from airflow_dag_agent_provider.sandbox.bytecode import write_bytecode
from airflow_dag_agent_provider.sandbox.limits import Limits
from airflow_dag_agent_provider.sandbox.process import TAIL_BYTES, Ended, Job, run
from airflow_dag_agent_provider.sandbox.ruff import lint_job, lint_messages
from airflow_dag_agent_provider.sandbox.text import one_line
from airflow_dag_agent_provider.sandbox.workdir import environment, workdir

Isolation = Literal["require", "best", "static"]

REQUIRED = ("no_new_privs", "rlimits", "landlock")
PARENT_LAYERS = ("empty_environment", "own_session", "wall_clock", "output_cap")
STATIC = ("static",)
CHILD = "airflow_dag_agent_provider.sandbox.child"
RESULT = b'{"kind": "result", "token": "%s", "body": '

Told = TypeVar("Told", Loaded, Outcome)


@dataclass(frozen=True)
class Sandbox:
    """Runs a DAG file, its tests or a linter away from this process.

    ``isolation`` is ``"best"`` (apply what the kernel gives and name it in the answer), ``"require"`` (fail
    where a layer of `REQUIRED` is missing, before the file runs) or ``"static"`` (never run it, and say so).
    """

    isolation: Isolation = "best"
    limits: Limits = field(default_factory=Limits)

    def load(self, source: bytes, *, operators: Sequence[str] = ()) -> Loaded:
        """Import a DAG file in a child process and return what Airflow makes of it.

        Args:
            source: The bytes of the file.
            operators: Dotted paths of classes that the child tries to import first.

        Returns:
            A file that kills or blocks its process is an answer too: ``died`` says how.

        Raises:
            SandboxFailed: The child did not come as far as the file.
        """
        if self.isolation == "static":
            return Loaded(layers=STATIC)
        with self._child("load", {"dag_file.py": source}, {"operators": list(operators)}) as (ended, layers):
            told = {"layers": layers, "elapsed_s": round(ended.elapsed_s, 3)}
            return _answer(Loaded, ended, told)

    def lint(self, source: bytes) -> tuple[LintMessage, ...]:
        """Return what ruff says about a file. Nothing of the file runs, so every isolation may lint.

        Raises:
            SandboxFailed: ruff is not installed or did not answer.
        """
        with workdir() as folder:
            return lint_messages(run(lint_job(source, cwd=folder)))

    def pytest(self, files: Mapping[str, bytes], *, wall_s: float | None = None) -> Outcome:
        """Run test files, with the files they need beside them, under the same protections as `load`.

        Args:
            files: Relative path -> bytes; ``test_*.py`` are collected.
            wall_s: Wall clock; None: the one of the limits.

        Returns:
            ``passed`` is True only if at least one test ran and none failed.

        Raises:
            SandboxFailed: The child did not come as far as the tests, or a path leaves the folder.
        """
        if self.isolation == "static":
            return Outcome(passed=False, layers=STATIC, output="isolation='static' runs no test")
        limits = self.limits if wall_s is None else replace(self.limits, wall_s=wall_s)
        with replace(self, limits=limits)._child("prove", files, {}) as (ended, layers):
            told = {
                "layers": layers,
                "elapsed_s": round(ended.elapsed_s, 3),
                "output": (ended.stdout + ended.stderr)[-TAIL_BYTES:].decode(errors="replace"),
            }
            return _answer(Outcome, ended, told, passed=False)

    @contextmanager
    def _child(
        self, module: str, files: Mapping[str, bytes], request: Mapping[str, object]
    ) -> Iterator[tuple[Ended, tuple[str, ...]]]:
        """Run one module of ``sandbox/child`` over ``files``; give how it ended and the layers it had."""
        write_bytecode()
        token = secrets.token_hex(16)
        with workdir() as folder:
            for name, content in files.items():
                _write(folder / "files", name, content)
            asked = {
                **request,
                "token": token,
                "parent": os.getpid(),
                "limits": asdict(self.limits),
                "required": REQUIRED if self.isolation == "require" else (),
                "files": str(folder / "files"),
            }
            (folder / "request.json").write_text(json.dumps(asked), encoding="utf-8")
            ended = run(
                Job(
                    argv=(
                        sys.executable,
                        "-P",
                        "-s",
                        "-m",
                        f"{CHILD}.{module}",
                        str(folder / "request.json"),
                    ),
                    env=environment(folder, import_s=self.limits.import_s),
                    cwd=folder / "files",
                    wall_s=self.limits.wall_s,
                    max_output_bytes=self.limits.output_kb * 1024,
                    max_result_bytes=self.limits.result_kb * 1024,
                    channel=True,
                    end_mark=RESULT % token.encode(),
                )
            )
            yield ended, (*PARENT_LAYERS, *self._layers(ended))

    def _layers(self, ended: Ended) -> tuple[str, ...]:
        """Return the layers the child reports; SandboxFailed if it never came as far as the file."""
        words = [json.loads(line) for line in ended.lines[:2]] if _came_up(ended) else []
        if words:
            return tuple(str(layer) for layer in words[0]["layers"])
        if ended.lines and b'"missing"' in ended.lines[-1]:
            missing = ", ".join(json.loads(ended.lines[-1])["missing"])
            raise SandboxFailed(
                "protect this process from the file",
                why=f"isolation='require' and this system did not give: {missing}. "
                "Run on Linux, or say isolation='best' to accept what is there",
            )
        tail = ended.stderr[-TAIL_BYTES:].decode(errors="replace").strip()
        raise SandboxFailed("start Airflow in a child process", why=f"{ended.death}; it said: {tail or 'nothing'}")


def _came_up(ended: Ended) -> bool:
    return len(ended.lines) >= 2 and ended.lines[1].startswith(b'{"kind": "ready"')


def _answer(model: type[Told], ended: Ended, told: Mapping[str, object], **without: object) -> Told:
    """Return what the child answered as ``model``, or how it ended, with ``without``, where it gave none.

    Args:
        model: What must come out.
        ended: The child.
        told: What this process itself knows; it wins over the child's words.
        without: Further fields of an answer that says only how the child ended.
    """
    death = ended.death
    if ended.stopped is None and ended.lines and ended.lines[-1].startswith(ended.end_mark):
        try:
            return model.model_validate({**json.loads(ended.lines[-1])["body"], **told})
        except ValidationError as error:
            fields = {".".join(str(part) for part in one["loc"] if isinstance(part, str)) for one in error.errors()}
            death = Death(kind="answer", detail=one_line(", ".join(sorted(fields))))
        except (ValueError, TypeError, KeyError, RecursionError):
            death = Death(kind="answer", detail="no JSON of the agreed shape")
    return model.model_validate({**without, "died": death, **told})


def _write(folder: Path, name: str, content: bytes) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise SandboxFailed("write the test files", why=f"{name!r} is not a relative path inside of its folder")
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
