"""Run a DAG built inside a test, in this process, against the test home's database."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import threading
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

# How long an answering thread waits for its task: less than pytest's own limit, so that a test ends by itself.
_PATIENCE_S = 240


def make_database(home: Path, *, template: Path) -> None:
    """Initialise ``home/airflow.db``; the first process migrates, the others copy its file."""
    _load_models()
    with open(template.with_suffix(".lock"), "w") as lock:  # noqa: PTH123 (a lock needs the descriptor)
        fcntl.flock(lock, fcntl.LOCK_EX)
        database = home / "airflow.db"
        if not template.exists():
            from airflow.utils import db

            db.initdb()
            _copy_database(database, template)
            return
        _copy_database(template, database)


def _load_models() -> None:
    """Import the tables before any thread asks for one: two threads that import them at once wait for each other."""
    from airflow.models import import_all_models
    from sqlalchemy.orm import configure_mappers

    import_all_models()
    configure_mappers()


def _copy_database(source: Path, target: Path) -> None:
    """Copy with SQLite's own backup: a copy of the file would miss what still stands in its write-ahead log."""
    with (
        contextlib.closing(sqlite3.connect(source)) as source_db,
        contextlib.closing(sqlite3.connect(target)) as target_db,
    ):
        source_db.backup(target_db)


@dataclass(frozen=True)
class FinishedRun:
    """A DAG run that ended; ``states`` maps task id (with ``[n]`` when mapped) to its final state."""

    dag_id: str
    run_id: str
    state: str
    states: dict[str, str]

    def xcom(self, task_id: str, key: str = "return_value", *, map_index: int = -1) -> Any:
        """Return the XCom as the REST API shows it (plain JSON); None when there is none."""
        from airflow.models.xcom import XComModel
        from airflow.utils.session import create_session
        from sqlalchemy import select

        with create_session(scoped=False) as session:
            return session.scalars(
                select(XComModel.value).where(
                    XComModel.dag_id == self.dag_id,
                    XComModel.run_id == self.run_id,
                    XComModel.task_id == task_id,
                    XComModel.key == key,
                    XComModel.map_index == map_index,
                )
            ).first()


def sync_dag(dag: Any) -> None:
    """Serialize ``dag`` into the database as the dag processor would; ``dag.test()`` needs it there."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db

    DagBundlesManager().sync_bundles_to_db()
    bag = DagBag(dag_folder=os.devnull, safe_mode=False, load_op_links=False)
    bag.bag_dag(dag)
    sync_bag_to_db(bag, "dags-folder", None)


def run_dag(dag: Any, *, conf: dict[str, Any] | None = None) -> FinishedRun:
    """Run ``dag`` once with ``dag.test()`` and return how it ended.

    Args:
        dag: A DAG built in the test; give every test a dag id of its own.
        conf: The params of the run.
    """
    sync_dag(dag)
    ended = dag.test(run_conf=conf)
    states = {
        ti.task_id + (f"[{ti.map_index}]" if ti.map_index >= 0 else ""): str(ti.state)
        for ti in ended.get_task_instances()
    }
    return FinishedRun(dag.dag_id, ended.run_id, str(ended.state), states)


def answer(
    dag_id: str,
    option: str,
    *,
    params: dict[str, Any] | None = None,
    task_id: str | None = None,
    user: str = "tester",
) -> threading.Thread:
    """Answer the next human-in-the-loop request of ``dag_id`` from a thread, as the API route does.

    Start it before ``run_dag``; join it afterwards.
    """
    run = partial(_answer_until_taken, dag_id, option, params=params or {}, task_id=task_id, user=user)
    thread = threading.Thread(target=run, daemon=True, name=f"answer {option} in {dag_id}")
    thread.start()
    return thread


def _answer_until_taken(dag_id: str, option: str, **answer: Any) -> None:
    from sqlalchemy.exc import OperationalError

    answered = None
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        with contextlib.suppress(OperationalError):  # SQLite is locked while another thread writes
            answered = _answer_once(dag_id, option, **answer) or answered
            if answered and _took_the_answer(answered):
                return
        time.sleep(0.2)


def _took_the_answer(ti_id: Any) -> bool:
    """Tell whether the task went on; `dag.test` writes "awaiting input" twice and so may undo an early answer."""
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from airflow.utils.state import TaskInstanceState
    from sqlalchemy import select

    with create_session(scoped=False) as session:
        state = session.scalars(select(TaskInstance.state).where(TaskInstance.id == ti_id)).one()
    return state not in (TaskInstanceState.AWAITING_INPUT, TaskInstanceState.SCHEDULED)


def _answer_once(dag_id: str, option: str, *, params: dict[str, Any], task_id: str | None, user: str) -> Any:
    """Answer the task that waits and return the id of its instance, or None when none waits."""
    from airflow._shared.timezones import timezone
    from airflow.models.hitl import HITLDetail
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.trigger import handle_event_submit
    from airflow.triggers.base import TriggerEvent
    from airflow.utils.session import create_session
    from airflow.utils.state import TaskInstanceState
    from sqlalchemy import select

    waiting = select(TaskInstance).where(
        TaskInstance.dag_id == dag_id, TaskInstance.state == TaskInstanceState.AWAITING_INPUT
    )
    if task_id is not None:
        waiting = waiting.where(TaskInstance.task_id == task_id)
    with contextlib.ExitStack() as stack:
        session = stack.enter_context(create_session(scoped=False))
        instance = session.scalars(waiting).first()
        if instance is None:
            return None
        detail = session.scalars(select(HITLDetail).where(HITLDetail.ti_id == instance.id)).one()
        detail.responded_by = {"id": user, "name": user}
        detail.responded_at = timezone.utcnow()
        detail.chosen_options = [option]
        detail.params_input = params
        session.add(detail)
        session.flush()
        handle_event_submit(TriggerEvent(detail.as_resume_event_payload()), task_instance=instance, session=session)
        return instance.id


def shown(dag_id: str) -> Any:
    """Return the newest human-in-the-loop row of a DAG, with the subject and body that people saw."""
    from airflow.models.hitl import HITLDetail
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session(scoped=False) as session:
        tis = select(TaskInstance.id).where(TaskInstance.dag_id == dag_id)
        row = session.scalars(select(HITLDetail).where(HITLDetail.ti_id.in_(tis))).all()[-1]
        session.expunge(row)
    return row


def edit_xcom_then_answer(dag_id: str, task_id: str, value: Any, option: str) -> None:
    """From a thread: wait for the review, overwrite the return value of ``task_id``, then answer."""
    edit_then_answer = partial(_edit_then_answer, dag_id, task_id, value, option)
    threading.Thread(target=edit_then_answer, daemon=True, name=f"edit and answer {dag_id}").start()


def _edit_then_answer(dag_id: str, task_id: str, value: Any, option: str) -> None:
    import json

    from airflow.models.taskinstance import TaskInstance
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from airflow.utils.state import TaskInstanceState
    from sqlalchemy import select, update
    from sqlalchemy.exc import OperationalError

    waiting = select(TaskInstance).where(
        TaskInstance.dag_id == dag_id, TaskInstance.state == TaskInstanceState.AWAITING_INPUT
    )
    mine = (XComModel.dag_id == dag_id, XComModel.task_id == task_id, XComModel.key == "return_value")
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        with contextlib.suppress(OperationalError), create_session(scoped=False) as session:
            if session.scalars(waiting).first() is not None:
                session.execute(update(XComModel).where(*mine).values(value=json.dumps(value)))
                break
        time.sleep(0.2)
    _answer_until_taken(dag_id, option, params={}, task_id=None, user="tester")
