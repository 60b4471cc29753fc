"""Finds unproven rows: those that would count otherwise if an unknown cell had another value.

First each account is asked whether it has any row with a cell that the metrics read and that is unknown: `lookups` says which, and
partial indexes answer at once. Only if there is any, a second statement says in three values what such rows count in, and how many
rows are alike.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.sql.util import ClauseAdapter

from sellerhealth.engine.three_valued import reads_unknown, three_valued, unknown_columns
from sellerhealth.facts import Order
from sellerhealth.metrics.expressions import SHARED_KEYS, base_table, expressions, fact_named, of_same, table_of
from sellerhealth.metrics.measures import Measure, excluded
from sellerhealth.metrics.unproven import Counts, UnknownCell, UnprovenRows
from sellerhealth.model.conjuncts import conjuncts
from sellerhealth.model.tables import UNKNOWN
from sellerhealth.model.unknown_cells import any_unknown, gaps, missing_source_cells, unknown_cell

Bool = sa.ColumnElement[bool]


class Lookup(NamedTuple):
    """Rows of a table with an unknown cell. Equal ones have the same text."""

    table: sa.Table
    text: str
    condition: Bool


class Requirement(NamedTuple):
    """A condition, by its position among the columns of a branch, that a row must meet to count in a measure, or must not meet."""

    position: int
    negated: bool = False


@dataclass(frozen=True)
class Layout:
    """How to read a row of a branch: rows, whether they are elsewhere, their unknown cells as bits, conditions, sums.

    `shared` is what all measures require. Rows of which that is open count in all of them as far as the rest allows, or in none.
    """

    cells: tuple[UnknownCell, ...]
    conditions: int
    shared: tuple[Requirement, ...]
    measures: tuple[tuple[Measure, tuple[Requirement, ...]], ...]
    sums: tuple[tuple[Measure, int | None], ...]

    def read(self, numbers: Sequence[int]) -> UnprovenRows:
        """The rows that a row of the statement stands for."""
        rows, elsewhere, bits, *rest = map(int, numbers)
        states, totals = rest[: self.conditions], rest[self.conditions :]
        shared = _meets(states, self.shared)
        elsewhere = elsewhere or shared is Counts.MAYBE
        given = () if shared is Counts.MAYBE else self.shared
        counts = tuple(
            (measure, counted) for measure, needed in self.measures if (counted := _meets(states, (*given, *needed))) is not Counts.NO
        )
        cells = tuple(cell for index, cell in enumerate(self.cells) if bits >> index & 1)
        sums = tuple((measure, None if position is None else totals[position]) for measure, position in self.sums)
        return UnprovenRows(rows, counts, cells, sums, bool(elsewhere))


def _meets(states: Sequence[int], needed: Iterable[Requirement]) -> Counts:
    """Whether a row meets all of some requirements: AND in three values, both for what is known and for what is counted now."""
    surely, perhaps, now = True, True, True
    for position, negated in needed:
        state = states[position]
        counted = (state in (Counts.YES, Counts.MAYBE_COUNTED)) != negated
        is_open = state >= Counts.MAYBE
        surely, perhaps, now = surely and counted and not is_open, perhaps and (counted or is_open), now and counted
    if not perhaps:
        return Counts.NO
    return Counts.YES if surely else Counts.MAYBE_COUNTED if now else Counts.MAYBE


class Window(NamedTuple):
    """What is measured: the accounts, the days, the columns that the scope restricts with their values, and the part."""

    accounts: Any
    within: Callable[[Any], Bool]
    scope: Mapping[str, sa.BindParameter[str]]
    part_column: str | None
    is_daily: bool


class UnprovenBranch(NamedTuple):
    """One aggregate of the stack: account, part and day, the numbers, which rows are of interest, and how to read them."""

    account: Any
    part: Any
    day: Any
    numbers: Sequence[sa.ColumnElement[Any]]
    where: Bool
    layout: Layout


class _Alike(NamedTuple):
    """The measures of a metric that count the rows of one table on one day column, and the columns whose unknown cells matter to them."""

    table: sa.Table
    on: "sa.Column[Any]"
    measures: Sequence[Measure]
    read: "frozenset[sa.Column[Any]]"

    @property
    def may_lack_day(self) -> bool:
        """Whether a row without its day can count on the day of its order."""
        return unknown_cell(self.on) is not None and "order_id" in self.table.c and self.table is not Order.__table__


def lookups(measures: Iterable[Measure], named: Iterable[str]) -> Iterator[Lookup]:
    """The rows whose unknown cells can make rows of some measures unproven. `named` are the columns of the scope and the part."""
    for alike in _alike(measures, named):
        tables = sorted({column.table for column in alike.read}, key=lambda table: table.name)
        found = [(table, guard) for table in tables for guard in _guards(table, alike.read)]
        found += [(alike.table, alike.on.is_(None))] if alike.may_lack_day else []
        yield from (Lookup(table, str(guard), guard) for table, guard in found)


def unproven_branches(measures: Iterable[Measure], window: Window) -> Iterator[UnprovenBranch]:
    """The branches for the measures of a metric: for each day column one for the rows with that day, and one for those without."""
    named = [*window.scope, *([] if window.part_column is None else [window.part_column])]
    for alike in _alike(measures, named):
        if alike.read:
            yield _branch(alike, window)
        if alike.may_lack_day:
            yield _branch(alike, window, has_day=False)


def _alike(measures: Iterable[Measure], named: Iterable[str]) -> Iterator[_Alike]:
    by_day: dict[Any, list[Measure]] = {}
    for measure in dict.fromkeys(measures):
        by_day.setdefault((table_of(measure), measure.on.key), []).append(measure)
    for (table, on), alike in by_day.items():
        read = {column for measure in alike for column in _unknown_columns(measure)}
        read |= {table.c[name] for name in named if unknown_cell(table.c[name]) is not None}
        yield _Alike(table, table.c[on], alike, frozenset(read - {table.c[on]}))


def _unknown_columns(measure: Measure) -> "Iterator[sa.Column[Any]]":
    """The columns that a measure reads and whose cell can be unknown, those of related facts included."""
    for expression in expressions(measure):
        for column in unknown_columns(expression):
            table = base_table(column.table)
            assert table is not None  # noqa: S101 - only columns of facts are found
            yield table.c[column.key]


def _branch(alike: _Alike, window: Window, *, has_day: bool = True) -> UnprovenBranch:
    table, on = alike.table, alike.on
    read = alike.read if has_day else alike.read | {on}
    missing = _missing(sorted(read, key=str))
    layout, conditions, sums = _layout(alike, tuple(missing))
    in_scope = sa.and_(sa.true(), *(table.c[name] == value for name, value in window.scope.items()))
    perhaps = [(table.c[name] == value) | unknown_cell(table.c[name]) for name, value in window.scope.items()]
    day: Any = on
    source: Any = table
    where: list[Any] = [_of(table, window), *perhaps]
    if has_day:
        where += [window.within(on), sa.or_(*_lacking_cells(alike, window))]
    else:
        order = Order.__table__.alias("of_order")
        source = table.join(order, sa.and_(order.c.account_id == table.c.account_id, order.c.order_id == table.c.order_id))
        day = order.c.placed_on
        where += [on.is_(None), window.within(day)]
    part = None if window.part_column is None else table.c[window.part_column]
    grouped = {
        "of_account": table.c.account_id,
        **({} if part is None else {"in_part": part}),
        **({"on_day": day} if window.is_daily else {}),
        "elsewhere": sa.case((in_scope, _literal(0)), else_=_literal(1)) if has_day else _literal(1),
        "cells": _bits(table, missing.values()),
        **{f"c{index}": _state(table, condition) for index, condition in enumerate(conditions)},
    }
    totals = [sa.func.coalesce(sa.func.sum(total), 0).label(f"t{index}") for index, total in enumerate(sums)]
    inner = (
        sa.select(*(column.label(name) for name, column in grouped.items()), sa.func.count().label("alike"), *totals)
        .select_from(source)
        .where(*where)
        .group_by(*grouped)
        .subquery()
    )
    states = [inner.c[f"c{index}"] for index in range(len(conditions))]
    # Of rows that are elsewhere, and of those whose part is unknown, also those that surely count somewhere.
    elsewhere = (
        inner.c.elsewhere if part is None else inner.c.elsewhere + sa.case((inner.c.in_part == UNKNOWN, _literal(1)), else_=_literal(0))
    )
    is_open = sa.or_(*(state + elsewhere >= _literal(Counts.MAYBE) for state in states))
    numbers = [inner.c.alike, inner.c.elsewhere, inner.c.cells, *states, *(inner.c[total.name] for total in totals)]
    return UnprovenBranch(inner.c.of_account, inner.c.get("in_part"), inner.c.get("on_day"), numbers, is_open, layout)


def _missing(read: "Iterable[sa.Column[Any]]") -> Mapping[UnknownCell, "list[tuple[sa.Table, Bool]]"]:
    """The cells of sources that may be missing where a column is unknown, each with the condition and the table whose rows miss it."""
    missing: dict[UnknownCell, list[tuple[sa.Table, Bool]]] = {}
    for column in read:
        for name, is_missing in missing_source_cells(column).items():
            missing.setdefault(UnknownCell(*name.split(".")), []).append((column.table, is_missing))
    return missing


def _layout(alike: _Alike, cells: tuple[UnknownCell, ...]) -> tuple[Layout, Sequence[Any], Sequence[Any]]:
    """How a branch is read, its conditions, and the columns that it adds up. What several measures require is evaluated once."""
    conditions: list[Any] = []
    totals: list[Any] = []
    required = {measure: tuple(_requirements(measure, conditions)) for measure in alike.measures}
    shared = tuple(each for each in required[alike.measures[0]] if all(each in needed for needed in required.values()))
    needed = tuple((measure, tuple(each for each in all_of_them if each not in shared)) for measure, all_of_them in required.items())
    sums = tuple(
        (measure, None if reads_unknown(sa.type_coerce(measure.summed, sa.BigInteger)) else _position(measure.summed, totals))
        for measure in alike.measures
        if measure.summed is not None
    )
    return Layout(cells, len(conditions), shared, needed, sums), conditions, totals


def _requirements(measure: Measure, conditions: list[Any]) -> Iterator[Requirement]:
    """What a row must meet to count in a measure. Of a split it is its own condition, and none of the earlier ones."""
    split = measure.split_class
    for condition in conjuncts(measure.condition if split is None else split.rows):
        negated = excluded(condition)
        yield Requirement(_position(condition if negated is None else negated, conditions), negated is not None)
    if split is not None:
        case: Any = split.class_name
        for condition, name in case.whens:
            yield Requirement(_position(condition, conditions), negated=name.value != split.name)
            if name.value == split.name:
                break


def _position(condition: Any, among: list[Any]) -> int:
    """The position of a condition in a list, to which it is added if it is not there yet."""
    for index, each in enumerate(among):
        if each is condition:
            return index
    among.append(condition)
    return len(among) - 1


def _state(table: sa.Table, condition: Any) -> sa.ColumnElement[int]:
    """Whether a row meets a condition, as a number of `Counts`."""
    if not reads_unknown(condition):
        return sa.case((condition, _literal(Counts.YES)), else_=_literal(Counts.NO))
    now = sa.case((condition, _literal(Counts.MAYBE_COUNTED)), else_=_literal(Counts.MAYBE))
    return sa.func.coalesce(sa.cast(three_valued(condition, table), sa.Integer), now)


def _literal(number: int) -> sa.ColumnElement[int]:
    return sa.literal_column(str(int(number)), sa.Integer())


def _bits(table: sa.Table, missing: "Iterable[Iterable[tuple[sa.Table, Bool]]]") -> sa.ColumnElement[int]:
    """The cells that a row, or facts related to it, are missing, as bits."""
    bits = _literal(0)
    for index, conditions in enumerate(missing):
        is_missing = sa.or_(*(_holds(condition, other, table) for other, condition in conditions))
        bits = bits + sa.case((is_missing, _literal(1 << index)), else_=_literal(0))
    return bits


def _holds(condition: Bool, of: sa.Table, table: sa.Table) -> Any:
    """A condition of the rows of a table itself, or of facts in another one that are related to them."""
    if of is table:
        return condition
    related = of.alias()
    return sa.exists().where(of_same(related, table), _adapted(condition, related))


def _lacking_cells(alike: _Alike, window: Window) -> Iterator[Bool]:
    """The conditions that a row, or a fact related to it, lacks a cell that is read."""
    yield from _guards(alike.table, alike.read)
    for other in sorted({column.table for column in alike.read} - {alike.table}, key=lambda table: table.name):
        for shared in (key for key in SHARED_KEYS if key in alike.table.c and key in other.c):
            related = other.alias()
            lacking = sa.or_(*(_adapted(guard, related) for guard in _guards(other, alike.read)))
            found = sa.select(related.c.account_id, related.c[shared]).where(_of(related, window), lacking)
            yield sa.tuple_(alike.table.c.account_id, alike.table.c[shared]).in_(found)


def _guards(table: sa.Table, read: "Iterable[sa.Column[Any]]") -> Iterator[Bool]:
    """The conditions that find the rows with an unknown cell among some columns: those of the gaps, and one for the other columns."""
    fact = fact_named(table.name)
    assert fact is not None  # noqa: S101 - metrics read facts alone
    names = {column.name for column in read if column.table is table}
    found = [gap for gap in gaps(fact) if not names.isdisjoint(gap.columns)]
    yield from (gap.condition for gap in found)
    if others := names.difference(*(gap.columns for gap in found)):
        yield any_unknown(*(table.c[name] for name in sorted(others)))


def _of(row: Any, window: Window) -> Bool:
    of_account: Bool = row.c.account_id.in_(sa.select(window.accounts.c.account_id))
    return of_account


def _adapted(condition: Any, row: Any) -> Any:
    """A condition over a table as one over an alias of it."""
    return ClauseAdapter(row).traverse(condition)
