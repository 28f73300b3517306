"""One module per family of pipelines that the offline planner can build."""
