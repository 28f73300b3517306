"""An answer with a shape: the task after the agent gets an `Analysis`, not a text."""

from airflow.sdk import dag, task
from pydantic import BaseModel

from airflow_dag_agent_provider.toolsets import SQLToolset


class Analysis(BaseModel):
    """What the agent answers; at module scope, so that XCom can make it again."""

    summary: str
    top_items: list[str]
    row_count: int


@dag(schedule=None, tags=["example"])
def example_agent_structured_output():
    @task.agent(
        llm_conn_id="pydanticai_default",
        system_prompt="You are a data analyst. Return structured results.",
        output_type=Analysis,
        toolsets=[SQLToolset(db_conn_id="postgres_default", allowed_tables=["orders"])],
    )
    def analyze(question: str):
        return f"Analyze: {question}"

    @task
    def first_item(analysis: Analysis) -> str:
        return analysis.top_items[0]

    first_item(analyze("What are the trending products this week?"))


example_agent_structured_output()
