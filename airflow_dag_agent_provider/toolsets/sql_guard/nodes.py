"""What may stand in a statement: every node of the tree is looked at, and what is not a read is refused."""

from __future__ import annotations

import re

from sqlglot import exp

from airflow_dag_agent_provider.exceptions import SqlRefused
from airflow_dag_agent_provider.toolsets.sql_guard.calls import Calls
from airflow_dag_agent_provider.toolsets.sql_guard.dialect import SqlDialect
from airflow_dag_agent_provider.toolsets.sql_guard.tables import Name, Tables

MAX_TABLES = 40

# fmt: off
_NOT_A_READ = (
    exp.DML, exp.DDL, exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Create, exp.Drop, exp.Alter,
    exp.TruncateTable, exp.Command, exp.Into, exp.Lock, exp.Copy, exp.Set, exp.SetItem, exp.Use,
    exp.Transaction, exp.Commit, exp.Rollback, exp.Kill, exp.Attach, exp.Detach, exp.LoadData, exp.Grant,
    exp.Revoke, exp.Cache, exp.Uncache, exp.Refresh, exp.Analyze, exp.Comment, exp.Export, exp.Declare,
    exp.IfBlock, exp.WhileBlock, exp.Block, exp.Execute, exp.ExecuteSql, exp.Returning, exp.NextValueFor,
    exp.DynamicIdentifier, exp.Get, exp.Put, exp.ModelAttribute, exp.Install, exp.Pragma, exp.Semicolon,
    exp.QueryTransform,
)
# fmt: on
# Queries that share a base class with the above.
_QUERIES = (exp.Select, exp.SetOperation, exp.Subquery, exp.Values, exp.Table, exp.CTE, exp.Query)
# Parts of a SELECT that change the session or the output format.
_CLAUSES_REFUSED = ("settings", "format", "into", "locks")
_LOCK_HINTS_ALLOWED = {
    "NOLOCK",
    "READUNCOMMITTED",
    "READCOMMITTED",
    "READPAST",
    "SNAPSHOT",
    "FORCESEEK",
    "FORCESCAN",
    "NOEXPAND",
    "INDEX",
}
# T-SQL takes a second statement without a separator, which reads as an alias.
# fmt: off
_TSQL_STATEMENTS = frozenset({
    "add", "alter", "backup", "begin", "break", "bulk", "checkpoint", "close", "commit", "continue", "create",
    "dbcc", "deallocate", "declare", "delete", "deny", "disk", "drop", "dump", "else", "end", "exec",
    "execute", "fetch", "goto", "grant", "if", "insert", "kill", "lineno", "load", "merge", "open", "print",
    "proc", "procedure", "raiserror", "readtext", "reconfigure", "restore", "return", "revert", "revoke",
    "rollback", "save", "set", "setuser", "shutdown", "select", "truncate", "update", "updatetext", "use",
    "waitfor", "where", "while", "writetext",
})
# fmt: on
_CATALOG_TYPES = re.compile(
    r"reg(class|proc|procedure|oper|operator|role|type|namespace|config|dictionary|collation)", re.IGNORECASE
)
_SETTING_HINTS = re.compile(r"set_var|resource_group", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f]")


class Nodes:
    """Looks at every node of one statement and collects the tables that it reads."""

    def __init__(self, dialect: SqlDialect, tables: Tables) -> None:
        self.dialect = dialect
        self.tables = tables
        self.calls = Calls(dialect, with_allow_list=tables.allowed is not None)
        self.read: list[Name] = []
        self._sources: set[str] = set()

    def check(self, root: exp.Expr) -> None:
        """Refuse whatever is not a harmless part of a query.

        Raises:
            SqlRefused: The message names the part.
        """
        nodes = list(root.walk())
        tables = [node for node in nodes if isinstance(node, exp.Table)]
        if len(tables) > MAX_TABLES:
            raise SqlRefused(f"{len(tables)} tables in one statement", way_out=f"join at most {MAX_TABLES}")
        named = (exp.Table, exp.Subquery, exp.Lateral, exp.Unnest, exp.CTE)
        sources = [name for node in nodes if isinstance(node, named) for name in (node.alias, node.name) if name]
        self._sources = {self.dialect.folded(exp.to_identifier(name)) for name in sources}
        for node in nodes:
            self._check(node)

    def table(self, table: exp.Table) -> None:
        """Check a table, or a function that stands where a table does."""
        if table.args.get("rows_from") or table.arg_key == "indexed" or table.find_ancestor(exp.Hint):
            return  # functions come on their own; the others name an index or an alias
        if isinstance(table.this, exp.Func):
            self.calls.refuse_schema_of(table)
            self.calls.check(table.this, in_from=True)
            return
        name = self.tables.check(table)
        if name is not None and name not in self.read:
            self.read.append(name)

    def _check(self, node: exp.Expr) -> None:
        if isinstance(node, _NOT_A_READ) and not isinstance(node, _QUERIES):
            raise SqlRefused(f"{type(node).__name__} is not a read")
        if isinstance(node, exp.Select):
            self._clauses(node)
        elif isinstance(node, exp.Table):
            self.table(node)
        elif isinstance(node, exp.Func):
            self.calls.check(node)
        elif isinstance(node, exp.TableFromRows):
            if not isinstance(node.this, exp.Func | exp.Dot):
                raise SqlRefused("TABLE() over a text or a variable")
        elif isinstance(node, exp.In):
            self._in_table(node)
        elif isinstance(node, exp.Identifier):
            self._identifier(node)
        elif isinstance(node, exp.Column):
            self._column(node)
        else:
            self._rest(node)

    def _clauses(self, select: exp.Select) -> None:
        for clause in _CLAUSES_REFUSED:
            if select.args.get(clause):
                raise SqlRefused(f"{clause.upper()} in a SELECT")

    def _in_table(self, node: exp.In) -> None:
        """``x IN t`` reads the table t in SQLite and ClickHouse, without a table node."""
        field = node.args.get("field")
        if self.dialect.family == "clickhouse" and len(node.expressions) == 1:
            field = node.expressions[0]  # there, brackets around one name say nothing
        if field is None or self.dialect.family not in ("sqlite", "clickhouse"):
            return
        if isinstance(field, exp.Literal) and field.arg_key == "field":
            table = exp.Table(this=exp.to_identifier(field.name, quoted=True))
        elif isinstance(field, exp.Column):
            schema = field.args.get("table")
            table = exp.Table(this=field.this.copy(), db=schema.copy() if schema else None)
        else:
            return
        table.parent = node.parent  # a CTE is looked for where the IN stands
        self.table(table)

    def _identifier(self, node: exp.Identifier) -> None:
        if _CONTROL.search(node.name):
            raise SqlRefused("a control character in a name")
        as_alias = isinstance(node.parent, exp.Alias | exp.TableAlias)
        if self.dialect.family == "tsql" and as_alias and not node.quoted and node.name.lower() in _TSQL_STATEMENTS:
            raise SqlRefused(f"a second statement {node.name.upper()} without separator")

    def _column(self, node: exp.Column) -> None:
        family = self.dialect.family
        if family in ("oracle", "snowflake", "db2") and node.name.lower() in ("nextval", "currval"):
            raise SqlRefused("a sequence")
        qualifier = node.args.get("table")
        if family == "oracle" and qualifier is not None and self.dialect.folded(qualifier) not in self._sources:
            what = f"{node.sql('oracle')!r} may call a package function"
            raise SqlRefused(what, way_out="qualify columns with a table or alias of the FROM clause")

    def _rest(self, node: exp.Expr) -> None:
        if isinstance(node, exp.WithTableHint):
            if any(hint.name.upper() not in _LOCK_HINTS_ALLOWED for hint in node.expressions):
                raise SqlRefused(f"lock hint {node.sql('tsql')}")
        elif isinstance(node, exp.Hint):
            if _SETTING_HINTS.search(node.sql(self.dialect.grammar)):
                raise SqlRefused("a hint that sets a variable")
        elif isinstance(node, exp.EQ | exp.PropertyEQ):
            self._assignment(node)
        elif isinstance(node, exp.Operator):
            if not str(node.args.get("operator")).lower().startswith("pg_catalog."):
                raise SqlRefused("OPERATOR() of another schema")
        elif self.tables.allowed is not None and self._names_an_object(node):
            raise SqlRefused("a cast to a type of catalog objects")

    def _assignment(self, node: exp.EQ | exp.PropertyEQ) -> None:
        if not isinstance(node.this, exp.Parameter | exp.SessionParameter):
            return
        in_select_list = self.dialect.family == "tsql" and isinstance(node.parent, exp.Select)
        if isinstance(node, exp.PropertyEQ) or in_select_list:
            raise SqlRefused("assignment to a variable")

    def _names_an_object(self, node: exp.Expr) -> bool:
        if isinstance(node, exp.ObjectIdentifier):
            return True
        return isinstance(node, exp.DataType) and bool(_CATALOG_TYPES.match(node.sql(self.dialect.grammar)))
