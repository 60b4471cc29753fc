"""Writes the buckets of days as running sums: only the rows that differ from what is stored."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from sellerhealth.metrics.measures import Measure
from sellerhealth.rollups.buckets import Bucket, Buckets, Key
from sellerhealth.rollups.grain import Grain
from sellerhealth.rollups.tables import due_columns, rollup_table
from sellerhealth.store.bulk import insert, upsert
from sellerhealth.store.merge import Shape
from sellerhealth.store.rollup_tables import KEY

Values = tuple[Any, ...]  # of a row: its running sums, then until when each number that uses the clock holds
_Rows = dict[dt.date, dict[Key, Values]]


def write_rows(
    connection: sa.Connection,
    account_id: int,
    grain: Grain,
    measures: Mapping[str, Measure],
    buckets: Buckets,
    days: Collection[dt.date] | None,
) -> None:
    """Stores the buckets of some days, or of all, with the running sums of all later days.

    Only the columns of these measures are written: those of other sets of measures belong to other processes.
    """
    numbers, dues = tuple(measures), due_columns(measures)
    table = rollup_table(grain.name, numbers, dues)
    first = None if days is None else min(days)
    stored, base = _stored(connection, table, account_id, first)
    zeros = (0,) * len(numbers)
    sums: dict[Key, Values] = {key: values[: len(numbers)] for key, values in base.items()}
    before = dict(sums)
    rows: _Rows = {}
    for day in sorted(stored.keys() | buckets.keys()):
        old = stored.get(day, {})
        if days is None or day in days:
            counted = {key: _values(bucket, numbers) for key, bucket in buckets.get(day, {}).items()}
            until = {key: tuple(bucket.until.get(due) for due in dues) for key, bucket in buckets.get(day, {}).items()}
        else:
            counted = {key: _difference(values[: len(numbers)], before.get(key, zeros)) for key, values in old.items()}
            until = {key: values[len(numbers) :] for key, values in old.items()}
        before.update((key, values[: len(numbers)]) for key, values in old.items())
        if counted:
            sums.update((key, tuple(map(int.__add__, sums.get(key, zeros), values))) for key, values in counted.items())
            never = (None,) * len(dues)
            rows[day] = {key: (*values, *until.get(key, never)) for key, values in sums.items()}
    _delete(connection, table, account_id, stored, rows)
    changed = [
        (account_id, day, *key, *values)
        for day, of_day in rows.items()
        for key, values in of_day.items()
        if stored.get(day, {}).get(key) != values
    ]
    if changed:
        _save(connection, table, changed, are_new=not stored and not base)


def _values(bucket: Bucket, numbers: Sequence[str]) -> tuple[int, ...]:
    return tuple(bucket.numbers.get(number, 0) for number in numbers)


def _difference(values: Values, before: Values) -> tuple[int, ...]:
    return tuple(map(int.__sub__, values, before))


def _stored(connection: sa.Connection, table: sa.Table, account_id: int, first: dt.date | None) -> tuple[_Rows, dict[Key, Values]]:
    """The stored rows from a day on, or all; and those of the last day before it."""
    columns = [column for column in table.columns if column.name != "account_id"]
    own = sa.select(*columns).where(table.c.account_id == account_id)
    rows: defaultdict[dt.date, dict[Key, Values]] = defaultdict(dict)
    if first is not None:
        last = sa.select(sa.func.max(table.c.day)).where(table.c.account_id == account_id, table.c.day < first).scalar_subquery()
        own = own.where(table.c.day >= sa.func.coalesce(last, first))
    for day, marketplace, channel, part, *values in connection.execute(own):
        rows[day][marketplace, channel, part] = tuple(values)
    base = {} if first is None else next((rows.pop(day) for day in sorted(rows) if day < first), {})
    return dict(rows), base


def _delete(connection: sa.Connection, table: sa.Table, account_id: int, stored: _Rows, rows: _Rows) -> None:
    """Deletes the stored rows that are no longer needed: of days and keys without any row that counts."""
    gone = [
        {"of_account": account_id, "of_day": day, "in_marketplace": key[0], "in_channel": key[1], "in_part": key[2]}
        for day, of_day in stored.items()
        for key in of_day.keys() - rows.get(day, {}).keys()
    ]
    if gone:
        names = ("of_account", "of_day", "in_marketplace", "in_channel", "in_part")
        same = (table.c[column] == sa.bindparam(name) for column, name in zip(KEY, names, strict=True))
        connection.execute(sa.delete(table).where(*same), gone)


def _save(connection: sa.Connection, table: sa.Table, rows: Sequence[Values], *, are_new: bool) -> None:
    names = table.columns.keys()
    (insert if are_new else upsert)(connection, _shape_of(table), [dict(zip(names, row, strict=True)) for row in rows])


@lru_cache(maxsize=64)
def _shape_of(table: sa.Table) -> Shape:
    """The shape of a rollup table, which is written by the fast paths of imports."""
    key = KEY[1:]
    return Shape(table, tuple(table.columns.keys()), key, itemgetter(*key), (), {}, (), (), (), {})
