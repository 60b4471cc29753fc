"""Tallies: how many unproven rows count on each day, by kind. A tally is of the measures of a metric that count the same rows.

Rows are of one kind if they may count in the same measures and lack the same cells. So an account without unknown cells has no tallies,
and any query gets from them what it would get from the facts.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, NamedTuple

from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.unproven import Counts, UnknownCell, UnprovenKind, UnprovenRows
from sellerhealth.model.records import UnprovenTally
from sellerhealth.model.tables import UNKNOWN
from sellerhealth.rollups.falling_due import FallingDue, falling_due
from sellerhealth.rollups.grain import Grain, can_be_rolled_up, fingerprint, grain_for, own_parts
from sellerhealth.unproven.alike import Alike, MissingCells, alike_measures, missing_cells, unknown_named
from sellerhealth.unproven.layout import Columns, Layout, lay_out

_FORMAT = 2  # of the kinds and of the blocks: a new one makes all tallies anew
_SCOPE = ("marketplace", "channel")


class MissingCell(NamedTuple):
    """A cell that rows of a kind may lack. `named_by`: the column of a scope or a part for which alone that matters, or '' if it always does."""

    named_by: str
    cell: UnknownCell


@dataclass(frozen=True)
class Tally:
    """The unproven rows of measures that count the same rows, in one grain. `alike` reads the columns of scopes and of the part, too."""

    grain: Grain
    alike: Alike

    @cached_property
    def missing(self) -> Mapping[MissingCell, Any]:
        """The cells that rows may lack, each with the conditions that they do."""
        (own,) = alike_measures(self.alike.measures, ())
        read = own.read | {own.on} if own.may_lack_day else own.read
        named = unknown_named(self.alike.table, _named(self.grain.part))
        groups: dict[str, MissingCells] = {"": missing_cells(read), **{column.key: missing_cells([column]) for column in named}}
        return {MissingCell(name, cell): where for name, cells in groups.items() for cell, where in cells.items()}

    @cached_property
    def _laid_out(self) -> tuple[Layout, Columns]:
        return lay_out(self.alike, (missing.cell for missing in self.missing))

    @property
    def layout(self) -> Layout:
        """How a row of the statement that counts is read."""
        return self._laid_out[0]

    @property
    def columns(self) -> Columns:
        """The columns of the statement that counts."""
        return self._laid_out[1]

    @cached_property
    def dues(self) -> tuple[FallingDue, ...]:
        """What the measures compare with the clock."""
        found = {due for measure in self.alike.measures for due in falling_due(measure)}
        return tuple(sorted(found, key=lambda each: (str(each.instant), each.hours)))

    @cached_property
    def key(self) -> str:
        """A hash of what is counted, and of how kinds are written: not of names or plugins, so that metrics share tallies."""
        shapes = [(needed, fingerprint(measure)) for measure, needed in self.layout.measures]
        sums = [position for _, position in self.layout.sums]
        named = [(missing.named_by, str(missing.cell)) for missing in self.missing]
        return hashlib.sha256(repr((_FORMAT, self.grain.name, self.layout.shared, shapes, sums, named)).encode()).hexdigest()[:16]

    @property
    def member(self) -> str:
        """Its name in a set of measures."""
        return f"{UnprovenTally.__tablename__}.{self.key}"

    def kind(self, numbers: Sequence[int]) -> str:
        """The kind of the rows that a row of the statement stands for. It does not depend on how many they are, nor on what is added up."""
        kind = self.layout.read(numbers).kind
        counts = "".join(f"{kind.count_in(measure):d}" for measure in self.alike.measures)
        return f"{counts}{'?' if kind.elsewhere else '.'}{numbers[2]:x}"

    def matters(self, kind: str, scope_and_part: Sequence[str]) -> bool:
        """Whether rows of a kind are unproven in any query: others surely count, or surely do not."""
        counts = {int(each) for each in kind[: len(self.alike.measures)]} - {Counts.NO}
        is_elsewhere = kind[len(self.alike.measures)] == "?" or UNKNOWN in scope_and_part
        return bool(counts) and (is_elsewhere or counts != {Counts.YES})


class KindReader:
    """Reads rows of a tally: a kind, whether they are outside the scope as far as is known, and numbers."""

    def __init__(self, tally: Tally, named: Sequence[str]) -> None:
        """`named`: the columns of the scope and the part of a query."""
        self._tally = tally
        relevant = ("", *named)
        self._cells = [(1 << index, each.cell) for index, each in enumerate(tally.missing) if each.named_by in relevant]
        self._kinds: dict[tuple[str, bool], UnprovenKind] = {}

    @property
    def numbers(self) -> int:
        """How many numbers rows of a kind have."""
        return 1 + len(self._tally.columns.summed)

    def index(self, number: int) -> int:
        """Where a number of the tally stands first in `UnprovenRows.numbers`: measures that add up one column share it."""
        positions = [position for _, position in self._tally.layout.sums if position is not None]
        return 1 + positions.index(number - 1) if number else 0

    def read(self, numbers: Sequence[Any]) -> UnprovenRows:
        """The rows that a row of the statement stands for."""
        name, outside, rows, *totals = numbers
        kind = self._kinds.get((name, outside))
        if kind is None:
            kind = self._kinds[name, outside] = self._kind(name, outside=bool(outside))
        return UnprovenRows(kind, (int(rows), *self._tally.layout.amounts(totals)))

    def _kind(self, name: str, *, outside: bool) -> UnprovenKind:
        measures, layout = self._tally.alike.measures, self._tally.layout
        counts = zip(measures, (Counts(int(each)) for each in name), strict=False)  # after them there is more in a kind
        bits = int(name[len(measures) + 1 :], 16)
        cells = dict.fromkeys(cell for bit, cell in self._cells if bits & bit)
        counted = tuple((measure, counted) for measure, counted in counts if counted is not Counts.NO)
        return UnprovenKind(counted, tuple(cells), layout.summed, outside or name[len(measures)] == "?")


@cache
def tallies_of(metric: Metric) -> tuple[Tally, ...]:
    """The tallies of a metric: for each dimension of its own, or one without parts, one for each table and day column."""
    return tuple(_tallies(metric))


def _tallies(metric: Metric) -> Iterator[Tally]:
    for part in own_parts(metric) or [None]:
        for alike in alike_measures(metric.all_measures.values(), _named(part)):
            if all(can_be_rolled_up(measure, part) for measure in alike.measures) and (alike.read or alike.may_lack_day):
                yield Tally(Grain(alike.table, alike.on.key, part), alike)


def tallies_for(metric: Metric, part_column: str | None) -> Sequence[Tally]:
    """The tallies that answer for a metric by a column of parts, or as a whole."""
    grains = {grain_for(metric, measure, part_column) for measure in metric.all_measures.values()}
    return [tally for tally in tallies_of(metric) if tally.grain in grains]


def _named(part: str | None) -> Sequence[str]:
    return _SCOPE if part is None else (*_SCOPE, part)
