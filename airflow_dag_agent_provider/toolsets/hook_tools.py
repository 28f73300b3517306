"""The functions behind `HookToolset`. Imported when a task runs, never when a DAG file is parsed.

method -> parameters JSON can express -> pydantic-ai tool -> arguments checked -> method -> JSON data
"""

from __future__ import annotations

import inspect
from asyncio import CancelledError
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from inspect import Parameter, Signature
from typing import Any

from airflow.sdk import BaseHook
from pydantic_ai import FunctionToolset, RunContext, Tool, ToolFailed, UserError

from airflow_dag_agent_provider.toolsets.hook_arguments import check_arguments, sets_up_the_client
from airflow_dag_agent_provider.toolsets.hook_hints import hints_of, json_type
from airflow_dag_agent_provider.toolsets.hook_methods import refuse_methods
from airflow_dag_agent_provider.toolsets.hook_results import data_of
from airflow_dag_agent_provider.toolsets.results import tool_errors


class HookTools:
    """The tools of one run, over one hook."""

    def __init__(self, hook: Any, *, fixed: Mapping[str, Any], allow_urls: frozenset[str], max_bytes: int) -> None:
        self.hook = BaseHook.get_hook(hook) if isinstance(hook, str) else hook
        self.fixed = fixed
        self.allow_urls = allow_urls
        self.max_bytes = max_bytes

    def toolset(self, methods: Sequence[str], *, id: str, prefix: str) -> FunctionToolset[Any]:
        """Return one tool per method.

        Raises:
            UserError: One of them cannot be a tool, or ``fixed`` names a parameter that none has.
        """
        try:
            refuse_methods(type(self.hook), methods)
        except ValueError as error:
            raise UserError(str(error)) from error
        signatures = {name: inspect.signature(getattr(self.hook, name)) for name in methods}
        lost = [name for name in self.fixed if not any(_takes(signature, name) for signature in signatures.values())]
        if lost:
            raise UserError(f"fixed names {lost[0]!r}, which is a parameter of none of {', '.join(methods)}.")
        return FunctionToolset([self._tool(name, signatures[name], prefix) for name in methods], id=id)

    def _tool(self, name: str, signature: Signature, prefix: str) -> Tool[Any]:
        what = f"{type(self.hook).__name__}.{name}"
        bound = getattr(self.hook, name)
        fixed = {key: value for key, value in self.fixed.items() if _takes(signature, key)}
        offered = _offered(bound, signature, fixed=fixed, what=what)

        def check(ctx: RunContext[Any], /, **arguments: Any) -> None:  # noqa: ARG001
            check_arguments(arguments, allow_urls=self.allow_urls)

        return Tool[Any](
            _as_function(self._call(bound, signature, fixed, what=what), offered, bound, what=what),
            takes_ctx=False,
            name=f"{prefix}{name}",
            args_validator=check,
        )

    def _call(
        self, bound: Callable[..., Any], signature: Signature, fixed: Mapping[str, Any], *, what: str
    ) -> Callable[..., Any]:
        """Return the function behind a tool: sync methods run in worker threads, async ones on the loop."""

        unshown = {p.name for p in signature.parameters.values() if not _shown(p.default)}

        def split(arguments: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
            given = {key: value for key, value in arguments.items() if value is not None or key not in unshown}
            named = {**given, **fixed}
            by_place = [
                p.name for p in signature.parameters.values() if p.kind is p.POSITIONAL_ONLY and p.name in named
            ]
            return [named.pop(key) for key in by_place], named

        if inspect.iscoroutinefunction(bound):

            async def run_async(**arguments: Any) -> Any:
                by_place, named = split(arguments)
                with _told(what):
                    return data_of(await bound(*by_place, **named), max_bytes=self.max_bytes)

            return run_async

        def run(**arguments: Any) -> Any:
            by_place, named = split(arguments)
            with _told(what, ends=(SystemExit, KeyboardInterrupt, CancelledError)):
                return data_of(bound(*by_place, **named), max_bytes=self.max_bytes)

        return run


def _takes(signature: Signature, name: str) -> bool:
    parameter = signature.parameters.get(name)
    if parameter is not None and parameter.kind not in (Parameter.VAR_KEYWORD, Parameter.VAR_POSITIONAL):
        return True
    return any(p.kind is Parameter.VAR_KEYWORD for p in signature.parameters.values())


def _offered(bound: Any, signature: Signature, *, fixed: Mapping[str, Any], what: str) -> list[Parameter]:
    """Return the parameters a model may set, each with a type that JSON can express.

    Raises:
        UserError: A required parameter cannot be offered and has no fixed value.
    """
    hints = hints_of(bound)
    offered = []
    for parameter in signature.parameters.values():
        if parameter.kind in (Parameter.VAR_KEYWORD, Parameter.VAR_POSITIONAL) or parameter.name in fixed:
            continue
        hint = hints.get(parameter.name, Any)
        kind = None if sets_up_the_client(parameter.name) else json_type(hint)
        if kind is not None:
            default = parameter.default if _shown(parameter.default) else None
            offered.append(parameter.replace(kind=Parameter.KEYWORD_ONLY, annotation=kind, default=default))
        elif parameter.default is Parameter.empty:
            why = (
                "sets up the client"
                if sets_up_the_client(parameter.name)
                else f"has no form in JSON ({parameter.annotation})"
            )
            raise UserError(f"{what} cannot be a tool: its parameter {parameter.name!r} {why}. Give it in fixed.")
    return offered


def _shown(default: Any) -> bool:
    """Say whether a default can stand in a tool's schema; another one reads as None and is left to the method."""
    return default is Parameter.empty or isinstance(default, str | int | float | None)


def _as_function(call: Callable[..., Any], offered: list[Parameter], bound: Any, *, what: str) -> Callable[..., Any]:
    """Give a function the signature and docstring that pydantic-ai reads a tool from."""
    doc = inspect.getdoc(bound) or f"Call {what}."
    call.__doc__ = f"{doc}\n"  # its reader of :param lines wants a line after the last
    call.__signature__ = Signature(offered)  # type: ignore[attr-defined]
    call.__annotations__ = {parameter.name: parameter.annotation for parameter in offered}
    return call


@contextmanager
def _told(what: str, *, ends: tuple[type[BaseException], ...] = (SystemExit, KeyboardInterrupt)) -> Iterator[None]:
    """Turn the end of the process, which a hook may ask for, into an answer too."""
    try:
        with tool_errors(what):
            yield
    except ends as error:
        raise ToolFailed(f"{what} tried to end the task ({type(error).__name__}).") from error
