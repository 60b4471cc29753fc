"""Rows in and out of the tables of one account, many at a time."""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from operator import itemgetter
from types import NoneType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import UTCDateTime

from sellerhealth.store.merge import Shape

# Statements are compiled once in a process, not once for each engine: hence dialects that know no engine.
_DIALECTS: Mapping[str, sa.Dialect] = {
    "sqlite": sqlite.dialect(),
    "postgresql": postgresql.psycopg.dialect(),  # type: ignore[no-untyped-call]  # SQLAlchemy does not say its type
}
_CHUNK = 500  # values of an IN list: few enough for every database, many enough to be quick
_PLAIN = {str, int, float, NoneType}
_TRUTHS = {bool, NoneType}
_FEW = 2**14  # values that a Bloom filter holds as they are
_HASHES = 2**24  # bytes; of a million values one in twenty is taken for another
_PLACES = [f"value_{number}" for number in range(_CHUNK)]


class BloomFilter:
    """Which values a column may hold: no false negatives, and rare false positives once there are many values.

    A small import needs few values, which a plain set holds exactly. Only a large one allocates the filter itself: a byte for
    each hash, which takes less memory than the values and less time than bits.
    """

    def __init__(self) -> None:
        self._few: set[Any] | None = set()
        self._bytes = bytearray()

    def add(self, values: Iterable[Any]) -> None:
        """Remembers values."""
        if self._few is not None:
            self._few.update(values)
            if len(self._few) <= _FEW:
                return
            values, self._few, self._bytes = self._few, None, bytearray(_HASHES)
        held, last = self._bytes, _HASHES - 1
        for value in values:
            held[hash(value) & last] = 1

    def among(self, values: Iterable[Any]) -> list[Any]:
        """Those of the values that may have been added: all that were, and rarely another one."""
        if (few := self._few) is not None:
            return [value for value in values if value in few]
        held, last = self._bytes, _HASHES - 1
        return [value for value in values if held[hash(value) & last]]


class AccountRows:
    """The rows of one account, in one transaction."""

    def __init__(self, connection: sa.Connection, account_id: int) -> None:
        self._connection, self.account_id = connection, account_id
        self._in_use: dict[sa.Table, bool] = {}
        self._filters: dict[sa.Table, BloomFilter] = {}  # the first part of the keys, of tables that were empty at first

    def is_empty(self, table: sa.Table) -> bool:
        """Whether the account has no row in a table. Most imports touch few tables; those are not searched in vain."""
        if table not in self._in_use:
            one = sa.select(sa.literal(1)).select_from(table).where(table.c.account_id == self.account_id).limit(1)
            self._in_use[table] = self._connection.execute(one).first() is not None
        return not self._in_use[table]

    def load(self, table: sa.Table, column: str, values: Collection[Any]) -> Iterator[dict[str, Any]]:
        """The rows whose column holds one of the values."""
        if not values or self.is_empty(table):
            return
        if table in self._filters and column == _first_of_key(table):
            values = self._filters[table].among(values)
        wanted = self._known(table, column, sorted(values))
        if not wanted:
            return
        statement = sa.select(table).where(
            table.c.account_id == self.account_id, table.c[column].in_(sa.bindparam("values", expanding=True))
        )
        names = tuple(table.c.keys())
        for start in range(0, len(wanted), _CHUNK):
            for row in self._connection.execute(statement, {"values": wanted[start : start + _CHUNK]}):
                yield dict(zip(names, row, strict=True))

    def _known(self, table: sa.Table, column: str, values: Sequence[str]) -> Sequence[str]:
        """Those of the values that the column holds. Of a large new file nearly none is, so this is asked first, and without detours."""
        statement, order = _look_up(table, column, self._connection.dialect.name)
        found: set[str] = set()
        for start in range(0, len(values), _CHUNK):
            chunk = values[start : start + _CHUNK]
            # Always as many values as there are places, so that the database has to understand the statement only once.
            filled = [*chunk, *[chunk[-1]] * (_CHUNK - len(chunk))]
            given = {"of_account": self.account_id, **dict(zip(_PLACES, filled, strict=True))}
            parameters: Any = given if order is None else tuple([given[name] for name in order])
            found.update(self._connection.exec_driver_sql(statement, parameters).scalars())
        return sorted(found)

    def save(self, shape: Shape, new: Sequence[dict[str, Any]], changed: Sequence[dict[str, Any]]) -> None:
        """Stores whole rows: new ones, and known ones that are no longer as they were."""
        for rows, updates in ((new, False), (changed, True)):
            if rows:
                statement, parameters = _insert(shape, rows, self._connection.dialect, updates=updates)
                self._connection.exec_driver_sql(statement, parameters)
                self._note(shape.table, rows)

    def _note(self, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Remembers that rows are there."""
        if not self._in_use.get(table, True):
            self._filters[table] = BloomFilter()
        self._in_use[table] = True
        if table in self._filters:
            first = _first_of_key(table)
            self._filters[table].add([row[first] for row in rows])

    def delete(self, table: sa.Table, column: str, values: Collection[Any]) -> None:
        """Deletes the rows whose column holds one of the values."""
        if not values or self.is_empty(table):
            return
        statement = sa.delete(table).where(
            table.c.account_id == self.account_id, table.c[column].in_(sa.bindparam("values", expanding=True))
        )
        wanted = sorted(values)
        for start in range(0, len(wanted), _CHUNK):
            self._connection.execute(statement, {"values": wanted[start : start + _CHUNK]})


@cache
def _first_of_key(table: sa.Table) -> str:
    return next(column.name for column in table.primary_key if column.name != "account_id")


@cache
def _look_up(table: sa.Table, column: str, dialect: str) -> tuple[str, Sequence[str] | None]:
    """The text that asks which of so many values a column holds, and the order of its parameters where they have no names."""
    places = [sa.bindparam(name, type_=table.c[column].type) for name in _PLACES]
    asked = sa.select(table.c[column]).where(table.c.account_id == sa.bindparam("of_account"), table.c[column].in_(places))
    compiled = asked.compile(dialect=_DIALECTS[dialect])
    return str(compiled), compiled.positiontup


def _insert(shape: Shape, rows: Sequence[Mapping[str, Any]], dialect: sa.Dialect, *, updates: bool) -> tuple[str, list[Any]]:
    """The text that stores rows, known ones too where it updates, and its parameters.

    Values are converted here, column by column: SQLAlchemy's way to the same values takes most of the time of a large import.
    """
    columns = dict(zip(shape.columns, zip(*map(itemgetter(*shape.columns), rows), strict=True), strict=True))
    kinds = {name: set(map(type, values)) for name, values in columns.items()}
    # Half of the columns of a large file are empty. What is null in all new rows need not be said, and that saves a third of the time.
    said = tuple(name for name in shape.columns if updates or kinds[name] != {NoneType})
    statement, order = _statement(shape, said, dialect.name, updates=updates)
    names = order or said
    values = zip(*(_converted(columns[name], kinds[name], shape.table.c[name].type, dialect) for name in names), strict=True)
    # In the order of the key, so that neighbours are written to the page that is at hand.
    in_order = sorted(values, key=itemgetter(*map(names.index, shape.key)))
    return statement, in_order if order else [dict(zip(names, row, strict=True)) for row in in_order]


@cache
def _statement(shape: Shape, columns: tuple[str, ...], dialect: str, *, updates: bool) -> tuple[str, Sequence[str] | None]:
    """The text that stores these columns, and the order of its parameters where they have no names."""
    insert = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(shape.table)
    if updates:
        key = [column.name for column in shape.table.primary_key]
        others = {name: insert.excluded[name] for name in columns if name not in key}
        insert = insert.on_conflict_do_update(index_elements=key, set_=others)
    compiled = insert.compile(dialect=_DIALECTS[dialect], column_keys=list(columns))
    return str(compiled), compiled.positiontup


def _converted(values: Sequence[Any], kinds: set[type], kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Sequence[Any]:
    """The values of a column as the driver takes them without a second look: SQLite's asks how to adapt all but the plainest."""
    if kinds <= _PLAIN:
        return values
    if kinds <= _TRUTHS:
        return values if dialect.name != "sqlite" else [value if value is None else int(value) for value in values]
    if dialect.name == "sqlite" and isinstance(kind, UTCDateTime):
        return list(map(_text_of_instant, values))
    convert = kind.dialect_impl(dialect).bind_processor(dialect)
    if convert is None:
        return [value if value is None else str(value) for value in values] if isinstance(kind, sa.String) else values
    made = {value: value if value is None else convert(value) for value in set(values)}
    return [made[value] for value in values]


def _text_of_instant(instant: dt.datetime | None) -> str | None:
    """An instant as SQLAlchemy writes it to SQLite."""
    if instant is None:
        return None
    if instant.tzinfo is not dt.UTC:
        if instant.tzinfo is None:
            raise ValueError(f"{instant} has no time zone")
        instant = instant.astimezone(dt.UTC)
    # In two pieces, without the offset: a quarter less time than `isoformat`.
    return f"{instant.date()} {instant.time()}{'' if instant.microsecond else '.000000'}"
