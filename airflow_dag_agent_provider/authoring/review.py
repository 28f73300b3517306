"""What a reviewer reads: the plan, the findings and the change, as Markdown in which nothing acts.

User words and generated code are shown, never interpreted: text is escaped, code stands in a fence longer than
any run of backticks in it, and control characters are written as escapes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from textwrap import TextWrapper

from airflow_dag_agent_provider.authoring.diff import unified, visible
from airflow_dag_agent_provider.authoring.drafts import Draft, DraftContent
from airflow_dag_agent_provider.authoring.plan import DagPlan, OperatorTask
from airflow_dag_agent_provider.authoring.render import all_edges


def review_subject(draft: Draft) -> str:
    """Return the headline of an approval: which DAG, and which bytes."""
    change = "Change" if draft.previous_sha256 else "Release the new DAG"
    return f"{change} {draft.dag_id}: draft {draft.draft_id}, sha256 {draft.sha256[:12]}"


def review_body(draft: Draft, *, previous: str | None, approvers: Sequence[str] | None) -> str:
    """Return the text of an approval.

    Args:
        draft: What would be released.
        previous: The file as it stands in the DAG folder now; None: a new file.
        approvers: User ids that may approve; None: everybody who may answer.
    """
    who = ", ".join(approvers) if approvers else "everybody who may answer required actions here (approvers='*')"
    parts = [
        plain(draft.plan.summary),
        _facts(draft),
        "**Asked for**\n\n" + fenced(_folded(draft.request.text), "text"),
        "**Plan**\n\n" + plan_table(draft.plan),
        _listed("Assumed, because nobody said it", draft.plan.assumptions),
        "**Findings**\n\n" + findings_table(draft),
        _change(draft, previous),
        f"**Approval** releases exactly these bytes: sha256 `{draft.sha256}`, bound to `{draft.path}` and the file it "
        f"replaces by digest `{draft.approval_digest}`. May approve: {plain(who)}. "
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
            f"`{task.operator.rsplit('.', 1)[1] if isinstance(task, OperatorTask) else '@task'}`",
            ", ".join(f"`{up}`" for up in upstream.get(task.task_id, ())) or "—",
            plain(task.doc),
        )
        for task in plan.tasks
    ]
    return table(("task", "operator", "after", "what it does"), rows)


def findings_table(draft: DraftContent) -> str:
    """Return the findings as a Markdown table, or a sentence when there are none."""
    report = draft.report
    checked = f"Checked in {report.elapsed_s:.1f} s, isolated by: {', '.join(report.layers) or 'nothing'}."
    if not report.findings:
        return f"None. {checked}"
    rows = [(f.severity, f.code, str(f.line or "—"), plain(f.message), plain(f.hint)) for f in report.findings]
    return table(("severity", "code", "line", "finding", "way out"), rows) + f"\n\n{checked}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; the cells must be one line each."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def plain(text: str) -> str:
    r"""Return ``text`` as one line that Markdown shows as it is: no HTML, image, link or table bar.

    >>> plain("a | b ![x](http://evil) <img>")
    'a \\| b !\\[x\\](http://evil) &lt;img&gt;'
    """
    line = " ".join(visible(text).split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*\[\]|])", r"\\\1", line)


def fenced(text: str, language: str) -> str:
    """Return ``text`` in a code fence that it cannot close."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{visible(text).rstrip()}\n{fence}"


def _folded(text: str) -> str:
    """Return the text in lines that fit the panel of the Airflow UI."""
    fold = TextWrapper(88, break_long_words=False, break_on_hyphens=False, replace_whitespace=False).fill
    return "\n".join(fold(line) for line in text.splitlines())


def _facts(draft: Draft) -> str:
    plan = draft.plan
    when = f"{plan.schedule.cron} ({plan.schedule.timezone})" if plan.schedule.cron else "only when triggered"
    next_runs = draft.report.dags[0].next_runs[:3] if draft.report.dags else ()
    rows = [
        ("DAG", f"`{plan.dag_id}`"),
        ("File", f"`{draft.path}`"),
        ("Schedule", plain(when) + (f"; next runs {', '.join(next_runs)}" if next_runs else "")),
        ("Retries", f"{plan.retries}, {plan.retry_delay_minutes} min apart"),
        ("Asked by", plain(draft.request.requester or "unknown")),
        ("Written by", plain(draft.generated_by)),
    ]
    return table(("", ""), rows)


def _listed(title: str, lines: Sequence[str]) -> str:
    return f"**{title}**\n\n" + "\n".join(f"- {plain(line)}" for line in lines) if lines else ""


def _change(draft: Draft, previous: str | None) -> str:
    if previous is None:
        return f"**Code** of the new file `{draft.path}`\n\n" + fenced(draft.source, "python")
    diff = unified(previous, draft.source, path=draft.path)
    return f"**Change** of `{draft.path}`\n\n" + fenced(diff or "no change", "diff")
