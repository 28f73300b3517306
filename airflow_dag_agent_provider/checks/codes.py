"""Every code a check may report: one table, from which docs/checks.md is generated."""

from __future__ import annotations

from typing import NamedTuple

from airflow_dag_agent_provider.checks.finding import Finding, Severity


class Code(NamedTuple):
    """A kind of defect: its stable name, the check that finds it, its usual severity, what it means."""

    code: str
    check: str
    severity: Severity
    meaning: str


CODES = (
    Code("not-utf8", "decode", "error", "The bytes are not UTF-8, or the file declares another encoding."),
    Code("nul-byte", "decode", "error", "The file holds a NUL byte."),
    Code("too-large", "decode", "error", "The file is larger than 200 KB."),
    Code("bidi-control", "decode", "error", "A bidirectional control hides what code does."),
    Code("invisible-character", "decode", "error", "An invisible character in code (in text: a warning)."),
    Code("empty-file", "syntax", "error", "The file holds no statement."),
    Code("syntax-error", "syntax", "error", "Python cannot compile the file."),
    Code("not-only-code", "syntax", "error", "A Markdown fence or prose stands around the code."),
    Code("undefined-name", "lint", "error", "A name is used that nothing defines or imports."),
    Code("af2-removed", "lint", "error", "An import, argument or context key that Airflow 3 does not have."),
    Code("af2-moved", "lint", "error", "A class that moved out of Airflow into a provider package."),
    Code("af2-signature", "lint", "error", "A call with a signature that Airflow 3 changed."),
    Code("af2-deprecated", "lint", "warning", "Something of Airflow 2 that still works and will go."),
    Code("eval-exec", "lint", "error", "eval or exec runs text as code."),
    Code("dag-id-varies", "lint", "error", "The dag_id is another one at each parse."),
    Code("structure-varies", "lint", "warning", "An argument changes at each parse: endless DAG versions."),
    Code("no-schedule", "lint", "warning", "The DAG does not say its schedule (None is one, too)."),
    Code("variable-at-parse", "lint", "warning", "A Variable is read each time the file is parsed."),
    Code("shell-injection", "lint", "warning", "A process is started through a shell."),
    Code("unsafe-deserialization", "lint", "warning", "pickle, marshal or the like run code of their input."),
    Code("likely-bug", "lint", "warning", "Valid Python that hardly means what it says."),
    Code("broken-construct", "lint", "error", "A construct that always fails when it runs."),
    Code("unused-import", "lint", "info", "An import that nothing uses."),
    Code("unused-variable", "lint", "info", "A variable that nothing uses."),
    Code("not-loaded", "load", "warning", "isolation='static': the file was not imported, only read."),
    Code("package-not-installed", "load", "error", "A module is imported that is not installed here."),
    Code("name-not-found", "load", "error", "The module exists, the imported name or attribute does not."),
    Code("relative-import", "load", "error", "A relative import; DAG files are not in a package."),
    Code("bad-argument", "load", "error", "An operator or DAG refuses an argument, lacks one or its value."),
    Code("bad-schedule", "load", "error", "Airflow cannot read the schedule."),
    Code("cycle", "load", "error", "The tasks depend on each other in a circle."),
    Code("duplicate-task-id", "load", "error", "Two tasks of a DAG have one task_id."),
    Code("bad-param", "load", "error", "The default of a Param does not fit its own schema."),
    Code("import-failed", "load", "error", "The import raises another exception."),
    Code("not-serializable", "load", "error", "Airflow cannot serialise the DAG, so it never runs."),
    Code("import-hangs", "load", "error", "The import does not end in time."),
    Code("kills-parser", "load", "error", "The import ends its own process."),
    Code("too-much-memory", "load", "error", "The import uses more memory than a DAG processor can spare."),
    Code("output-flood", "load", "error", "The import prints without measure."),
    Code("forks-at-import", "load", "error", "The import forks processes."),
    Code("no-dag", "load", "error", "The file gives no DAG."),
    Code("dag-without-tasks", "load", "error", "A DAG has no task."),
    Code("duplicate-dag-id", "load", "error", "Two DAGs of the file have one dag_id: one is lost."),
    Code("deprecated", "load", "warning", "Airflow warns that something in the file will go."),
    Code("no-next-run", "load", "warning", "The schedule never fires again."),
    Code("operator-missing", "load", "error", "An operator class of the plan cannot be imported here."),
    Code("contract-dag-id", "contract", "error", "The file does not hold exactly the DAG asked for."),
    Code("contract-tasks", "contract", "error", "The tasks are not those that were asked for."),
    Code("contract-operator", "contract", "error", "A task is not of the operator that was asked for."),
    Code("contract-edges", "contract", "error", "The dependencies are not those that were asked for."),
    Code("contract-schedule", "contract", "error", "The schedule is not the one that was asked for."),
    Code("contract-timezone", "contract", "error", "The time zone is not the one that was asked for."),
    Code("contract-catchup", "contract", "error", "catchup is not what was asked for."),
    Code("connection-missing", "connections", "warning", "The deployment has no connection of this id."),
    Code("connection-unknown", "connections", "info", "Nobody could say whether this connection exists."),
)  # fmt: skip

LIMITS = """\
## What a load says, and what it does not

The file runs in a child process: with an empty environment, in a folder of its own, under limits of time,
memory, processes and output. On Linux 6.2 and later (x86_64, aarch64) Landlock is added before Airflow is
imported; tests of a plan run under the same protections. Every report names the layers that held:

| layer | what it means |
| --- | --- |
| `landlock` | Files are written, read and run only as said below. |
| `landlock_partial` | Linux 5.13 to 6.1: the same, but a file elsewhere can be emptied. |
| `landlock_net` | Linux 6.7: no TCP connection and no TCP server. |
| `landlock_scope` | Linux 6.12: no signal to a process outside, no abstract Unix socket. |

Under `landlock` a child writes in its own folder and to `/dev/null`. It reads that folder, Python, the installed
packages and editable sources (every folder that Python searches), the programs, libraries and `share` of `/usr`
and `/usr/local`, and a few files of `/etc`, `/dev`, `/sys` and `/proc`; not another process's `/proc`, not the DAG
folder, no home, unless Python or an editable source lies there. It runs programs of the same places, its own
folder excepted.

`isolation="require"` refuses to run a file where `no_new_privs`, `rlimits` or `landlock` is missing; `"best"`
(the default) runs it with what is there and says so; `"static"` never runs it.

**The load is a check of honest files, not evidence against a hostile one.** The file runs in the process that
reports on it. A result is believed only with a token that the child has taken from its disk before the file
runs, and every id, time and text is checked; but code in the same process can find the token and say what it
likes. What holds against a hostile file is what does not run it: static validation and the review.

Not covered, with every layer on: Unix sockets with a path (a Docker socket, a local database) and UDP; owner,
mode and times of files that the user may change; what editable sources and installed packages hold; kernel
bugs. A child that runs as root keeps root's other rights: run workers as another user.

A child under Landlock writes no .pyc files. Where Airflow has none, the first load lets a process that runs
nothing foreign write them; where it may not, each load compiles Airflow again (13 s in place of 2): install with
bytecode (`pip` does, `uv pip install --compile-bytecode`).
"""

BY_CODE = {entry.code: entry for entry in CODES}


def finding(
    code: str,
    message: str,
    hint: str,
    *,
    line: int | None = None,
    column: int | None = None,
    severity: Severity | None = None,
) -> Finding:
    """Return a finding of a known code.

    Args:
        code: A code of `CODES`; anything else is a KeyError: no undocumented code gets out.
        message: What was found, with the value.
        hint: The way out.
        line: From 1; None without a place.
        column: From 1.
        severity: None: the usual one of the code.
    """
    entry = BY_CODE[code]
    return Finding(
        code=code,
        severity=severity or entry.severity,
        message=message,
        hint=hint,
        line=line,
        column=column,
        check=entry.check,
    )


def codes_page() -> str:
    """Return docs/checks.md, the page of all codes."""
    lines = [
        "# What the checks find",
        "",
        "Generated from `airflow_dag_agent_provider/checks/codes.py`; do not edit.",
        "",
        "An `error` forbids a release. The checks run in this order and stop where going on makes no sense:",
        "a file that cannot be decoded or compiled is neither linted nor loaded.",
    ]
    for check in dict.fromkeys(entry.check for entry in CODES):
        lines += ["", f"## {check}", "", "| code | severity | meaning |", "| --- | --- | --- |"]
        lines += [f"| `{code.code}` | {code.severity} | {code.meaning} |" for code in CODES if code.check == check]
    return "\n".join([*lines, "", LIMITS])
