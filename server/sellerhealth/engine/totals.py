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

    def by_part(self, account_id: int, part: str | None) -> Mapping[str, Sequence[int]]:
        """The numbers of an account by part, in the order of the measures: of each part that has rows, or of one, with or without rows."""
        found: dict[str, dict[str, int]] = {} if part is None else {part: dict.fromkeys(self._names, 0)}
        for names, read, rows in self._columns:
            for of_part, row in rows.get(account_id, {}).items():
                if part is None or of_part == part:
                    if of_part not in found:
                        found[of_part] = dict.fromkeys(self._names, 0)
                    # PostgreSQL adds whole numbers up as decimals.
                    found[of_part].update(zip(names, map(int, read(row)), strict=True))
        return {of_part: [*numbers.values()] for of_part, numbers in found.items()}
