"""A made-up site-packages: Airflow's base classes in small, and providers as a test needs them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from airflow_dag_agent_provider.catalog import Catalog

SDK = {
    "airflow/sdk/__init__.py": """
        __lazy_imports = {
            "BaseOperator": ".bases.operator", "BaseSensorOperator": ".bases.sensor",
            "BaseNotifier": ".bases.notifier",
        }
        """,
    "airflow/sdk/bases/operator.py": """
        class BaseOperator(AbstractOperator, metaclass=BaseOperatorMeta):
            template_fields = ()

            def __init__(self, *, task_id: str, retries: int | None = None, pool=None, **kwargs):
                pass

            def execute(self, context):
                raise NotImplementedError
        """,
    "airflow/sdk/bases/sensor.py": """
        from airflow.sdk.bases.operator import BaseOperator

        class BaseSensorOperator(BaseOperator):
            def __init__(self, *, poke_interval: float = 60, **kwargs):
                super().__init__(**kwargs)

            def execute(self, context):
                ...
        """,
    "airflow/sdk/bases/notifier.py": """
        class BaseNotifier(Templater):
            def __init__(self, context=None):
                ...
        """,
}


MAKE = """
    from airflow.sdk import BaseOperator

    class MakeOperator(BaseOperator):
        \"\"\"
        Make a thing
        out of others.

        :param what: the thing
        \"\"\"

        template_fields = ("what", "acme_conn_id")

        def __init__(self, *, what: str | None, size: int = 3, acme_conn_id: str = "acme_default", **kwargs):
            super().__init__(**kwargs)

        def execute(self, context):
            ...
    """
"""A whole operator, indented as text in a test is."""


@dataclass(frozen=True)
class Tree:
    """A folder that importlib.metadata takes for a site-packages."""

    root: Path

    def write(self, path: str, text: str | bytes) -> Path:
        """Write one file and return its path."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else dedent(text).encode())
        return file

    def distribution(self, name: str, version: str = "1.0", entry_points: str = "") -> None:
        """Write the dist-info of a distribution."""
        info = f"{name.replace('-', '_')}-{version}.dist-info"
        self.write(f"{info}/METADATA", f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n")
        self.write(f"{info}/entry_points.txt", entry_points)

    def operators(self, text: str, *, module: str = "operators/make") -> str:
        """Write one module of the made-up provider `acme` and return its dotted name."""
        self.write(f"acme/{module}.py", text)
        return f"acme.{module.replace('/', '.')}"

    def catalog(self, cache_dir: Path | None = None) -> Catalog:
        """Build the catalog of this tree."""
        return Catalog.installed(cache_dir or self.root / "cache", search_path=[str(self.root)])


def make_tree(root: Path) -> Tree:
    """Write Airflow in small and the provider `acme`, still without operators."""
    tree = Tree(root)
    for path, text in SDK.items():
        tree.write(path, text)
    tree.distribution("apache-airflow-core", "3.3.2")
    tree.distribution("apache-airflow-task-sdk", "1.3.2")
    tree.distribution("acme", "1.0", "[apache_airflow_provider]\nprovider_info = acme.info:get_provider_info\n")
    tree.write("acme/__init__.py", "")
    tree.write("acme/info.py", "def get_provider_info():\n    return {'name': 'Acme'}\n")
    return tree
