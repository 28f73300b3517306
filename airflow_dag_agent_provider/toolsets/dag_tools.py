"""The functions behind `DagAuthoringToolset`. Imported when a task runs, never when a DAG file is parsed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError
from pydantic_ai import FunctionToolset, ModelRetry, RunContext, ToolFailed

from airflow_dag_agent_provider.authoring.artifacts import mermaid, pytest_file
from airflow_dag_agent_provider.authoring.author import write_draft
from airflow_dag_agent_provider.authoring.diff import unified
from airflow_dag_agent_provider.authoring.plan import DagPlan, DagRequest
from airflow_dag_agent_provider.authoring.prompts import read_block
from airflow_dag_agent_provider.authoring.validate import problems
from airflow_dag_agent_provider.authoring.workshop import Workshop
from airflow_dag_agent_provider.exceptions import DagAgentError, PlanInvalid

_TEST_WALL_S = 120


class DagTools:
    """The tools of one run, over one workshop."""

    def __init__(self, shop: Workshop, *, operators: tuple[str, ...] | None = None) -> None:
        self.shop = shop
        self.operators = operators

    def toolset(self, *, id: str, read_only: bool) -> FunctionToolset[object]:
        """Return the tools as a pydantic-ai toolset."""
        tools: list[Any] = [
            self.search_operators,
            self.describe_operator,
            self.list_connections,
            self.list_dags,
            self.read_dag,
            self.check_plan,
        ]
        if not read_only:
            tools += [self.write_dag, self.test_dag, self.diff_draft]
        return FunctionToolset(tools, id=id)

    def search_operators(self, query: str, limit: int = 8) -> list[dict[str, str]]:
        """Find operators, sensors and notifiers of this deployment by words.

        Args:
            query: What the task must do, e.g. "run a sql query".
            limit: At most this many results, best first.
        """
        found = self.shop.catalog.search(query, limit=max(1, min(limit, 25)))
        return [{"path": op.path, "kind": op.kind, "doc": op.doc} for op in found if self._allowed(op.path)]

    def describe_operator(self, path: str) -> dict[str, Any]:
        """Return the real constructor arguments of an operator.

        Args:
            path: Dotted path, as search_operators gives it.
        """
        operator = self.shop.catalog.get(path)
        if operator is None or not self._allowed(path):
            raise ToolFailed("; ".join(self.shop.catalog.problems(path, {})) or f"{path!r} may not be used here")
        own = [p for p in operator.parameters if not p.inherited]
        return {
            "path": operator.path,
            "doc": operator.doc,
            "parameters": [
                {"name": p.name, "type": p.annotation, "default": p.default, "required": p.required} for p in own
            ],
            "template_fields": list(operator.template_fields),
        }

    def list_connections(self) -> list[dict[str, str]]:
        """Return ids and types of the connections a DAG may name; never a secret."""
        from_environment = [
            n.removeprefix("AIRFLOW_CONN_").lower() for n in os.environ if n.startswith("AIRFLOW_CONN_")
        ]
        ids = sorted({*self.shop.settings.connections, *from_environment})
        return [{"id": c, "type": self.shop.deployment.connection_type(c) or "unknown"} for c in ids]

    def list_dags(self) -> list[str]:
        """Return the ids of the DAGs that were released from here."""
        return self.shop.publisher.dag_ids()

    def read_dag(self, dag_id: str) -> str:
        """Return the source of a DAG that was released from here, as it stands in the DAG folder.

        Args:
            dag_id: An id of list_dags.
        """
        source = self.shop.publisher.current(self.shop.publisher.path_of(dag_id))
        if dag_id not in self.list_dags() or source is None:
            raise ToolFailed(f"{dag_id!r} was not released from here; list_dags gives {self.list_dags()}")
        return source

    def check_plan(self, plan: DagPlan) -> dict[str, Any]:
        """Say what keeps a plan from being compiled, without writing anything.

        Args:
            plan: The whole DAG as data.
        """
        wrong = self._problems(plan)
        return {"ok": not wrong, "problems": wrong}

    def write_dag(self, ctx: RunContext[object], plan: DagPlan) -> dict[str, Any]:
        """Compile a plan, check the file, and store it as a draft for review. Nothing is released by this.

        Args:
            plan: The whole DAG as data.
        """
        wrong = self._problems(plan)
        if wrong:
            raise ModelRetry(str(PlanInvalid(wrong)))
        request = _request_of(ctx)
        if request.dag_id is not None and plan.dag_id != request.dag_id:
            raise ModelRetry(f"the request wants dag_id {request.dag_id!r}, the plan has {plan.dag_id!r}")
        with _told_to_the_model():
            draft = write_draft(plan, request=request, shop=self.shop, generated_by=_model_id(ctx))
        return {
            "draft_id": draft.draft_id,
            "sha256": draft.sha256,
            "ok": draft.report.ok,
            "findings": [finding.model_dump() for finding in draft.report.findings],
            "graph": mermaid(draft.plan),
        }

    def test_dag(self, draft_id: str) -> dict[str, Any]:
        """Run the tests that come with a draft, inside the sandbox.

        Args:
            draft_id: As write_dag gave it.
        """
        with _told_to_the_model():
            draft = self.shop.drafts.get(draft_id)
            module = draft.path.removesuffix(".py")
            files = {
                draft.path: draft.source.encode(),
                f"test_{module}.py": pytest_file(draft.plan, module=module).encode(),
            }
            outcome = self.shop.sandbox.pytest(files, wall_s=_TEST_WALL_S)
        return {"ok": outcome.passed, "failed": list(outcome.failed), "output": outcome.output[-4000:]}

    def diff_draft(self, draft_id: str) -> str:
        """Return what a draft would change in the DAG folder, as a unified diff.

        Args:
            draft_id: As write_dag gave it.
        """
        with _told_to_the_model():
            draft = self.shop.drafts.get(draft_id)
        return unified(self.shop.publisher.current(draft.path), draft.source, path=draft.path) or "no change"

    def _problems(self, plan: DagPlan) -> list[str]:
        wrong = problems(plan, catalog=self.shop.catalog)
        paths = {task.operator for task in plan.tasks if task.kind == "operator"}
        return wrong + [f"operator {path!r} may not be used here" for path in sorted(paths) if not self._allowed(path)]

    def _allowed(self, path: str) -> bool:
        return self.operators is None or path.startswith(self.operators)


@contextmanager
def _told_to_the_model() -> Iterator[None]:
    """Turn our own errors into an answer of the tool, so that the run goes on."""
    try:
        yield
    except DagAgentError as error:
        raise ToolFailed(str(error)) from error


def _request_of(ctx: RunContext[object]) -> DagRequest:
    """Return the request that this run answers: the marked block of the prompt, else the prompt itself."""
    prompt = ctx.prompt if isinstance(ctx.prompt, str) else ""
    today = datetime.now(UTC).date()
    try:
        marked = read_block(prompt, "request")
        if marked is not None:
            return DagRequest.model_validate(marked)
        return DagRequest(text=prompt, dag_id=None, requester=None, today=today)
    except ValidationError as error:
        raise ToolFailed(f"the prompt of this run holds no request to write a DAG for: {error}") from error


def _model_id(ctx: RunContext[object]) -> str:
    return ctx.model.model_id
