"""The numbers of a query over whole windows, as statements return them. They are named once for all accounts that have the same."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple

from sellerhealth.engine.queries import MetricQuery

RowsOfAccounts = Mapping[int, Mapping[str, Any]]  # by part


class Columns(NamedTuple):
    """Some of the numbers of a query: their names, what reads them from a row, and the rows."""

    names: Sequence[str]
    read: Callable[[Any], tuple[Any, ...]]
    rows: RowsOfAccounts


class Totals:
    """The numbers of a query, each in one row of an account and part."""

    def __init__(self, query: MetricQuery) -> None:
        self._names = tuple(query.metric.all_measures)
        self._columns: list[Columns] = []

    def add(self, columns: Columns) -> None:
        """Adds columns with their rows."""
        self._columns.append(columns)

    def as_read(self, account_id: int) -> Hashable:
        """The numbers of an account as they are in its rows: equal for accounts with the same numbers, if their rows come in the same order."""
        found: list[Hashable] = []
        for _, read, rows in self._columns:
            by_part = rows.get(account_id)
            found.append(None if by_part is None else tuple([(part, read(row)) for part, row in by_part.items()]))
        return tuple(found)

    def by_part(self, account_id: int) -> Mapping[str, dict[str, int]]:
        """The numbers of an account by part and name: all of them, 0 where there is no row."""
        found: dict[str, dict[str, int]] = {}
        for names, read, rows in self._columns:
            for part, row in rows.get(account_id, {}).items():
                # PostgreSQL adds whole numbers up as decimals.
                found.setdefault(part, dict.fromkeys(self._names, 0)).update(zip(names, map(int, read(row)), strict=True))
        return found

    def nothing(self) -> dict[str, int]:
        """The numbers where there is no row."""
        return dict.fromkeys(self._names, 0)
