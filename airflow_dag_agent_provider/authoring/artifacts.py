"""What comes with a DAG: its pytest file, README and metadata. Pure text; kept beside the release, never in
the DAG folder, where the dag processor would parse it."""

from __future__ import annotations

import ast
import json

from airflow_dag_agent_provider.authoring.drafts import Draft
from airflow_dag_agent_provider.authoring.plan import DagPlan, Example, OperatorTask, PythonTask
from airflow_dag_agent_provider.authoring.render import all_edges, sorted_imports
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
    asked = "\n".join(f"    {line}" for line in draft.request.text.splitlines())
    parts = [
        f"# {plan.dag_id}",
        plan.summary,
        f"Version {version}, approved by `{approver}`. Schedule: `{when}` ({plan.schedule.timezone}).",
        f"Asked for:\n\n{asked}",
        f"```mermaid\n{mermaid(plan)}\n```",
        "| task | what it does |\n|---|---|\n" + "\n".join(f"| `{t.task_id}` | {_cell(t.doc)} |" for t in plan.tasks),
    ]
    if plan.assumptions:
        parts.append("## Assumptions\n\n" + "\n".join(f"- {_cell(a)}" for a in plan.assumptions))
    if plan.decisions:
        rows = "\n".join(f"| {_cell(d.topic)} | {_cell(d.choice)} | {_cell(d.reason)} |" for d in plan.decisions)
        parts.append(f"## Decisions\n\n| topic | choice | reason |\n|---|---|---|\n{rows}")
    return "\n\n".join(parts) + "\n"


_TEST_HEAD = '''\
"""Tests of the DAG {dag_id}. They need Airflow installed, no database and no connection: `pytest {file}`."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location({module!r}, Path(__file__).with_name("{module}.py"))
assert _spec is not None and _spec.loader is not None
{module} = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module({module})


def test_the_dag_id_schedule_and_catchup_are_as_planned() -> None:
    timetable = {module}.dag.timetable
    assert {module}.dag.dag_id == {dag_id!r}
    assert getattr(timetable, "expression", None) == {cron!r}
    assert {module}.dag.catchup is {catchup!r}


def test_the_tasks_and_their_order_are_as_planned() -> None:
    edges = {{(task.task_id, down) for task in {module}.dag.tasks for down in task.downstream_task_ids}}
    assert sorted({module}.dag.task_ids) == {task_ids!r}
    assert edges == {{{edges}}}


@pytest.mark.parametrize("task", {module}.dag.tasks, ids=lambda task: task.task_id)
def test_every_task_has_an_owner_and_documentation(task: object) -> None:
    assert task.owner == {owner!r}
    assert task.doc_md
'''


def pytest_file(plan: DagPlan, *, module: str) -> str:
    """Return the tests of a DAG file that lies beside them as ``<module>.py``."""
    import black

    head = _TEST_HEAD.format(
        module=module,
        file=f"test_{module}.py",
        dag_id=plan.dag_id,
        cron=contract_of(plan).cron,
        catchup=plan.catchup,
        task_ids=sorted(task.task_id for task in plan.tasks),
        edges=", ".join(f"({up!r}, {down!r})" for up, down in all_edges(plan)),
        owner=plan.owner,
    )
    if not all_edges(plan):
        head = head.replace("assert edges == {}", "assert edges == set()")
    tested = [function for function in plan.functions if function.examples]
    imports = sorted_imports(statement for function in tested for statement in function.imports)
    names = {*plan.constants, *(function.name for function in plan.functions)}
    tests = [_example_test(function.name, function.examples, _InModule(module, names)) for function in tested]
    head = head.replace("import importlib.util\n", f"{imports}\nimport importlib.util\n", 1) if imports else head
    return black.format_str("\n\n".join([head, *tests]), mode=black.Mode(line_length=88))


class _InModule(ast.NodeTransformer):
    """Writes the names of the DAG file as attributes of its module: ``f(1)`` becomes ``daily.f(1)``."""

    def __init__(self, module: str, names: set[str]) -> None:
        self.module, self.names = module, names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Replace one name of the DAG file."""
        if node.id not in self.names:
            return node
        return ast.Attribute(ast.Name(self.module, ast.Load()), node.id, ast.Load())

    def expression(self, code: str) -> str:
        """Return the expression ``code`` with its names replaced."""
        return ast.unparse(self.visit(ast.parse(code, mode="eval")))


def _example_test(function: str, examples: tuple[Example, ...], names: _InModule) -> str:
    lines = [f"def test_{function}() -> None:"]
    for example in examples:
        if example.raises:
            lines.append(f"    with pytest.raises({example.expected}):")
            lines.append(f"        {names.expression(example.call)}")
        else:
            lines.append(f"    assert {names.expression(example.call)} == {names.expression(example.expected)}")
    return "\n".join(lines) + "\n"


def _operator(task: PythonTask | OperatorTask) -> str:
    return task.operator if isinstance(task, OperatorTask) else "airflow.sdk.task"


def _cell(text: str) -> str:
    """Return one line of text that cannot break a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;").replace("![", "! [")
