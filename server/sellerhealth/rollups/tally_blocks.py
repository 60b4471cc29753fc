"""Blocks: the numbers of a tally of 8, and of 64, days in a row added up, so that a long window reads few rows.

They are rows of the tally's table, with a key of their own and the first day of the block. A window is made of the largest blocks inside it, and of
days at its ends: of a year 60 rows by kind are read in place of 365. A block is added up anew from its days whenever one of them has changed.
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
    """Days in a row of a window, which may be none: how long the blocks are that are read, 1 for days, and the first and the last day."""

    length: int
    first: dt.date
    last: dt.date


def block_key(tally: str, length: int) -> str:
    """The key of the blocks of a tally; for days it is that of the tally."""
    return tally if length == 1 else f"{tally}/{length}"


def all_keys(tallies: Iterable[str]) -> Iterator[str]:
    """The keys of tallies and of their blocks."""
    return (block_key(tally, length) for tally in tallies for length in (1, *LENGTHS))


def stretches(first: dt.date, last: dt.date) -> Iterator[Stretch]:
    """What is read of a window, always as many stretches: of days and blocks from its first day, from its last one, and of the longest between."""
    begin, end = first.toordinal(), last.toordinal() + 1
    for length, longer in zip((1, *LENGTHS), LENGTHS, strict=False):
        inner_begin = min(-(-begin // longer) * longer, end)
        inner_end = max(end // longer * longer, inner_begin)
        yield _stretch(length, begin, inner_begin)
        yield _stretch(length, inner_end, end)
        begin, end = inner_begin, inner_end
    yield _stretch(LENGTHS[-1], begin, end)


def _stretch(length: int, begin: int, end: int) -> Stretch:
    return Stretch(length, dt.date.fromordinal(begin), dt.date.fromordinal(end - 1))


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
