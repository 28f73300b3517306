"""The demo: a sentence becomes a reviewed, published, running DAG in a real Airflow."""
