"""A prompt with a picture: the function returns a list of text and content."""

from pathlib import Path

from airflow.sdk import dag, task

CHART = Path(__file__).with_name("chart.png")


@dag(schedule=None, tags=["example"])
def example_agent_multimodal():
    @task.agent(llm_conn_id="pydanticai_default", system_prompt="You are an image analyst.")
    def describe(picture: str):
        from pydantic_ai import BinaryContent

        return ["Describe what you see:", BinaryContent.from_path(picture)]

    describe(str(CHART))


example_agent_multimodal()
