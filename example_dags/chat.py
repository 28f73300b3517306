"""A chat through DAG params: trigger it, write, read the answer in the XCom of `answer`, and trigger it again.

Under the same session id the conversation goes on, so that "and the third one?" means something. A session belongs to
the person who triggers the DAG; a message is data and never rendered as a template.
"""

from airflow.sdk import DAG, Param

from airflow_dag_agent_provider.operators.agent import AgentOperator

with DAG(
    "chat",
    schedule=None,
    tags=["example"],
    params={
        "message": Param(
            "",
            type="string",
            minLength=1,
            maxLength=20_000,
            format="multiline",
            title="Message",
            description="What you want to ask or say.",
        ),
        "session_id": Param(
            "my-session",
            type="string",
            pattern=r"^[A-Za-z0-9_.\-]{1,128}$",
            title="Session id",
            description="The same id goes on with the conversation, another one begins anew.",
        ),
    },
):
    AgentOperator(
        task_id="answer",
        prompt="{{ params.message }}",
        session_id="{{ params.session_id }}",
        llm_conn_id="pydanticai_default",
        system_prompt="You are a helpful assistant. Use the earlier turns of the conversation for context.",
        usage_limits={"request_limit": 5},
    )
