"""`authoring_dag`: the DAG that writes DAGs. Words go in by the trigger form; an approved DAG file comes out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Literal

from airflow.sdk import DAG, Param, task

from airflow_dag_agent_provider.operators.authoring import (
    DesignOperator,
    SynthesizeOperator,
    UnderstandOperator,
    parts,
)
from airflow_dag_agent_provider.operators.publish import DagApprovalOperator, named_approvers

DEFAULT_DAG_ID = "dag_agent_author"

_DOC = """\
Writes a DAG from plain words. Trigger it, describe what you need, and approve what you see.

1. **understand** splits the request; what only you can say is asked, the rest is assumed and shown.
2. **decompose** and **design**: one mapped task designs each part.
3. **synthesize** joins the parts, compiles the DAG file, checks it in a sandbox, and writes a draft.
4. **review** shows plan, findings and code. *Approve* releases exactly these bytes; *Reject* keeps the draft.
"""

_OPTIONS: dict[str, Any] = {
    "schedule": None,
    "catchup": False,
    "is_paused_upon_creation": False,
    "default_args": {"owner": "dag-agent", "retries": 1, "retry_delay": timedelta(seconds=10)},
    "tags": ["dag-agent"],
    "doc_md": _DOC,
}
_MODEL = {"llm_conn_id": "{{ params.llm_conn_id or '' }}"}


def authoring_dag(
    dag_id: str = DEFAULT_DAG_ID,
    *,
    approvers: Sequence[str] | Literal["*"],
    require_second_person: bool = False,
    llm_conn_id: str | None = None,
    dags_path: str | None = None,
    drafts_path: str | None = None,
    response_timeout: timedelta | None = timedelta(days=7),
    max_active_runs: int = 16,
) -> DAG:
    """Return the authoring DAG; assign it to a module-level name in a DAG file.

    Args:
        dag_id: Id of the authoring DAG itself.
        approvers: User ids that may approve a release, or ``"*"`` for everybody who may answer.
        require_second_person: Refuse the approval of the person who asked.
        llm_conn_id: Default model connection; None: ``[dag_agent] model``, else the built-in ``offline:planner``.
        dags_path: Folder (URI) of the releases; None: ``[dag_agent] dags_path``. Never a param.
        drafts_path: Folder (URI) of drafts and history; None: ``[dag_agent] drafts_path``.
        response_timeout: How long a review waits before it fails; nothing is ever approved by time.
        max_active_runs: How many requests are worked on at once.
    """
    named_approvers(approvers)  # a mapped operator would only say it when the review runs
    folders = {"dags_path": dags_path, "drafts_path": drafts_path}
    with DAG(
        dag_id=dag_id,
        max_active_runs=max_active_runs,
        params=_form(llm_conn_id),
        **_OPTIONS,
    ) as dag:
        understood = UnderstandOperator(
            task_id="understand",
            request="{{ params.request }}",
            wanted_dag_id="{{ params.dag_id or '' }}",
            **_MODEL,
        )
        to_design = task(task_id="decompose", retries=0)(parts)(understood.output)
        design = DesignOperator.partial(
            task_id="design", map_index_template="{{ task.part['subtask']['name'] }}", **_MODEL
        ).expand(part=to_design)
        drafts = SynthesizeOperator(
            task_id="synthesize",
            understood=understood.output,
            designs=design.output,
            **folders,
            **_MODEL,
        )
        DagApprovalOperator.partial(
            task_id="review",
            approvers=approvers,
            require_second_person=require_second_person,
            dry_run="{{ params.dry_run }}",
            **folders,
            response_timeout=response_timeout,
            map_index_template="{{ task.draft['id'] }}",
        ).expand(draft=drafts.output)
    return dag


def _form(llm_conn_id: str | None) -> dict[str, Any]:
    """Return the trigger form: the request open, everything else in sections."""
    return {
        "request": Param(
            "",
            type="string",
            format="multiline",
            minLength=1,
            maxLength=20_000,
            title="What should the DAG do, and when?",
            description="Plain words: where the data is, what happens to it, where it goes, how often. No secrets.",
        ),
        "dag_id": Param(
            None,
            type=["null", "string"],
            title="dag_id",
            description="Empty: chosen from the request.",
            section="Options",
        ),
        "dry_run": Param(
            False,
            type="boolean",
            title="Draft only",
            description="Write and check a draft; ask for no approval.",
            section="Options",
        ),
        "llm_conn_id": Param(
            llm_conn_id,
            type=["null", "string"],
            title="Model connection",
            description="Id of a connection of a pydanticai type. Empty: the configured model, else offline:planner.",
            section="Model",
        ),
    }
