"""A conversation over DAG runs with `message_history`, kept by the DAG itself.

`session_id` does all of this for you (see chat.py). Write it out when the conversation has to live somewhere of your
own: load what was said, run the agent on it, store what the agent hands on.
"""

import hashlib

from airflow.sdk import ObjectStoragePath, Param, dag, task

SESSIONS = ObjectStoragePath("file:///tmp/airflow_agent_sessions")


def transcript_of(session_id: str) -> ObjectStoragePath:
    """Return where a conversation is kept: whoever triggers the DAG types the id, so it never becomes a path."""
    return SESSIONS / f"{hashlib.sha256(session_id.encode()).hexdigest()}.json"


@dag(
    schedule=None,
    tags=["example"],
    max_active_runs=1,
    params={
        "session_id": Param("demo-session", type="string", title="Session id"),
        "question": Param("And what did I ask you a moment ago?", type="string", title="Question"),
    },
)
def example_agent_session():
    @task
    def load_history(session_id: str) -> str:
        transcript = transcript_of(session_id)
        return transcript.read_text() if transcript.exists() else "[]"

    @task.agent(
        llm_conn_id="pydanticai_default",
        system_prompt="You are a helpful assistant. Use the earlier turns for context.",
        message_history=load_history("{{ params.session_id }}"),
    )
    def ask(question: str):
        return question

    @task
    def save_history(session_id: str, history: str) -> None:
        SESSIONS.mkdir(parents=True, exist_ok=True)
        transcript_of(session_id).write_text(history)

    answer = ask("{{ params.question }}")
    saved = save_history(
        "{{ params.session_id }}", "{{ ti.xcom_pull(task_ids='ask', key='message_history', default='[]') }}"
    )
    answer >> saved


example_agent_session()
