"""What a reviewer reads: everything that matters, and nothing in it acts."""

from __future__ import annotations

from airflow_dag_agent_provider.authoring.diff import unified
from airflow_dag_agent_provider.authoring.drafts import Drafts
from airflow_dag_agent_provider.authoring.review import fenced, plain, review_body, review_subject
from airflow_dag_agent_provider.storage import MemoryStore
from tests.authoring.plans import draft_content, plan, request

DRAFT = Drafts(MemoryStore()).add(draft_content())


def test_the_body_shows_plan_findings_code_hash_and_approvers() -> None:
    body = review_body(DRAFT, previous=None, approvers=["bob"])
    for shown in (
        "`create_table`",
        "**Findings**",
        "with DAG(",
        DRAFT.sha256,
        DRAFT.approval_digest,
        "bob",
        "rlimits",
        "The time zone is UTC.",
    ):
        assert shown in body


def test_everybody_as_approver_is_said() -> None:
    assert "approvers='*'" in review_body(DRAFT, previous=None, approvers=None).replace("\\*", "*")


def test_a_change_is_shown_as_a_diff() -> None:
    body = review_body(DRAFT, previous=DRAFT.source.replace("0 4", "0 5"), approvers=["bob"])
    assert '-    schedule="0 5 * * *",' in body
    assert '+    schedule="0 4 * * *",' in body


def test_the_subject_names_dag_draft_and_hash() -> None:
    assert review_subject(DRAFT) == f"Release the new DAG count_files: draft count_files-1, sha256 {DRAFT.sha256[:12]}"


def test_code_cannot_close_its_fence() -> None:
    assert fenced("a\n````\nb", "python").startswith("`````python\n")


def test_text_is_shown_and_never_acts() -> None:
    shown = plain("![x](http://evil) <img src=y> **b** | `c`\nd\u202e")
    assert shown == r"!\[x\](http://evil) &lt;img src=y&gt; \*\*b\*\* \| \`c\` d\\u202e"


def test_a_hostile_request_stays_in_its_fence() -> None:
    text = "do it\n```\n<script>alert(1)</script>\n![](http://evil)"
    draft = Drafts(MemoryStore()).add(draft_content(request=request(text), plan=plan(request=text, summary="<b>x</b>")))
    body = review_body(draft, previous=None, approvers=["<i>"])
    assert "````text\ndo it\n```\n<script>" in body
    assert "<b>" not in body.split("````text")[0]


def test_an_invisible_character_is_visible_in_a_diff() -> None:
    assert "\\u202e" in unified("a\n", "a\u202e\n", path="x.py")
