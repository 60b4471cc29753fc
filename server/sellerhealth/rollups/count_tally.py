"""Counts the unproven rows of one account by kind, from the facts; and says until when that holds."""

import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from sellerhealth.metrics.expressions import clock_parameters, clock_values, of_same
from sellerhealth.rollups.buckets import KEY_LABELS, key_columns
from sellerhealth.rollups.falling_due import FallingDue
from sellerhealth.rollups.tally import Tally
from sellerhealth.store.bulk import chunks
from sellerhealth.unproven.alike import Alike, DatedRows, bits_of, with_day, with_day_among_few, without_day


class TallyKey(NamedTuple):
    """What a number of a tally is of. `number`: 0 for how many rows, from 1 on for the totals of what is added up."""

    day: dt.date
    marketplace: str
    channel: str
    part: str
    kind: str
    number: int


class TallyValue(NamedTuple):
    """A number of a tally, and until when it holds: that is said once for a day, in a row without a kind."""

    amount: int
    until: dt.datetime | None = None


Counted = Mapping[TallyKey, TallyValue]


class TallyStatement(NamedTuple):
    """A statement that counts rows of a tally: the parameters for the clock, and whether the rows have their day."""

    statement: sa.Executable
    clock: frozenset[str]
    have_day: bool


def until_of(day: dt.date) -> TallyKey:
    """The row that says until when the numbers of a day hold."""
    return TallyKey(day, "", "", "", "", 0)


def count_tally(
    connection: sa.Connection,
    tally: Tally,
    account_id: int,
    clock: dt.datetime,
    days: Collection[dt.date] | None = None,
    statements: Sequence[TallyStatement] | None = None,
) -> Counted:
    """The numbers of a tally of an account that are not 0, of all days or of some.

    `statements`: others with the same result, of the fast path in `one_pass`.
    """
    numbers: dict[TallyKey, int] = {}
    until: dict[dt.date, dt.datetime] = {}
    kinds: dict[Sequence[int], str] = {}  # most rows of the statement are of few kinds, and a kind takes longer than a row
    before_sums = 3 + tally.layout.conditions
    before_dues = before_sums + len(tally.columns.summed)
    for statement, names, _ in statements or _plain_statements(tally, days is not None):
        for some in [None] if days is None else chunks(sorted(days)):
            parameters = {"of_account": account_id} | ({} if some is None else {"of_days": some}) | clock_values(names, clock)
            for day, marketplace, channel, part, *values in connection.execute(statement, parameters):
                read = tuple(map(int, values[:before_dues]))
                states, amounts = read[1:before_sums], (read[0], *read[before_sums:])
                if states not in kinds:
                    kinds[states] = tally.kind(read)
                kind = kinds[states]
                for due, instant in zip(tally.dues, values[before_dues:], strict=True):
                    if instant is not None:
                        until[day] = min(due.at(instant), until.get(day, due.at(instant)))
                if tally.matters(kind, (marketplace, channel, part)):
                    for number, amount in enumerate(amounts):
                        key = TallyKey(day, marketplace, channel, part, kind, number)
                        numbers[key] = numbers.get(key, 0) + amount
    counted = {key: TallyValue(amount) for key, amount in numbers.items() if amount}
    return counted | {until_of(day): TallyValue(0, instant) for day, instant in until.items()}


@lru_cache(maxsize=128)
def _plain_statements(tally: Tally, some_days: bool) -> Sequence[TallyStatement]:
    return tally_statements(tally, with_day_among_few if some_days else all_with_day, some_days=some_days)


def tally_statements(tally: Tally, rows_with_day: Callable[[Alike], DatedRows], *, some_days: bool) -> Sequence[TallyStatement]:
    """The statements that count a tally. `rows_with_day`: how those of its rows are found that have their day."""
    found = []
    if tally.alike.read:
        found.append(_statement(tally, rows_with_day(tally.alike), has_day=True, some_days=some_days))
    if tally.alike.may_lack_day:
        found.append(_statement(tally, without_day(tally.alike), has_day=False, some_days=some_days))
    return found


def all_with_day(alike: Alike) -> DatedRows:
    """The rows of the account that have their day and may be unproven."""
    return with_day(alike, _of_account)


def _statement(tally: Tally, rows: DatedRows, *, has_day: bool, some_days: bool) -> TallyStatement:
    table = tally.grain.table
    grouped = {
        **key_columns(tally.grain, rows.day),
        "elsewhere": sa.literal_column("0" if has_day else "1", sa.Integer()),
        "cells": bits_of(table, tally.missing.values()),
        **{f"c{index}": state for index, state in enumerate(tally.columns.states)},
    }
    labelled = [column.label(name) for name, column in grouped.items()]
    key, read = labelled[: len(KEY_LABELS)], labelled[len(KEY_LABELS) :]
    totals = [sa.func.coalesce(sa.func.sum(summed), 0) for summed in tally.columns.summed]
    statement = (
        sa.select(*key, sa.func.count().label("alike"), *read, *totals, *(_first_due(due, table) for due in tally.dues))
        .select_from(rows.source)
        .where(_of_account(table), _on_days(rows, some_days=some_days), *rows.where)
        .group_by(*grouped)
    )
    return TallyStatement(statement, clock_parameters(statement), has_day)


def _on_days(rows: DatedRows, *, some_days: bool) -> sa.ColumnElement[bool]:
    days: sa.ColumnElement[bool] = rows.day.in_(sa.bindparam("of_days", expanding=True)) if some_days else rows.day.is_not(None)
    return days


def _of_account(row: Any) -> sa.ColumnElement[bool]:
    of_account: sa.ColumnElement[bool] = row.c.account_id == sa.bindparam("of_account")
    return of_account


def _first_due(due: FallingDue, table: sa.Table) -> sa.ColumnElement[Any]:
    """The first instant of some rows, or of facts related to them, that has not passed."""
    after_clock = sa.bindparam(due.parameter, type_=due.instant.type)
    if due.instant.table is table:
        instant: Any = sa.case((due.instant >= after_clock, due.instant))
    else:
        related = due.instant.table.alias()
        first = sa.select(sa.func.min(related.c[due.instant.key])).where(of_same(related, table), related.c[due.instant.key] >= after_clock)
        instant = first.correlate(table).scalar_subquery()
    return sa.func.min(instant, type_=due.instant.type)
