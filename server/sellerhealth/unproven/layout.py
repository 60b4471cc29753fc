"""What unproven rows may count in: the conditions of measures as columns of a statement, and how its rows are read."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import sqlalchemy as sa

from sellerhealth.metrics.measures import Measure, excluded
from sellerhealth.metrics.unproven import Counts, UnknownCell, UnprovenKind, UnprovenRows
from sellerhealth.model.conjuncts import conjuncts
from sellerhealth.unproven.alike import Alike
from sellerhealth.unproven.three_valued import reads_unknown, three_valued


class Requirement(NamedTuple):
    """A condition, by its position among the columns of a statement, that a row must meet to count in a measure, or must not meet."""

    position: int
    negated: bool = False


@dataclass(frozen=True)
class Layout:
    """How to read a row of a statement: rows, whether they are elsewhere, their unknown cells as bits, conditions, sums.

    `shared` is what all measures require. Rows of which that is open count in all of them as far as the rest allows, or in none.
    """

    cells: tuple[UnknownCell, ...]
    conditions: int
    shared: tuple[Requirement, ...]
    measures: tuple[tuple[Measure, tuple[Requirement, ...]], ...]
    sums: tuple[tuple[Measure, int | None], ...]

    def read(self, numbers: Sequence[Any]) -> UnprovenRows:
        """The rows that a row of the statement stands for."""
        rows, elsewhere, bits, *rest = map(int, numbers)
        states, totals = rest[: self.conditions], rest[self.conditions :]
        shared = _meets(states, self.shared)
        elsewhere = elsewhere or shared is Counts.MAYBE
        of_all = () if shared is Counts.MAYBE else self.shared
        counts = tuple(
            (measure, counted) for measure, needed in self.measures if (counted := _meets(states, (*of_all, *needed))) is not Counts.NO
        )
        cells = tuple(cell for index, cell in enumerate(self.cells) if bits >> index & 1)
        return UnprovenRows(UnprovenKind(counts, cells, self.summed, bool(elsewhere)), (rows, *self.amounts(totals)))

    @cached_property
    def summed(self) -> tuple[Measure, ...]:
        """The measures that add up a column, without those whose column depends on an unknown cell itself."""
        return tuple(measure for measure, position in self.sums if position is not None)

    def amounts(self, totals: Sequence[Any]) -> Sequence[int]:
        """The total of each of those measures, from the totals of a row."""
        return [int(totals[position]) for position in self._summed_at]

    @cached_property
    def _summed_at(self) -> Sequence[int]:
        return [position for _, position in self.sums if position is not None]


class Columns(NamedTuple):
    """The columns of a statement that a layout reads: the state of each condition, and what is added up."""

    states: Sequence[sa.ColumnElement[int]]
    summed: Sequence[sa.ColumnElement[Any]]


def lay_out(alike: Alike, cells: Iterable[UnknownCell]) -> tuple[Layout, Columns]:
    """How rows are read, and the columns for it. What several measures require is evaluated once."""
    conditions: list[Any] = []
    summed: list[Any] = []
    required = {measure: tuple(_requirements(measure, conditions)) for measure in alike.measures}
    shared = tuple(each for each in required[alike.measures[0]] if all(each in needed for needed in required.values()))
    needed = tuple((measure, tuple(each for each in all_of_them if each not in shared)) for measure, all_of_them in required.items())
    sums = tuple(
        (measure, None if reads_unknown(sa.type_coerce(measure.summed, sa.BigInteger)) else _position(measure.summed, summed))
        for measure in alike.measures
        if measure.summed is not None
    )
    states = [_state(alike.table, condition) for condition in conditions]
    return Layout(tuple(cells), len(conditions), shared, needed, sums), Columns(states, summed)


def _meets(states: Sequence[int], needed: Iterable[Requirement]) -> Counts:
    """Whether a row meets all of some requirements: AND in three values, both for what is known and for what is counted now."""
    surely, perhaps, now = True, True, True
    for position, negated in needed:
        state = states[position]
        counted = (state in (Counts.YES, Counts.MAYBE_COUNTED)) != negated
        is_open = state >= Counts.MAYBE
        surely, perhaps, now = surely and counted and not is_open, perhaps and (counted or is_open), now and counted
    if not perhaps:
        return Counts.NO
    return Counts.YES if surely else Counts.MAYBE_COUNTED if now else Counts.MAYBE


def _requirements(measure: Measure, conditions: list[Any]) -> Iterator[Requirement]:
    """What a row must meet to count in a measure. Of a split it is its own condition, and none of the earlier ones."""
    split = measure.split_class
    for condition in conjuncts(measure.condition if split is None else split.rows):
        negated = excluded(condition)
        yield Requirement(_position(condition if negated is None else negated, conditions), negated is not None)
    if split is not None:
        case: Any = split.class_name
        for condition, name in case.whens:
            yield Requirement(_position(condition, conditions), negated=name.value != split.name)
            if name.value == split.name:
                break


def _position(condition: Any, among: list[Any]) -> int:
    """The position of a condition in a list, to which it is added if it is not there yet."""
    for index, each in enumerate(among):
        if each is condition:
            return index
    among.append(condition)
    return len(among) - 1


def _state(table: sa.Table, condition: Any) -> sa.ColumnElement[int]:
    """Whether a row meets a condition, as a number of `Counts`."""
    if not reads_unknown(condition):
        return sa.case((condition, _number(Counts.YES)), else_=_number(Counts.NO))
    now = sa.case((condition, _number(Counts.MAYBE_COUNTED)), else_=_number(Counts.MAYBE))
    return sa.func.coalesce(sa.cast(three_valued(condition, table), sa.Integer), now)


def _number(counts: Counts) -> sa.ColumnElement[int]:
    return sa.literal_column(str(int(counts)), sa.Integer())
