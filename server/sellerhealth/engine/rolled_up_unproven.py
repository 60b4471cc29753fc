"""Finds unproven rows in tallies, where rollups are current."""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from sellerhealth.engine.join_in_order import JoinOfConstants
from sellerhealth.engine.listed import Listed
from sellerhealth.engine.unproven_days import NUMBER, OUTSIDE, PART, TextReader
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
    kinds = KindReader(tally, window.named)
    where = [_TABLE.c.kind != sa.literal_column("''"), *perhaps]
    if window.is_daily:
        grouped, numbers = by_account, {"days": _text(tally, in_scope if window.scope else None)}
        source: Any = _TABLE
        where += [window.of_account(_TABLE), _TABLE.c.tally == _literal(tally.key), window.within(_TABLE.c.day)]
    else:
        # Kinds are the most, so they come first: SQLite sorts the rows, and most of its time are comparisons.
        grouped = {"of_kind": _TABLE.c.kind, **by_account}
        if window.scope:
            grouped["outside"] = sa.case((in_scope, _NONE), else_=sa.literal_column("1", sa.Integer()))
        stretch, source = _in_stretches(tally, window)
        amount = _TABLE.c.amount * stretch.c.sign
        numbers = {f"t{number}": _sum(tally, number, amount) for number in range(1 + len(tally.columns.summed))}
    columns = (column.label(name) for name, column in (grouped | numbers).items())
    inner = sa.select(*columns).select_from(source).where(*where).group_by(*grouped).subquery()
    account, in_part = inner.c.of_account, inner.c.get("in_part")
    if window.is_daily:
        return UnprovenBranch(account, in_part, None, [inner.c.days], sa.true(), TextReader(kinds))
    values = [inner.c.of_kind, inner.c.get("outside", _NONE), *(inner.c[name] for name in numbers)]
    return UnprovenBranch(account, in_part, None, values, inner.c.t0 != _NONE, kinds)  # of a kind all rows may be subtracted


def stretch_parameters(span: int, first: dt.date, last: dt.date) -> Mapping[str, Any]:
    """The parameters for what is read of a window."""
    found = [*stretches(first, last)]
    values = ((each.first, each.last, each.sign) for each in found)
    return {
        name: value
        for names, of_each in zip(_names(span, len(found)), values, strict=True)
        for name, value in zip(names, of_each, strict=True)
    }


def _names(span: int, number: int) -> Iterator[tuple[str, str, str]]:
    """The names of the parameters of some stretches."""
    return ((f"query_first_{span}_{at}", f"query_last_{span}_{at}", f"query_sign_{span}_{at}") for at in range(number))


def _in_stretches(tally: Tally, window: Window) -> tuple[sa.Subquery, sa.Join]:
    """The stretches of a window, and their blocks and days."""
    lengths = [each.length for each in stretches(dt.date.min, dt.date.min)]  # of any window
    of_each: list[dict[str, Any]] = [
        {
            "of_tally": _literal(block_key(tally.key, length)),
            "first": sa.bindparam(first, type_=sa.Date()),
            "last": sa.bindparam(last, type_=sa.Date()),
            "sign": sa.bindparam(sign, type_=sa.Integer()),
        }
        for length, (first, last, sign) in zip(lengths, _names(window.span, len(lengths)), strict=True)
    ]
    each = sa.union_all(*(sa.select(*(value.label(name) for name, value in stretch.items())) for stretch in of_each)).subquery()
    on = sa.and_(window.of_account(_TABLE), _TABLE.c.tally == each.c.of_tally, _TABLE.c.day.between(each.c.first, each.c.last))
    return each, JoinOfConstants(each, _TABLE, on)


def _text(tally: Tally, in_scope: sa.ColumnElement[bool] | None) -> sa.ColumnElement[Any]:
    """The numbers of all days and kinds: see `TextReader`. Its parts are in the order of the table, so that nothing is sorted.

    One column, because the first number of other branches is a text, too, and their second is none: PostgreSQL stacks only what is of one type.
    """
    words: list[Any] = [_TABLE.c.kind]
    if in_scope is not None:
        words.append(sa.case((in_scope, _literal("")), else_=_literal(OUTSIDE)))
    if tally.columns.summed:
        words += [_literal(NUMBER), sa.type_coerce(_TABLE.c.number, sa.String)]
    # As a text of its own a day takes less than before each kind.
    first, *others = map(Listed, (_TABLE.c.day, sum(words[1:], start=words[0]), _TABLE.c.amount))
    return sum((_literal(PART) + each for each in others), start=first)


def _literal(text: str) -> sa.ColumnElement[str]:
    return sa.literal_column(f"'{text}'", sa.String())


def _sum(tally: Tally, number: int, amount: sa.ColumnElement[int]) -> Any:
    if not tally.columns.summed:  # there are no others
        return sa.func.sum(amount)
    return sa.func.coalesce(sa.func.sum(amount).filter(_TABLE.c.number == sa.literal_column(str(number))), _NONE)
