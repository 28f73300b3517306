from __future__ import annotations

from pathlib import Path

import pytest

from airflow_dag_agent_provider.catalog import Catalog
from tests.catalog.trees import Tree, make_tree


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A made-up site-packages with Airflow in small."""
    return make_tree(tmp_path)


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The catalog of what is really installed."""
    return Catalog.installed(tmp_path_factory.mktemp("catalog"))
