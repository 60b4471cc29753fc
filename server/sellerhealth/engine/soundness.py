"""Whether a metric can be computed soundly: checked when it is loaded, so that a silent wrong answer never starts."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import functions, operators, visitors

from sellerhealth.access import OWNER
from sellerhealth.engine.answer import dimensions
from sellerhealth.engine.asks import WHOLE
from sellerhealth.engine.choice import Choice
from sellerhealth.engine.compile import Question, compile_asks
from sellerhealth.engine.reading import expressions, table_of
from sellerhealth.errors import PluginError
from sellerhealth.facts import FACTS
from sellerhealth.measures import Measure
from sellerhealth.metrics import Metric
from sellerhealth.store.database import Database

_TABLES = frozenset(fact.__table__ for fact in FACTS)  # type: ignore[attr-defined]  # SQLModel hides it
_NEVER_NULL = (operators.is_, operators.is_not, operators.is_distinct_from, operators.is_not_distinct_from)
_A_DAY = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


def checker(database: Database) -> Callable[[Metric], None]:
    """What checks a metric against a store: its expressions, then its statement on no rows."""

    def check(metric: Metric) -> None:
        for name, measure in metric.all_measures.items():
            for problem in problems(measure):
                raise PluginError(f"metric {metric.key!r}: the measure {name!r} {problem}")
        _try(metric, database)

    return check


def problems(measure: Measure) -> Iterator[str]:
    """What is unsound in a measure, each with the remedy."""
    table = table_of(measure)
    if table not in _TABLES:
        yield f"counts rows of {table.name}, which is no fact: count on a day column of {', '.join(sorted(t.name for t in _TABLES))}."
        return
    if not isinstance(measure.on.property.columns[0].type, sa.Date):
        yield f"is counted on {measure.on.key}, which is no day: use a column of days, such as {_a_day_of(table)}."
    for expression in expressions(measure):
        yield from _strangers(expression, table)
        yield from _negations(expression)


def _a_day_of(table: sa.Table) -> str:
    return next(column.name for column in table.c if isinstance(column.type, sa.Date))


def _strangers(expression: Any, table: sa.Table) -> Iterator[str]:
    """Columns that the fact does not have, and relationships of another fact: their EXISTS would be true for every row."""
    inside: set[int] = set()
    for node in visitors.iterate(expression):
        if isinstance(node, sa.Exists):
            froms = (
                {f for f in node.element.element.get_final_froms() if isinstance(f, sa.Table)}
                if hasattr(node.element, "element")
                else set()
            )
            if table not in froms:
                others = ", ".join(sorted(f.name for f in froms))
                yield f"looks up related facts of another fact ({others}): start from a relationship of {table.name}."
            elif "order_id" not in table.c:
                yield f"looks up facts through an order, but {table.name} have none."
            inside |= {id(child) for child in visitors.iterate(node)}
    for node in visitors.iterate(expression):
        if isinstance(node, sa.Column) and isinstance(node.table, sa.Table) and id(node) not in inside and node.table is not table:
            yield f"reads {node.table.name}.{node.key}, which is no column of {table.name}: use a relationship with .any(...)."


def _negations(expression: Any) -> Iterator[str]:
    """`~` over something that may be null is null, not true: rows would be lost in silence."""
    for node in visitors.iterate(expression):
        if isinstance(node, sa.UnaryExpression) and node.operator in (operators.inv, operators.is_false):
            nullable = sorted(set(_may_be_null(node)))
            if nullable:
                yield f"negates a condition over {', '.join(nullable)}, which may be null: use Measure.without(...) or .is_not(True)."


def _may_be_null(node: Any) -> Iterator[str]:
    """The columns that can make an expression null. `IS` comparisons, EXISTS and coalesce never are."""
    if isinstance(node, sa.Exists | functions.coalesce) or (isinstance(node, sa.BinaryExpression) and node.operator in _NEVER_NULL):
        return
    if isinstance(node, sa.Column) and node.nullable:
        yield node.key
    for child in node.get_children():
        yield from _may_be_null(child)


def _try(metric: Metric, database: Database) -> None:
    """Runs the metric's statement for no account, over each window and dimension."""
    questions = [Question(metric, window, _A_DAY.date(), WHOLE, by) for window in metric.windows for by in (None, *dimensions(metric))]
    plan = compile_asks(questions, Choice(accounts=()), OWNER, _A_DAY)
    with database.reading() as connection:
        connection.execute(plan.statement, plan.parameters).all()
