"""Keeps the tallies of one account: counts their days again, and writes what differs. An account without unknown cells has none."""

import datetime as dt
from collections import ChainMap, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from sellerhealth.model.records import UnprovenTally
from sellerhealth.rollups.count_tally import Counted, TallyKey, TallyStatement, TallyValue, count_tally
from sellerhealth.rollups.tally import Tally
from sellerhealth.rollups.tally_blocks import LENGTHS, added_up, all_keys, block_key, keep_blocks
from sellerhealth.store.bulk import chunks, insert_columns
from sellerhealth.unproven.alike import Lookup

_TABLE: sa.Table = UnprovenTally.__table__
_KEY = TallyKey._fields


def with_unknown_cells(connection: sa.Connection, tallies: Sequence[Tally], account_id: int) -> Sequence[Tally]:
    """The tallies that may have rows: the account has a row with an unknown cell that they read. Those that have none are deleted."""
    needed = _with_unknown_cells(connection, tuple(tallies), account_id)
    if others := [tally.key for tally in tallies if tally not in needed]:
        connection.execute(sa.delete(_TABLE).where(_TABLE.c.account_id == account_id, _TABLE.c.tally.in_([*all_keys(others)])))
    return needed


def keep_tally(
    connection: sa.Connection,
    tally: Tally,
    account_id: int,
    clock: dt.datetime,
    days: Collection[dt.date] | None = None,
    statements: Sequence[TallyStatement] | None = None,
) -> None:
    """Brings a tally up to date, on all days or on some. `statements`: how it is counted, as in `count_tally`."""
    counted = count_tally(connection, tally, account_id, clock, days, statements)
    changed = _write(connection, tally.key, account_id, stored_tally(connection, tally.key, account_id, days), counted)
    if days is not None:
        keep_blocks(connection, tally.key, account_id, changed)
        return
    for length in LENGTHS:  # of all days the numbers are at hand
        key = block_key(tally.key, length)
        _write(connection, key, account_id, stored_tally(connection, key, account_id), added_up(counted, length))


def stored_tally(connection: sa.Connection, key: str, account_id: int, days: Collection[dt.date] | None = None) -> Counted:
    """The stored numbers of a tally, of all days or of some, or of its blocks. `key`: theirs."""
    columns = [_TABLE.c[name] for name in (*_KEY, *TallyValue._fields)]
    own = sa.select(*columns).where(_TABLE.c.account_id == account_id, _TABLE.c.tally == key)
    if days is None:
        rows: Iterable[Any] = connection.execute(own)
    else:
        of_days = own.where(_TABLE.c.day.in_(sa.bindparam("days", expanding=True)))
        rows = [row for some in chunks(sorted(days)) for row in connection.execute(of_days, {"days": some})]
    return {TallyKey(*row[: len(_KEY)]): TallyValue(*row[len(_KEY) :]) for row in rows}


def fallen_due(connection: sa.Connection, tallies: Iterable[Tally], account_id: int, clock: dt.datetime) -> Mapping[str, set[dt.date]]:
    """The days on which a number holds no longer, by the key of the tally."""
    days: defaultdict[str, set[dt.date]] = defaultdict(set)
    fallen = sa.select(_TABLE.c.tally, _TABLE.c.day).where(*_own(tallies, account_id), _TABLE.c.until < clock)
    for key, day in connection.execute(fallen):
        days[key].add(day)
    return days


def first_due(connection: sa.Connection, tallies: Iterable[Tally], account_id: int) -> dt.datetime | None:
    """Until when all numbers hold; None if nothing falls due."""
    first = sa.select(sa.func.min(_TABLE.c.until, type_=_TABLE.c.until.type)).where(*_own(tallies, account_id))
    found: dt.datetime | None = connection.scalar(first)
    return found


def _own(tallies: Iterable[Tally], account_id: int) -> Sequence[sa.ColumnElement[bool]]:
    timed = [tally.key for tally in tallies if tally.dues]
    return [_TABLE.c.account_id == account_id, _TABLE.c.tally.in_(timed), _TABLE.c.until.is_not(None)]


def _with_unknown_cells(connection: sa.Connection, tallies: tuple[Tally, ...], account_id: int) -> Sequence[Tally]:
    if not tallies:
        return []
    statement, of_tallies = _looked_up(tallies)
    found = connection.execute(statement, {"of_account": account_id}).one()
    return [tally for tally, indexes in zip(tallies, of_tallies, strict=True) if any(found[index] for index in indexes)]


@lru_cache(maxsize=16)
def _looked_up(tallies: tuple[Tally, ...]) -> tuple[sa.Executable, Sequence[Sequence[int]]]:
    """The statement, and the indexes of the columns of each tally."""
    of_tallies = [{(lookup.table.name, lookup.text): lookup for lookup in tally.alike.lookups} for tally in tallies]
    lookups: dict[tuple[str, str], Lookup] = dict(ChainMap(*of_tallies))
    exist = [
        sa.exists(sa.literal_column("1")).where(table.c.account_id == sa.bindparam("of_account"), condition)
        for table, _, condition in lookups.values()
    ]
    names = list(lookups)
    return sa.select(*exist), [[*map(names.index, each)] for each in of_tallies]


def _write(connection: sa.Connection, key: str, account_id: int, stored: Counted, counted: Counted) -> Collection[dt.date]:
    """Replaces the rows of the days on which any number differs, and returns these days."""
    days = {key.day for key, value in {*stored.items()} ^ {*counted.items()}}
    own = (_TABLE.c.account_id == account_id, _TABLE.c.tally == key)
    delete = sa.delete(_TABLE).where(*own, _TABLE.c.day.in_(sa.bindparam("days", expanding=True)))
    for some in chunks(sorted(days & {each.day for each in stored})):
        connection.execute(delete, {"days": some})
    if new := [(*each, *value) for each, value in counted.items() if each.day in days]:
        columns = dict(zip((*_KEY, *TallyValue._fields), map(list, zip(*new, strict=True)), strict=True))
        insert_columns(connection, _TABLE, {"account_id": [account_id] * len(new), "tally": [key] * len(new), **columns})
    return days
