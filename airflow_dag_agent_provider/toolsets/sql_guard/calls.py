"""Which functions a statement calls: only those of the engine's list of harmless ones, under their own name."""

from __future__ import annotations

from sqlglot import exp

from airflow_dag_agent_provider.exceptions import SqlRefused
from airflow_dag_agent_provider.toolsets.sql_guard.dialect import SqlDialect

# Calls in form only: grammar, not functions.
_GRAMMAR = {"all", "any", "some", "exists", "xmlattributes", "xmlforest", "row", "array", "struct", "values"}
_UNTYPED = (exp.Anonymous, exp.AnonymousAggFunc, exp.CombinedAggFunc, exp.ParameterizedAgg)
_XML_METHODS = {"value", "query", "exist", "nodes"}  # T-SQL: column.value(...)
_ANY_FUNCTION_IN_FROM = {"postgres", "redshift"}


class Calls:
    """The functions that may be called; with an allow-list of tables none that tells about other objects."""

    def __init__(self, dialect: SqlDialect, *, with_allow_list: bool) -> None:
        self.dialect = dialect
        self.with_allow_list = with_allow_list

    def check(self, call: exp.Func, *, in_from: bool = False) -> None:
        """Refuse a call that is not known to be harmless.

        Raises:
            SqlRefused: The function is denied, unknown, quoted, or of another schema.
        """
        if call.find_ancestor(exp.Hint):
            return
        untyped = isinstance(call, _UNTYPED)
        name = self._name(call) if untyped else call.sql_name().lower()
        if untyped and name == "table":
            self._check_table_of(call)
        elif not self._is_of_own_schema(call, name):
            self._check_name(call, name, untyped=untyped, in_from=in_from)

    def refuse_schema_of(self, table: exp.Table) -> None:
        """Refuse a function in FROM that names another schema than the engine's own."""
        schema = table.args.get("db")
        if schema is not None and self.dialect.folded(schema) not in self.dialect.own_schemas:
            raise SqlRefused(f"function {table.sql(self.dialect.grammar)[:60]!r} of another schema")

    def _check_name(self, call: exp.Func, name: str, *, untyped: bool, in_from: bool) -> None:
        known = self.dialect.functions
        for one in [name] if untyped else [n.lower() for n in call.sql_names()]:
            effect = known.effect(one)
            if effect == "catalog" and not self.with_allow_list:
                return
            if effect and (untyped or one not in known.harmless):
                raise SqlRefused(f"function {one} ({effect})")
        any_in_from = self.dialect.family in _ANY_FUNCTION_IN_FROM
        if in_from and untyped and not any_in_from and name not in known.tables:
            raise SqlRefused(f"table function {name} is not known to be harmless")
        if untyped and name not in known.harmless and name not in _GRAMMAR:
            raise SqlRefused(f"function {name} is not known to be harmless", way_out="use built-in functions")

    def _name(self, call: exp.Func) -> str:
        called = call.this
        name: str = called if isinstance(called, str) else called.name
        if isinstance(called, exp.Identifier) and called.quoted and name != name.lower():
            raise SqlRefused(f"quoted function name {called.sql(self.dialect.grammar)}")
        return name.lower()

    def _check_table_of(self, call: exp.Func) -> None:
        """TABLE(f(...)) is a source, and only over a table function."""
        inner = call.expressions[0] if len(call.expressions) == 1 else None
        as_source = isinstance(call.parent, exp.Table | exp.Lateral)
        if not as_source or not isinstance(inner, exp.Anonymous) or inner.name.lower() not in self._table_functions:
            raise SqlRefused("TABLE() over a name, a text or a variable")

    @property
    def _table_functions(self) -> frozenset[str]:
        return self.dialect.functions.tables

    def _is_of_own_schema(self, call: exp.Func, name: str) -> bool:
        """Say whether a call ``prefix.name()`` as a whole is known; refuse prefixes that are not the engine's own."""
        dot = call.parent
        if not isinstance(dot, exp.Dot) or dot.expression is not call:
            return False
        prefix = dot.this.name.lower() if isinstance(dot.this, exp.Identifier | exp.Column) else ""
        if f"{prefix}.{name}" in self.dialect.functions.harmless:
            return True
        is_method = self.dialect.family == "tsql" and name in _XML_METHODS
        if not is_method and prefix not in self.dialect.own_schemas:
            raise SqlRefused(f"function {dot.sql(self.dialect.grammar)[:60]!r} of another schema")
        return False
