"""Fast path of counting, on SQLite: one pass over the rows of an account for all statements that count them.

A grain has a statement for its measures, one for each split, and one for each tally. By themselves they would read all rows, and work out the same
conditions, again and again. So the rows are read once, those that are alike become one row of a temporary table, and the statements count there.
Each is the plain statement over other rows, with the same result; rollups are verified by the plain ones, and a test compares the two.
"""

import contextlib
import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import sqlalchemy as sa

from sellerhealth.metrics.expressions import clock_parameters, clock_values
from sellerhealth.metrics.measures import Measure
from sellerhealth.rollups.alike_rows import AlikeRows
from sellerhealth.rollups.buckets import BucketStatements, bucket_statements, key_columns
from sellerhealth.rollups.count_tally import TallyStatement, all_with_day, tally_statements
from sellerhealth.rollups.found_once import FoundOnce, empty_tables, in_order, is_faster
from sellerhealth.rollups.grain import Grain
from sellerhealth.rollups.tally import Tally
from sellerhealth.store.bulk import CHUNK
from sellerhealth.unproven.alike import Alike, DatedRows


class _Table(NamedTuple):
    """The statements for the temporary table, and the parameters for the clock of the one that fills it."""

    create: sa.Executable
    fill: sa.Executable
    clock: frozenset[str]
    drop: sa.Executable


class OnePass(NamedTuple):
    """The statements that count the rows of a grain, and the temporary table; None if no statement reads it."""

    table: _Table | None
    buckets: BucketStatements
    tallies: Mapping[Tally, Sequence[TallyStatement]]


@contextlib.contextmanager
def one_pass(
    connection: sa.Connection,
    grain: Grain,
    measures: Mapping[str, Measure],
    tallies: Sequence[Tally],
    account_id: int,
    clock: dt.datetime,
    days: Collection[dt.date] | None,
) -> Iterator[OnePass | None]:
    """The statements for the measures and tallies of a grain, on some days or all, while their rows are there. None if the plain ones are as fast.

    A transaction that fails takes the temporary table with it.
    """
    if not is_faster(connection, grain.table.c[grain.on], account_id, days):
        yield None
        return
    some = sorted(days) if days is not None and len(days) <= CHUNK else None  # of more days all rows are read: each statement has its own
    empty = empty_tables(connection, account_id)
    found = _one_pass(grain, tuple(measures.items()), tuple(tallies), empty, days is not None, some is not None)
    if found.table is not None:
        parameters = {"of_account": account_id} | ({} if some is None else {"of_days": some}) | clock_values(found.table.clock, clock)
        connection.execute(found.table.create)
        connection.execute(found.table.fill, parameters)
    yield found
    if found.table is not None:
        connection.execute(found.table.drop)


@lru_cache(maxsize=64)
def _one_pass(
    grain: Grain,
    measures: tuple[tuple[str, Measure], ...],
    tallies: tuple[Tally, ...],
    empty: frozenset[sa.Table],
    some_days: bool,
    some_rows: bool,
) -> OnePass:
    """`some_days`: the statements are for some days; `some_rows`: so is the temporary table."""
    day = in_order(grain.table.c[grain.on])
    found, alike = FoundOnce(grain.table, empty), AlikeRows(grain.table, key_columns(grain, day))
    buckets = bucket_statements(grain, dict(measures), day, some_days=some_days)
    counting = [each._replace(statement=alike.over(found.over(each.statement))) for each in buckets.counting]

    def rows_with_day(of_tally: Alike) -> DatedRows:
        return all_with_day(of_tally)._replace(day=day)

    def over(each: TallyStatement) -> TallyStatement:
        statement = found.over(each.statement)
        statement = alike.over(statement) if each.have_day else statement
        return each._replace(statement=statement, clock=clock_parameters(statement))

    of_tallies = {tally: [over(each) for each in tally_statements(tally, rows_with_day, some_days=some_days)] for tally in tallies}
    where = [grain.table.c.account_id == sa.bindparam("of_account"), day.is_not(None)]
    fill = alike.fill([*where, day.in_(sa.bindparam("of_days", expanding=True))] if some_rows else where)
    table = _Table(alike.create, fill, clock_parameters(fill), alike.drop) if alike.is_read else None
    return OnePass(table, BucketStatements(counting, buckets.dating), of_tallies)
