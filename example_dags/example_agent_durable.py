"""Agents that are resumed, not repeated: a retry replays the recorded steps and runs the rest."""

from datetime import timedelta

from airflow.sdk import dag, task

from airflow_dag_agent_provider.operators.agent import AgentOperator
from airflow_dag_agent_provider.toolsets import SQLToolset

RETRIES = {"retries": 3, "retry_delay": timedelta(seconds=30)}


@dag(schedule=None, default_args=RETRIES, tags=["example"])
def example_agent_durable_operator():
    AgentOperator(
        task_id="durable_analyst",
        prompt="What are the top 5 customers by order count?",
        llm_conn_id="pydanticai_default",
        system_prompt="You are a SQL analyst. Use tools to answer questions with data.",
        durable=True,
        toolsets=[SQLToolset(db_conn_id="postgres_default", allowed_tables=["customers", "orders"], max_rows=20)],
    )


@dag(schedule=None, default_args=RETRIES, tags=["example"])
def example_agent_durable_decorator():
    @task.agent(
        llm_conn_id="pydanticai_default",
        system_prompt="You are a data analyst. Use tools to answer questions.",
        durable=True,
        toolsets=[SQLToolset(db_conn_id="postgres_default", allowed_tables=["orders"])],
    )
    def analyze(question: str):
        return f"Answer this question about our orders data: {question}"

    analyze("What was our total revenue last month?")


example_agent_durable_operator()
example_agent_durable_decorator()
