"""The file under check, and what can be known of it; each part is made once, when a check first asks."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass, field
from functools import cached_property

from airflow_dag_agent_provider.checks.contract import Contract
from airflow_dag_agent_provider.checks.deployment import Deployment, NothingKnown
from airflow_dag_agent_provider.sandbox.answers import Loaded
from airflow_dag_agent_provider.sandbox.sandbox import Sandbox


@dataclass(frozen=True)
class Subject:
    """One file with everything a check may look at."""

    source: bytes
    sandbox: Sandbox
    contract: Contract | None = None
    deployment: Deployment = field(default_factory=NothingKnown)

    @cached_property
    def text(self) -> str:
        """The decoded file; UnicodeDecodeError only before the decode check has passed."""
        return self.source.decode("utf-8-sig")

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed file; raises what `compile` raises only before the syntax check has passed."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape is the file's matter, not this process's
            tree = ast.parse(self.text, "dag_file.py")
            compile(tree, "dag_file.py", "exec", dont_inherit=True)
        return tree

    @cached_property
    def loaded(self) -> Loaded:
        """What Airflow made of the file in the sandbox."""
        operators = self.contract.operators if self.contract else ()
        return self.sandbox.load(self.source, operators=operators)
