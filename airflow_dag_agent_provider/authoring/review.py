"""What a reviewer reads: the plan, the findings and the change, as Markdown in which nothing acts.

User words and generated code are shown, never interpreted: text is escaped, code stands in a fence longer than
any run of backticks in it, and control characters are written as escapes.
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import TextWrapper

from airflow_dag_agent_provider.authoring.diff import unified
from airflow_dag_agent_provider.authoring.drafts import Draft, DraftContent
from airflow_dag_agent_provider.authoring.markdown import code, fenced, plain, table
from airflow_dag_agent_provider.authoring.plan import DagPlan, OperatorTask
from airflow_dag_agent_provider.authoring.render import all_edges


def review_subject(draft: Draft) -> str:
    """Return the headline of an approval: which DAG, and which bytes."""
    change = "Change" if draft.previous_sha256 else "Release the new DAG"
    return f"{change} {draft.dag_id}: draft {draft.draft_id}, sha256 {draft.sha256[:12]}"


def review_body(
    draft: Draft, *, previous: str | None, approvers: Sequence[str] | None, target: str | None = None
) -> str:
    """Return the text of an approval.

    Args:
        draft: What would be released.
        previous: The file as it stands in the DAG folder now; None: a new file.
        approvers: User ids that may approve; None: everybody who may answer.
        target: URI or path of the file that a release writes; None: it is not shown.
    """
    who = ", ".join(approvers) if approvers else "everybody who may answer required actions here (approvers='*')"
    parts = [
        plain(draft.plan.summary),
        _facts(draft, target=target),
        "**Asked for**\n\n" + fenced(_folded(draft.request.text), "text"),
        "**Plan**\n\n" + plan_table(draft.plan),
        _listed("Assumed, because nobody said it", draft.plan.assumptions),
        "**Findings**\n\n" + findings_table(draft),
        _change(draft, previous),
        f"**Approval** releases exactly these bytes: sha256 `{draft.sha256}`, bound to {code(draft.path)} and the file "
        f"it replaces by digest `{draft.approval_digest}`. May approve: {plain(who)}. "
        "Reject releases nothing; the draft is kept.",
    ]
    return "\n\n".join(part for part in parts if part)


def plan_table(plan: DagPlan) -> str:
    """Return the tasks as a Markdown table: id, operator, after which, what it does."""
    upstream: dict[str, list[str]] = {}
    for up, down in all_edges(plan):
        upstream.setdefault(down, []).append(up)
    rows = [
        (
            f"`{task.task_id}`",
            code(task.operator.rpartition(".")[2] if isinstance(task, OperatorTask) else "@task"),
            ", ".join(f"`{up}`" for up in upstream.get(task.task_id, ())) or "—",
            plain(task.doc),
        )
        for task in plan.tasks
    ]
    return table(("task", "operator", "after", "what it does"), rows)


def findings_table(draft: DraftContent) -> str:
    """Return the findings as a Markdown table, or a sentence when there are none."""
    report = draft.report
    checked = f"Checked in {report.elapsed_s:.1f} s, isolated by: {plain(', '.join(report.layers)) or 'nothing'}."
    if not report.findings:
        return f"None. {checked}"
    rows = [(f.severity, plain(f.code), str(f.line or "—"), plain(f.message), plain(f.hint)) for f in report.findings]
    return table(("severity", "code", "line", "finding", "way out"), rows) + f"\n\n{checked}"


def _folded(text: str) -> str:
    """Return the text in lines that fit the panel of the Airflow UI."""
    fold = TextWrapper(88, break_long_words=False, break_on_hyphens=False, replace_whitespace=False).fill
    return "\n".join(fold(line) for line in text.splitlines())


def _facts(draft: Draft, *, target: str | None) -> str:
    plan = draft.plan
    when = f"{plan.schedule.cron} ({plan.schedule.timezone})" if plan.schedule.cron else "only when triggered"
    next_runs = draft.report.dags[0].next_runs[:3] if draft.report.dags else ()
    rows = [
        ("DAG", code(plan.dag_id)),
        ("File", code(draft.path)),
        *([("Goes to", code(target))] if target else []),
        ("Schedule", plain(when) + (f"; next runs {plain(', '.join(next_runs))}" if next_runs else "")),
        ("Retries", f"{plan.retries}, {plan.retry_delay_minutes} min apart"),
        ("Asked by", plain(draft.request.requester or "unknown")),
        ("Written by", plain(draft.generated_by)),
    ]
    return table(("", ""), rows)


def _listed(title: str, lines: Sequence[str]) -> str:
    return f"**{title}**\n\n" + "\n".join(f"- {plain(line)}" for line in lines) if lines else ""


def _change(draft: Draft, previous: str | None) -> str:
    if previous is None:
        return f"**Code** of the new file {code(draft.path)}\n\n" + fenced(draft.source, "python")
    diff = unified(previous, draft.source, path=draft.path)
    return f"**Change** of {code(draft.path)}\n\n" + fenced(diff or "no change", "diff")
