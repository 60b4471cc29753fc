"""The worst readings of a value on many days, column by column.

What the rows of a kind add at worst is as much for each of them, or for each unit that they add up. So kinds that add as much are one, and what they
add on a day is added up before a window is slid over the days. Where that is not known, each day is read alone.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import add
from typing import NamedTuple, TypeAlias

from sellerhealth.metrics.measures import Measure, Ratio
from sellerhealth.metrics.quotients import Formula, Quotient, column_of, formula_of
from sellerhealth.metrics.targets import Target
from sellerhealth.metrics.unproven import UnprovenKind
from sellerhealth.metrics.values import Count, Percent, Value
from sellerhealth.metrics.worst_reading import added_of, adds_sums, is_high_worse

Column: TypeAlias = Sequence[int]


class Effect(NamedTuple):
    """What each row of a kind adds at worst to the part and the whole of a ratio, or to a count, and to the misses: it may be known as one."""

    part: int
    whole: int
    misses: int


NO_EFFECT = Effect(0, 0, 0)


class WorstOfDays:
    """Reads a ratio, or a count, at its worst."""

    def __init__(self, value: Ratio | Count, formula: Formula, target: Target, doubtful: Measure | None, *, high: bool) -> None:
        """`doubtful`: the measure of the rows that may be misses. `high`: the higher, the worse."""
        self._formula, self._doubtful, self._high, self._has_sums = formula, doubtful, high, adds_sums(value)
        self._of_value = value.measures
        self._touched = (*value.measures, *target.measures, *([doubtful] if doubtful else []))
        self._added = added_of(value, doubtful, high=high)
        self.effect: Callable[[UnprovenKind, int], Effect | None] = lru_cache(maxsize=1_000)(self._effect)

    def _effect(self, kind: UnprovenKind, index: int) -> Effect | None:
        """What each of a number of a kind adds, by its index in `UnprovenRows.numbers`; None if that is not known."""
        if not kind.touch(self._touched):
            return NO_EFFECT
        part, whole, weighed_by = self._added(kind)
        if (weighs := _same_number(kind, weighed_by)) is None:
            return None
        misses = -1 if index == 0 and self._doubtful is not None and kind.counted_now(self._doubtful) else 0
        return Effect(part, whole, misses) if index == weighs else Effect(0, 0, misses)

    def can_read(self, counted: Mapping[Measure, Column]) -> bool:
        """Whether it reads such numbers. Sums that are negative are read day by day."""
        return not self._has_sums or all(min(counted[measure]) >= 0 for measure in self._of_value)

    def quotients(
        self, counted: Mapping[Measure, Column], unproven: Mapping[Effect, Column], rejected: Column
    ) -> Sequence[Quotient | None] | None:
        """The worst value of each day, None where it is not known. None if on every day it is the value. `unproven`: how many have an effect."""
        misses = rejected
        if self._doubtful is not None:
            misses = [*map(add, counted[self._doubtful], rejected)] if any(rejected) else counted[self._doubtful]
        if not unproven and not any(misses):
            return None
        misses = _with(unproven, 2, misses)
        columns = [_with(unproven, index, column_of(term, counted)) for index, term in enumerate(self._formula.terms)]
        if not self._has_sums:
            if self._high:
                columns[0] = [*map(add, columns[0], misses)]
            elif len(columns) == 2:
                columns[1] = [*map(add, columns[1], misses)]
        of, wholes = self._formula.of, columns[-1]
        if len(columns) == 2:
            worst = [of(part, whole) if whole > 0 else None for part, whole in zip(*columns, strict=True)]
        else:
            worst = [*map(of, wholes)]
        if self._has_sums:  # what a row adds up that was rejected, or may be a miss, is not known
            return [None if missed else quotient for missed, quotient in zip(misses, worst, strict=True)]
        return worst


def worst_of_days(value: Value, target: Target | None, doubtful: Measure | None) -> WorstOfDays | None:
    """What reads many days at once; None if each is read alone."""
    high, formula = is_high_worse(target), formula_of(value)
    if high is None or target is None or formula is None or not isinstance(value, Ratio | Count):
        return None
    return WorstOfDays(value, formula, target, doubtful, high=high) if type(value) in (Ratio, Percent, Count) else None


def _same_number(kind: UnprovenKind, weighed_by: frozenset[int | None]) -> int | None:
    """The first number of a kind that is the same as all of some: measures that add up one column have the same. None if those differ."""
    if None in weighed_by or len({_column(kind, index) for index in weighed_by}) > 1:
        return None
    column = _column(kind, next(iter(weighed_by)))
    return next(index for index in range(1 + len(kind.summed)) if _column(kind, index) == column)


def _column(kind: UnprovenKind, index: int | None) -> int:
    """The identity of the column that a number adds up; 0 of the number of rows."""
    return id(kind.summed[index - 1].summed) if index else 0


def _with(unproven: Mapping[Effect, Column], index: int, column: Column) -> Column:
    """A column with what unproven rows add to it: by the index of it in their effect."""
    for effect, rows in unproven.items():
        if weight := effect[index]:
            column = [*map(add, column, rows if weight == 1 else [weight * each for each in rows])]
    return column
