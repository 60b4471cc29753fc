"""Rows in and out of the tables of one account, many at a time."""

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import UTCDateTime

from sellerhealth.store.merge import Shape

_CHUNK = 500  # values of an IN list: few enough for every database, many enough to be quick
_PLACES = [f"value_{number}" for number in range(_CHUNK)]


class AccountRows:
    """The rows of one account, in one transaction."""

    def __init__(self, connection: sa.Connection, account_id: int) -> None:
        self._connection, self.account_id = connection, account_id
        self._in_use: dict[sa.Table, bool] = {}

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
        statement = sa.select(table).where(
            table.c.account_id == self.account_id, table.c[column].in_(sa.bindparam("values", expanding=True))
        )
        names = tuple(table.c.keys())
        wanted = self._known(table, column, sorted(values))
        for start in range(0, len(wanted), _CHUNK):
            for row in self._connection.execute(statement, {"values": wanted[start : start + _CHUNK]}):
                yield dict(zip(names, row, strict=True))

    def _known(self, table: sa.Table, column: str, values: Sequence[str]) -> Sequence[str]:
        """Those of the values that the column holds. Of a large new file nearly none is, so this is asked first, and without detours."""
        statement, order = _look_up(table, column, self._connection.dialect)
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
        # Half of the columns of a large file are empty. What is null in all new rows need not be said, and that saves a third of the time.
        said = tuple(name for name in shape.columns if any(row[name] is not None for row in new))
        for rows, columns, updates in ((new, said, False), (changed, shape.columns, True)):
            if rows:
                statement, parameters = _insert(shape, columns, self._connection.dialect, updates=updates)
                in_order = sorted(rows, key=itemgetter(*shape.key))  # so that neighbours are written to the page that is at hand
                self._connection.exec_driver_sql(statement, [parameters(row) for row in in_order])
                self._in_use[shape.table] = True

    def insert(self, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
        """Stores rows that are known to be new."""
        if not rows:
            return
        self._connection.execute(sa.insert(table), rows)
        self._in_use[table] = True

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
def _look_up(table: sa.Table, column: str, dialect: sa.Dialect) -> tuple[str, Sequence[str] | None]:
    """The text that asks which of so many values a column holds, and the order of its parameters where they have no names."""
    places = [sa.bindparam(name, type_=table.c[column].type) for name in _PLACES]
    asked = sa.select(table.c[column]).where(table.c.account_id == sa.bindparam("of_account"), table.c[column].in_(places))
    compiled = asked.compile(dialect=dialect)
    return str(compiled), compiled.positiontup


@cache
def _insert(
    shape: Shape, columns: tuple[str, ...], dialect: sa.Dialect, *, updates: bool
) -> tuple[str, Callable[[Mapping[str, Any]], Any]]:
    """The text that stores these columns of rows, known ones too where it updates, and what makes a row its parameters.

    Values are converted here, column by column: SQLAlchemy's way to the same values takes most of the time of a large import.
    """
    insert = (sqlite.insert if dialect.name == "sqlite" else postgresql.insert)(shape.table)
    if updates:
        key = [column.name for column in shape.table.primary_key]
        others = {name: insert.excluded[name] for name in columns if name not in key}
        insert = insert.on_conflict_do_update(index_elements=key, set_=others)
    compiled = insert.compile(dialect=dialect, column_keys=list(columns))
    order = list(compiled.positiontup or columns)
    converters = [(place, convert) for place, name in enumerate(order) if (convert := _converter(shape.table.c[name].type, dialect))]
    values_of = itemgetter(*order)

    def positional(row: Mapping[str, Any]) -> tuple[Any, ...]:
        values = list(values_of(row))
        for place, convert in converters:
            if values[place] is not None:
                values[place] = convert(values[place])
        return tuple(values)

    def named(row: Mapping[str, Any]) -> dict[str, Any]:
        return dict(zip(order, positional(row), strict=True))

    return str(compiled), positional if compiled.positional else named


def _converter(kind: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Callable[[Any], Any] | None:
    """What makes a value of a column the driver's; None where the driver takes it as it is."""
    if isinstance(kind, sa.Boolean):
        return None
    if dialect.name == "sqlite" and isinstance(kind, UTCDateTime):
        return _text_of_instant
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _text_of_instant(instant: dt.datetime) -> str:
    """An instant as SQLAlchemy writes it to SQLite."""
    if instant.tzinfo is not dt.UTC:
        if instant.tzinfo is None:
            raise ValueError(f"{instant} has no time zone")
        instant = instant.astimezone(dt.UTC)
    text = str(instant)
    return f"{text[:19]}.000000" if instant.microsecond == 0 else text[:26]
