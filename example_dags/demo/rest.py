"""The few calls of Airflow's REST API that the demo makes. Standard library only, never through a proxy."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import OpenerDirector, ProxyHandler, Request, build_opener

Json = dict[str, Any]


class RestError(Exception):
    """Airflow refused a call, or nothing answered (status 0)."""

    def __init__(self, method: str, path: str, *, status: int, detail: str) -> None:
        self.method, self.path, self.status, self.detail = method, path, status, detail
        super().__init__(f"{method} {path} ended with status {status}: {detail}")


@dataclass(frozen=True)
class TaskInstance:
    """One task instance as the REST API tells it; `map_index` is -1 when the task is not mapped."""

    task_id: str
    map_index: int
    state: str | None
    try_number: int
    duration_s: float | None

    @property
    def name(self) -> str:
        """What a person calls it: ``design`` or ``design[2]``."""
        return self.task_id if self.map_index < 0 else f"{self.task_id}[{self.map_index}]"


@dataclass
class AirflowRest:
    """A client of one Airflow; `token` comes from `log_in`."""

    url: str
    timeout_s: float = 30.0
    token: str | None = None
    _opener: OpenerDirector = field(default_factory=lambda: build_opener(ProxyHandler({})), repr=False)

    def log_in(self) -> None:
        """Fetch a token; an Airflow whose users are all admins gives one to everybody."""
        self.token = self._call("GET", "/auth/token")["access_token"]

    def health(self) -> Json:
        """Return the health of the metadata database, scheduler and dag processor; needs no token."""
        return self._call("GET", "/api/v2/monitor/health")

    def execution_health(self) -> Json:
        """Return the health of what tasks talk to; the first call builds it (3 s, else the first task's)."""
        return self._call("GET", "/execution/health")

    def dag(self, dag_id: str) -> Json | None:
        """Return what Airflow knows of a DAG; None: no processor has parsed it yet."""
        try:
            return self._call("GET", f"/api/v2/dags/{quote(dag_id)}")
        except RestError as error:
            if error.status == 404:
                return None
            raise

    def unpause(self, dag_id: str) -> None:
        """Let the scheduler start runs of a DAG."""
        self._call("PATCH", f"/api/v2/dags/{quote(dag_id)}", {"is_paused": False})

    def import_errors(self) -> list[Json]:
        """Return the files that could not be parsed: filename, bundle_name, stack_trace."""
        errors: list[Json] = self._call("GET", "/api/v2/importErrors")["import_errors"]
        return errors

    def trigger(self, dag_id: str, *, conf: Json | None = None, logical_date: str | None = None) -> str:
        """Start a run and return its run id."""
        body = {"logical_date": logical_date, "conf": conf or {}}
        run_id: str = self._call("POST", f"/api/v2/dags/{quote(dag_id)}/dagRuns", body)["dag_run_id"]
        return run_id

    def run_state(self, dag_id: str, run_id: str) -> str:
        """Return queued, running, success or failed."""
        state: str = self._call("GET", _run(dag_id, run_id))["state"]
        return state

    def task_instances(self, dag_id: str, run_id: str) -> list[TaskInstance]:
        """Return the task instances of a run in the order in which they ended, the unfinished ones last."""
        rows = self._call("GET", f"{_run(dag_id, run_id)}/taskInstances?limit=500")["task_instances"]
        rows.sort(key=lambda row: (row["end_date"] is None, row["end_date"] or "", row["start_date"] or ""))
        return [
            TaskInstance(row["task_id"], row["map_index"], row["state"], row["try_number"], row["duration"])
            for row in rows
        ]

    def xcom(self, dag_id: str, run_id: str, task_id: str, *, map_index: int = -1) -> Any:
        """Return the return_value of a task instance."""
        query = urlencode({"map_index": map_index})
        path = f"{_run(dag_id, run_id)}/taskInstances/{quote(task_id)}/xcomEntries/return_value?{query}"
        value = self._call("GET", path)["value"]
        return json.loads(value) if isinstance(value, str) and value[:1] in "[{" else value

    def asked(self, dag_id: str, run_id: str, task: TaskInstance) -> Json:
        """Return what a waiting task asks: subject, body, options, params, assigned_users."""
        return self._call("GET", _hitl(dag_id, run_id, task))

    def answer(self, dag_id: str, run_id: str, task: TaskInstance, *, option: str) -> Json:
        """Answer a waiting task; an answer is final."""
        return self._call("PATCH", _hitl(dag_id, run_id, task), {"chosen_options": [option], "params_input": {}})

    def clear(self, dag_id: str, run_id: str, task_ids: list[str]) -> None:
        """Run tasks of a run again, whatever their state."""
        body = {"dry_run": False, "dag_run_id": run_id, "task_ids": task_ids, "only_failed": False}
        self._call("POST", f"/api/v2/dags/{quote(dag_id)}/clearTaskInstances", body)

    def log_lines(self, dag_id: str, run_id: str, task: TaskInstance) -> list[str]:
        """Return the log of the last try, one line per event, tracebacks included."""
        path = f"{_run(dag_id, run_id)}/taskInstances/{quote(task.task_id)}/logs/{max(task.try_number, 1)}"
        content = self._call("GET", f"{path}?{urlencode({'map_index': task.map_index})}")["content"]
        return [line for event in content for line in _event_lines(event)]

    def _call(self, method: str, path: str, body: Json | None = None) -> Json:
        """Make one call; a reading one that hits a busy server (SQLite locks) is tried again."""
        tries = 3 if method == "GET" else 1
        for left in reversed(range(tries)):
            try:
                return self._call_once(method, path, body)
            except RestError as error:
                if error.status < 500 or not left:
                    raise
                time.sleep(0.5)
        raise AssertionError("unreachable")

    def _call_once(self, method: str, path: str, body: Json | None) -> Json:
        request = Request(self.url + path, method=method, data=None if body is None else json.dumps(body).encode())
        request.add_header("Accept", "application/json")
        if body is not None:
            request.add_header("Content-Type", "application/json")
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with self._opener.open(request, timeout=self.timeout_s) as response:
                answer: Json = json.loads(response.read() or b"{}")
                return answer
        except HTTPError as error:
            with error:
                detail = error.read().decode(errors="replace")[:2000]
            raise RestError(method, path, status=error.code, detail=detail) from None
        except (URLError, TimeoutError, ConnectionError) as error:
            raise RestError(method, path, status=0, detail=str(error)) from None


def _run(dag_id: str, run_id: str) -> str:
    return f"/api/v2/dags/{quote(dag_id)}/dagRuns/{quote(run_id, safe='')}"


def _hitl(dag_id: str, run_id: str, task: TaskInstance) -> str:
    return f"{_run(dag_id, run_id)}/taskInstances/{quote(task.task_id)}/{task.map_index}/hitlDetails"


def _event_lines(event: Any) -> list[str]:
    """Return one structured log event as text lines, with its traceback."""
    if not isinstance(event, dict):
        return [str(event)]
    lines = [str(event.get("event", ""))]
    for problem in event.get("error_detail") or []:
        for frame in (problem.get("frames") or [])[-6:]:
            lines.append(f"    {frame.get('filename')}:{frame.get('lineno')} in {frame.get('name')}")
        lines.append(f"    {problem.get('exc_type')}: {problem.get('exc_value')}")
    return lines
