"""The worst reading of a value: what it would be if every unproven row turned out as bad as it may. See docs/spec/rules.md#unknown-cells."""

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import cache, lru_cache, partial
from itertools import combinations
from typing import NamedTuple, TypeAlias

from sellerhealth.metrics.measures import Measure, Numbers, Ratio, Term, excluded
from sellerhealth.metrics.targets import AtLeast, Below, MetricStatus, Nothing, Target
from sellerhealth.metrics.unproven import Counts, UnprovenKind, UnprovenRows
from sellerhealth.metrics.values import Count, Percent, Score, Value
from sellerhealth.model.conjuncts import conjuncts

# The value from its numbers, the rows of which it is open what they add to it, and a number of misses; None if it is not known.
_Read: TypeAlias = Callable[[Numbers, Sequence[UnprovenRows], int], Fraction | None]
_remembered = lru_cache(maxsize=1_000)  # by kind: the rows of an account are of some dozens


class WorstReading:
    """The worst reading of a value against its target. What the rows of a kind can do is worked out once: a series has hundreds of days."""

    def __init__(self, value: Value, target: Target | None, doubtful: Measure | None) -> None:
        """`doubtful`: the measure of the rows that may be misses, which the metric declares."""
        self._target, self._doubtful = target, doubtful
        measures = (*value.measures, *(target.measures if target else ()), *([doubtful] if doubtful else []))
        self._touches = _remembered(lambda kind: kind.touch(measures))
        self._worst = _reader(value, target, doubtful)

    def stays_good(self, numbers: Numbers, unproven: Sequence[UnprovenRows], rejected: int) -> bool:
        """Whether a good value stays good in its worst reading.

        `rejected`: how many rows that imports rejected may be misses. Of values and targets of a plugin's own the worst reading is not
        known: there one unproven row is too many.
        """
        open_rows = [rows for rows in unproven if self._touches(rows.kind)] if unproven else ()
        misses = rejected
        if self._doubtful is not None:
            misses += int(numbers[self._doubtful]) - sum(rows.rows for rows in open_rows if rows.kind.counted_now(self._doubtful))
        if not open_rows and not misses:
            return True
        if self._target is None or self._worst is None:
            return False
        worst = self._worst(numbers, open_rows, misses)
        return worst is not None and self._target.judge(worst, numbers) is MetricStatus.GOOD


def _reader(value: Value, target: Target | None, doubtful: Measure | None) -> _Read | None:
    """What reads a value at its worst; None if that is not known."""
    if (high := is_high_worse(target)) is None:
        return None
    if isinstance(value, Ratio) and type(value) in (Ratio, Percent):
        return _ratio_reader(value, doubtful, high=high)
    if type(value) is Count:
        return _count_reader(value, doubtful, high=high)
    if type(value) is Score and not high:
        return _score_reader(value, doubtful)
    return None


def is_high_worse(target: Target | None) -> bool | None:
    """Whether a value is the worse the higher it is, or the lower; None if that is not known of its target."""
    return True if type(target) in (Below, Nothing) else False if type(target) is AtLeast else None


class Added(NamedTuple):
    """What each row of a kind adds at worst to a part and a whole, and by which of the kind's numbers it weighs."""

    part: int
    whole: int
    weighed_by: frozenset[int | None]

    def weight(self, rows: UnprovenRows) -> int | None:
        """What the rows weigh; None if that differs among the measures, or is not known."""
        if None in self.weighed_by:
            return None
        weight, *others = {rows.numbers[index] for index in self.weighed_by if index is not None}
        return None if others or weight < 0 else weight


def added_of(value: Ratio | Count, doubtful: Measure | None, *, high: bool) -> Callable[[UnprovenKind], Added]:
    """What works out, once, what each row of a kind adds at worst. `high`: the higher, the worse. Of a count the part is the number."""

    def to_ratio(value: Ratio, kind: UnprovenKind) -> Added:
        weighed_by = _weighed_by(kind, value.measures)
        now = _now(kind, value.part), _now(kind, value.whole)
        (least, most), (fewest, all_of_them) = _bounds(kind, value.part), _bounds(kind, value.whole)
        if doubtful is not None and kind.count_in(doubtful) is not Counts.NO:
            least, most, all_of_them = 0, max(most, 1), max(all_of_them, 1)
        if kind.elsewhere:  # at best they do not count at all
            if least and value.is_share and not high:
                return Added(-now[0], -now[1], weighed_by)
            least, fewest = 0, 0
        part = most if high else least
        whole = max(fewest, min(most, 1) if value.is_share else 0) if high else all_of_them
        return Added(part - now[0], whole - now[1], weighed_by)

    def to_count(value: Count, kind: UnprovenKind) -> Added:
        least, most = _bounds(kind, value.term)
        is_doubtful = doubtful is not None and kind.count_in(doubtful) is not Counts.NO
        worst = (max(most, 1) if is_doubtful else most) if high else (0 if kind.elsewhere else least)
        return Added(worst - _now(kind, value.term), 0, _weighed_by(kind, value.measures))

    return _remembered(partial(to_ratio, value) if isinstance(value, Ratio) else partial(to_count, value))


def _ratio_reader(value: Ratio, doubtful: Measure | None, *, high: bool) -> _Read:
    has_sums, added = adds_sums(value), added_of(value, doubtful, high=high)

    def read(numbers: Numbers, unproven: Sequence[UnprovenRows], misses: int) -> Fraction | None:
        if misses and has_sums:
            return None
        part, whole = value.part.of(numbers), value.whole.of(numbers)
        for rows in unproven:
            of_kind = added(rows.kind)
            if (weight := of_kind.weight(rows)) is None:
                return None
            part, whole = part + weight * of_kind.part, whole + weight * of_kind.whole
        part, whole = (part + misses, whole) if high else (part, whole + misses)
        return value.from_share(Fraction(part, whole)) if whole > 0 else None

    return read


def _count_reader(value: Count, doubtful: Measure | None, *, high: bool) -> _Read:
    has_sums, added = adds_sums(value), added_of(value, doubtful, high=high)

    def read(numbers: Numbers, unproven: Sequence[UnprovenRows], misses: int) -> Fraction | None:
        if misses and has_sums:
            return None
        number = Fraction(value.term.of(numbers))
        for rows in unproven:
            of_kind = added(rows.kind)
            if (weight := of_kind.weight(rows)) is None:
                return None
            number += weight * of_kind.part
        return number + misses if high else number

    return read


def adds_sums(value: Value) -> bool:
    """Whether a value adds up a column, and not rows alone."""
    return any(measure.summed is not None for measure in value.measures)


class _Earned(NamedTuple):
    """What each row of a kind earns: the points that it has now, how often it counts now, and the fewest points that it may have."""

    points: int
    number: int
    fewest: int | None


def _score_reader(value: Score, doubtful: Measure | None) -> _Read:
    """Each row has the fewest points that it may have, and counts only if that lowers the mean."""

    @_remembered
    def earned(kind: UnprovenKind) -> _Earned:
        now = [points for measure, points in value.points.items() if kind.counted_now(measure)]
        possible = [points for measure, points in value.points.items() if kind.count_in(measure) is not Counts.NO]
        if doubtful is not None and kind.count_in(doubtful) is not Counts.NO:
            possible = list(value.points.values())
        return _Earned(sum(now), len(now), min(possible, default=None))

    def read(numbers: Numbers, unproven: Sequence[UnprovenRows], misses: int) -> Fraction | None:
        if misses:
            return None
        points, number = value.earned(numbers)
        may_count: list[tuple[int, int]] = []
        for rows in unproven:
            of_kind = earned(rows.kind)
            points, number = points - of_kind.points * rows.rows, number - of_kind.number * rows.rows
            if of_kind.fewest is not None:
                may_count.append((of_kind.fewest, rows.rows))
        for fewest, rows_of_it in sorted(may_count):
            if not number or fewest * number < points:
                points, number = points + fewest * rows_of_it, number + rows_of_it
        return value.from_mean(Fraction(points, number)) if number else None

    return read


def _now(kind: UnprovenKind, term: Term) -> int:
    """In how many measures of a term rows are counted now."""
    return sum(kind.counted_now(measure) for measure in term.measures)


def _bounds(kind: UnprovenKind, term: Term) -> tuple[int, int]:
    """In how many measures of a term rows count at least, and at most: in one of several that exclude each other."""
    counts = [kind.count_in(measure) for measure in term.measures]
    sure, possible = counts.count(Counts.YES), len(counts) - counts.count(Counts.NO)
    return sure, max(sure, min(possible, 1)) if _exclude_each_other(term.measures) else possible


def _weighed_by(kind: UnprovenKind, measures: Iterable[Measure]) -> frozenset[int | None]:
    """By which numbers rows weigh in those of some measures in which they may count."""
    return frozenset(kind.weighed_by(measure) for measure in measures if kind.count_in(measure) is not Counts.NO) or frozenset({0})


def _exclude_each_other(measures: Iterable[Measure]) -> bool:
    """Whether no row counts in two of some measures, as far as their conditions show."""
    return all(_excludes(one, other) or _excludes(other, one) for one, other in combinations(measures, 2))


@cache
def _excludes(one: Measure, other: Measure) -> bool:
    """Whether a measure leaves out what another one requires, or both are classes of one split."""
    if one.split_class is not None and other.split_class is not None and one.split_class.class_name is other.split_class.class_name:
        return one.split_class.name != other.split_class.name
    left_out = [condition for each in conjuncts(one.condition) if (condition := excluded(each)) is not None]
    return any(condition.compare(each) for condition in left_out for each in conjuncts(other.condition))
