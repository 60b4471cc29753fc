"""The columns by which misses are grouped: of the counted fact itself, or of its order, its items or its packages.

Which columns there are is declared on the facts: see `driver` in model/tables.py.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import UTCDateTime

from sellerhealth.facts import Item, Order, Package
from sellerhealth.metrics.expressions import table_of
from sellerhealth.metrics.metric import Metric
from sellerhealth.model.tables import UNKNOWN, Fact

_OF_ORDER: tuple[type[Fact], ...] = (Order, Item, Package)  # where the column of a fact is looked for, beside the fact itself
_WEEKDAYS = ("SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY")


class Grouped(NamedTuple):
    """The rows of a fact with the value of a column, each once for every value that it has, and once if it has none."""

    source: Any
    value: sa.ColumnElement[Any]


@cache
def _declared(table: sa.Table) -> Mapping[str, "sa.Column[Any]"]:
    """The columns of a table that misses are grouped by, by name."""
    return {driver: column for column in table.c if (driver := column.info.get("driver")) is not None}


def _column(table: sa.Table, by: str) -> "sa.Column[Any] | None":
    """The column of a name that a fact has itself or through its order."""
    tables = [table, *(fact.__table__ for fact in _OF_ORDER if "order_id" in table.c)]
    return next((_declared(each)[by] for each in tables if by in _declared(each)), None)


@cache
def driver_names(metric: Metric) -> tuple[str, ...]:
    """The names of the columns that all facts have that a metric counts."""
    counted = {table_of(measure) for measure in metric.all_measures.values()}
    names = dict.fromkeys(name for table in (*counted, *(fact.__table__ for fact in _OF_ORDER)) for name in _declared(table))
    return tuple(sorted(name for name in names if all(_column(table, name) is not None for table in counted)))


def grouped(table: sa.Table, by: str) -> Grouped:
    """The rows of a fact with the value of a column: itself, or joined through its order."""
    column = _column(table, by)
    if column is None:
        raise KeyError(by)
    if column.table is table:
        return Grouped(table, _value(column))
    of_order: Any = column.table.alias("driver")
    value = of_order.c[column.key]
    on = _same_order(of_order, table)
    if "item_id" in of_order.c or "package_id" in of_order.c:
        on = sa.and_(on, _is_known(value, column), ~_comes_again(of_order, column))
    return Grouped(table.outerjoin(of_order, on), _value(column, value))


def name_of_value(metric: Metric, by: str, value: Any) -> str | None:
    """A value as the API returns it."""
    if value is None:
        return None
    (column, *_) = (_column(table_of(measure), by) for measure in metric.all_measures.values())
    assert column is not None  # noqa: S101 - the name is one of `driver_names`
    if isinstance(column.type, sa.Date):
        return _WEEKDAYS[int(value)]
    return f"{int(value):02}" if isinstance(column.type, UTCDateTime) else str(value)


def _value(column: "sa.Column[Any]", aliased: Any = None) -> sa.ColumnElement[Any]:
    """What rows are grouped by: the weekday of a day, the hour of an instant in UTC, else the value, null where it is unknown."""
    value = column if aliased is None else aliased
    if isinstance(column.type, sa.Date):
        return sa.cast(sa.extract("dow", value), sa.Integer())
    if isinstance(column.type, UTCDateTime):
        return sa.cast(sa.extract("hour", value), sa.Integer())  # connections to PostgreSQL have the time zone UTC
    return sa.func.nullif(value, UNKNOWN) if _stands_for_unknown(column) else value


def _is_known(value: Any, column: "sa.Column[Any]") -> sa.ColumnElement[bool]:
    known: sa.ColumnElement[bool] = value.is_not(None)
    return known & (value != UNKNOWN) if _stands_for_unknown(column) else known


def _stands_for_unknown(column: "sa.Column[Any]") -> bool:
    return isinstance(column.default, sa.ColumnDefault) and column.default.arg == UNKNOWN


def _comes_again(row: Any, column: "sa.Column[Any]") -> sa.ColumnElement[bool]:
    """The condition that an earlier item or package of the same order has the same value: so the order counts once."""
    earlier: Any = column.table.alias("earlier")
    (key,) = (each.key for each in column.table.primary_key if each.key not in ("account_id", "order_id"))
    same = earlier.c[column.key] == row.c[column.key]
    return sa.exists(sa.literal_column("1")).where(_same_order(earlier, row), same, earlier.c[key] < row.c[key]).correlate(row)


def _same_order(one: Any, other: Any) -> sa.ColumnElement[bool]:
    return sa.and_(one.c.account_id == other.c.account_id, one.c.order_id == other.c.order_id)
