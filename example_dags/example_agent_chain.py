"""The answer of an agent goes into the next task like any other XCom."""

from airflow.sdk import dag, task

from airflow_dag_agent_provider.toolsets import SQLToolset


@dag(schedule=None, tags=["example"])
def example_agent_chain():
    @task.agent(
        llm_conn_id="pydanticai_default",
        system_prompt="You are a SQL analyst.",
        toolsets=[SQLToolset(db_conn_id="postgres_default", allowed_tables=["orders"])],
    )
    def investigate(question: str):
        return f"Investigate: {question}"

    @task
    def send_report(analysis: str) -> str:
        return f"Report: {analysis}"

    send_report(investigate("Summarize order trends for last quarter"))


example_agent_chain()
