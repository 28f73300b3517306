"""An agent on a budget: whichever limit is reached first ends the task, without a retry."""

from airflow.sdk import dag

from airflow_dag_agent_provider.operators.agent import AgentOperator
from airflow_dag_agent_provider.toolsets import SQLToolset


@dag(schedule=None, tags=["example"])
def example_agent_usage_limits():
    AgentOperator(
        task_id="analyst",
        prompt="Which customers ordered less than the month before, and why?",
        llm_conn_id="pydanticai_default",
        system_prompt="You are a SQL analyst. Use tools to answer questions with data.",
        toolsets=[SQLToolset(db_conn_id="postgres_default", allowed_tables=["customers", "orders"])],
        usage_limits={"request_limit": 10, "tool_calls_limit": 15, "total_tokens_limit": 50_000},
    )


example_agent_usage_limits()
