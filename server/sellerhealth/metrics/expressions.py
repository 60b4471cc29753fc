"""Reads the SQL expressions of a measure: which tables, columns and kinds of fact it uses, and whether it uses the clock."""

import datetime as dt
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import visitors
from sqlmodel import UTCDateTime

from sellerhealth.facts import FACTS
from sellerhealth.metrics.instants import CLOCK
from sellerhealth.metrics.measures import Measure
from sellerhealth.metrics.metric import Metric
from sellerhealth.model.statement_parts import parts_of
from sellerhealth.model.tables import Fact, FactKind

SHARED_KEYS = ("order_id", "thread_id")  # what facts of one account have in common
_FACT_OF: dict[sa.Table, type[Fact]] = {fact.__table__: fact for fact in FACTS}


def table_of(measure: Measure) -> sa.Table:
    """The table whose rows are counted: that of the day column."""
    table: sa.Table = measure.on.property.columns[0].table
    return table


def fact_of(measure: Measure) -> type[Fact]:
    """The fact whose rows are counted."""
    return _FACT_OF[table_of(measure)]


def fact_named(table: str) -> type[Fact] | None:
    """The fact with a table of this name."""
    return next((fact for each, fact in _FACT_OF.items() if each.name == table), None)


def kind_of_table(table: str) -> FactKind:
    """The kind of the facts in a table with this name."""
    fact = fact_named(table)
    assert fact is not None  # noqa: S101 - it is a table of facts
    assert fact.fact_kind is not None  # noqa: S101 - and every fact is of a kind
    return fact.fact_kind


def expressions(measure: Measure) -> Iterator[Any]:
    """The SQL expressions in a measure."""
    yield measure.condition
    if measure.summed is not None:
        yield sa.type_coerce(measure.summed, sa.BigInteger)


@cache
def columns_read(measure: Measure) -> frozenset[sa.Column[Any]]:
    """Every column that decides what a measure counts, those of related facts included."""
    columns = {measure.on.property.columns[0]}
    for expression in expressions(measure):
        for node in visitors.iterate(expression):
            if isinstance(node, sa.Column) and isinstance(node.table, sa.Table):
                columns.add(node.table.c[node.key])
    return frozenset(columns)


@cache
def number_of_lookups(metric: Metric) -> int:
    """How many conditions on related facts its measures have. Measures share conditions."""
    return len({id(node) for node in _lookups(metric)})


@cache
def number_of_looks(metric: Metric) -> int:
    """How often related facts are looked at for one fact: for each of its measures, and for each place of a condition in it."""
    return sum(1 for _ in _lookups(metric))


def _lookups(metric: Metric) -> Iterator[sa.Exists]:
    for measure in metric.all_measures.values():
        for each in expressions(measure):
            yield from (node for node in visitors.iterate(each) if isinstance(node, sa.Exists))


@cache
def kinds_read(metric: Metric) -> tuple[frozenset[FactKind], frozenset[FactKind]]:
    """The kinds of fact that a metric counts, and all that it reads, whose coverage decides what is known. See docs/spec/rules.md#coverage.

    A related fact counts as read even where only its rows matter, and so does a fact through which a column was derived.
    """
    counted, read = set(), set()
    for measure in metric.all_measures.values():
        counted.add(_FACT_OF[table_of(measure)].fact_kind)
        tables = {column.table for column in columns_read(measure)}
        for expression in expressions(measure):
            tables |= {node for node in visitors.iterate(expression) if isinstance(node, sa.Table)}
        read |= {_FACT_OF[table].fact_kind for table in tables if table in _FACT_OF}
        read |= {column.info.get("through") for column in columns_read(measure)}
    return frozenset(kind for kind in counted if kind is not None), frozenset(kind for kind in counted | read if kind is not None)


@cache
def instants_compared(measure: Measure) -> tuple[str, ...]:
    """The instants of the fact itself that decide whether it counts, by column, in the order of its table."""
    table = table_of(measure)
    own = [column for column in columns_read(measure) if column.table is table]
    named = {column.key for column in own if isinstance(column.type, UTCDateTime)}
    named |= {name for column in own for name in column.info.get("compares", ())}
    return tuple(name for name in table.c.keys() if name in named)  # noqa: SIM118 - iterating the collection gives columns


def cells_needed(measure: Measure) -> tuple[tuple[str, ...], ...]:
    """The cells of the fact itself, of which one of each tuple must be filled, to be what the measure looks for: see `derived`."""
    table = table_of(measure)
    needed = [needs for column in table.c if column in columns_read(measure) for needs in column.info.get("needs", ())]
    return tuple(dict.fromkeys(needed))


def in_days(day: Any, first: Any, last: Any) -> sa.ColumnElement[bool]:
    """The condition that a day lies from the first day to the last, both included. None for an open end."""
    if first is not None and last is not None:
        within: sa.ColumnElement[bool] = day.between(first, last)
        return within
    return sa.and_(sa.true(), *([] if first is None else [day >= first]), *([] if last is None else [day <= last]))


def clock_parameters(statement: Any) -> frozenset[str]:
    """The names of the bind parameters for the clock."""
    return frozenset(node.key for node in parts_of(statement) if isinstance(node, sa.BindParameter) and node.key.startswith(CLOCK))


def hours_of(parameter: str) -> int:
    """The hours before the clock in the name of a clock parameter."""
    return int(parameter.removeprefix(CLOCK).removesuffix("h"))


def clock_values(parameters: Iterable[str], clock: dt.datetime) -> dict[str, dt.datetime]:
    """The values of clock parameters, by name."""
    return {name: clock - dt.timedelta(hours=hours_of(name)) for name in parameters}


def of_same(row: Any, counted: sa.Table) -> sa.ColumnElement[bool]:
    """The condition that a row is related to the counted one."""
    ties = [row.c[key] == counted.c[key] for key in SHARED_KEYS if key in row.c and key in counted.c]
    return sa.and_(row.c.account_id == counted.c.account_id, sa.or_(sa.false(), *ties))


def base_table(table: Any) -> sa.Table | None:
    """The table itself of a table or an alias; None for anything else."""
    base = getattr(table, "element", table)
    return base if isinstance(base, sa.Table) else None
