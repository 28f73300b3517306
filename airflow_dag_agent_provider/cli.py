"""`dag-agent` and `airflow dag-agent`: one table of commands builds both parsers."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from airflow_dag_agent_provider import __version__

DESCRIPTION = "Write, check, review and release Airflow DAGs from plain words."


@dataclass(frozen=True)
class Argument:
    """One argument of a command: its flags and what argparse needs to know."""

    flags: tuple[str, ...]
    options: dict[str, Any]

    @property
    def name(self) -> str:
        """The attribute of the parsed arguments that holds the value."""
        return self.flags[-1].lstrip("-").replace("-", "_")


@dataclass(frozen=True)
class Command:
    """One command: the function of this name of `airflow_dag_agent_provider.commands`.

    At most one of the arguments in ``one_of`` may be given.
    """

    name: str
    help: str
    arguments: tuple[Argument, ...]
    one_of: tuple[Argument, ...] = ()

    def run(self, args: argparse.Namespace) -> int:
        """Run the command and return its exit code."""
        from airflow_dag_agent_provider import commands

        given = [argument.flags[0] for argument in self.one_of if getattr(args, argument.name) is not None]
        if len(given) > 1:  # Airflow's command line knows no groups
            commands.tell(f"Give one of {' and '.join(given)}, not both.")
            return commands.USAGE
        run: Callable[[argparse.Namespace], int] = getattr(commands, self.name)
        return commands.guarded(run, args)


def _argument(*flags: str, **options: Any) -> Argument:
    return Argument(flags, options)


_REQUEST = _argument("request", metavar="REQUEST", help="what the DAG is to do and when, in plain words")
_DAG_ID = _argument("--dag-id", metavar="ID", help="dag_id of the new DAG (default: chosen from the words)")
_MODEL = _argument("--model", metavar="ID", help="model id such as openai:gpt-5 (default: offline:planner)")
_CONN_ID = _argument("--conn-id", metavar="ID", help="connection of a pydanticai type that names the model")
_DAGS_PATH = _argument(
    "--dags-path", metavar="URI", help="folder that releases go into (default: [dag_agent] dags_path)"
)
_DRAFTS_PATH = _argument("--drafts-path", metavar="URI", help="folder of the drafts (default: [dag_agent] drafts_path)")
_FORMAT = _argument("--format", choices=("text", "json"), default="text", help="what to print (default: text)")
_ANYWHERE = _argument("--anywhere", action="store_true", help="allow a folder outside of every DAG bundle")
_PLANNING = (_REQUEST, _DAG_ID, _MODEL, _CONN_ID, _DAGS_PATH, _DRAFTS_PATH, _FORMAT)
_ONE_MODEL = (_MODEL, _CONN_ID)

COMMANDS = (
    Command(
        "init",
        "put the authoring DAG into a DAG folder and say what is missing",
        (
            _argument("--dags-folder", metavar="PATH", help="folder for the DAG file (default: [core] dags_folder)"),
            _argument(
                "--approver",
                metavar="USER",
                action="append",
                help="user id that may approve releases; repeat it for several, '*' for everybody who may answer",
            ),
        ),
    ),
    Command(
        "create",
        "write a draft from words; with --publish also release it (you are the approver)",
        (
            *_PLANNING,
            _argument("--publish", action="store_true", help="release the draft at once"),
            _ANYWHERE,
        ),
        one_of=_ONE_MODEL,
    ),
    Command(
        "preview",
        "show plan, findings and code of a request (nothing is stored) or of a draft id",
        _PLANNING,
        one_of=_ONE_MODEL,
    ),
    Command(
        "check",
        "check DAG files before Airflow does",
        (_argument("paths", metavar="PATH", nargs="+", help="file, or folder of *.py files"), _FORMAT),
    ),
    Command(
        "drafts",
        "list the drafts",
        (_argument("dag_id", metavar="DAG_ID", nargs="?", help="only of this DAG"), _DRAFTS_PATH, _FORMAT),
    ),
    Command(
        "publish",
        "release a draft after showing it (you are the approver)",
        (
            _argument("draft_id", metavar="DRAFT_ID", help="as create or drafts shows it"),
            _argument("--yes", action="store_true", help="do not ask; for scripts"),
            _DAGS_PATH,
            _DRAFTS_PATH,
            _ANYWHERE,
            _FORMAT,
        ),
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``dag-agent``; return its exit code (0 done, 1 findings, 2 usage, 3 questions, 4 refused)."""
    parser = argparse.ArgumentParser(prog="dag-agent", description=DESCRIPTION)
    parser.add_argument("--version", action="version", version=__version__)
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        subparser = subparsers.add_parser(command.name, help=command.help, description=command.help)
        group = subparser.add_mutually_exclusive_group()
        for argument in command.arguments:
            (group if argument in command.one_of else subparser).add_argument(*argument.flags, **argument.options)
        subparser.set_defaults(run=command.run)
    args = parser.parse_args(argv)
    code: int = args.run(args)
    return code


def get_cli_commands() -> list[Any]:
    """Return the same commands for ``airflow dag-agent ...``; called by Airflow's command line."""
    from airflow.cli.cli_config import ActionCommand, Arg, GroupCommand

    def action(command: Command) -> Any:
        def run(args: argparse.Namespace) -> None:
            sys.exit(command.run(args))

        arguments = [Arg(flags=argument.flags, **argument.options) for argument in command.arguments]
        return ActionCommand(name=command.name, help=command.help, func=run, args=arguments)

    return [GroupCommand(name="dag-agent", help=DESCRIPTION, subcommands=[action(c) for c in COMMANDS])]


if __name__ == "__main__":
    sys.exit(main())
