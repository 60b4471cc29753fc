"""Refuses what could be any SQL: an expression may only be made of what the other checks can read.

A list of what is allowed, since SQLAlchemy has many ways to put text, another table or a function of the database into a statement.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm.util import _ORMJoin
from sqlalchemy.sql import annotation, elements, functions, operators, selectable, visitors
from sqlmodel import AutoString, UTCDateTime

from sellerhealth.facts import FACTS
from sellerhealth.metrics.instants import CLOCK, Later

_TABLES = frozenset(fact.__table__ for fact in FACTS)
_NODES = {
    sa.Column, sa.Table, sa.Alias, sa.Join, _ORMJoin, sa.Select, sa.Exists, sa.ScalarSelect, selectable.SelectStatementGrouping, sa.BindParameter,
    sa.BinaryExpression, sa.UnaryExpression, elements.AsBoolean, elements.BooleanClauseList, elements.ExpressionClauseList, elements.ClauseList,
    elements.OperatorExpression, elements.Grouping, elements.Null, elements.True_, elements.False_, sa.Case, sa.Cast, sa.TypeCoerce,
    elements.TypeClause, sa.Extract, sa.Tuple, functions.Function, functions.coalesce, Later,
}  # fmt: skip
_TYPES = {
    sa.Boolean, sa.Date, sa.DateTime, sa.Interval, sa.Integer, sa.SmallInteger, sa.BigInteger, sa.Numeric, sa.Float, sa.String, sa.Text,
    sa.Unicode, sa.types.NullType, sa.types.TupleType, AutoString, UTCDateTime, type(sa.literal("").type),
}  # fmt: skip
_OF_SELECT = {
    "_raw_columns", "_where_criteria", "_from_obj", "_setup_joins", "_correlate", "_correlate_except", "_correlate_mode", "_label_style",
    "_annotations", "_propagate_attrs",
}  # fmt: skip
_FIX = "write an expression over the columns of sellerhealth.facts"


def unknown_sql(expression: Any) -> Iterator[str]:
    """What an expression is made of although it may not be, each with the fix."""
    for node in visitors.iterate(expression):
        if (found := _unknown_in(node)) is not None:
            yield f"is made of {found}, which cannot be checked: {_FIX}."


def _unknown_in(node: Any) -> str | None:
    """What a node holds that is not known; None if all of it is."""
    kind = _class_of(node)
    if kind is elements.ColumnClause and node.is_literal and node.name in ("1", "*") and node.table is None:
        return None  # the column of EXISTS (SELECT 1
    if kind not in _NODES:
        return f"`{kind.__name__}`"
    type_ = getattr(node, "type", None)
    if type_ is not None and type(type_) not in _TYPES:
        return f"the type {type(type_).__name__}"
    for operator in (getattr(node, "operator", None), getattr(node, "modifier", None)):
        if isinstance(operator, operators.custom_op):
            return f"the operator {operator.opstring!r}"
    match node:
        case sa.Table() if node not in _TABLES:
            return f"the table {node.name}, which is no fact"
        case sa.Alias() if node.element not in _TABLES:
            return "another query"
        case sa.Alias() if isinstance(node.name, elements.quoted_name) and not isinstance(node.name, elements._anonymous_label):
            return f"the name {str(node.name)!r}"
        case sa.Column() if not isinstance(node.table, sa.Table | sa.Alias):
            return f"the column {node.key} of another query"
        case sa.Join() if node.isouter or node.full:
            return "an outer join"
        case sa.BindParameter() if not (node.unique or node.key.startswith(CLOCK)) or node.callable is not None or node.literal_execute:
            return f"the parameter {node.key!r}"
        case functions.Function() if node.packagenames:
            return f"a function of {'.'.join(node.packagenames)}"
        case sa.Select():
            return _unknown_in_select(node)
    return None


def _unknown_in_select(select: Any) -> str | None:
    """What a lookup holds beside columns, tables and conditions. SQLAlchemy has no public list of it."""
    values = {name: getattr(select, name, None) for name, _ in select._traverse_internals if name not in _OF_SELECT}
    more = [name for name, value in values.items() if isinstance(value, sa.ClauseElement) or value]
    if more:
        return f"a SELECT with{more[0].removesuffix('_clauses').replace('_', ' ')}"
    sources = [each for source in select.get_final_froms() for each in visitors.iterate(source)]
    return next((found for each in sources if (found := _unknown_in(each)) is not None), None)


def _class_of(node: Any) -> type:
    """The class of a node. A subclass counts as itself: it may be written as any SQL."""
    bases = (each for each in type(node).__mro__ if not issubclass(each, annotation.Annotated))
    return next(bases) if isinstance(node, annotation.Annotated) else type(node)
