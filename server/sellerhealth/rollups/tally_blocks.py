"""Blocks: the numbers of a tally of 8, and of 64, days in a row added up, so that a long window reads few rows.

They are rows of the tally's table, with a key of their own and the first day of the block. A window is made of the largest blocks, and of shorter ones and
days at its ends, which are subtracted where a block reaches further: of a year 14 rows by kind are read in place of 365. A block is added up anew from
its days whenever one of them has changed.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from sellerhealth.model.records import UnprovenTally
from sellerhealth.rollups.count_tally import Counted, TallyKey, TallyValue
from sellerhealth.store.bulk import chunks

LENGTHS = (8, 64)  # days; each is a multiple of the one before
_TABLE: sa.Table = UnprovenTally.__table__
_GROUPED = ("marketplace", "channel", "part", "kind", "number")


class Stretch(NamedTuple):
    """Days in a row, which may be none: how long the blocks are that are read, 1 for days; the first and the last day; and 1, or -1 to subtract them."""

    length: int
    first: dt.date
    last: dt.date
    sign: int


def block_key(tally: str, length: int) -> str:
    """The key of the blocks of a tally; for days it is that of the tally."""
    return tally if length == 1 else f"{tally}/{length}"


def all_keys(tallies: Iterable[str]) -> Iterator[str]:
    """The keys of tallies and of their blocks."""
    return (block_key(tally, length) for tally in tallies for length in (1, *LENGTHS))


def stretches(first: dt.date, last: dt.date) -> Iterator[Stretch]:
    """What is read of a window, always as many stretches: of days and blocks at its first day, at its last one, and of the longest between."""
    begin, end = first.toordinal(), last.toordinal() + 1
    for length, longer in zip((1, *LENGTHS), LENGTHS, strict=False):
        inner_begin, inner_end = _nearest(begin, longer), _nearest(end, longer)
        at_ends = (abs(inner_begin - begin) + abs(inner_end - end)) // length
        if (end - begin) // length <= at_ends + (inner_end - inner_begin) // longer:
            inner_begin = inner_end = end  # it is not longer than that
        yield _stretch(length, begin, inner_begin)
        yield _stretch(length, inner_end, end)
        begin, end = inner_begin, inner_end
    yield _stretch(LENGTHS[-1], begin, end)


def _nearest(day: int, length: int) -> int:
    """The beginning of a block that is nearest to a day, by its ordinal; of those that are dates."""
    return min(max((day + length // 2) // length * length, length), dt.date.max.toordinal() // length * length)


def _stretch(length: int, begin: int, end: int) -> Stretch:
    """The days from one up to another; to subtract them if the other is before it."""
    if begin == end:
        return Stretch(length, dt.date.max, dt.date.min, 1)
    first, last = sorted((begin, end))
    return Stretch(length, dt.date.fromordinal(first), dt.date.fromordinal(last - 1), 1 if begin < end else -1)


def keep_blocks(connection: sa.Connection, tally: str, account_id: int, days: Iterable[dt.date]) -> None:
    """Adds up the blocks of some days anew, each length from the one before."""
    changed = set(days)
    for shorter, length in zip((1, *LENGTHS), LENGTHS, strict=False):
        changed = {_first_of(day, length) for day in changed}
        of_blocks = {"of_account": account_id, "of_blocks": block_key(tally, length)}
        for some in chunks(sorted(changed)):
            connection.execute(_delete(), {**of_blocks, "days": some})
        rest = dt.timedelta(length - 1)
        blocks = [{**of_blocks, "added_up": block_key(tally, shorter), "first": day, "last": day + rest} for day in sorted(changed)]
        if blocks:
            connection.execute(_add_up(), blocks)


def added_up(counted: Counted, length: int) -> Counted:
    """The numbers of a tally by blocks, as they are kept."""
    numbers: defaultdict[TallyKey, int] = defaultdict(int)
    for key, value in counted.items():
        if key.kind:
            numbers[key._replace(day=_first_of(key.day, length))] += value.amount
    return {key: TallyValue(number) for key, number in numbers.items() if number}


def _first_of(day: dt.date, length: int) -> dt.date:
    return dt.date.fromordinal(day.toordinal() // length * length)


@lru_cache(maxsize=1)
def _delete() -> sa.Executable:
    own = (_TABLE.c.account_id == sa.bindparam("of_account"), _TABLE.c.tally == sa.bindparam("of_blocks"))
    return sa.delete(_TABLE).where(*own, _TABLE.c.day.in_(sa.bindparam("days", expanding=True)))


@lru_cache(maxsize=1)
def _add_up() -> sa.Executable:
    key, first = sa.bindparam("of_blocks", type_=sa.String()), sa.bindparam("first", type_=sa.Date())
    within = _TABLE.c.day.between(first, sa.bindparam("last", type_=sa.Date()))
    amount: Any = sa.func.sum(_TABLE.c.amount)
    columns: Mapping[str, Any] = {
        "account_id": _TABLE.c.account_id,
        "tally": key,
        "day": first,
        **{name: _TABLE.c[name] for name in _GROUPED},
        "amount": sa.cast(amount, sa.BigInteger()),  # PostgreSQL adds whole numbers up as decimals
    }
    rows = (
        sa.select(*(column.label(name) for name, column in columns.items()))
        .where(
            _TABLE.c.account_id == sa.bindparam("of_account"),
            _TABLE.c.tally == sa.bindparam("added_up"),
            within,
            _TABLE.c.kind != sa.literal_column("''"),
        )
        .group_by(_TABLE.c.account_id, *(_TABLE.c[name] for name in _GROUPED))
        .having(amount != sa.literal_column("0"))
    )
    return sa.insert(_TABLE).from_select([*columns], rows)
