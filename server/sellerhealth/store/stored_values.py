"""Values of a column as SQLite's driver has them, and back. Column by column: SQLAlchemy's conversion of each value takes most of the time of a large import.

The plain way is that of the types of SQLAlchemy.
"""

import datetime as dt
from collections.abc import Sequence
from types import NoneType
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlmodel import UTCDateTime

SQLITE = sqlite.dialect()  # that knows no engine: what is compiled with it is compiled once in a process, not once for each engine
_NATIVE = {str, int, float, NoneType}  # types that every driver takes as they are
_BOOLEANS = {bool, NoneType}
_INSTANTS = {dt.datetime, NoneType}
_OFFSET = "+00:00"


def to_store(values: Sequence[Any], types: set[type], column_type: sa.types.TypeEngine[Any]) -> Sequence[Any]:
    """The values of a column, of these types, in those that SQLite's driver takes as they are: it looks up an adapter for all others."""
    if types <= _NATIVE:
        return values
    if types <= _BOOLEANS:
        return [value if value is None else int(value) for value in values]
    if isinstance(column_type, UTCDateTime):
        return _instants_to_store(values, is_plain=types <= _INSTANTS)
    convert = column_type.dialect_impl(SQLITE).bind_processor(SQLITE)
    if convert is None:
        return [value if value is None else str(value) for value in values] if isinstance(column_type, sa.String) else values
    converted = {value: value if value is None else convert(value) for value in set(values)}
    return [converted[value] for value in values]


def _instants_to_store(instants: Sequence[dt.datetime | None], *, is_plain: bool) -> Sequence[str | None]:
    """Instants as SQLAlchemy writes them to SQLite. Whole seconds in UTC by way of JSON, which takes a third of the time.

    `is_plain`: none is of a class of its own, such as that of a plugin's library, which orjson refuses.
    """
    if is_plain and {each.tzinfo for each in instants if each is not None} <= {dt.UTC}:
        text = orjson.dumps(instants).decode()
        if "." not in text:
            texts: list[str | None] = orjson.loads(text.replace("T", " ").replace(_OFFSET, ".000000"))
            return texts
    return [None if each is None else _instant_to_store(each) for each in instants]


def _instant_to_store(instant: dt.datetime) -> str:
    if instant.tzinfo is None:
        raise ValueError(f"{instant} has no time zone")
    return instant.astimezone(dt.UTC).isoformat(" ", "microseconds").removesuffix(_OFFSET)


def as_values(stored: Sequence[Any], column_type: sa.types.TypeEngine[Any]) -> Sequence[Any]:
    """The values of a column from those that SQLite's driver returns."""
    if isinstance(column_type, UTCDateTime):
        return [None if each is None else dt.datetime.fromisoformat(each + _OFFSET) for each in stored]
    convert = column_type.dialect_impl(SQLITE).result_processor(SQLITE, None)
    return stored if convert is None else list(map(convert, stored))
