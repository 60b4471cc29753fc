"""Finds lookups of related facts that are not correlated with the row that is counted: they have one value for all rows.

SQL takes every table that a condition names into the FROM of the EXISTS around it: `Order.packages.any(Refund.reason == "X")`
searches the refunds of all accounts. So each table there must be joined, by equalities under AND, to the row itself or to a fact
that is joined to it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.sql import operators, selectable

from sellerhealth.facts import FactOfOrder, Order
from sellerhealth.metrics.expressions import fact_named
from sellerhealth.model.conjuncts import conjuncts
from sellerhealth.model.tables import Fact

_SHARED_KEYS = ("order_id", "thread_id")  # what facts of one account have in common
_NESTED = "Order.refunds.any(Order.messages.any(Message.received_at < Refund.refunded_at))"
_Column = tuple[Any, str]  # a table or an alias, and the key of a column


def uncorrelated_lookups(expression: Any, counted: sa.Table) -> Iterator[str]:
    """The problems of the lookups in an expression over the rows of a table, each with the fix. It must be made of known SQL alone."""
    for lookup in _lookups(expression, counted):
        problems = [*_problems_of(lookup.select, lookup.own, lookup.outside, counted)]
        yield from problems or _problems_of_itself(lookup.own, counted)


def _problems_of_itself(own: list[Any], counted: sa.Table) -> Iterator[str]:
    """The problem of a lookup that leads back to the table of the counted row."""
    fact = fact_named(counted.name)
    if counted in own and fact is not None:
        yield (
            f"looks up {counted.name} from {counted.name}, where the names of columns cannot say which row is meant: "
            f"for the other rows take an alias, as in sqlalchemy.orm.aliased({fact.__name__})."
        )


def outside_lookups(expression: Any) -> Iterator[Any]:
    """The nodes of an expression that read the row itself."""
    yield expression
    if not isinstance(expression, sa.Exists):
        for child in expression.get_children():
            yield from outside_lookups(child)


class _Lookup:
    """A SELECT as it is rendered: the tables in its FROM, and the SELECT around it."""

    def __init__(self, select: Any, around: "_Lookup | None") -> None:
        self.select, self.around = select, around
        self.own: list[Any] = []

    @property
    def outside(self) -> list[Any]:
        """The tables of the statements around it."""
        return [] if self.around is None else [*self.around.outside, *self.around.own]


class _LookupCompiler(SQLiteCompiler):
    """Notes each SELECT that is rendered. What SQLAlchemy correlates depends on much, and has no public name."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.lookups: list[_Lookup] = []
        self._rendered: _Lookup | None = None
        super().__init__(*arguments, **options)

    def visit_select(self, *arguments: Any, **options: Any) -> Any:
        around, self._rendered = self._rendered, _Lookup(arguments[0], self._rendered)
        self.lookups.append(self._rendered)
        text = super().visit_select(*arguments, **options)  # type: ignore[no-untyped-call]  # SQLAlchemy does not say its type
        self._rendered = around
        return text

    def visit_table(self, *arguments: Any, **options: Any) -> Any:
        if options.get("enclosing_alias") is None:
            self._note(arguments[0], options)
        return super().visit_table(*arguments, **options)  # type: ignore[no-untyped-call]  # nor of this

    def visit_alias(self, *arguments: Any, **options: Any) -> Any:
        self._note(arguments[0], options)
        return super().visit_alias(*arguments, **options)  # type: ignore[no-untyped-call]  # nor of this

    def _note(self, table: Any, options: Mapping[str, Any]) -> None:
        if options.get("asfrom") and self._rendered is not None:
            self._rendered.own.append(table)


def _lookups(expression: Any, counted: sa.Table) -> "list[_Lookup]":
    """The SELECTs in an expression over the rows of a table."""
    dialect = sqlite.dialect()
    dialect.statement_compiler = _LookupCompiler
    compiled: Any = sa.select(expression).select_from(counted).compile(dialect=dialect)
    lookups: list[_Lookup] = compiled.lookups
    return lookups[1:]  # the first is the statement itself


def _problems_of(select: Any, own: list[Any], outside: list[Any], counted: sa.Table) -> Iterator[str]:
    """The tables of a statement that are not joined to the counted row."""
    equal = _equal_columns(select)
    joined = [table for table in outside if table not in own]  # a table of its own hides the same one around it
    for _ in own:  # each may be joined through another
        joined += [table for table in own if table not in joined and any(_is_joined(table, other, equal) for other in joined)]
    loose = [table for table in own if table not in joined]
    if not loose:
        return
    names = " and ".join(sorted({_name(table) for table in loose}))
    in_account = all(any(_is_equal(table, other, "account_id", equal) for other in joined) for table in loose)
    scope = "of the whole account" if in_account else "of all accounts"
    own_joined = " and ".join(_name(table) for table in own if table in joined)
    where = f" in a lookup of {own_joined}" if own_joined else ""
    nested = f"; to compare them with {own_joined}, put one lookup into the other: {_NESTED}" if own_joined else ""
    yield f"looks up {names} {scope}{where}, because nothing ties them to the row that is counted: {_fix(_name(loose[0]), counted.name)}{nested}."


def _fix(loose: str, counted: str) -> str:
    if loose == counted:
        return "of that row itself write a condition over its columns, without a lookup"
    fact, counted_fact = fact_named(loose), fact_named(counted)
    if fact is None or counted_fact is None:
        return "look at related facts with .any(...)"
    if issubclass(fact, FactOfOrder) and issubclass(counted_fact, FactOfOrder):
        return f"look at each fact through its own relationship, as in {lookup_of(counted_fact, fact)}"
    shared = next((key for key in _SHARED_KEYS if all(hasattr(each, key) for each in (fact, counted_fact))), None)
    if shared is None:
        return "reach them through a fact that has something in common with both, as replies are reached through messages"
    join = " & ".join(f"({fact.__name__}.{key} == {counted_fact.__name__}.{key})" for key in ("account_id", shared))
    return f"they have no relationship, so join them yourself, as in sqlalchemy.exists().where({join} & ...)"


def lookup_of(counted: type[Fact], fact: type[Fact]) -> str:
    """How a condition over a fact of an order looks up another fact of it."""
    return f"{counted.__name__}.order.has(...)" if fact is Order else f"{counted.__name__}.{fact.__table__.name}.any(...)"


def _name(table: Any) -> str:
    name: str = getattr(getattr(table, "element", table), "name", None) or "a query"
    return name


def _is_joined(table: Any, other: Any, equal: list[set[_Column]]) -> bool:
    return _is_equal(table, other, "account_id", equal) and any(_is_equal(table, other, key, equal) for key in _SHARED_KEYS)


def _is_equal(table: Any, other: Any, column: str, equal: list[set[_Column]]) -> bool:
    return any({(table, column), (other, column)} <= columns for columns in equal)


def _equal_columns(select: Any) -> list[set[_Column]]:
    """Sets of columns of one name that a statement requires to be equal, directly or through each other."""
    conditions = [select.whereclause, *(on for source in select.get_final_froms() for on in _join_conditions(source))]
    equal: list[set[_Column]] = []
    for each in (part for condition in conditions if condition is not None for part in conjuncts(condition)):
        if isinstance(each, sa.BinaryExpression) and each.operator is operators.eq:
            left, right = each.left, each.right
            if isinstance(left, sa.Column) and isinstance(right, sa.Column) and left.key == right.key:
                pair = {(left.table, left.key), (right.table, right.key)}
                overlapping = [columns for columns in equal if columns & pair]
                equal = [*(columns for columns in equal if columns not in overlapping), pair.union(*overlapping)]
    return equal


def _join_conditions(source: Any) -> Iterator[Any]:
    if isinstance(source, selectable.Join):
        yield source.onclause
        yield from _join_conditions(source.left)
        yield from _join_conditions(source.right)
