"""Prepares a statement for a cluster, which would ask all shards where one has the rows, and refuse or repeat what it cannot send whole.

A statement on data of accounts restricts the table `accounts`, and every other table to its rows. One server needs no more. A cluster
does not see which shards have the rows that are restricted by `account_id IN (SELECT …)`, by a join or by the enclosing SELECT.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import operators, visitors

from sellerhealth.model.conjuncts import conjuncts
from sellerhealth.model.records import Account

ByValue = sa.BinaryExpression[bool]  # accounts.account_id = value, or IN values

_ACCOUNTS: sa.Table = Account.__table__
_ON_CLUSTER = "sellerhealth.on_cluster"  # in the `info` of a connection
_ROUTED = "sellerhealth_routed"  # in the attributes of a statement


def routed(statement: Any) -> Any:
    """The same statement, for a cluster.

    If it restricts `accounts` to values of the id, it restricts every table to them: so it goes to the shards of these accounts alone. A
    stack of SELECTs becomes a subquery that is sent once, with the CTE of its accounts in each of them; else each is sent on its own.
    """
    # Kept with the statement, because those of metrics are sent again. A statement that is made of another one begins with its attributes.
    origin, copy = vars(statement).get(_ROUTED, (None, None))
    if origin is not statement:
        named = named_accounts(statement)
        visit: dict[str, Any] = {"select": partial(_restrict, named), "join": partial(_restrict_right, named), "cte": _inline}
        copy = visitors.cloned_traverse(statement, {}, visit)
        if isinstance(copy, sa.CompoundSelect):
            copy = sa.select(copy.subquery("stacked"))
        vars(statement)[_ROUTED] = statement, copy
    return copy


def named_accounts(statement: Any) -> Sequence[ByValue]:
    """The conditions by which a statement restricts `accounts` to values of the id. None if its SELECTs restrict it to different ones."""
    found = {}
    for node in visitors.iterate(statement):
        if isinstance(node, sa.Select) and (named := [each for each in conjuncts(node.whereclause) if _is_by_value(each)]):
            found[tuple(each.right.key for each in named)] = named
    return next(iter(found.values())) if len(found) == 1 else ()


def note_cluster(record: Any, *, is_cluster: bool) -> None:
    """Notes of a new connection, by its record in the pool, whether its database is on a cluster."""
    record.info[_ON_CLUSTER] = is_cluster


def is_on_cluster(connection: sa.Connection) -> bool:
    """Whether the database of a connection is on a cluster."""
    is_cluster: bool = connection.info.get(_ON_CLUSTER, False)
    return is_cluster


def _is_by_value(condition: Any) -> bool:
    return (
        isinstance(condition, sa.BinaryExpression)
        and condition.operator in (operators.eq, operators.in_op)
        and isinstance(condition.right, sa.BindParameter)
        and _is_id_of_account(condition.left)
    )


def _is_id_of_account(node: Any) -> bool:
    return (
        isinstance(node, sa.Column) and node.key == "account_id" and isinstance(node.table, sa.Table) and node.table.name == _ACCOUNTS.name
    )


def _restrict(named: Sequence[ByValue], select: Any) -> None:
    """Restricts each table of a SELECT that has accounts. One of the enclosing SELECT is restricted twice, which changes nothing.

    What an outer join adds is restricted in its condition alone: in WHERE the rows to which it adds nothing would be left out.
    """
    expressions = (*select._raw_columns, *select._where_criteria)
    sources = (
        *select._from_obj,
        *(join[0] for join in select._setup_joins),
        *chain.from_iterable(each._from_objects for each in expressions),
    )
    added = {name for source in select._from_obj for name in _added_by_outer_joins(source)}
    tables = dict.fromkeys(table for source in sources for table in _tables_of(source) if table.name not in added)
    select._where_criteria += tuple(_same_accounts(tables, named))


def _restrict_right(named: Sequence[ByValue], join: Any) -> None:
    """Restricts the table on the right of a join in its condition: it may be read in a subquery, see engine/join_in_order.py."""
    join.onclause = sa.and_(join.onclause, *_same_accounts(_tables_of(join.right), named))


def _same_accounts(tables: Iterable[Any], named: Sequence[ByValue]) -> Iterator[Any]:
    for table in tables:
        if table.name != _ACCOUNTS.name:
            yield from (each.operator(table.c.account_id, each.right) for each in named)


def _inline(cte: Any) -> None:
    if isinstance(cte.element, sa.Select):
        cte._prefixes += ((sa.text("NOT MATERIALIZED"), "*"),)


def _added_by_outer_joins(source: Any) -> Iterator[str]:
    if isinstance(source, sa.Join):
        yield from (*_added_by_outer_joins(source.left), *_added_by_outer_joins(source.right))
        yield from (table.name for table in _tables_of(source.right)) if source.isouter else ()


def _tables_of(source: Any) -> Iterator[Any]:
    """The tables with data of accounts in a FROM clause, without the right sides of joins. A subquery in it is a SELECT of its own."""
    if isinstance(source, sa.Join):
        yield from _tables_of(source.left)
    elif isinstance(source.element if isinstance(source, sa.Alias) else source, sa.Table) and "account_id" in source.c:
        yield source
