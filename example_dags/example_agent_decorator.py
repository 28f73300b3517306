"""`@task.agent`: the function returns the prompt, everything else goes to the agent."""

from airflow.sdk import dag, task

from airflow_dag_agent_provider.toolsets import SQLToolset


@dag(schedule=None, tags=["example"])
def example_agent_decorator():
    @task.agent(
        llm_conn_id="pydanticai_default",
        system_prompt="You are a data analyst. Use tools to answer questions.",
        toolsets=[SQLToolset(db_conn_id="postgres_default", allowed_tables=["orders"])],
    )
    def analyze(question: str):
        return f"Answer this question about our orders data: {question}"

    analyze("What was our total revenue last month?")


example_agent_decorator()
