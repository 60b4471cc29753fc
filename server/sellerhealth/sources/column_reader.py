"""Reads records column by column, which is fast, and finds those that must be read cell by cell."""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from sellerhealth.sources.cells_by_column import CellsReader, cells_reader
from sellerhealth.sources.column import Column
from sellerhealth.sources.encoding import Decoder
from sellerhealth.sources.entries import Columns
from sellerhealth.sources.records import Line
from sellerhealth.sources.unreadable import Unreadable

_MOST_ODD = 0.1  # of some records: if more must be read cell by cell, all are


class ColumnReader:
    """The columns of one file with the positions of their cells. `pieces`: how many cells a whole record has."""

    def __init__(self, columns: Sequence[Column], indexes: Sequence[int], pieces: int, decoder: Decoder) -> None:
        self._columns, self._indexes, self._pieces, self._decoder = columns, indexes, pieces, decoder
        self._readers = [cells_reader(column.read) for column in columns]
        self._filled = [at for at, column in enumerate(columns) if column.filled]
        # With a single index, itemgetter would return the cell itself, not a sequence of cells.
        self._pick = itemgetter(*indexes) if len(indexes) > 1 else itemgetter(slice(indexes[0], indexes[0] + 1))

    def cells_of(self, records: Sequence[Line], at: int) -> Sequence[Any]:
        """The values of one column, whose cells are known to be readable, and in ASCII."""
        index = self._indexes[at]
        return self._readers[at]([cells[index] for _, cells, _, _ in records])

    def read(self, records: Sequence[Line]) -> Columns | None:
        """The values of many records, None when one must be read cell by cell."""
        if any(len(cells) != self._pieces for _, cells, _, _ in records):
            return None
        try:
            picked = zip(*[self._pick(cells) for _, cells, _, _ in records], strict=True)
            columns = [self._read_column(*each) for each in zip(self._columns, self._readers, picked, strict=True)]
        except Exception:  # noqa: BLE001 - anything that a reader raises is raised again for its line and column
            return None
        if any(None in columns[index] for index in self._filled):
            return None
        return dict(zip((column.into for column in self._columns), columns, strict=True))

    def _read_column(self, column: Column, read: CellsReader, cells: Sequence[str]) -> Sequence[Any]:
        text = "".join(cells)
        if not text and column.read("") is None:  # many columns of Amazon's reports are empty
            return [None] * len(cells)
        if text.isascii():
            return read(cells)
        if self._decoder.depends_on_order:
            raise Unreadable("ASCII: other cells are decoded in the order of lines")
        return read(list(map(self._decoder.decode, cells)))

    def odd(self, records: Sequence[Line]) -> list[int]:
        """Which of some records must be read cell by cell: none if that are so many that all might as well be."""
        most = len(records) * _MOST_ODD
        odd = {at for at, (_, cells, _, _) in enumerate(records) if len(cells) != self._pieces}
        if len(odd) > most:
            return []
        for column, read, index in zip(self._columns, self._readers, self._indexes, strict=True):
            others = [at for at in range(len(records)) if at not in odd]
            if self._can_read(column, read, [records[at][1][index] for at in others]):
                continue
            for at in others:
                if not self._can_read(column, read, (records[at][1][index],)):
                    odd.add(at)
                    if len(odd) > most:
                        return []
        return sorted(odd)

    def _can_read(self, column: Column, read: CellsReader, cells: Sequence[str]) -> bool:
        try:
            values = self._read_column(column, read, cells)
        except Exception:  # noqa: BLE001 - anything that a reader raises is raised again for its line and column
            return False
        return not (column.filled and None in values)
