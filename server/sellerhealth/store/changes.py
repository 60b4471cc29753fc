"""The facts of one table that an import stored, as the upkeep of rollups reads them: a few columns of each, as it is and as it was before."""

from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, Protocol

Values = dict[str, Any]
Change = tuple[Values, Values | None]  # a stored fact as it is, and as it was before; None for a new one
Cells = tuple[Any, ...]


class Changes(Protocol):
    """Stored facts."""

    def cells(self, *names: str) -> Iterator[tuple[Cells, Cells | None]]:
        """The columns of these names of each fact, as it is and as it was before; None for a new one."""


class ChangedRows(list[Change]):
    """Facts that were stored row by row."""

    def cells(self, *names: str) -> Iterator[tuple[Cells, Cells | None]]:
        """See `Changes`."""
        pick = itemgetter(*names) if len(names) > 1 else lambda row: (row[names[0]],)
        return ((pick(new), None if old is None else pick(old)) for new, old in self)


class ChangedColumns:
    """Facts that were stored by column: as new ones, because the columns of replaced ones that decide about days do not change."""

    def __init__(self, columns: Mapping[str, Sequence[Any]]) -> None:
        """`columns`: a column that is not among them is null."""
        self._columns = columns
        self._number = len(next(iter(columns.values())))

    def cells(self, *names: str) -> Iterator[tuple[Cells, Cells | None]]:
        """See `Changes`."""
        columns = (self._columns.get(name) or [None] * self._number for name in names)
        return ((cells, None) for cells in zip(*columns, strict=True))
