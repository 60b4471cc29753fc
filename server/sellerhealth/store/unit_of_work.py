"""Unit of work: the facts that one chunk of rows affects, written back together."""

from collections import defaultdict
from collections.abc import Collection, Sequence, Set
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from sellerhealth.facts import Item, Package
from sellerhealth.model.tables import Fact
from sellerhealth.store.account_rows import AccountRows
from sellerhealth.store.changes import ChangedRows, Values
from sellerhealth.store.merge import shape_of, without_future

Key = Any  # the key of a fact within its account: a text, or a tuple if it has several columns
BOOKKEEPING = {"lines_hash", "listed", "versions"}  # columns that change with every report, and that say nothing of a fact itself
_MANY = 100  # facts of which only the columns with new values are stored
ORDER_PARTS: tuple[type[Fact], ...] = (Item, Package)  # what an order's derived columns depend on


class UnitOfWork:
    """Facts as they were stored, as they are now, and which of them the rows changed."""

    def __init__(self, rows: AccountRows, latest: str) -> None:
        """`latest` is the highest version that an observation can have now."""
        self.rows, self._latest = rows, latest
        self.stored: defaultdict[type[Fact], dict[Key, Values]] = defaultdict(dict)
        self.current: defaultdict[type[Fact], dict[Key, Values]] = defaultdict(dict)
        self.changed: defaultdict[type[Fact], dict[Key, None]] = defaultdict(dict)  # in file order, which is their order in memory
        self._looked_up: defaultdict[tuple[type[Fact], str], set[Any]] = defaultdict(set)  # values, by column
        self.by_order: defaultdict[type[Fact], defaultdict[str, list[Values]]] = defaultdict(lambda: defaultdict(list))

    def load(self, fact: type[Fact], column: str, values: Collection[Any]) -> None:
        """Loads the stored facts whose column has one of the values, except those that are loaded already."""
        shape, missing = shape_of(fact), set(values) - self._looked_up[fact, column]
        self._looked_up[fact, column] |= missing
        for row in self.rows.load(shape.table, column, missing):
            key = shape.key_of(row)
            if key not in self.current[fact]:
                self.stored[fact][key] = dict(row)
                row["versions"] = without_future(row["versions"], self._latest)
                self.add(fact, key, row)

    def add(self, fact: type[Fact], key: Key, row: Values) -> None:
        """Adds a fact."""
        self.current[fact][key] = row
        if fact in ORDER_PARTS:
            self.by_order[fact][row["order_id"]].append(row)

    def save(self) -> dict[sa.Table, ChangedRows]:
        """Stores the facts that are new or differ from what is stored. Returns those of which more changed than their versions."""
        changes: dict[sa.Table, ChangedRows] = {}
        for fact, rows in self.current.items():
            shape, stored = shape_of(fact), self.stored[fact]
            new = [row for key, row in rows.items() if key not in stored] if stored else list(rows.values())
            changed = [(rows[key], old) for key, old in stored.items() if rows[key] != old]
            # A newer report changes little: of most facts that it lists nothing is new but that it lists them.
            if changed and "listed" in shape.blank:
                listed = [row for row, old in changed if row == {**old, "listed": row["listed"]}]
                self.rows.list_again(shape, listed)
                same = set(map(id, listed))
                changed = [each for each in changed if id(each[0]) not in same]
            self.rows.save(shape, new, [row for row, _ in changed], _columns_with_news(changed))
            changes[shape.table] = ChangedRows((row, None) for row in new)
            changes[shape.table] += [
                (row, old) for row, old in changed if row != old | {name: row[name] for name in BOOKKEEPING & row.keys()}
            ]
        return {table: of_table for table, of_table in changes.items() if of_table}


def _columns_with_news(changed: Sequence[tuple[Values, Values]]) -> Set[str] | None:
    """The columns in which any of many facts changed. Of few all are stored: each set of columns needs a statement of its own."""
    if len(changed) < _MANY:
        return None
    names = tuple(changed[0][0])
    rows, before = zip(*changed, strict=True)
    new, old = (zip(*map(itemgetter(*names), each), strict=True) for each in (rows, before))
    return {name for name, values, stored in zip(names, new, old, strict=True) if values != stored}
