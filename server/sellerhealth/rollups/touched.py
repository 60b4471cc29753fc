"""The days whose buckets an import touches: those of rows that changed, before and after, and of rows that look a changed one up."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from sellerhealth.metrics.expressions import SHARED_KEYS
from sellerhealth.rollups.measure_set import Grain, MeasureSet
from sellerhealth.store.bulk import chunks
from sellerhealth.store.unit_of_work import Change

DayColumn = tuple[sa.Table, str]


class TouchedDays:
    """Collects the days of one account, by the column that they are counted by. Grains with the same column have the same days."""

    def __init__(self, measures: MeasureSet, connection: sa.Connection, account_id: int) -> None:
        self._connection, self._account_id = connection, account_id
        self._days: defaultdict[DayColumn, set[dt.date]] = defaultdict(set)
        self._read: defaultdict[DayColumn, set[sa.Table]] = defaultdict(set)
        for grain, read in measures.tables_read.items():
            self._read[grain.table, grain.on] |= read - {grain.table}

    def of(self, grain: Grain) -> set[dt.date]:
        """The days of a grain."""
        return self._days[grain.table, grain.on]

    def __bool__(self) -> bool:
        return any(self._days.values())

    def add(self, changes: Mapping[sa.Table, Iterable[Change]]) -> None:
        """Adds the days of changes that are stored by now."""
        by_key = {table: _keys(table, of_table) for table, of_table in changes.items()}
        for (table, on), read in self._read.items():
            days = self._days[table, on]
            for new, old in changes.get(table, ()):
                days.add(new[on])
                if old is not None:
                    days.add(old[on])
            for name in SHARED_KEYS:
                if name in table.c:
                    keys = set[Any]().union(*(by_key[other].get(name, ()) for other in read & by_key.keys()))
                    days |= self._days_of(table, on, name, keys)
            days.discard(None)  # a row without its day counts on none

    def _days_of(self, table: sa.Table, on: str, key: str, values: set[Any]) -> set[dt.date]:
        """The days of the rows that have one of some keys."""
        statement = sa.select(table.c[on]).distinct().where(table.c.account_id == self._account_id)
        statement = statement.where(table.c[key].in_(sa.bindparam("values", expanding=True)))
        found: set[dt.date] = set()
        for some in chunks(sorted(values)):
            found.update(self._connection.scalars(statement, {"values": some}))
        return found


def _keys(table: sa.Table, changes: Iterable[Change]) -> Mapping[str, set[Any]]:
    """What related rows share with changed ones, before and after."""
    names = [name for name in SHARED_KEYS if name in table.c]
    rows = [row for change in changes for row in change if row is not None]
    return {name: {row[name] for row in rows} - {None} for name in names}
