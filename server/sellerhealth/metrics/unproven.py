"""Unproven rows: rows that would count otherwise, or not at all, if an unknown cell had another value."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
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
class UnprovenKind:
    """What unproven rows of one table have in common: in which measures they count, and which of their cells are unknown.

    `counts` leaves out the measures in which they surely do not count. `summed` are the measures that add up a column, without those
    whose column depends on an unknown cell itself. Rows that are `elsewhere` now may as a whole be in the window, in the scope and in the part.
    """

    counts: tuple[tuple[Measure, Counts], ...]
    cells: tuple[UnknownCell, ...] = ()
    summed: tuple[Measure, ...] = ()
    elsewhere: bool = False

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """A series looks the same kinds up for every day."""
        return hash((self.counts, self.cells, self.summed, self.elsewhere))

    @cached_property
    def are_open(self) -> bool:
        """Whether it is open in what the rows count. Rows whose part is unknown are of interest even if they surely count, in some part."""
        return any(counts is not Counts.YES for _, counts in self.counts) or (self.elsewhere and bool(self.counts))

    @cached_property
    def _by_measure(self) -> Mapping[Measure, Counts]:
        return dict(self.counts)

    def count_in(self, measure: Measure) -> Counts:
        """Whether the rows count in a measure."""
        return self._by_measure.get(measure, Counts.NO)

    def counted_now(self, measure: Measure) -> bool:
        """Whether the rows are in the number of a measure."""
        return not self.elsewhere and self.count_in(measure) in (Counts.YES, Counts.MAYBE_COUNTED)

    def touch(self, measures: Iterable[Measure]) -> bool:
        """Whether it is open what the rows add to any of these measures."""
        states = {self.count_in(measure) for measure in measures} - {Counts.NO}
        return bool(states if self.elsewhere else states - {Counts.YES})

    def weighed_by(self, measure: Measure) -> int | None:
        """By which number of `UnprovenRows.numbers` the rows weigh in a measure; None if that is not known."""
        if measure.summed is None:
            return 0
        return 1 + self.summed.index(measure) if measure in self.summed else None


class UnprovenRows(NamedTuple):
    """Rows of a kind. `numbers`: how many they are, then the total of each measure in `kind.summed`."""

    kind: UnprovenKind
    numbers: tuple[int, ...]

    @property
    def rows(self) -> int:
        """How many they are."""
        return self.numbers[0]


@dataclass(frozen=True)
class Unproven:
    """The unproven rows of a result: how many, how many of them imports rejected, how many lack each cell, and the rows themselves."""

    rows: int = 0
    rejected: int = 0
    cells: Mapping[UnknownCell, int] = field(default_factory=dict)
    by_kind: tuple[UnprovenRows, ...] = ()


def added_up(unproven: Iterable[UnprovenRows]) -> tuple[UnprovenRows, ...]:
    """Unproven rows with those of one kind together."""
    totals: dict[UnprovenKind, tuple[int, ...]] = {}
    for kind, numbers in unproven:
        totals[kind] = tuple(map(int.__add__, totals[kind], numbers)) if kind in totals else numbers
    return tuple(UnprovenRows(kind, numbers) for kind, numbers in totals.items() if numbers[0])


def missing_cells(unproven: Sequence[UnprovenRows]) -> Mapping[UnknownCell, int]:
    """How many rows lack each cell, the most frequent one first."""
    cells: dict[UnknownCell, int] = {}
    for each in unproven:
        for cell in each.kind.cells:
            cells[cell] = cells.get(cell, 0) + each.rows
    return dict(sorted(cells.items(), key=lambda cell: (-cell[1], cell[0])))
