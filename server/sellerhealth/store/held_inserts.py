"""Inserts that are held back until those of several new accounts are there: one statement then stores what they add to a table.

The plain way is to send each at once. A new account of few rows writes into ten tables, and the statements take longer than the rows.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from sellerhealth.store.bulk import insert, insert_columns
from sellerhealth.store.merge import Shape

_Columns = Mapping[str, Sequence[Any]]


class HeldInserts:
    """What a transaction will send. Each row names its account."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._rows: defaultdict[Shape, list[dict[str, Any]]] = defaultdict(list)
        self._blocks: defaultdict[tuple[sa.Table, tuple[str, ...]], list[_Columns]] = defaultdict(list)
        self._others: defaultdict[sa.Executable, list[Mapping[str, Any]]] = defaultdict(list)

    def add(self, shape: Shape, rows: Sequence[dict[str, Any]]) -> None:
        """Adds new rows."""
        self._rows[shape] += rows

    def add_columns(self, table: sa.Table, columns: _Columns) -> None:
        """Adds new rows, passed by column."""
        self._blocks[table, tuple(columns)].append(columns)

    def execute(self, statement: sa.Executable, parameters: Mapping[str, Any]) -> None:
        """Adds a statement about one account that returns nothing. It follows the inserts, with those that are the same but for their parameters."""
        self._others[statement].append(parameters)

    def send(self) -> None:
        """Sends all that was added since it was sent before."""
        for shape, rows in self._rows.items():
            insert(self._connection, shape, rows)
        for (table, names), blocks in self._blocks.items():
            insert_columns(self._connection, table, {name: [each for block in blocks for each in block[name]] for name in names})
        for statement, parameters in self._others.items():
            self._connection.execute(statement, parameters)
        for held in (self._rows, self._blocks, self._others):
            held.clear()
