"""Encodes fact keys and positions in lists of facts as strings, for ids and cursors."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import UTCDateTime

_LARGEST = 2**31 - 1
_YEARS = range(1000, 9000)  # more than those of any fact, and far enough from both ends of the calendar to count hours and days from them


def encode(values: Iterable[Any]) -> list[str]:
    """Strings, whole numbers, days and instants as strings."""
    return [str(value) if isinstance(value, str | int) else value.isoformat() for value in values]


def decode(parts: Sequence[Any], columns: Sequence["sa.Column[Any]"]) -> tuple[Any, ...] | None:
    """The values of columns that `encode` encoded. None for anything else, including another encoding of the same values."""
    if len(parts) != len(columns) or not all(isinstance(part, str) for part in parts):
        return None
    try:
        return tuple(_value(part, column.type) for part, column in zip(parts, columns, strict=True))
    except ValueError:
        return None


def _value(part: str, kind: Any) -> str | int | dt.date | dt.datetime:
    if isinstance(kind, sa.Integer):
        if not 0 <= (number := int(part)) <= _LARGEST or encode([number]) != [part]:
            raise ValueError(f"{part!r} was not encoded here")
        return number
    if not isinstance(kind, sa.Date | UTCDateTime):
        return part
    value = dt.date.fromisoformat(part) if isinstance(kind, sa.Date) else dt.datetime.fromisoformat(part)
    is_utc = not isinstance(value, dt.datetime) or value.utcoffset() == dt.timedelta(0)
    if encode([value]) != [part] or not is_utc or value.year not in _YEARS:
        raise ValueError(f"{part!r} was not encoded here")
    return value
