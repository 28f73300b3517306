"""What authoring works with, opened from the settings of this Airflow."""

from __future__ import annotations

from dataclasses import dataclass

from airflow_dag_agent_provider.authoring.bundle_files import BundleFiles
from airflow_dag_agent_provider.authoring.drafts import Drafts
from airflow_dag_agent_provider.authoring.publish import Publisher
from airflow_dag_agent_provider.catalog import Catalog
from airflow_dag_agent_provider.checks.deployment import Deployment
from airflow_dag_agent_provider.sandbox.sandbox import Sandbox
from airflow_dag_agent_provider.settings import Settings, load_settings
from airflow_dag_agent_provider.storage import open_store


@dataclass(frozen=True)
class Workshop:
    """Where drafts and releases are, what a plan may use, who checks, and what can be asked."""

    drafts: Drafts
    drafts_path: str
    publisher: Publisher
    catalog: Catalog
    sandbox: Sandbox
    deployment: Deployment
    settings: Settings


def open_workshop(
    *,
    deployment: Deployment | None = None,
    dags_path: str | None = None,
    drafts_path: str | None = None,
    anywhere: bool = False,
) -> Workshop:
    """Return the workshop of this Airflow; the paths override ``[dag_agent]``.

    Args:
        deployment: How to ask what Airflow has; None: the files in the local bundles are read.
        dags_path: Folder (URI) that releases go into.
        drafts_path: Folder (URI) of drafts and release history.
        anywhere: Allow a release into a folder outside of every DAG bundle.

    Raises:
        SettingsError: A configured value cannot be used.
    """
    settings = load_settings()
    drafts_path = drafts_path or settings.drafts_path
    store = open_store(drafts_path)
    return Workshop(
        drafts=Drafts(store),
        drafts_path=drafts_path,
        publisher=Publisher(folder=dags_path or settings.dags_path, settings=settings, store=store, anywhere=anywhere),
        catalog=Catalog.installed(),
        sandbox=Sandbox(isolation=settings.isolation),
        deployment=deployment or BundleFiles(settings),
        settings=settings,
    )
