"""The days that an import touches: those of rows that changed, before and after, and of rows that look a changed one up.

A row without its day counts on none, but if it is unproven, it does on the day of its order.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from sellerhealth.facts import Order
from sellerhealth.metrics.expressions import SHARED_KEYS
from sellerhealth.rollups.found_once import empty_tables
from sellerhealth.rollups.grain import Grain
from sellerhealth.rollups.measure_set import MeasureSet
from sellerhealth.store.bulk import chunks
from sellerhealth.store.changes import Cells, Changes
from sellerhealth.unproven.alike import Alike, without_day

DayColumn = tuple[sa.Table, str]


class TouchedDays:
    """Collects the days of one account, by the column that they are counted by. Grains with the same column have the same days."""

    def __init__(self, measures: MeasureSet, connection: sa.Connection, account_id: int) -> None:
        self._connection, self._account_id = connection, account_id
        self._days: defaultdict[DayColumn, set[dt.date]] = defaultdict(set)
        self._read: defaultdict[DayColumn, set[sa.Table]] = defaultdict(set)
        for grain, read in measures.tables_read.items():
            self._read[grain.table, grain.on] |= read - {grain.table}
        self._of_order: defaultdict[DayColumn, set[dt.date]] = defaultdict(set)
        self._may_lack_day = {(each.grain.table, each.grain.on): each.alike for each in measures.tallies if each.alike.may_lack_day}

    def of(self, grain: Grain) -> set[dt.date]:
        """The days of a grain."""
        return self._days[grain.table, grain.on]

    def of_unproven(self, grain: Grain) -> set[dt.date]:
        """The days of the unproven rows of a grain."""
        return self._days[grain.table, grain.on] | self._of_order[grain.table, grain.on]

    def __bool__(self) -> bool:
        return any(self._days.values()) or any(self._of_order.values())

    def add(self, changes: Mapping[sa.Table, Changes]) -> None:
        """Adds the days of changes that are stored by now."""
        by_key = {table: _keys(table, of_table) for table, of_table in changes.items()}
        empty = empty_tables(self._connection, self._account_id)
        for (table, on), read in self._read.items():
            days = self._days[table, on]
            if table in changes:
                days |= _values(changes[table].cells(on))
            for name in SHARED_KEYS:
                if name in table.c and table not in empty:
                    keys = set[Any]().union(*(by_key[other].get(name, ()) for other in read & by_key.keys()))
                    if table in changes and _is_key(table, name):  # their only rows are among the changes
                        keys -= by_key[table][name]
                    days |= self._days_of(table, on, name, keys)
            days.discard(None)  # a row without its day counts on none
        for (table, on), alike in self._may_lack_day.items():
            if table not in empty:
                self._of_order[table, on] |= self._days_of_orders(alike, changes, by_key)

    def _days_of_orders(
        self, alike: Alike, changes: Mapping[sa.Table, Changes], by_key: Mapping[sa.Table, Mapping[str, set[Any]]]
    ) -> set[dt.date]:
        """The days of the orders of rows that lack their own day, or lacked it before."""
        orders: sa.Table = Order.__table__
        placed_on = changes[orders].cells("placed_on") if orders in changes else ()
        days = {old[0] for new, old in placed_on if old is not None and old != new}
        of_table = changes[alike.table].cells("order_id", alike.on.key) if alike.table in changes else ()
        lacking = {row[0] for change in of_table for row in change if row is not None and row[1] is None} - {None}
        days |= self._days_of(orders, "placed_on", "order_id", lacking)
        rows = without_day(alike)
        own = (table.c.account_id == self._account_id for table in (alike.table, rows.day.table))
        statement = sa.select(rows.day).distinct().select_from(rows.source).where(*own, *rows.where)
        for name in SHARED_KEYS:
            if name in alike.table.c:
                related = (self._read[alike.table, alike.on.key] | {orders}) & by_key.keys()
                keys = set[Any]().union(*(by_key[other].get(name, ()) for other in related))
                days |= self._scalars(statement.where(alike.table.c[name].in_(sa.bindparam("values", expanding=True))), keys)
        return days - {None}

    def _days_of(self, table: sa.Table, on: str, key: str, values: set[Any]) -> set[dt.date]:
        """The days of the rows that have one of some keys."""
        statement = sa.select(table.c[on]).distinct().where(table.c.account_id == self._account_id)
        return self._scalars(statement.where(table.c[key].in_(sa.bindparam("values", expanding=True))), values)

    def _scalars(self, statement: Any, values: set[Any]) -> set[dt.date]:
        found: set[dt.date] = set()
        for some in chunks(sorted(values)):
            found.update(self._connection.scalars(statement, {"values": some}))
        return found


def _keys(table: sa.Table, changes: Changes) -> Mapping[str, set[Any]]:
    """What related rows share with changed ones, before and after."""
    return {name: _values(changes.cells(name)) - {None} for name in SHARED_KEYS if name in table.c}


def _values(cells: Iterable[tuple[Cells, Cells | None]]) -> set[Any]:
    """The values of one column, before and after."""
    return {row[0] for change in cells for row in change if row is not None}


def _is_key(table: sa.Table, name: str) -> bool:
    """Whether a column is the whole key of a row within its account."""
    return {column.name for column in table.primary_key} == {"account_id", name}
