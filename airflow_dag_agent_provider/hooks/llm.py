"""An Airflow connection, a model id or the configuration becomes a pydantic-ai Model.

    resolve_model: model_id > the connection's model > [dag_agent] model > default_model > ModelUnavailable

Nothing here imports pydantic_ai before a model is asked for.
"""

from __future__ import annotations

import difflib
import functools
import inspect
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook

from airflow_dag_agent_provider.exceptions import ModelUnavailable
from airflow_dag_agent_provider.settings import DEFAULT_CONNECTION

if TYPE_CHECKING:
    from pydantic_ai.models import Model
    from pydantic_ai.providers import Provider

log = logging.getLogger(__name__)

CONNECTION_TYPE = "pydanticai"
_OUR_EXTRAS = {"openai": "openai", "anthropic": "anthropic"}


@dataclass(frozen=True)
class Credentials:
    """What a connection says about reaching a model; all empty when there is no connection."""

    conn_id: str | None = None
    model_id: str | None = None
    api_key: str | None = field(default=None, repr=False)
    base_url: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)


class PydanticAIHook(BaseHook):
    """Hook of the ``pydanticai`` connection type: password = API key, host = base URL, extra ``model``.

    Args:
        llm_conn_id: A connection whose type starts with ``pydanticai``.
        model_id: A model to use instead of the connection's, like ``openai:gpt-5``.
    """

    conn_name_attr = "llm_conn_id"
    default_conn_name = DEFAULT_CONNECTION
    conn_type = CONNECTION_TYPE
    hook_name = "LLM (pydantic-ai)"

    def __init__(self, llm_conn_id: str = DEFAULT_CONNECTION, *, model_id: str | None = None) -> None:
        super().__init__()
        self.llm_conn_id = llm_conn_id
        self.model_id = model_id

    def get_conn(self) -> Model:
        """Return the model of this connection.

        Raises:
            ModelUnavailable: The message names what is missing and the way out.
        """
        return resolve_model(model_id=self.model_id, llm_conn_id=self.llm_conn_id)

    def test_connection(self) -> tuple[bool, str]:
        """Build the client without sending anything, so that a test costs nothing."""
        try:
            model = self.get_conn()
        except ModelUnavailable as error:
            return False, str(error)
        return (
            True,
            f"{model.system}:{model.model_name} can be built. No request was sent: the key itself is not checked.",
        )


def resolve_model(*, model_id: str | None, llm_conn_id: str | None, default_model: str | None = None) -> Model:
    """Return the model to use: ``model_id``, the connection's, ``[dag_agent] model``, then ``default_model``.

    Args:
        model_id: ``vendor:name`` as pydantic-ai knows it, ``offline:planner`` or ``test``; None or "" asks on.
        llm_conn_id: The connection for key and base URL. None or "" means ``[dag_agent] llm_conn_id``, which may
            be absent where something else names the model; a connection that is named must exist.
        default_model: Used where nothing names one; only the authoring DAG and the command line give it.

    Raises:
        ModelUnavailable: Nothing names a model, or the named one cannot be built here.
    """
    from airflow_dag_agent_provider.settings import load_settings

    if model_id and _own_model(model_id):
        return _build_own(model_id)
    settings = load_settings()
    credentials = _credentials(llm_conn_id or settings.llm_conn_id, required=bool(llm_conn_id))
    wanted = model_id or credentials.model_id or settings.model
    if not wanted and default_model:
        log.info("No model is configured, so %s is used", default_model)
        wanted = default_model
    if not wanted:
        raise _nothing_named(llm_conn_id or settings.llm_conn_id, exists=credentials.conn_id is not None)
    return _build_own(wanted) if _own_model(wanted) else _build(wanted, credentials)


# --- models that are ours -------------------------------------------------------------------------------------


def _offline(name: str) -> Model:
    if name != "planner":
        raise ModelUnavailable(f"offline:{name}", why="there is one offline model", way_out="Use 'offline:planner'.")
    from airflow_dag_agent_provider.offline.model import OfflinePlanner

    return OfflinePlanner()


def _test(_name: str) -> Model:
    from pydantic_ai.models.test import TestModel

    return TestModel()


_OWN: Mapping[str, Callable[[str], Model]] = {"offline": _offline, "test": _test}


def _own_model(wanted: str) -> bool:
    return wanted.partition(":")[0] in _OWN


def _build_own(wanted: str) -> Model:
    prefix, _, name = wanted.partition(":")
    return _OWN[prefix](name)


# --- the connection -------------------------------------------------------------------------------------------


def _credentials(conn_id: str, *, required: bool) -> Credentials:
    """Return what the connection says; nothing when it does not exist and was not asked for by name."""
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        connection = BaseHook.get_connection(conn_id)
    except AirflowNotFoundException:
        if required:
            raise ModelUnavailable(
                conn_id, why=f"the connection {conn_id!r} does not exist", way_out=_connection_recipe(conn_id)
            ) from None
        return Credentials()
    if not str(connection.conn_type).startswith(CONNECTION_TYPE):
        raise ModelUnavailable(
            conn_id,
            why=f"the connection {conn_id!r} has type {connection.conn_type!r}, not {CONNECTION_TYPE!r}",
            way_out=f"Give the id of a {CONNECTION_TYPE!r} connection as llm_conn_id.",
        )
    host = connection.host or None
    if host and "://" not in host:
        raise ModelUnavailable(
            conn_id,
            why=f"the host {host!r} of connection {conn_id!r} is not a base URL",
            way_out="Write it whole, like 'https://llm.example.com/v1', or leave it empty for the vendor's own.",
        )
    extra = connection.extra_dejson
    return Credentials(
        conn_id=conn_id,
        model_id=str(extra.get("model") or "").strip() or None,
        api_key=connection.password or None,
        base_url=host,
        options={name: value for name, value in extra.items() if name != "model" and value not in (None, "")},
    )


def _connection_recipe(conn_id: str) -> str:
    example = '{"conn_type": "pydanticai", "password": "<API key>", "extra": {"model": "anthropic:claude-sonnet-4-6"}}'
    return f"Add it, for example: airflow connections add {conn_id} --conn-json '{example}'"


def _nothing_named(conn_id: str, *, exists: bool) -> ModelUnavailable:
    state = "names no model" if exists else "does not exist"
    return ModelUnavailable(
        conn_id,
        why=f"no model_id was given, the connection {conn_id!r} {state} and [dag_agent] model is not set",
        way_out=(
            """Set the connection's extra to {"model": "anthropic:claude-sonnet-4-6"}."""
            if exists
            else _connection_recipe(conn_id)
        ),
    )


# --- models of vendors ----------------------------------------------------------------------------------------


def _build(wanted: str, credentials: Credentials) -> Model:
    from pydantic_ai.exceptions import UserError
    from pydantic_ai.models import infer_model

    vendor, colon, name = wanted.partition(":")
    if not colon or not vendor or not name:
        raise ModelUnavailable(
            wanted,
            why="the id is not of the form 'vendor:model'",
            way_out=f"Write for example {_with_prefix(wanted)!r}.",
        )
    try:
        return infer_model(wanted, provider_factory=lambda asked: _provider(asked, wanted, credentials))
    except ImportError as error:
        raise ModelUnavailable(wanted, why="a package is missing", way_out=_install(vendor, error)) from error
    except UserError as error:
        raise _refused(wanted, credentials, str(error)) from error


def _provider(vendor: str, wanted: str, credentials: Credentials) -> Provider[Any]:
    """Return the vendor's provider with the connection's key, base URL and the extras it has parameters for."""
    from pydantic_ai.providers import infer_provider_class
    from pydantic_ai.providers.gateway import gateway_provider

    try:
        provider: Callable[..., Provider[Any]] = infer_provider_class(vendor)
    except ValueError:
        raise ModelUnavailable(
            wanted, why=f"{vendor!r} is not a vendor prefix that pydantic-ai knows", way_out=_similar_vendor(vendor)
        ) from None
    if vendor.startswith("gateway/"):
        provider = functools.partial(gateway_provider, vendor.removeprefix("gateway/"))
    parameters = inspect.signature(provider).parameters
    given: dict[str, Any] = {name: value for name, value in credentials.options.items() if name in parameters}
    if credentials.api_key:
        given["api_key"] = credentials.api_key
    if credentials.base_url:
        given["azure_endpoint" if "azure_endpoint" in parameters else "base_url"] = credentials.base_url
    unknown = sorted(set(given) - set(parameters))
    if unknown:
        field_name = "password" if "api_key" in unknown else "host"
        raise ModelUnavailable(
            wanted,
            why=f"{vendor!r} takes no {' and no '.join(unknown)}",
            way_out=f"Leave the {field_name} of connection {credentials.conn_id!r} empty.",
        )
    return provider(**given)


def _refused(wanted: str, credentials: Credentials, message: str) -> ModelUnavailable:
    """Say what the vendor's client did not like; nearly always a missing API key."""
    if "key" not in message.lower():
        return ModelUnavailable(wanted, why=message.rstrip("."), way_out="Correct the model id or the connection.")
    where = f"the password of connection {credentials.conn_id or DEFAULT_CONNECTION!r}"
    reason = message.split(" to use the ")[0].rstrip(".")
    return ModelUnavailable(wanted, why="there is no API key", way_out=f"Put it into {where}. ({reason}.)")


def _install(vendor: str, error: ImportError) -> str:
    extra = _OUR_EXTRAS.get(vendor.removeprefix("gateway/").partition("-")[0])
    if extra:
        return f"Install it: pip install 'airflow-dag-agent-provider[{extra}]'"
    return f"Install it: {error}"


def _similar_vendor(vendor: str) -> str:
    from pydantic_ai.models import known_model_names

    known = sorted(
        {model.partition(":")[0] for model in known_model_names() if "/" not in model.partition(":")[0]} | {*_OWN}
    )
    near = difflib.get_close_matches(vendor, known, n=1)
    meant = f"Did you mean {near[0]!r}? " if near else ""
    return f"{meant}Known are, among others: {', '.join(known)}."


def _with_prefix(wanted: str) -> str:
    from pydantic_ai.models import known_model_names

    return min(
        (known for known in known_model_names() if known.partition(":")[2] == wanted), key=len, default="openai:gpt-5"
    )
