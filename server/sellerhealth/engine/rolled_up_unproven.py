"""Finds unproven rows in tallies, where rollups are current."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from sellerhealth.engine.join_in_order import JoinOfConstants
from sellerhealth.engine.unproven_days import HALF, NUMBER, OUTSIDE, TextReader
from sellerhealth.engine.unproven_rows import UnprovenBranch, Window
from sellerhealth.model.records import UnprovenTally
from sellerhealth.model.tables import UNKNOWN
from sellerhealth.rollups.tally import KindReader, Tally
from sellerhealth.rollups.tally_blocks import block_key, stretches
from sellerhealth.unproven.alike import Lookup

_TABLE: sa.Table = UnprovenTally.__table__
_NONE: Any = sa.literal_column("0", sa.Integer())


def tally_lookup(tally: Tally) -> Lookup:
    """Whether an account has any unproven row in a tally."""
    return Lookup(_TABLE, tally.key, sa.and_(_TABLE.c.tally == _literal(tally.key), _TABLE.c.kind != sa.literal_column("''")))


def tally_branch(tally: Tally, window: Window) -> UnprovenBranch:
    """The numbers of a tally by kind, and of each whether the rows are outside the scope as far as is known. By day they are one text."""
    in_scope = sa.and_(sa.true(), *(_TABLE.c[name] == value for name, value in window.scope.items()))
    unknown: Any = sa.literal_column(f"'{UNKNOWN}'")
    perhaps = [sa.or_(_TABLE.c[name] == value, _TABLE.c[name] == unknown) for name, value in window.scope.items()]
    part = None if window.part_column is None else "part" if window.part_column == tally.grain.part else window.part_column
    by_account: dict[str, Any] = {"of_account": _TABLE.c.account_id, **({} if part is None else {"in_part": _TABLE.c[part]})}
    if window.is_daily:
        grouped, numbers = by_account, {"days": _text(tally, in_scope if window.scope else None)}
    else:
        # Kinds are the most, so they come first: SQLite sorts the rows, and most of its time are comparisons.
        grouped = {"of_kind": _TABLE.c.kind, **by_account}
        if window.scope:
            grouped["outside"] = sa.case((in_scope, _NONE), else_=sa.literal_column("1", sa.Integer()))
        numbers = {f"t{number}": _sum(tally, number) for number in range(1 + len(tally.columns.summed))}
    source, where = _by_day(tally, window) if window.is_daily else _in_stretches(tally, window)
    inner = (
        sa.select(*(column.label(name) for name, column in (grouped | numbers).items()))
        .select_from(source)
        .where(where, _TABLE.c.kind != sa.literal_column("''"), *perhaps)
        .group_by(*grouped)
        .subquery()
    )
    of_kind = () if window.is_daily else (inner.c.of_kind, inner.c.get("outside", _NONE))
    values = [*of_kind, *(inner.c[name] for name in numbers)]
    kinds = KindReader(tally, window.named)
    return UnprovenBranch(
        inner.c.of_account, inner.c.get("in_part"), None, values, sa.true(), TextReader(kinds) if window.is_daily else kinds
    )


def stretch_parameters(span: int, first: dt.date, last: dt.date) -> Mapping[str, dt.date]:
    """The parameters for what is read of a window."""
    found = enumerate(stretches(first, last))
    return {name: day for at, each in found for name, day in zip(_names(span, at), (each.first, each.last), strict=True)}


def _names(span: int, at: int) -> tuple[str, str]:
    return f"query_first_{span}_{at}", f"query_last_{span}_{at}"


def _by_day(tally: Tally, window: Window) -> tuple[Any, sa.ColumnElement[bool]]:
    return _TABLE, sa.and_(window.of_account(_TABLE), _TABLE.c.tally == _literal(tally.key), window.within(_TABLE.c.day))


def _in_stretches(tally: Tally, window: Window) -> tuple[Any, sa.ColumnElement[bool]]:
    """The blocks and days of a window, stretch by stretch."""
    lengths = [each.length for each in stretches(dt.date.min, dt.date.min)]  # of any window
    read: list[Any] = [
        sa.select(
            _literal(block_key(tally.key, length)).label("of_tally"),
            *(sa.bindparam(name, type_=sa.Date()).label(end) for name, end in zip(_names(window.span, at), ("first", "last"), strict=True)),
        )
        for at, length in enumerate(lengths)
    ]
    each = sa.union_all(*read).subquery()
    on = sa.and_(window.of_account(_TABLE), _TABLE.c.tally == each.c.of_tally, _TABLE.c.day.between(each.c.first, each.c.last))
    return JoinOfConstants(each, _TABLE, on), sa.true()


def _text(tally: Tally, in_scope: sa.ColumnElement[bool] | None) -> sa.ColumnElement[Any]:
    """The numbers of all days and kinds: see `TextReader`. Its halves are both in the order of the table, so that nothing is sorted.

    One column, because the first number of other branches is a text, too, and their second is none: PostgreSQL stacks only what is of one type.
    """
    words: list[Any] = [_TABLE.c.kind]
    if in_scope is not None:
        words.append(sa.case((in_scope, _literal("")), else_=_literal(OUTSIDE)))
    if tally.columns.summed:
        words += [_literal(NUMBER), sa.type_coerce(_TABLE.c.number, sa.String)]  # each cast takes a tenth of the time of a row
    name = sum(words, start=sa.type_coerce(_TABLE.c.day, sa.String))
    return sa.func.aggregate_strings(name, ",") + _literal(HALF) + sa.func.aggregate_strings(sa.cast(_TABLE.c.amount, sa.String), ",")


def _literal(text: str) -> sa.ColumnElement[str]:
    return sa.literal_column(f"'{text}'", sa.String())


def _sum(tally: Tally, number: int) -> Any:
    if not tally.columns.summed:  # there are no others
        return sa.func.sum(_TABLE.c.amount)
    return sa.func.coalesce(sa.func.sum(_TABLE.c.amount).filter(_TABLE.c.number == sa.literal_column(str(number))), _NONE)
