"""Fast paths of the import on PostgreSQL: new rows by COPY, known ones by arrays, look-ups that need no statistics.

Without statistics PostgreSQL takes a million rows of an account for one. Any plan then looks as cheap as the right one, so these
statements leave no choice: rows are found by a loop over their keys, and changed by the conflict with their primary key.
"""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from sellerhealth.store.merge import Shape

_NULL = r"\N"  # in the text format of COPY
_ESCAPED = re.compile(r"[\\\t\n\r]")
_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
_QUOTED = str.maketrans({"\\": r"\\", '"': r"\""})
_COPY = "COPY "


def copy_rows(cursor: Any, statement: str, parameters: Any, context: object) -> bool | None:
    """Sends the rows of a COPY, which the driver does not execute like other statements. A listener of the event `do_execute`."""
    if not statement.startswith(_COPY):
        return None
    with cursor.copy(statement) as copy:
        copy.write(parameters["rows"])
    return True


def insert(connection: sa.Connection, table: sa.Table, columns: Mapping[str, Sequence[Any]]) -> None:
    """Stores new rows, passed by column. The connection needs `copy_rows` as a listener."""
    copied = {name: texts for name, values in columns.items() if (texts := _copied(values)) is not None}
    # In key order, so that neighbouring rows are written to the same page: the key comes first.
    rows = "\n".join(sorted(map("\t".join, zip(*copied.values(), strict=True))))
    names = ", ".join(map(connection.dialect.identifier_preparer.quote, copied))
    connection.exec_driver_sql(f"{_COPY}{table.name} ({names}) FROM STDIN", {"rows": f"{rows}\n"})


def upsert(connection: sa.Connection, shape: Shape, columns: Mapping[str, Sequence[Any]], updated: frozenset[str]) -> None:
    """Stores rows, new ones or known ones, passed by column. Of known ones these columns are `updated`."""
    connection.execute(_upsert(shape, tuple(columns), updated), {name: _array(values) for name, values in columns.items()})


def rows_with(
    connection: sa.Connection, account_id: int, table: sa.Table, column: str, values: Sequence[str], names: tuple[str, ...]
) -> Sequence[sa.Row[Any]]:
    """The columns of these names of an account's rows whose column has one of the values."""
    return connection.execute(look_up(table, column, names), {"of_account": account_id, "values": list(values)}).all()


def set_column(connection: sa.Connection, account_id: int, shape: Shape, column: str, value: object, keys: Sequence[str]) -> None:
    """Sets a column of the rows of an account with these keys to one value. The key has one column beside the account."""
    connection.execute(_set_column(shape, column), {"of_account": account_id, "values": list(keys), "new": value})


@cache
def look_up(table: sa.Table, column: str, names: tuple[str, ...]) -> "sa.Select[*tuple[Any, ...]]":
    """The statement of `rows_with`: of the account `of_account`, with the values in the array `values`."""
    array = sa.bindparam("values", type_=sa.ARRAY(table.c[column].type))
    own = sa.select(*(table.c[name] for name in names)).where(table.c.account_id == sa.bindparam("of_account"))
    if column != next(each.name for each in table.primary_key if each.name != "account_id"):
        # Without statistics the primary key may be taken, which then is read once for its account: the array stays in one condition.
        return own.where(table.c[column] == sa.any_(array))
    keys = sa.func.unnest(array).table_valued("value").render_derived("keys")
    # OFFSET keeps the query in the loop: PostgreSQL could join it in another way, for example by reading the whole account.
    found = own.where(table.c[column] == keys.c.value).offset(sa.literal_column("0")).lateral("found")
    return sa.select(*found.c).select_from(keys.join(found, sa.true()))


@cache
def _set_column(shape: Shape, column: str) -> sa.Executable:
    (key,) = shape.key
    found = look_up(shape.table, key, shape.columns).subquery()
    new = sa.bindparam("new", type_=shape.table.c[column].type)
    rows = sa.select(*(new if each.name == column else each for each in found.c))
    statement = postgresql.insert(shape.table).from_select(list(shape.columns), rows)
    return statement.on_conflict_do_update(index_elements=["account_id", key], set_={column: statement.excluded[column]})


@lru_cache(maxsize=256)
def _upsert(shape: Shape, columns: tuple[str, ...], updated: frozenset[str]) -> sa.Executable:
    arrays = (sa.cast(sa.bindparam(name, type_=sa.Text()), sa.ARRAY(shape.table.c[name].type)) for name in columns)
    rows = sa.func.unnest(*arrays).table_valued(*columns).render_derived("rows")
    statement = postgresql.insert(shape.table).from_select(list(columns), sa.select(*(rows.c[name] for name in columns)))
    key = [column.name for column in shape.table.primary_key]
    others = {name: statement.excluded[name] for name in columns if name in updated}
    return statement.on_conflict_do_update(index_elements=key, set_=others)


def _copied(values: Sequence[Any]) -> Sequence[str] | None:
    """The values of a column in the text format of COPY, or None if it is null in every row."""
    distinct = set(values)
    if distinct == {None}:
        return None
    if len(distinct) < len(values) / 2:  # most columns have few values, and many rows without one
        copied = {value: _escaped(_text(value)) for value in distinct}
        return [copied[value] for value in values]
    types = set(map(type, values))
    if types == {str} and _ESCAPED.search("".join(values)) is None:
        return values
    if types == {dt.datetime} and all(value.tzinfo is dt.UTC for value in values):
        return list(map(str, values))
    return [_escaped(_text(value)) for value in values]


def _escaped(text: str | None) -> str:
    return _NULL if text is None else text if _ESCAPED.search(text) is None else text.translate(_ESCAPES)


def _array(values: Sequence[Any]) -> str:
    """The values of a column as the text of an array."""
    texts = map(_text, values)
    return "{" + ",".join("NULL" if text is None else f'"{text.translate(_QUOTED)}"' for text in texts) + "}"


def _text(value: Any) -> str | None:
    """A value as PostgreSQL reads it with any settings."""
    if value is None or type(value) is str:
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime) and value.tzinfo is None:
        raise ValueError(f"{value} has no time zone")
    return str(value)
