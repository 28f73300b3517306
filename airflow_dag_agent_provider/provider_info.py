"""What Airflow discovers of this package. Read in every Airflow process, so it imports nothing but the stdlib."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

NEIGHBOUR = "apache-airflow-providers-common-ai"
_NAME = "DAG agent"
_ROOT = "airflow_dag_agent_provider"


def get_provider_info() -> dict[str, Any]:
    """Return the provider's metadata.

    ``@task.agent`` and the connection type ``pydanticai`` also belong to apache-airflow-providers-common-ai. Where
    that package is installed it keeps them: of two providers Airflow takes the alphabetically first, which is ours.
    ``@task.dag_agent`` and ``from airflow_dag_agent_provider.decorators import agent`` are ours either way.
    """
    shared = not _is_installed(NEIGHBOUR)
    decorator = f"{_ROOT}.decorators.agent_task.agent"
    names = ("agent", "dag_agent") if shared else ("dag_agent",)
    return {
        "package-name": "airflow-dag-agent-provider",
        "name": _NAME,
        "description": "LLM agents as tasks, and plain words turned into reviewed, versioned, running DAGs.",
        "integrations": [{"integration-name": _NAME, "tags": ["ai"]}],
        "operators": [
            {
                "integration-name": _NAME,
                "python-modules": [f"{_ROOT}.operators.{name}" for name in ("agent", "authoring", "llm", "publish")],
            }
        ],
        "hooks": [{"integration-name": _NAME, "python-modules": [f"{_ROOT}.hooks.llm"]}],
        "connection-types": [_CONNECTION] if shared else [],
        "task-decorators": [{"name": name, "class-name": decorator} for name in names],
        "config": {"dag_agent": {"description": "Agents, and the DAGs that they write.", "options": _OPTIONS}},
        "cli": [f"{_ROOT}.cli.get_cli_commands"],
    }


def _is_installed(distribution: str) -> bool:
    try:
        version(distribution)
    except PackageNotFoundError:
        return False
    return True


def _option(description: str, *, example: str | None = None, default: str | None = None) -> dict[str, Any]:
    return {
        "description": description,
        "version_added": "0.1.0",
        "type": "string",
        "example": example,
        "default": default,
    }


_CONNECTION: dict[str, Any] = {
    "connection-type": "pydanticai",
    "hook-class-name": f"{_ROOT}.hooks.llm.PydanticAIHook",
    "hook-name": "LLM (pydantic-ai)",
    "conn-fields": {
        "model": {
            "label": "Model",
            "description": "vendor:model as pydantic-ai knows it, or offline:planner",
            "schema": {"type": ["string", "null"]},
        }
    },
    "ui-field-behaviour": {
        "hidden-fields": ["schema", "port", "login"],
        "relabeling": {"password": "API key", "host": "Base URL"},
        "placeholders": {"host": "the vendor's own", "model": "anthropic:claude-sonnet-4-6"},
    },
}

_OPTIONS: dict[str, dict[str, Any]] = {
    "model": _option(
        "Model used where neither a parameter nor the connection names one.", example="anthropic:claude-sonnet-4-6"
    ),
    "llm_conn_id": _option("Connection used where none is given.", example="my_llm", default="pydanticai_default"),
    "dags_path": _option(
        "Folder (URI) that released DAG files go into. Default: [core] dags_folder, or the first local bundle.",
        example="file:///opt/airflow/dags/generated",
    ),
    "drafts_path": _option(
        "Folder (ObjectStorage URI) of drafts and releases. Default: $AIRFLOW_HOME/dag_agent/drafts.",
        example="s3://aws_default@my-bucket/dag_agent/drafts",
    ),
    "sessions_path": _option(
        "Folder (ObjectStorage URI) of agent conversations. Default: $AIRFLOW_HOME/dag_agent/sessions.",
        example="s3://aws_default@my-bucket/dag_agent/sessions",
    ),
    "step_cache_path": _option(
        "Folder (ObjectStorage URI) of durable agent steps. Default: $AIRFLOW_HOME/dag_agent/steps.",
        example="s3://aws_default@my-bucket/dag_agent/steps",
    ),
    "connections": _option(
        "Connection ids, separated by commas, that authoring agents may be told of besides those in the environment.",
        example="postgres_default, aws_default",
    ),
    "isolation": _option(
        "How generated code is checked: require (fail without a full sandbox), best (what this machine has) or "
        "static (never run it).",
        example="require",
        default="best",
    ),
}
