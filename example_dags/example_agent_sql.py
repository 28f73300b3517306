"""An agent with access to a database: it looks at the schema, writes SQL and answers with figures. It cannot write."""

from airflow.sdk import dag

from airflow_dag_agent_provider.operators.agent import AgentOperator
from airflow_dag_agent_provider.toolsets import SQLToolset


@dag(schedule=None, tags=["example"])
def example_agent_sql():
    AgentOperator(
        task_id="analyst",
        prompt="What are the top 5 customers by order count?",
        llm_conn_id="pydanticai_default",
        system_prompt=(
            "You are a SQL analyst. Use the available tools to explore the schema and answer the question with data."
        ),
        toolsets=[SQLToolset(db_conn_id="postgres_default", allowed_tables=["customers", "orders"], max_rows=20)],
    )


example_agent_sql()
