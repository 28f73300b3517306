"""A durable agent with six steps whose effects can be counted, and which can be killed in the middle of one."""

import os
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from airflow.sdk import DAG

from airflow_dag_agent_provider.operators.agent import AgentOperator
from airflow_dag_agent_provider.toolsets import ToolsetSpec


@dataclass(frozen=True)
class Steps(ToolsetSpec):
    """One tool: ``step(n)`` adds a line to ``effects``; told to wait at n, it does so until somebody kills it."""

    folder: str
    wait_at: str

    agent_template_fields = ("folder", "wait_at")

    @property
    def id(self):
        return "steps"

    def build(self, ctx):
        from pydantic_ai.toolsets import FunctionToolset

        folder = Path(self.folder)

        def step(n: int) -> str:
            """Do one step of the work."""
            with (folder / "effects").open("a") as effects:
                effects.write(f"{n}\n")
            (folder / "pid").write_text(str(os.getpid()))
            if str(n) == self.wait_at and not (folder / "waiting").exists():
                (folder / "waiting").touch()
                time.sleep(300)
            return f"result of step {n}"

        return FunctionToolset([step], id=self.id)


with DAG(
    "six_steps", schedule=None, is_paused_upon_creation=False, params={"folder": "", "wait_at": "", "prompt": "Work."}
):
    AgentOperator(
        task_id="work",
        prompt="{{ params.prompt }}",
        toolsets=[Steps("{{ params.folder }}", "{{ params.wait_at }}")],
        durable=True,
        retries=2,
        retry_delay=timedelta(seconds=1),
    )
