"""The terminal: what a person or a script reads, what they answer, and how a command ends."""

from __future__ import annotations

import argparse
import getpass
import io
import json
import os
import sys
from collections.abc import Callable
from typing import Any, TextIO

from airflow_dag_agent_provider.exceptions import (
    DagAgentError,
    DraftNotFound,
    ModelUnavailable,
    PublishRefused,
    QuestionsOpen,
    RequestInvalid,
    RequestRefused,
    SettingsError,
    StorageError,
)

OK, FINDINGS, USAGE, QUESTIONS, REFUSED = range(5)
STOPPED = 130
"""What shells give for a program that Ctrl-C ended."""


def say(text: str) -> None:
    """Write one block of text for the person at the terminal to standard output."""
    _write(sys.stdout, text + "\n")


def say_json(value: Any) -> None:
    """Write a value as JSON to standard output; all ASCII where the output takes no UTF-8."""
    encoding = str(getattr(sys.stdout, "encoding", None)).lower().replace("-", "")
    say(json.dumps(value, indent=2, ensure_ascii=encoding != "utf8"))


def tell(text: str) -> None:
    """Write progress or an error to standard error."""
    _write(sys.stderr, text + "\n")


def agreed(question: str) -> bool:
    """Ask at the terminal, on standard error; False without a terminal and for anything but yes."""
    if sys.stdin is None or not sys.stdin.isatty():
        return False
    _write(sys.stderr, f"{question} [y/N] ")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def user_name() -> str:
    """Return the user's name in the operating system; the number of a user without a name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # KeyError until Python 3.12
        return str(os.getuid())


def guarded(run: Callable[[argparse.Namespace], int], args: argparse.Namespace) -> int:
    """Run a command; our own errors become a message and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that takes ASCII only
    try:
        return run(args)
    except KeyboardInterrupt:
        tell("Stopped.")
        return STOPPED
    except (RequestRefused, PublishRefused) as error:
        code = REFUSED
        tell(str(error))
    except (RequestInvalid, ModelUnavailable, SettingsError, DraftNotFound) as error:
        code = USAGE
        tell(str(error))
    except QuestionsOpen as error:
        code = QUESTIONS
        tell(str(error))
    except DagAgentError as error:
        code = FINDINGS
        tell(str(error))
    return code


def _write(stream: TextIO | None, text: str) -> None:
    """Write and flush; who closed the pipe (``| head``) reads no more, and the command goes on to its end."""
    if stream is None:
        return
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        _discard(stream)
    except OSError as error:
        _discard(stream)
        raise StorageError(f"The output cannot be written ({error.strerror}). Send it somewhere else.") from error


def _discard(stream: TextIO) -> None:
    """Let what is still in the stream's buffer go nowhere, so that Python's last flush does not fail too."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
