"""The Python text of the family "CSV files to a table": constant, free of any word of a user."""

from __future__ import annotations

from typing import Final

from airflow_dag_agent_provider.authoring.plan import Example

LIST_FILES: Final = """\
from fnmatch import fnmatchcase

from airflow.sdk import ObjectStoragePath

paths = sorted(
    str(path)
    for path in ObjectStoragePath({folder}).iterdir()
    if fnmatchcase(path.name, PATTERN) and path.is_file()
)
log.info("%d files match %s in %s", len(paths), PATTERN, {shown})
return paths
"""
LOAD_ROWS: Final = """\
import csv
from contextlib import closing

from {module} import {hook}
from airflow.sdk import ObjectStoragePath
from airflow.sdk.exceptions import AirflowFailException

rows: list[tuple[object, ...]] = []
read = 0
for path in paths:
    log.info("Reading %s", path)
    with ObjectStoragePath(path).open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        reader.fieldnames = [name.strip() for name in reader.fieldnames or []]
        missing = sorted(set(COLUMNS) - set(reader.fieldnames))
        if missing and reader.fieldnames:
            raise AirflowFailException(
                f"{{path}} has no column {{missing}}; its header is {{reader.fieldnames}}"
            )
        for row in reader:
            read += 1
            try:
                rows.append(parse_row(row, COLUMNS, KEYS))
            except ValueError as error:
                if read - len(rows) <= LOGGED_REJECTS:
                    log.warning("Left out %s line %d: %s", path, reader.line_num, error)
{unique}
with (
    closing({hook}(CONN_ID).get_conn()) as connection,
    closing(connection.cursor()) as cursor,
):
{clear}    for start in range(0, len({rows}), BATCH_ROWS):
        cursor.executemany(WRITE_SQL, {rows}[start : start + BATCH_ROWS])
    connection.commit()  # one transaction: an error before this line writes nothing
counts = {{
    "files": len(paths),
    "read": read,
    "rejected": read - len(rows),
    "duplicates": {duplicates},
    "written": len({rows}),
}}
log.info("Loaded %s: %s", TABLE, counts)
return counts
"""
UNIQUE: Final = "\nunique = deduplicate(rows, [list(COLUMNS).index(key) for key in KEYS])"
CLEAR: Final = "    if {rows}:  # an empty delivery never empties the table\n        cursor.execute(CLEAR_SQL)\n"
CHECK_ROW_COUNT: Final = """\
from airflow.sdk.exceptions import AirflowFailException

arrived = counts["read"] - counts["rejected"]
if arrived < MIN_ROWS:
    raise AirflowFailException(
        f"{arrived} rows arrived, at least {MIN_ROWS} are required: {counts}"
    )
log.info("%d rows arrived, at least %d are required", arrived, MIN_ROWS)
"""

PARSE_VALUE: Final = '''\
def parse_value(text: str, kind: str) -> {returns}:
    """Return ``text`` as a value of ``kind``; ValueError where it is not one."""
    match kind:
{cases}        case _:
            return text
'''
CASES: Final[dict[str, str]] = {
    "integer": """\
        case "integer":
            number = int(text)
            if "_" in text or not -(2**63) <= number < 2**63:
                raise ValueError("not an integer of 64 bits")
            return number
""",
    "float": """\
        case "float":
            real = float(text)
            if "_" in text or not math.isfinite(real):
                raise ValueError("not a finite number")
            return real
""",
    "decimal": """\
        case "decimal":
            try:
                amount = Decimal(text)
            except InvalidOperation:
                raise ValueError("not a decimal number") from None
            if "_" in text or not amount.is_finite() or abs(amount.adjusted()) > 1000:
                raise ValueError("not a decimal number")
            return str(amount)
""",
    "boolean": """\
        case "boolean":
            if text.lower() in ("true", "t", "yes", "y", "1"):
                return True
            if text.lower() in ("false", "f", "no", "n", "0"):
                return False
            raise ValueError("not a boolean")
""",
    "date": """\
        case "date":
            return date.fromisoformat(text).isoformat()
""",
    "timestamp": """\
        case "timestamp":
            moment = datetime.fromisoformat(text)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=UTC)
            return moment.astimezone(UTC).isoformat()
""",
}
IMPORTS: Final[dict[str, str]] = {
    "float": "import math",
    "decimal": "from decimal import Decimal, InvalidOperation",
    "date": "from datetime import date",
    "timestamp": "from datetime import UTC, datetime",
}
RETURNS: Final[dict[str, str]] = {"integer": "int", "float": "float", "boolean": "bool"}
PARSE_ROW: Final = '''\
def parse_row(
    row: dict[str, str | None], columns: dict[str, str], keys: list[str]
) -> tuple[object, ...]:
    """Return the cells of ``row`` in the order of ``columns``.

    An empty cell becomes None, cells of other columns are ignored.

    Raises:
        ValueError: A cell is missing, not of its type or an empty key.
    """
    if None in row:
        raise ValueError("more cells than the header has")
    values: list[object] = []
    for name, kind in columns.items():
        cell = row.get(name)
        if cell is None:
            raise ValueError(f"no cell for column {name!r}")
        text = cell.strip()
        if "\\0" in text or (not text and name in keys):
            raise ValueError(f"column {name!r} is an empty key or holds a NUL")
        try:
            values.append(parse_value(text, kind) if text else None)
        except (ValueError, OverflowError):
            raise ValueError(f"column {name!r} is not of type {kind}") from None
    return tuple(values)
'''
PARSE_ROW_OF_TEXT: Final = PARSE_ROW.replace(
    """\
        try:
            values.append(parse_value(text, kind) if text else None)
        except (ValueError, OverflowError):
            raise ValueError(f"column {name!r} is not of type {kind}") from None
""",
    "        values.append(text or None)\n",
).replace("for name, kind in columns.items():", "for name in columns:")
DEDUPLICATE: Final = '''\
def deduplicate(
    rows: list[tuple[object, ...]], keys: list[int]
) -> list[tuple[object, ...]]:
    """Return one row for each key (positions in a row), the last one read."""
    last = {tuple(row[key] for key in keys): row for row in rows}
    return list(last.values())
'''


def _holds(call: str, expected: str) -> Example:
    return Example(call=call, expected=expected)


def _raises(call: str) -> Example:
    return Example(call=call, expected="ValueError", raises=True)


VALUE_EXAMPLES: Final[dict[str, tuple[Example, ...]]] = {
    "string": (_holds("parse_value('a b', 'string')", "'a b'"),),
    "integer": (
        _holds("parse_value('-12', 'integer')", "-12"),
        _raises("parse_value('1.5', 'integer')"),
        _raises("parse_value('9223372036854775808', 'integer')"),
    ),
    "float": (
        _holds("parse_value('1.5e3', 'float')", "1500.0"),
        _raises("parse_value('1,5', 'float')"),
        _raises("parse_value('nan', 'float')"),
        _raises("parse_value('-inf', 'float')"),
    ),
    "decimal": (
        _holds("parse_value('10.50', 'decimal')", "'10.50'"),
        _raises("parse_value('NaN', 'decimal')"),
        _raises("parse_value('ten', 'decimal')"),
    ),
    "boolean": (
        _holds("parse_value('Yes', 'boolean')", "True"),
        _holds("parse_value('0', 'boolean')", "False"),
        _raises("parse_value('maybe', 'boolean')"),
    ),
    "date": (
        _holds("parse_value('2026-02-28', 'date')", "'2026-02-28'"),
        _raises("parse_value('2026-02-30', 'date')"),
    ),
    "timestamp": (
        _holds("parse_value('2026-01-02T03:04:05Z', 'timestamp')", "'2026-01-02T03:04:05+00:00'"),
        _holds("parse_value('2026-01-02 03:04:05', 'timestamp')", "'2026-01-02T03:04:05+00:00'"),
        _holds("parse_value('2026-01-02T03:04:05+02:00', 'timestamp')", "'2026-01-02T01:04:05+00:00'"),
        _raises("parse_value('yesterday', 'timestamp')"),
    ),
}
ROW_EXAMPLES: Final = (
    _holds("parse_row({'a': ' x ', 'more': '1', 'b': ''}, {'a': 'string', 'b': 'string'}, ['a'])", "('x', None)"),
    _raises("parse_row({'a': 'x'}, {'a': 'string', 'b': 'string'}, ['a'])"),
    _raises("parse_row({'a': 'x', 'b': None}, {'a': 'string', 'b': 'string'}, ['a'])"),
    _raises("parse_row({'a': ' ', 'b': 'y'}, {'a': 'string', 'b': 'string'}, ['a'])"),
    _raises("parse_row({'a': 'x', None: ['y']}, {'a': 'string'}, ['a'])"),
)
TYPED_ROW_EXAMPLES: Final[dict[str, tuple[Example, ...]]] = {
    "float": (_raises("parse_row({'a': 'x'}, {'a': 'float'}, [])"),),
    "timestamp": (_raises("parse_row({'a': '0001-01-01T00:00:00+05:00'}, {'a': 'timestamp'}, [])"),),
}
DEDUPLICATE_EXAMPLES: Final = (
    _holds("deduplicate([('a', 1), ('b', 2), ('a', 3)], [0])", "[('a', 3), ('b', 2)]"),
    _holds("deduplicate([('a', 1), ('a', 2)], [0, 1])", "[('a', 1), ('a', 2)]"),
    _holds("deduplicate([], [0])", "[]"),
)
