"""What a reviewer reads: everything that matters, and nothing in it acts."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from airflow_dag_agent_provider.authoring.diff import unified, visible
from airflow_dag_agent_provider.authoring.drafts import Drafts
from airflow_dag_agent_provider.authoring.markdown import fenced, plain, plain_lines
from airflow_dag_agent_provider.authoring.review import review_body, review_subject
from airflow_dag_agent_provider.checks.finding import CheckReport, DagFacts
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
    assert shown == r"!\[x\](http[:]//evil) &lt;img src=y> \*\*b\*\* \| \`c\` d\u202e"


ACTING = st.text(alphabet="ab1 #-+>=_*~`|[]()<!/\\\\:.&;w@\n\t\u202e", max_size=40)


@settings(max_examples=400, deadline=None)
@given(ACTING)
def test_no_text_acts_in_markdown(text: str) -> None:
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    words = {"paragraph_open", "paragraph_close", "inline", "text", "text_special", "softbreak"}
    for page, ours in (
        (plain(text), set()),
        (f"words\n{plain(text)}\nwords", set()),
        ("\n".join(plain_lines(text, width=12)), set()),
        ("\n".join(plain_lines(text, width=12, first="- ", rest="  ")), {"bullet_list", "list_item"}),
    ):
        tokens = parser.parse(page)
        kinds = {one.type for token in tokens for one in (token, *(token.children or ()))}
        assert kinds <= words | {f"{kind}_{end}" for kind in ours for end in ("open", "close")}


@settings(max_examples=400, deadline=None)
@given(ACTING)
def test_a_text_reads_in_markdown_as_it_was_written(text: str) -> None:
    parser = MarkdownIt("commonmark")
    shown = "".join(c.content for token in parser.parse(f"x {plain(text)}") for c in token.children or ())
    for defanged, written in (("[:]//", "://"), ("www[.]", "www."), ("[@]", "@")):
        shown = shown.replace(defanged, written)
    expected = " ".join(f"x {visible(text)}".split())
    for defanged, written in (("[:]//", "://"), ("www[.]", "www."), ("[@]", "@")):
        expected = expected.replace(defanged, written)
    assert " ".join(shown.split()) == expected


@pytest.mark.parametrize(
    "text", ["https://evil.example", "HTTP://x", "www.evil.example", "ann@evil.example", "mailto:ann@evil.example"]
)
def test_an_address_is_shown_but_not_linked(text: str) -> None:
    assert not re.search(r"(?i)https?://|www\.|\w@\w|mailto:", plain(text))


@pytest.mark.parametrize(
    "text", ["*.csv of /data/in", "daily_values", "list[str] -> int", "a < b", "s3://in/x_y", "5 % & 6"]
)
def test_a_text_without_marks_is_shown_as_it_is(text: str) -> None:
    assert plain(text) == text


def test_the_body_names_the_file_that_a_release_writes() -> None:
    body = review_body(DRAFT, previous=None, approvers=["bob"], target="s3://dags/team/count_files.py")
    assert "| Goes to | `s3://dags/team/count_files.py` |" in body


def test_facts_of_the_loaded_file_do_not_act() -> None:
    runs = ("2026-01-02\n\n# Approved\n\n[click](https://evil.example) <b>x</b>",)
    facts = DagFacts(dag_id="count_files", schedule=None, tasks=(), next_runs=runs)
    draft = Drafts(MemoryStore()).add(draft_content(report=CheckReport(dags=(facts,), layers=("<b>", "[a](http://e)"))))
    shown = review_body(draft, previous=None, approvers=["bob"])
    for acting in ("\n# Approved", "<b>", "https://evil", "](http"):
        assert acting not in shown.replace("\\](", "")


def test_a_hostile_request_stays_in_its_fence() -> None:
    text = "do it\n```\n<script>alert(1)</script>\n![](http://evil)"
    draft = Drafts(MemoryStore()).add(draft_content(request=request(text), plan=plan(request=text, summary="<b>x</b>")))
    body = review_body(draft, previous=None, approvers=["<i>"])
    assert "````text\ndo it\n```\n<script>" in body
    assert "<b>" not in body.split("````text")[0]


def test_an_invisible_character_is_visible_in_a_diff() -> None:
    assert "\\u202e" in unified("a\n", "a\u202e\n", path="x.py")
