"""SQL with a connection of a constant, and a multi-line text that holds a fence:

```
SELECT 1
```
"""
from datetime import datetime

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.sdk import DAG

WAREHOUSE = "warehouse"

with DAG(
    "sql_and_connections",
    schedule="@hourly",
    start_date=datetime(2026, 1, 1),
    default_args={"conn_id": "default_warehouse"},
):
    SQLExecuteQueryOperator(task_id="a", conn_id=WAREHOUSE, sql="SELECT 1")
    SQLExecuteQueryOperator(task_id="b", conn_id="mart", sql="SELECT '{{ ds }}', 'größer', '日本'")
