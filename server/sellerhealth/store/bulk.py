"""Fast paths of the import. Each docstring names the plain way to the same result; a test compares the two.

What PostgreSQL does in a way of its own is in `bulk_postgresql.py`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import cache, lru_cache
from operator import itemgetter
from types import NoneType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from sellerhealth.store import bulk_postgresql
from sellerhealth.store.merge import Shape
from sellerhealth.store.stored_values import SQLITE, as_values, to_store

CHUNK = 500  # values of an IN list: few enough for every database, many enough to be fast
_EXACT = 2**14  # values up to which a Bloom filter is an exact set
_BYTES = 2**24  # of a Bloom filter: with a million values, one look-up in twenty is a false positive
_Statement = tuple[str, Sequence[str]]  # its text, and the order of its parameters
_VALUES = [f"value_{number}" for number in range(CHUNK)]


class BloomFilter:
    """Bloom filter: no false negatives, rare false positives. The plain way is a set.

    A small import needs few values, for which it is a set. Only a large one allocates the filter: one byte for each hash, which
    takes less memory than a set and less time than bits.
    """

    def __init__(self) -> None:
        self._exact: set[Any] | None = set()
        self._bytes = bytearray()

    def add(self, values: Iterable[Any]) -> None:
        """Adds values."""
        if self._exact is not None:
            self._exact.update(values)
            if len(self._exact) <= _EXACT:
                return
            values, self._exact, self._bytes = self._exact, None, bytearray(_BYTES)
        held, last = self._bytes, _BYTES - 1
        for value in values:
            held[hash(value) & last] = 1

    def among(self, values: Iterable[Any]) -> list[Any]:
        """The values that may have been added: all that were, and rarely another one."""
        if (exact := self._exact) is not None:
            return [value for value in values if value in exact]
        held, last = self._bytes, _BYTES - 1
        return [value for value in values if held[hash(value) & last]]


def new_row(shape: Shape, account_id: int, values: Mapping[str, Any], version: str) -> dict[str, Any]:
    """The row of a fact after its first observation. The plain way is `merge` into a blank row."""
    row = dict(shape.blank)  # a copy as a whole takes half the time of a new dict of all values
    row.update(values)
    row["account_id"] = account_id
    if len(row) != len(shape.columns):
        raise ValueError(f"{shape.table.name} have no column {', '.join(sorted(set(row) - set(shape.columns)))}")
    for name in shape.never_null:
        if row[name] is None:
            row[name] = shape.blank[name]
    for name in shape.newest:
        if row[name] is not None and row[name] != shape.blank[name]:
            row["versions"] = version
            break
    return row


def rows_with(
    connection: sa.Connection, account_id: int, table: sa.Table, column: str, values: Sequence[str], names: tuple[str, ...]
) -> Iterator[tuple[Any, ...]]:
    """The columns of these names, of the account's rows whose column has one of the values.

    The plain way is `SELECT names … WHERE column IN (values)`.
    """
    if connection.dialect.name == "postgresql":
        yield from map(tuple, bulk_postgresql.rows_with(connection, account_id, table, column, values, names))
        return
    for chunk in chunks(values):
        if rows := _run(connection, _look_up(table, column, names), account_id, chunk):
            columns = zip(names, zip(*rows, strict=True), strict=True)
            yield from zip(*(as_values(cells, table.c[name].type) for name, cells in columns), strict=True)


def stored_cells(
    connection: sa.Connection, account_id: int, table: sa.Table, column: str, values: Sequence[str], names: tuple[str, ...]
) -> Iterator[tuple[Any, ...]]:
    """The same cells as those of `rows_with`, which is the plain way, but with values as `as_stored` has them."""
    if connection.dialect.name == "postgresql":
        yield from rows_with(connection, account_id, table, column, values, names)
        return
    for chunk in chunks(values):
        yield from _run(connection, _look_up(table, column, names), account_id, chunk)


def as_stored(connection: sa.Connection, table: sa.Table, columns: Mapping[str, Sequence[Any]]) -> list[Sequence[Any]]:
    """Values by column in the types in which SQLite stores them, so that cells can be compared without conversion. Elsewhere as they are."""
    if connection.dialect.name == "postgresql":
        return list(columns.values())
    return [to_store(values, set(map(type, values)), table.c[name].type) for name, values in columns.items()]


def set_column(connection: sa.Connection, account_id: int, shape: Shape, column: str, value: object, keys: Sequence[str]) -> None:
    """Sets a column of the rows of the account with these keys to a value. The plain way is an UPDATE of each row.

    For tables whose key has one column beside the account.
    """
    if connection.dialect.name == "postgresql":
        bulk_postgresql.set_column(connection, account_id, shape, column, value, keys)
        return
    for chunk in chunks(keys):
        _run(connection, _set_column(shape.table, *shape.key, column), account_id, chunk, value)


def of_account(account_id: int, table: sa.Table, column: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    """The conditions of the rows of an account whose column has one of the parameter `values`."""
    return table.c.account_id == account_id, table.c[column].in_(sa.bindparam("values", expanding=True))


def chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Values in numbers that a statement can take."""
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))


def _run(connection: sa.Connection, statement: _Statement, account_id: int, values: Sequence[str], new: object = None) -> Sequence[Any]:
    """Runs a statement about the rows of an account with one of a few values, and returns the rows that it finds as the driver has them.

    The values are padded to a fixed number of parameters, so that neither SQLAlchemy nor the database prepares the statement again.
    """
    text, order = statement
    padded = [*values, *[values[-1]] * (CHUNK - len(values))]
    named = {"of_account": account_id, "new": new, **dict(zip(_VALUES, padded, strict=True))}
    result = connection.exec_driver_sql(text, tuple([named[name] for name in order]))
    return result.cursor.fetchall() if result.returns_rows and result.cursor is not None else ()


def insert(connection: sa.Connection, shape: Shape, rows: Sequence[Mapping[str, Any]]) -> None:
    """Stores new rows. The plain way is `connection.execute(sa.insert(table), rows)`."""
    insert_columns(connection, shape.table, _by_column(shape, rows))


def upsert(connection: sa.Connection, shape: Shape, rows: Sequence[Mapping[str, Any]], changed: Set[str] | None = None) -> None:
    """Stores rows, new ones or known ones. The plain way is an UPDATE of each row by its key, or an INSERT. `changed`: see `upsert_columns`."""
    upsert_columns(connection, shape, _by_column(shape, rows), changed)


def upsert_columns(connection: sa.Connection, shape: Shape, columns: Mapping[str, Sequence[Any]], changed: Set[str] | None = None) -> None:
    """Stores rows, new ones or known ones, passed by column. The plain way is that of `upsert`.

    Columns of a known row that are not among them stay as they are. `changed`: all rows are known, and have new values in these columns alone, so
    that no index of another one is written.
    """
    if changed is not None:  # a row without a value that it needs would be refused before it is found to be known; SQLAlchemy adds defaults
        needed = {column.name for column in shape.table.c if not column.nullable or column.default is not None}
        columns = {name: values for name, values in columns.items() if name in changed | needed}
    key = {column.name for column in shape.table.primary_key}
    updated = frozenset(columns.keys() - key if changed is None else columns.keys() & changed - key)
    if connection.dialect.name == "postgresql":
        bulk_postgresql.upsert(connection, shape, columns, updated)
    else:
        types = {name: set(map(type, values)) for name, values in columns.items()}
        _send(connection, shape.table, columns, types, updated)


def insert_columns(connection: sa.Connection, table: sa.Table, columns: Mapping[str, Sequence[Any]]) -> None:
    """Stores new rows, passed by column. The plain way is `connection.execute(sa.insert(table), rows)`."""
    if connection.dialect.name == "postgresql":
        bulk_postgresql.insert(connection, table, columns)
        return
    types = {name: set(map(type, values)) for name, values in columns.items()}
    # Half of the columns of a large file are empty. A column that is null in all new rows is left out, which saves a third of the time.
    used = {name: values for name, values in columns.items() if types[name] != {NoneType}}
    _send(connection, table, used, types, frozenset())


def _by_column(shape: Shape, rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Sequence[Any]]:
    return dict(zip(shape.columns, zip(*map(itemgetter(*shape.columns), rows), strict=True), strict=True))


def _send(
    connection: sa.Connection,
    table: sa.Table,
    columns: Mapping[str, Sequence[Any]],
    types: Mapping[str, set[type]],
    updated: frozenset[str],
) -> None:
    """Inserts rows, or updates columns of known ones. Converts the values column by column: SQLAlchemy's conversion takes most of the time of a large import."""
    statement, names = _statement(table, tuple(columns), updated)
    values = zip(*(to_store(columns[name], types[name], table.c[name].type) for name in names), strict=True)
    # In key order, so that neighbouring rows are written to the same page. Mostly all are of one account: to compare it, too, takes longer.
    accounts = columns.get("account_id", (None,))
    key = [column.name for column in table.primary_key if column.name != "account_id" or accounts[0] != accounts[-1]]
    connection.exec_driver_sql(statement, sorted(values, key=itemgetter(*map(names.index, key))))


@cache
def _look_up(table: sa.Table, column: str, names: tuple[str, ...]) -> _Statement:
    return _compiled(sa.select(*(table.c[name] for name in names)).where(*_of_values(table, column)))


@cache
def _set_column(table: sa.Table, key: str, column: str) -> _Statement:
    return _compiled(sa.update(table).where(*_of_values(table, key)).values({column: sa.bindparam("new")}))


def _of_values(table: sa.Table, column: str) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
    values = [sa.bindparam(name, type_=table.c[column].type) for name in _VALUES]
    return table.c.account_id == sa.bindparam("of_account"), table.c[column].in_(values)


def _compiled(statement: sa.Executable, **options: Any) -> _Statement:
    compiled: Any = statement.compile(dialect=SQLITE, **options)  # type: ignore[attr-defined]  # every statement has it
    return str(compiled), compiled.positiontup or ()


@lru_cache(maxsize=256)
def _statement(table: sa.Table, columns: tuple[str, ...], updated: frozenset[str]) -> _Statement:
    """The text of the insert of these columns, or of their upsert where any is updated, and the order of its parameters."""
    statement = sqlite.insert(table)
    if updated:
        key = [column.name for column in table.primary_key]
        others = {name: statement.excluded[name] for name in columns if name in updated}
        statement = statement.on_conflict_do_update(index_elements=key, set_=others)
    return _compiled(statement, column_keys=list(columns))
