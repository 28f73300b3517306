"""A scripted model that authors like a real one: it reads what it is asked, uses its tools, and answers typed."""

from __future__ import annotations

import json
from typing import Any

from airflow_dag_agent_provider.authoring.plan import DagPlan, SubTask, TaskPlan, Understanding
from tests.wire.reply import Call, Reply, Seen


class AuthoringModel:
    """Plays understand, design and synthesize for one plan; ``plans`` are written in turn by synthesize."""

    def __init__(self, *plans: DagPlan, understanding: Understanding | None = None) -> None:
        self.plans = list(plans)
        self.designs = {task.task_id: task for task in plans[-1].tasks}
        self.understanding = understanding or understanding_of(plans[-1])

    def __call__(self, seen: Seen) -> Reply:
        tools = {tool["function"]["name"] for tool in seen.body.get("tools", ())}
        if "write_dag" in tools:
            return self._synthesize(seen)
        if "search_operators" in tools:
            name = json.loads(_block(seen, "subtask"))["name"]
            return _final(TaskPlan(subtask=name, tasks=(self.designs[name],)).model_dump(mode="json"))
        return _final(self.understanding.model_dump(mode="json"))

    def _synthesize(self, seen: Seen) -> Reply:
        written = [
            json.loads(m["content"])
            for m in seen.body["messages"]
            if m["role"] == "tool" and "draft_id" in m["content"]
        ]
        if written:
            return _final({"draft_id": written[-1]["draft_id"]})
        plan = self.plans.pop(0) if len(self.plans) > 1 else self.plans[0]
        return Reply(calls=(Call("write_dag", {"plan": plan.model_dump(mode="json")}),))


def understanding_of(plan: DagPlan) -> Understanding:
    """Return an understanding with one sub-task per task of ``plan``."""
    parts = tuple(SubTask(name=task.task_id, instruction=task.doc) for task in plan.tasks)
    return Understanding(summary=plan.summary, subtasks=parts, assumptions=plan.assumptions)


def _final(arguments: dict[str, Any]) -> Reply:
    return Reply(calls=(Call("final_result", arguments),))


def _block(seen: Seen, name: str) -> str:
    text = next(m["content"] for m in seen.body["messages"] if m["role"] == "user")
    return str(text.split(f"<{name}>")[1].split(f"</{name}>")[0])
