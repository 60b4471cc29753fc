"""Checks of statements: whether every table with data of accounts is bound to the accounts that a viewer may see, or to one account."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import default
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.compiler import SQLCompiler

from sellerhealth.engine.join_in_order import JoinInOrder
from sellerhealth.model.conjuncts import conjuncts
from sellerhealth.model.statement_parts import parts_of

_COMPILER = SQLCompiler(default.DefaultDialect(), None)
OF_VIEWERS = {"viewer_sees_all", "viewer_accounts"}  # a statement that starts from the visible accounts has one of these parameters


_OTHER = (
    sa.Subquery,
    sa.CTE,
    sa.Lateral,
    sa.TableValuedAlias,
)  # in a FROM clause: what is checked as a SELECT, and rows made of parameters


def tables_of(source: Any) -> Iterator[str]:
    """The names of the tables with data of accounts in a FROM clause. A subquery in it is a SELECT of its own."""
    if isinstance(source, sa.Join):
        yield from (*tables_of(source.left), *tables_of(source.right))
    elif "account_id" in source.c and not isinstance(source, _OTHER):
        yield source.name


@lru_cache(maxsize=100)
def froms_of(select: Any) -> Sequence[Any]:
    """The FROM clauses of a SELECT: `get_final_froms`, which first writes all of the statement, and so each SELECT inside of others many times."""
    froms: Sequence[Any] = select._compile_state_factory(select, _COMPILER)._get_display_froms()
    return froms


def joins_of(source: Any) -> Iterator[sa.Join]:
    if isinstance(source, sa.Join):
        yield from (source, *joins_of(source.left), *joins_of(source.right))


def unbound(select: "sa.Select[*tuple[Any, ...]]", sources: Sequence[Any], own: set[str], *, one_account: bool) -> set[str]:
    """Of the tables of a SELECT, which stand in its sources, those whose rows are not bound to visible accounts, or to one account.

    `accounts` is bound by the condition of `visible_accounts`. Another table is bound if its `account_id` equals that of a bound
    table, here or in the enclosing SELECT, or is IN a SELECT, which is checked in turn.
    """
    clauses = [select.whereclause, *(join.onclause for source in sources for join in joins_of(source))]
    conditions = [condition for clause in clauses if clause is not None for condition in conjuncts(clause)]
    bound = {"accounts"} if any(parameters_of(condition) & OF_VIEWERS for condition in conditions) else set()

    def binds(other: Any) -> bool:
        if isinstance(other, sa.BindParameter):
            return one_account
        if isinstance(other, sa.Column):
            return other.key == "account_id" and (other.table.name in bound or other.table.name not in own)
        return any(isinstance(node, sa.Select) for node in visitors.iterate(other))

    equalities = [each for each in conditions if isinstance(each, sa.BinaryExpression) and each.operator in (operators.eq, operators.in_op)]
    sides = [(each.left, each.right) for each in equalities] + [(each.right, each.left) for each in equalities]
    for _ in own:  # each may be bound through another
        for column, other in sides:
            if isinstance(column, sa.Column) and column.key == "account_id" and binds(other):
                bound.add(column.table.name)
    return own - bound


def unbound_anywhere(statement: Any, *, one_account: bool = False) -> set[str]:
    """The tables that are not bound to visible accounts, in every SELECT of a statement. A table of the enclosing SELECT is correlated.

    `one_account`: a table is bound if its `account_id` equals a parameter, too.
    """
    return _unbound_inside(statement, frozenset(), one_account, {})


def _unbound_inside(node: Any, enclosing: frozenset[str], one_account: bool, seen: dict[tuple[int, frozenset[str]], Any]) -> set[str]:
    if (id(node), enclosing) in seen:  # a part that is used again
        return set()
    seen[id(node), enclosing] = node
    problems = set()
    if isinstance(node, sa.Subquery | sa.CTE):
        enclosing = frozenset()
    elif isinstance(node, sa.Select):
        sources = froms_of(node)
        tables = {name for source in sources for name in tables_of(source)}
        kept = {table.name for table in node._correlate_except or () if isinstance(table, sa.Table)}  # of `.any()` inside of `.any()`
        own = tables & kept or tables - enclosing or tables  # what would leave no table is not correlated
        problems |= unbound(node, sources, own, one_account=one_account)
        enclosing |= own
    for child in node.get_children():
        problems |= _unbound_inside(child, enclosing, one_account, seen)
    return problems


def parameters_of(expression: Any) -> set[str]:
    return {node.key for node in visitors.iterate(expression) if isinstance(node, sa.BindParameter)}


def not_of_one_account(statement: Any) -> set[str]:
    """The tables whose rows are not bound to one account by a parameter, in every SELECT, UPDATE and DELETE of a statement."""
    problems = set()
    for node in parts_of(statement):
        if not isinstance(node, sa.Select | sa.Update | sa.Delete):
            continue
        sources = froms_of(node) if isinstance(node, sa.Select) else [node.table]
        clauses = [node.whereclause, *(join.onclause for source in sources for join in joins_of(source))]
        conditions = [condition for clause in clauses if clause is not None for condition in conjuncts(clause)]
        bound = {
            each.left.table.name
            for each in conditions
            if isinstance(each, sa.BinaryExpression)
            and each.operator is operators.eq
            and isinstance(each.left, sa.Column)
            and each.left.key == "account_id"
            and isinstance(each.right, sa.BindParameter)
        }
        problems |= {name for source in sources for name in tables_of(source)} - bound
    return problems


def looks_up_for_constants(statement: Any) -> bool:
    """Whether a table is read for each row of a subquery without tables, which Citus refuses: see engine/join_in_order.py."""
    sources = [source for node in parts_of(statement) if isinstance(node, sa.Select) for source in froms_of(node)]
    in_order = [join for source in sources for join in joins_of(source) if type(join) is JoinInOrder and isinstance(join.left, sa.Subquery)]
    return any(not any(isinstance(node, sa.Table) for node in visitors.iterate(join.left.element)) for join in in_order)


def looks_up_in_join(statement: Any) -> bool:
    """Whether a joined subquery has look-ups in its columns, and a database may make it a part of the join.

    It may then look up for each row of the join: see engine/join_in_order.py.
    """
    sources = [source for node in parts_of(statement) if isinstance(node, sa.Select) for source in froms_of(node)]
    joined = [side for source in sources for join in joins_of(source) for side in (join.left, join.right)]
    selects = [side.element for side in joined if isinstance(side, sa.Subquery) and isinstance(side.element, sa.Select)]
    columns = [column for select in selects if not (select._prefixes or select._group_by_clauses) for column in select._raw_columns]
    return any(isinstance(node, sa.ScalarSelect) for column in columns for node in visitors.iterate(column))
