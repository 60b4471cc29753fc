"""Checks the entries of a plugin's importer before they are stored, so that its bugs do not become facts.

Messages never repeat a value from the file, because they may be stored.
"""

import datetime as dt
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

import sqlalchemy as sa

from sellerhealth.errors import BadRow, did_you_mean
from sellerhealth.facts import FACTS, Channel
from sellerhealth.model.tables import Fact
from sellerhealth.sources import Entry, FigureUnit, Rejected, Remark, Reported, Row, Skipped
from sellerhealth.sources.cells import EARLIEST, KEY, LATEST

_LARGEST = 2**31 - 1  # of an integer column in PostgreSQL
_DIGITS = 25  # before or behind the point of a figure


def mistake_in(entries: Iterable[Entry]) -> tuple[int | None, str] | None:
    """The first mistake in entries, with its line; None when there is none. Instants are converted to UTC, in place."""
    dicts: set[int] = set()
    for entry in entries:
        if isinstance(entry, Row):
            if not isinstance(entry.parts, tuple) or not all(isinstance(part, Row) and not part.parts for part in entry.parts):
                return entry.line, "yields a Row whose parts are not a tuple of rows without parts of their own"
            for row in (entry, *entry.parts):
                wrong = _wrong_row(row)
                if wrong is None and id(row.values) in dicts:
                    wrong = "yields the same dict in two rows: make a new one for each"
                dicts.add(id(row.values))
                if wrong is not None:
                    return entry.line, wrong
        elif isinstance(entry, Reported):
            if (wrong := _wrong_figure(entry)) is not None:
                return entry.line, wrong
        elif isinstance(entry, Rejected):
            if not (isinstance(entry.error, BadRow) and isinstance(entry.text, str) and isinstance(entry.values, Mapping)):
                return None, "yields a Rejected without a BadRow, the text of the row and a mapping of its values"
        elif not isinstance(entry, Skipped | Remark):
            return None, f"yields a {type(entry).__name__}: yield Row, Reported, Rejected, Skipped or Remark"
        if not isinstance(entry.account, str | None):
            return (
                None,
                f"yields a {type(entry).__name__} whose account is a {type(entry.account).__name__}: use the key of an account as a text",
            )
        if type(entry.lines) is not int or entry.lines < (not isinstance(entry, Remark)):
            return (
                None,
                f"yields a {type(entry).__name__} whose lines are {entry.lines!r}: say how many lines of the file it takes up, 1 or more",
            )
    return None


@dataclass(frozen=True)
class _Allowed:
    """The values that a column of a fact allows."""

    kind: Any  # a type
    is_key: bool
    among: tuple[str, ...]  # the only allowed texts, or none for any
    least: int
    most: int

    def refuse(self, value: Any) -> str | None:
        """The mistake in a value that is neither None nor an instant; None if there is none."""
        if not isinstance(value, self.kind) or (self.kind is int and isinstance(value, bool)):
            return f"a {type(value).__name__}, but it takes a {self.kind.__name__}"
        if self.kind is int and not self.least <= value <= self.most:
            return f"a number that is not from {self.least} to {self.most}: reject such a row"
        return self._refuse_text(value) if self.kind is str else None

    def _refuse_text(self, value: str) -> str | None:
        if not value:
            return "an empty text: use None if the value is unknown"
        if self.among and value not in self.among:
            return f"a value that is none of {', '.join(self.among)}.{did_you_mean(value.upper(), self.among)} Reject such a row"
        if self.is_key and KEY.fullmatch(value) is None:
            return "a text that is not a key of at most 100 letters, digits and signs, without spaces and without @: read it with `key`"
        try:
            value.encode()
        except UnicodeEncodeError:
            return "a text that is not Unicode: reject such a row"
        return "a text with a NUL character: reject such a row" if "\0" in value else None


_WORD = _Allowed(str, False, (), 0, 0)
_OF_FIGURES: Mapping[str, type] = {
    "value": Decimal,
    "target": Decimal,
    "numerator": int,
    "denominator": int,
    "status": str,
    "target_condition": str,
    "first_on": dt.date,
    "last_on": dt.date,
    "taken_at": dt.datetime,
}


@dataclass(frozen=True)
class _FactColumns:
    """The columns of a fact that a source may fill in: key and reported columns."""

    name: str
    keys: tuple[str, ...]
    columns: dict[str, _Allowed]
    derived: frozenset[str]

    def refuse(self, column: Any) -> str:
        """The reason why a column that is none of these is refused."""
        if column in self.derived:
            return f"sets {column!r} of {self.name}, which is derived from other columns: leave it out"
        near = did_you_mean(str(column), self.columns)
        return f"sets {column!r} of {self.name}, which has no such column.{near} The columns: {', '.join(self.columns)}"


@cache
def _columns_of(fact: type[Fact]) -> _FactColumns:
    table: sa.Table = fact.__table__
    limits = {str(each.name).removeprefix(f"ck_{table.name}_"): each.info for each in table.constraints}
    columns: dict[str, _Allowed] = {}
    for column in table.c:
        is_key = column.primary_key and column.name != "account_id"
        if is_key or "merge" in column.info:
            info = limits.get(column.name, {})
            least, most = info.get("between", (-_LARGEST, _LARGEST))
            columns[column.name] = _Allowed(_type_of(fact, column.name), is_key, info.get("among", ()), least, most)
    derived = frozenset(column.name for column in table.c if "derived" in column.info)
    return _FactColumns(fact.__name__, tuple(name for name, each in columns.items() if each.is_key), columns, derived)


def _type_of(fact: type[Fact], name: str) -> Any:
    annotation: Any = fact.model_fields[name].annotation
    if isinstance(annotation, types.UnionType):
        (annotation,) = (each for each in typing.get_args(annotation) if each is not types.NoneType)
    return annotation


def _wrong_row(row: Row) -> str | None:
    fact, values, observed_at, line, _, _, _ = row
    if fact not in FACTS:
        return f"yields a Row of {fact!r}: its fact is one of {', '.join(each.__name__ for each in FACTS)}"
    if not isinstance(values, dict):
        return f"yields a Row whose values are a {type(values).__name__}, not a dict"
    if not isinstance(line, int):
        return f"yields a Row whose line is a {type(line).__name__}, not a whole number"
    if observed_at is not None and (not isinstance(observed_at, dt.datetime) or _wrong_instant(observed_at)):
        return f"yields a Row whose observed_at is {_wrong_instant(observed_at)}"
    allowed = _columns_of(fact)
    for name, value in values.items():
        column = allowed.columns.get(name)
        if column is None:
            return allowed.refuse(name)
        if value is None:
            continue
        if column.kind is not dt.datetime:
            wrong = column.refuse(value)
        elif (wrong := _wrong_instant(value)) is None and value.tzinfo is not dt.UTC:
            values[name] = value.astimezone(dt.UTC)
        if wrong is not None:
            return f"sets {name!r} of {allowed.name} to {wrong}"
    for name in allowed.keys:
        if values.get(name) is None:
            return f"yields a {allowed.name} without {name!r}, which is part of its key: {', '.join(allowed.keys)}. Reject such a row"
    return None


def _wrong_figure(reported: Reported) -> str | None:
    for name in ("figure", "marketplace"):
        value = getattr(reported, name)
        if not isinstance(value, str) or KEY.fullmatch(value) is None:
            return f"yields a Reported whose {name} is not a key of at most 100 letters, digits and signs, without spaces and without @"
    if not isinstance(reported.unit, FigureUnit):
        return f"yields a Reported whose unit is a {type(reported.unit).__name__}: use a FigureUnit"
    if reported.channel is not None and reported.channel not in tuple(Channel):
        return f"yields a Reported whose channel is none of {', '.join(Channel)}"
    for name, kind in _OF_FIGURES.items():
        value = getattr(reported, name)
        if value is not None and (not isinstance(value, kind) or isinstance(value, bool | dt.datetime) is not (kind is dt.datetime)):
            return f"yields a Reported whose {name} is a {type(value).__name__}: use a {kind.__name__}, or None"
        if isinstance(value, Decimal) and not (value.is_finite() and abs(value.adjusted()) <= _DIGITS):
            return f"yields a Reported whose {name} is no number of at most {_DIGITS} digits"
        if isinstance(value, dt.date) and not EARLIEST <= value.year <= LATEST:
            return f"yields a Reported whose {name} is not from {EARLIEST} to {LATEST}: reject such a figure"
        if isinstance(value, int) and not 0 <= value <= _LARGEST:
            return f"yields a Reported whose {name} is not from 0 to {_LARGEST}: reject such a figure"
        if isinstance(value, str) and (wrong := _WORD.refuse(value)) is not None:
            return f"yields a Reported whose {name} is {wrong}"
    if reported.taken_at is not None and (wrong := _wrong_instant(reported.taken_at)):
        return f"yields a Reported whose taken_at is {wrong}"
    first_on, last_on = reported.first_on, reported.last_on
    return "yields a Reported that ends before it begins" if first_on and last_on and first_on > last_on else None


def _wrong_instant(value: Any) -> str | None:
    if not isinstance(value, dt.datetime):
        day = ": convert it to an instant; a Column does so with is_day=True" if isinstance(value, dt.date) else ""
        return f"a {type(value).__name__}, but it takes a datetime{day}"
    if value.tzinfo is None:
        return "an instant without an offset: add its time zone, for example with tzinfo=datetime.UTC"
    if not EARLIEST <= value.year <= LATEST:
        return f"an instant that is not from {EARLIEST} to {LATEST}: reject such a row"
    return None
