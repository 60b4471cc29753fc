"""Whether a lookup of related facts keeps to the row that is counted. One that does not is true for every row alike.

SQL takes whatever a condition names into the FROM of the EXISTS around it: `Order.packages.any(Refund.reason == "X")` looks
through the refunds of all accounts. So each table there has to be tied, by equalities that are all to hold, to the row itself or
to a fact that is tied to it.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import elements, operators, selectable

from sellerhealth.facts import Order
from sellerhealth.metrics.expressions import fact_named

_ONE_ANOTHER = ("order_id", "thread_id")  # what facts of one account have in common
_Key = tuple[Any, str]  # a table, by whatever alias, and a column of it
_NESTED = "Order.refunds.any(Order.messages.any(Message.received_at < Refund.refunded_at))"


def loose_lookups(expression: Any, counted: sa.Table) -> Iterator[str]:
    """What is wrong with the lookups in a condition on the rows of a table, each with the remedy."""
    yield from _within(expression, counted, [[counted]])


def outside_of_lookups(expression: Any) -> Iterator[Any]:
    """The parts of an expression that are read of the row itself."""
    yield expression
    if not isinstance(expression, sa.Exists):
        for child in expression.get_children():
            yield from outside_of_lookups(child)


def _within(node: Any, counted: sa.Table, around: list[list[Any]]) -> Iterator[str]:
    """The problems of the statements in an expression; `around` are the tables of those around it, the outermost first."""
    if isinstance(node, sa.Select) and not isinstance(node, selectable.FromClause):
        froms = [table for each in node.get_final_froms() for table in _tables(each)]
        own = [table for table in froms if table not in _seen_outside(node, around)]
        yield from _loose(node, own, [table for each in around for table in each], counted)
        around = [*around, own]
    for child in node.get_children():
        yield from _within(child, counted, around)


def _tables(source: Any) -> Iterator[Any]:
    if isinstance(source, selectable.Join):
        yield from _tables(source.left)
        yield from _tables(source.right)
    else:
        yield source


def _seen_outside(select: Any, around: list[list[Any]]) -> list[Any]:
    """The tables that a statement takes from those around it. SQLAlchemy tells nobody but its compiler: hence the private names."""
    everything = [table for each in around for table in each]
    if select._correlate_except is not None:  # as relationships say
        return [table for table in everything if table not in select._correlate_except]
    if select._correlate:
        return [table for table in everything if table in select._correlate]
    return around[-1]


def _loose(select: Any, own: list[Any], outside: list[Any], counted: sa.Table) -> Iterator[str]:
    """The tables of a statement that nothing ties to the row."""
    joined = _equal(select)
    tied = [table for table in outside if table not in own]  # a table of its own hides the same one around it
    for _ in own:  # each may be tied through another
        tied += [table for table in own if table not in tied and any(_same_order(table, other, joined) for other in tied)]
    loose = [table for table in own if table not in tied]
    if not loose:
        return
    names = " and ".join(sorted({_name(table) for table in loose}))
    in_account = all(any(_alike(table, other, "account_id", joined) for other in tied) for table in loose)
    whose = "of the whole account" if in_account else "of all accounts"
    beside = " and ".join(_name(table) for table in own if table in tied)
    where = f" in a lookup of {beside}" if beside else ""
    remedy = _remedy(_name(loose[0]), counted.name) + (
        f"; to compare them with {beside}, put one lookup into the other: {_NESTED}" if beside else ""
    )
    yield f"looks up {names} {whose}{where}, for nothing ties them to the row that is counted: {remedy}."


def _remedy(loose: str, counted: str) -> str:
    fact, here = fact_named(loose), fact_named(counted)
    if fact is None or here is None:
        return "look at related facts with .any(...)"
    if here is Order and hasattr(Order, loose):
        return f"look at each fact through its own relationship, as in Order.{loose}.any(...)"
    tie = next((key for key in _ONE_ANOTHER if all(hasattr(each, key) for each in (fact, here))), None)
    if tie is None:
        return "reach them through a fact that has something in common with both, as replies are reached through messages"
    tied = " & ".join(f"({fact.__name__}.{key} == {here.__name__}.{key})" for key in ("account_id", tie))
    return f"only Order has relationships, so tie them yourself, as in sqlalchemy.exists().where({tied} & ...)"


def _name(table: Any) -> str:
    name: str = getattr(getattr(table, "element", table), "name", None) or "a query"
    return name


def _same_order(table: Any, other: Any, joined: list[set[_Key]]) -> bool:
    return _alike(table, other, "account_id", joined) and any(_alike(table, other, key, joined) for key in _ONE_ANOTHER)


def _alike(table: Any, other: Any, column: str, joined: list[set[_Key]]) -> bool:
    return any((table, column) in equal and (other, column) in equal for equal in joined)


def _equal(select: Any) -> list[set[_Key]]:
    """The columns of one name that a statement holds to be equal, those together that are so through each other."""
    joined: list[set[_Key]] = []
    for left, right in _ties(select):
        touched = [equal for equal in joined if left in equal or right in equal]
        joined = [*(equal for equal in joined if equal not in touched), {left, right}.union(*touched)]
    return joined


def _ties(select: Any) -> Iterator[tuple[_Key, _Key]]:
    wheres = [select.whereclause, *(join for each in select.get_final_froms() for join in _joins(each))]
    for each in (condition for where in wheres if where is not None for condition in _all_of(where)):
        if isinstance(each, sa.BinaryExpression) and each.operator is operators.eq:
            left, right = each.left, each.right
            if isinstance(left, sa.Column) and isinstance(right, sa.Column) and left.key == right.key:
                yield (left.table, left.key), (right.table, right.key)


def _joins(source: Any) -> Iterator[Any]:
    if isinstance(source, selectable.Join):
        yield source.onclause
        yield from _joins(source.left)
        yield from _joins(source.right)


def _all_of(condition: Any) -> Iterator[Any]:
    """The conditions that all have to hold."""
    if isinstance(condition, elements.Grouping):
        yield from _all_of(condition.element)
    elif isinstance(condition, elements.BooleanClauseList) and condition.operator is operators.and_:
        for each in condition.clauses:
            yield from _all_of(each)
    else:
        yield condition
