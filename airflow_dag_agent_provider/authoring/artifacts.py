"""What comes with a DAG: its pytest file, README and metadata. Pure text; kept beside the release, never in
the DAG folder, where the dag processor would parse it."""

from __future__ import annotations

import ast
import json

from airflow_dag_agent_provider.authoring.drafts import Draft
from airflow_dag_agent_provider.authoring.markdown import code, fenced, plain, table
from airflow_dag_agent_provider.authoring.plan import DagPlan, Example, OperatorTask, PythonTask
from airflow_dag_agent_provider.authoring.render import all_edges
from airflow_dag_agent_provider.authoring.snippets import import_bindings, laid_out, parsed_expression
from airflow_dag_agent_provider.authoring.validate import contract_of


def artifacts(draft: Draft, *, approver: str, version: int) -> dict[str, str]:
    """Return file name -> text: the DAG file, its tests, README.md, metadata.json and plan.json."""
    module = draft.path.removesuffix(".py")
    return {
        draft.path: draft.source,
        f"test_{module}.py": pytest_file(draft.plan, module=module),
        "README.md": readme(draft, approver=approver, version=version),
        "metadata.json": json.dumps(metadata(draft, approver=approver, version=version), indent=2, ensure_ascii=False),
        "plan.json": draft.plan.model_dump_json(indent=2),
    }


def metadata(draft: Draft, *, approver: str, version: int) -> dict[str, object]:
    """Return who asked for what, what was made of it, and who approved it."""
    plan = draft.plan
    return {
        "dag_id": draft.dag_id,
        "version": version,
        "prompt": draft.request.text,
        "requester": draft.request.requester,
        "approver": approver,
        "created_at": draft.created_at.isoformat(),
        "generated_by": draft.generated_by,
        "draft_id": draft.draft_id,
        "sha256": draft.sha256,
        "plan_sha256": plan.sha256,
        "tasks": [{"task_id": task.task_id, "operator": _operator(task)} for task in plan.tasks],
        "decisions": [decision.model_dump() for decision in plan.decisions],
        "assumptions": list(plan.assumptions),
        "findings": [finding.model_dump() for finding in draft.report.findings],
    }


def mermaid(plan: DagPlan) -> str:
    """Return the graph of the DAG as Mermaid text."""
    nodes = [f"    {task.task_id}[{task.task_id}]" for task in plan.tasks]
    return "\n".join(["graph LR", *nodes, *(f"    {up} --> {down}" for up, down in all_edges(plan))])


def readme(draft: Draft, *, approver: str, version: int) -> str:
    """Return a page for the people who run this DAG."""
    plan = draft.plan
    when = plan.schedule.cron or "only when somebody triggers it"
    parts = [
        f"# {plain(plan.dag_id)}",
        plain(plan.summary),
        f"Version {version}, approved by {code(approver)}. Schedule: {code(when)} ({plain(plan.schedule.timezone)}).",
        f"Asked for:\n\n{fenced(draft.request.text, 'text')}",
        f"```mermaid\n{mermaid(plan)}\n```",
        table(("task", "what it does"), [(code(task.task_id), plain(task.doc)) for task in plan.tasks]),
    ]
    if plan.assumptions:
        parts.append("## Assumptions\n\n" + "\n".join(f"- {plain(a)}" for a in plan.assumptions))
    if plan.decisions:
        rows = [(plain(d.topic), plain(d.choice), plain(d.reason)) for d in plan.decisions]
        parts.append("## Decisions\n\n" + table(("topic", "choice", "reason"), rows))
    return "\n\n".join(parts) + "\n"


_TEST_HEAD = '''\
"""Tests of the DAG {dag_id}. They need Airflow installed, no database and no connection: `pytest {file}`."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location({module!r}, Path(__file__).with_name("{module}.py"))
assert _spec is not None and _spec.loader is not None
dag_file = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(dag_file)


def test_the_dag_id_schedule_and_catchup_are_as_planned() -> None:
    timetable = dag_file.dag.timetable
    assert dag_file.dag.dag_id == {dag_id!r}
    assert getattr(timetable, "expression", None) == {cron!r}
    assert dag_file.dag.catchup is {catchup!r}


def test_the_tasks_and_their_order_are_as_planned() -> None:
    edges = {{(task.task_id, down) for task in dag_file.dag.tasks for down in task.downstream_task_ids}}
    assert sorted(dag_file.dag.task_ids) == {task_ids!r}
    assert edges == {edges}


@pytest.mark.parametrize("task", dag_file.dag.tasks, ids=lambda task: task.task_id)
def test_every_task_has_an_owner_and_documentation(task: object) -> None:
    assert task.owner == {owner!r}
    assert task.doc_md
'''


def pytest_file(plan: DagPlan, *, module: str) -> str:
    """Return the tests of a DAG file that lies beside them as ``<module>.py``."""
    edges = ", ".join(f"({up!r}, {down!r})" for up, down in all_edges(plan))
    head = _TEST_HEAD.format(
        module=module,
        file=f"test_{module}.py",
        dag_id=plan.dag_id,
        cron=contract_of(plan).cron,
        catchup=plan.catchup,
        task_ids=sorted(task.task_id for task in plan.tasks),
        edges=f"{{{edges}}}" if edges else "set()",
        owner=plan.owner,
    )
    imports = (statement for function in plan.functions for statement in function.imports)
    imported = {name for statement in imports for name, _ in import_bindings(statement)}
    names = _InDagFile({*plan.constants, *imported, *(function.name for function in plan.functions)})
    tests = [_example_test(function.name, function.examples, names) for function in plan.functions if function.examples]
    return laid_out("\n\n".join([head, *tests]))


class _InDagFile(ast.NodeTransformer):
    """Writes the names of the DAG file as attributes of its module: ``f(1)`` becomes ``dag_file.f(1)``."""

    def __init__(self, names: set[str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Replace one name of the DAG file."""
        if node.id not in self.names or not isinstance(node.ctx, ast.Load):
            return node
        return ast.Attribute(ast.Name("dag_file", ast.Load()), node.id, ast.Load())

    def expression(self, text: str) -> ast.expr:
        """Return the expression ``text`` with its names replaced."""
        tree = parsed_expression(text)
        if isinstance(tree, str):
            raise ValueError(f"{text!r} is not one Python expression: {tree}")
        named: ast.expr = self.visit(tree)
        return named


def _example_test(function: str, examples: tuple[Example, ...], names: _InDagFile) -> str:
    lines = [f"def test_examples_of_{function}() -> None:"]
    for example in examples:
        call, expected = names.expression(example.call), names.expression(example.expected)
        if example.raises:
            lines += [f"    with pytest.raises({ast.unparse(expected)}):", f"        {ast.unparse(call)}"]
        else:
            lines.append(f"    assert {ast.unparse(ast.Compare(call, [ast.Eq()], [expected]))}")
    return "\n".join(lines) + "\n"


def _operator(task: PythonTask | OperatorTask) -> str:
    return task.operator if isinstance(task, OperatorTask) else "airflow.sdk.task"
