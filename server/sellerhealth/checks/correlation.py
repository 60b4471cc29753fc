"""Finds lookups of related facts that are not correlated with the row that is counted: they have one value for all rows.

SQL takes every table that a condition names into the FROM of the EXISTS around it: `Order.packages.any(Refund.reason == "X")`
searches the refunds of all accounts. So each table there must be joined, by equalities under AND, to the row itself or to a fact
that is joined to it.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import operators, selectable

from sellerhealth.facts import Order
from sellerhealth.metrics.expressions import fact_named
from sellerhealth.metrics.measures import conjuncts

_SHARED_KEYS = ("order_id", "thread_id")  # what facts of one account have in common
_NESTED = "Order.refunds.any(Order.messages.any(Message.received_at < Refund.refunded_at))"
_Column = tuple[Any, str]  # a table or an alias, and the key of a column


def uncorrelated_lookups(expression: Any, counted: sa.Table) -> Iterator[str]:
    """The problems of the lookups in an expression over the rows of a table, each with the fix."""
    yield from _problems_within(expression, counted, [[counted]])


def outside_lookups(expression: Any) -> Iterator[Any]:
    """The nodes of an expression that read the row itself."""
    yield expression
    if not isinstance(expression, sa.Exists):
        for child in expression.get_children():
            yield from outside_lookups(child)


def _problems_within(node: Any, counted: sa.Table, enclosing: list[list[Any]]) -> Iterator[str]:
    """`enclosing` are the tables of the statements around a node, the outermost first."""
    if isinstance(node, sa.Select) and not isinstance(node, selectable.FromClause):
        correlated = _correlated(node, enclosing)
        own = [table for source in node.get_final_froms() for table in _leaves(source) if table not in correlated]
        yield from _problems_of(node, own, [table for tables in enclosing for table in tables], counted)
        enclosing = [*enclosing, own]
    for child in node.get_children():
        yield from _problems_within(child, counted, enclosing)


def _leaves(source: Any) -> Iterator[Any]:
    if isinstance(source, selectable.Join):
        yield from _leaves(source.left)
        yield from _leaves(source.right)
    else:
        yield source


def _correlated(select: Any, enclosing: list[list[Any]]) -> list[Any]:
    """The tables that a statement takes from those around it. SQLAlchemy has no public name for this."""
    everything = [table for tables in enclosing for table in tables]
    if select._correlate_except is not None:  # as relationships do
        return [table for table in everything if table not in select._correlate_except]
    if select._correlate:
        return [table for table in everything if table in select._correlate]
    return enclosing[-1]


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
    fact, counted_fact = fact_named(loose), fact_named(counted)
    if fact is None or counted_fact is None:
        return "look at related facts with .any(...)"
    if counted_fact is Order and hasattr(Order, loose):
        return f"look at each fact through its own relationship, as in Order.{loose}.any(...)"
    shared = next((key for key in _SHARED_KEYS if all(hasattr(each, key) for each in (fact, counted_fact))), None)
    if shared is None:
        return "reach them through a fact that has something in common with both, as replies are reached through messages"
    join = " & ".join(f"({fact.__name__}.{key} == {counted_fact.__name__}.{key})" for key in ("account_id", shared))
    return f"only Order has relationships, so join them yourself, as in sqlalchemy.exists().where({join} & ...)"


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
