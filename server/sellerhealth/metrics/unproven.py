"""Unproven rows: rows that would count otherwise, or not at all, if an unknown cell had another value."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import NamedTuple

from sellerhealth.metrics.measures import Measure


class Counts(IntEnum):
    """Whether a row counts in a measure. The numbers are those of the engine's statement."""

    NO = 0
    YES = 1
    MAYBE = 2  # unknown; it is not counted now
    MAYBE_COUNTED = 3  # unknown; it is counted now, since the metric reads an empty cell as one of the values it may have


class UnknownCell(NamedTuple):
    """A column whose cell is unknown, as `orders.channel`."""

    table: str
    column: str

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"


@dataclass(frozen=True)
class UnprovenRows:
    """Rows of one table that are alike: how many, in which measures they count, and which of their cells are unknown.

    `counts` leaves out the measures in which they surely do not count. `sums` are the totals of the measures that add up a column; a
    sum is None if it depends on an unknown cell itself. Rows that are `elsewhere` now may as a whole be in the window, in the scope and in the part.
    """

    rows: int
    counts: tuple[tuple[Measure, Counts], ...]
    cells: tuple[UnknownCell, ...] = ()
    sums: tuple[tuple[Measure, int | None], ...] = ()
    elsewhere: bool = False

    @property
    def are_open(self) -> bool:
        """Whether it is open in what they count. Rows whose part is unknown are of interest even if they surely count, in some part."""
        return any(counts is not Counts.YES for _, counts in self.counts) or (self.elsewhere and bool(self.counts))

    def count_in(self, measure: Measure) -> Counts:
        """Whether they count in a measure."""
        return next((counts for each, counts in self.counts if each is measure), Counts.NO)

    def counted_now(self, measure: Measure) -> bool:
        """Whether they are in the number of a measure."""
        return not self.elsewhere and self.count_in(measure) in (Counts.YES, Counts.MAYBE_COUNTED)

    def weight(self, measure: Measure) -> int | None:
        """What they add to a measure if they count in it."""
        return self.rows if measure.summed is None else next((total for each, total in self.sums if each is measure), None)

    def touch(self, measures: Sequence[Measure]) -> bool:
        """Whether it is open what they add to any of these measures."""
        states = {self.count_in(measure) for measure in measures} - {Counts.NO}
        return bool(states if self.elsewhere else states - {Counts.YES})


@dataclass(frozen=True)
class Unproven:
    """The unproven rows of a result: how many, how many of them imports rejected, how many lack each cell, and the rows themselves."""

    rows: int = 0
    rejected: int = 0
    cells: Mapping[UnknownCell, int] = field(default_factory=dict)
    by_kind: tuple[UnprovenRows, ...] = ()


class UnprovenTotals:
    """Unproven rows that can be added and taken away again, those that are alike together."""

    def __init__(self, rows: Iterable[UnprovenRows] = ()) -> None:
        self._totals: dict[UnprovenRows, tuple[int, ...]] = {}
        for each in rows:
            self.add(each)

    def add(self, rows: UnprovenRows, sign: int = 1) -> None:
        """Adds rows, or takes them away."""
        alike = replace(rows, rows=0, sums=tuple((measure, None if total is None else 0) for measure, total in rows.sums))
        numbers = (rows.rows, *(total or 0 for _, total in rows.sums))
        before = self._totals.get(alike, (0,) * len(numbers))
        self._totals[alike] = tuple(one + sign * other for one, other in zip(before, numbers, strict=True))

    @property
    def rows(self) -> tuple[UnprovenRows, ...]:
        """The rows that are left."""
        return tuple(
            replace(
                alike, rows=rows, sums=tuple((of, None if old is None else new) for (of, old), new in zip(alike.sums, sums, strict=True))
            )
            for alike, (rows, *sums) in self._totals.items()
            if rows
        )


def missing_cells(unproven: Sequence[UnprovenRows]) -> Mapping[UnknownCell, int]:
    """How many rows lack each cell, the most frequent one first."""
    cells: dict[UnknownCell, int] = {}
    for each in unproven:
        for cell in each.cells:
            cells[cell] = cells.get(cell, 0) + each.rows
    return dict(sorted(cells.items(), key=lambda cell: (-cell[1], cell[0])))
