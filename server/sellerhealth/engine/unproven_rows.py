"""Finds unproven rows in the facts: those that would count otherwise if an unknown cell had another value.

First a look-up says for each account whether it has any row with a cell that the metrics read and that is unknown: `Alike.lookups` says
which, and partial indexes answer at once. Only if there is any, a second statement says in three values what such rows count in, and how many
rows are alike.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa

from sellerhealth.engine.unproven_days import TallyText
from sellerhealth.metrics.measures import Measure
from sellerhealth.metrics.unproven import Counts, UnprovenRows
from sellerhealth.model.tables import UNKNOWN
from sellerhealth.model.unknown_cells import unknown_cell
from sellerhealth.unproven.alike import Alike, alike_measures, bits_of, missing_cells, with_day, without_day
from sellerhealth.unproven.layout import lay_out

Bool = sa.ColumnElement[bool]


class Reader(Protocol):
    """How to read a row of a branch."""

    def read(self, numbers: Sequence[Any]) -> UnprovenRows | TallyText:
        """The rows that it stands for, or the text of all."""
        ...


class Window(NamedTuple):
    """What is measured: the accounts, the days, the columns that the scope restricts with their values, and the part.

    `span` is the number of the days in the names of parameters.
    """

    accounts: Any
    span: int
    within: Callable[[Any], Bool]
    scope: Mapping[str, sa.BindParameter[str]]
    part_column: str | None
    is_daily: bool

    @property
    def named(self) -> Sequence[str]:
        """The columns of the scope and the part."""
        return [*self.scope, *([] if self.part_column is None else [self.part_column])]

    def of_account(self, row: Any) -> Bool:
        """The condition that a row is of one of the accounts."""
        of_account: Bool = row.c.account_id.in_(sa.select(self.accounts.c.account_id))
        return of_account


class UnprovenBranch(NamedTuple):
    """One aggregate of the stack: account, part and day, the numbers, which rows are of interest, and how to read them."""

    account: Any
    part: Any
    day: Any
    numbers: Sequence[sa.ColumnElement[Any]]
    where: Bool
    reader: Reader


def unproven_branches(measures: Iterable[Measure], window: Window) -> Iterator[UnprovenBranch]:
    """The branches for the measures of a metric: for each day column one for the rows with that day, and one for those without."""
    for alike in alike_measures(measures, window.named):
        if alike.read:
            yield _branch(alike, window)
        if alike.may_lack_day:
            yield _branch(alike, window, has_day=False)


def _branch(alike: Alike, window: Window, *, has_day: bool = True) -> UnprovenBranch:
    table = alike.table
    missing = missing_cells(alike.read if has_day else alike.read | {alike.on})
    layout, columns = lay_out(alike, missing)
    in_scope = sa.and_(sa.true(), *(table.c[name] == value for name, value in window.scope.items()))
    perhaps = [(table.c[name] == value) | unknown_cell(table.c[name]) for name, value in window.scope.items()]
    rows = with_day(alike, window.of_account) if has_day else without_day(alike)
    part = None if window.part_column is None else table.c[window.part_column]
    grouped = {
        "of_account": table.c.account_id,
        **({} if part is None else {"in_part": part}),
        **({"on_day": rows.day} if window.is_daily else {}),
        "elsewhere": sa.case((in_scope, _literal(0)), else_=_literal(1)) if has_day else _literal(1),
        "cells": bits_of(table, missing.values()),
        **{f"c{index}": state for index, state in enumerate(columns.states)},
    }
    totals = [sa.func.coalesce(sa.func.sum(summed), 0).label(f"t{index}") for index, summed in enumerate(columns.summed)]
    inner = (
        sa.select(*(column.label(name) for name, column in grouped.items()), sa.func.count().label("alike"), *totals)
        .select_from(rows.source)
        .where(window.of_account(table), *perhaps, window.within(rows.day), *rows.where)
        .group_by(*grouped)
        .subquery()
    )
    states = [inner.c[f"c{index}"] for index in range(layout.conditions)]
    # Of rows that are elsewhere, and of those whose part is unknown, also those that surely count somewhere.
    elsewhere = (
        inner.c.elsewhere if part is None else inner.c.elsewhere + sa.case((inner.c.in_part == UNKNOWN, _literal(1)), else_=_literal(0))
    )
    is_open = sa.or_(*(state + elsewhere >= _literal(Counts.MAYBE) for state in states))
    numbers = [inner.c.alike, inner.c.elsewhere, inner.c.cells, *states, *(inner.c[total.name] for total in totals)]
    return UnprovenBranch(inner.c.of_account, inner.c.get("in_part"), inner.c.get("on_day"), numbers, is_open, layout)


def _literal(number: int) -> sa.ColumnElement[int]:
    return sa.literal_column(str(int(number)), sa.Integer())
