"""Methods of an Airflow hook as tools: only those that are listed. The hook connects when the task runs."""

from airflow.providers.http.hooks.http import HttpHook
from airflow.sdk import dag

from airflow_dag_agent_provider.operators.agent import AgentOperator
from airflow_dag_agent_provider.toolsets import HookToolset


@dag(schedule=None, tags=["example"])
def example_agent_hook():
    AgentOperator(
        task_id="api_explorer",
        prompt="What does the endpoint /status return?",
        llm_conn_id="pydanticai_default",
        system_prompt="You are an API explorer. Use the tools to call endpoints.",
        toolsets=[
            HookToolset(
                HttpHook(method="GET", http_conn_id="my_api"), allowed_methods=["run"], tool_name_prefix="http_"
            )
        ],
    )


example_agent_hook()
