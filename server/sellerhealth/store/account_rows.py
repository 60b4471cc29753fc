"""The rows of one account in one transaction: loaded, saved and deleted in bulk."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from functools import cache
from typing import Any

import sqlalchemy as sa

from sellerhealth.facts import Order
from sellerhealth.store.bulk import (
    BloomFilter,
    as_stored,
    chunks,
    insert,
    insert_columns,
    of_account,
    rows_with,
    set_column,
    stored_cells,
    upsert,
    upsert_columns,
)
from sellerhealth.store.held_inserts import HeldInserts
from sellerhealth.store.merge import Shape

_ORDERS: sa.Table = Order.__table__
_REMEMBER_LINES = (
    sa.update(_ORDERS)
    .where(_ORDERS.c.account_id == sa.bindparam("of_account"), _ORDERS.c.order_id == sa.bindparam("of_order"))
    .values(lines_hash=sa.bindparam("new"))
)


class AccountRows:
    """Remembers which tables have no rows of the account, so that they are not searched. Of an account that is new none has.

    What is inserted is `held` with that of other accounts, if it can be, until something needs to see it.
    """

    def __init__(self, connection: sa.Connection, account_id: int, *, is_new: bool = False, held: HeldInserts | None = None) -> None:
        self._connection, self.account_id, self.is_new, self._held = connection, account_id, is_new, held
        self.written = Counter[sa.Table]()  # how many rows, by table
        self._has_rows: dict[sa.Table, bool] = {}
        self._filters: dict[sa.Table, BloomFilter] = {}  # the first key column, for tables that were empty at first

    @property
    def connection(self) -> sa.Connection:
        """The connection, by which all is stored that was saved: from its first use on nothing of the account is held."""
        if self._held is not None:
            self._held.send()
            self._held = None
        return self._connection

    def is_empty(self, table: sa.Table) -> bool:
        """Whether the account has no row in a table."""
        if table not in self._has_rows and self.is_new:
            self._has_rows[table] = False
        if table not in self._has_rows:
            self._has_rows[table] = self.connection.execute(_any_row(table), {"of_account": self.account_id}).first() is not None
        return not self._has_rows[table]

    def count(self, table: sa.Table) -> int:
        """How many rows the account has in a table."""
        own = sa.select(sa.func.count()).select_from(table).where(table.c.account_id == self.account_id)
        return self.connection.execute(own).scalar_one()

    def load(self, table: sa.Table, column: str, values: Collection[Any]) -> Iterator[dict[str, Any]]:
        """The rows whose column has one of the values."""
        names, possible = tuple(table.c.keys()), self._possible(table, column, values)
        for cells in () if not possible else rows_with(self.connection, self.account_id, table, column, possible, names):
            yield dict(zip(names, cells, strict=True))

    def stored_cells(self, table: sa.Table, column: str, values: Collection[Any], names: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
        """The columns of these names, of the rows whose column has one of the values; as the database stores them: see `as_stored`."""
        possible = self._possible(table, column, values)
        return stored_cells(self.connection, self.account_id, table, column, possible, names) if possible else iter(())

    def as_stored(self, table: sa.Table, columns: Mapping[str, Sequence[Any]]) -> list[Sequence[Any]]:
        """Values by column, as the database stores them."""
        return as_stored(self._connection, table, columns)

    def _possible(self, table: sa.Table, column: str, values: Collection[Any]) -> Sequence[Any]:
        """The values that a column may have, in order."""
        if not values or self.is_empty(table):
            return ()
        if table in self._filters and column == _first_of_key(table):
            values = self._filters[table].among(values)
        return sorted(values)

    def save(
        self, shape: Shape, new: Sequence[dict[str, Any]], changed: Sequence[dict[str, Any]], in_columns: Set[str] | None = None
    ) -> None:
        """Stores whole rows: new ones, and known ones that changed, `in_columns` alone if those are named."""
        if new and self._held is not None:
            self._held.add(shape, new)
        elif new:
            insert(self._connection, shape, new)
        if changed:
            upsert(self.connection, shape, changed, in_columns)
        first = _first_of_key(shape.table)
        for rows in filter(None, (new, changed)):
            self._remember(shape.table, [row[first] for row in rows])

    def save_columns(self, shape: Shape, columns: Mapping[str, Sequence[Any]]) -> None:
        """Stores new rows, passed by column."""
        if self._held is not None:
            self._held.add_columns(shape.table, columns)
        else:
            insert_columns(self._connection, shape.table, columns)
        self._remember(shape.table, columns[_first_of_key(shape.table)])

    def replace_columns(self, shape: Shape, columns: Mapping[str, Sequence[Any]], changed: Set[str]) -> None:
        """Stores these columns of known rows, which have new values in those that are `changed` alone."""
        upsert_columns(self.connection, shape, columns, changed)
        self._remember(shape.table, columns[_first_of_key(shape.table)])

    def list_again(self, shape: Shape, rows: Sequence[Mapping[str, Any]]) -> None:
        """Saves the column `listed` of known rows in which nothing else changed."""
        keys: defaultdict[str, list[Any]] = defaultdict(list)
        for row in rows:
            keys[row["listed"]].append(row["order_id"])
        for listed, order_ids in keys.items():
            set_column(self.connection, self.account_id, shape, "listed", listed, sorted(order_ids))

    def remember_lines(self, hashes: Mapping[str, int]) -> None:
        """Saves the hashes of the lines of known orders, by their numbers. Most of them have theirs, but after an upgrade none has."""
        if hashes:
            rows = [{"of_account": self.account_id, "of_order": each, "new": lines_hash} for each, lines_hash in sorted(hashes.items())]
            self.connection.execute(_REMEMBER_LINES, rows)

    def _remember(self, table: sa.Table, keys: Sequence[Any]) -> None:
        """Notes that rows were written, by the first column of their keys."""
        self.written[table] += len(keys)
        if not self._has_rows.get(table, True):
            self._filters[table] = BloomFilter()
        self._has_rows[table] = True
        if table in self._filters:
            self._filters[table].add(keys)

    def execute(self, statement: sa.Executable, parameters: Mapping[str, Any]) -> None:
        """Sends a statement about the account that returns nothing. Where inserts are held it is, too."""
        (self._connection if self._held is None else self._held).execute(statement, parameters)

    def delete(self, table: sa.Table, column: str, values: Collection[Any], *where: sa.ColumnElement[bool]) -> None:
        """Deletes the rows whose column has one of the values, and that meet all conditions."""
        if not values or self.is_empty(table):
            return
        statement = sa.delete(table).where(*of_account(self.account_id, table, column), *where)
        for chunk in chunks(sorted(values)):
            self.connection.execute(statement, {"values": chunk})


@cache  # to build it takes longer than to run it
def _any_row(table: sa.Table) -> sa.Executable:
    return sa.select(sa.literal(1)).select_from(table).where(table.c.account_id == sa.bindparam("of_account")).limit(1)


@cache
def _first_of_key(table: sa.Table) -> str:
    return next(column.name for column in table.primary_key if column.name != "account_id")
