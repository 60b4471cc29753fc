"""Encodes fact keys and positions in lists of facts for ids and cursors."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import UTCDateTime


def words(values: Iterable[Any]) -> list[str]:
    """Texts, days and instants as words."""
    return [value if isinstance(value, str) else value.isoformat() for value in values]


def values(words: Sequence[Any], columns: Sequence["sa.Column[Any]"]) -> tuple[Any, ...] | None:
    """The values of columns that `words` wrote. None for anything else, also for another spelling of the same values."""
    if len(words) != len(columns) or not all(isinstance(word, str) for word in words):
        return None
    try:
        return tuple(_value(word, column.type) for word, column in zip(words, columns, strict=True))
    except ValueError:
        return None


def _value(word: str, kind: Any) -> str | dt.date | dt.datetime:
    if not isinstance(kind, sa.Date | UTCDateTime):
        return word
    value = dt.date.fromisoformat(word) if isinstance(kind, sa.Date) else dt.datetime.fromisoformat(word)
    if words([value]) != [word] or (isinstance(value, dt.datetime) and value.utcoffset() != dt.timedelta(0)):
        raise ValueError(f"{word!r} was not written here")
    return value
