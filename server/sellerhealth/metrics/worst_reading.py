"""The worst reading of a value: what it would be if every unproven row turned out as bad as it may. See docs/spec/rules.md#unknown-cells."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import cache
from itertools import combinations

from sellerhealth.metrics.measures import Measure, Numbers, Ratio, Term, excluded
from sellerhealth.metrics.targets import AtLeast, Below, MetricStatus, Nothing, Target
from sellerhealth.metrics.unproven import Counts, UnprovenRows
from sellerhealth.metrics.values import Count, Percent, Score, Value
from sellerhealth.model.conjuncts import conjuncts


def stays_good(
    value: Value, target: Target | None, numbers: Numbers, unproven: Sequence[UnprovenRows], rejected: int, doubtful: Measure | None
) -> bool:
    """Whether a good value stays good in its worst reading.

    `rejected`: how many rows that imports rejected may be misses. `doubtful`: the measure of the rows that may be misses, which the
    metric declares. Of values and targets of a plugin's own the worst reading is not known: there one unproven row is too many.
    """
    open_rows: list[UnprovenRows] = []
    if unproven:
        measures = (*value.measures, *(target.measures if target else ()), *([doubtful] if doubtful else []))
        open_rows = [rows for rows in unproven if rows.touch(measures)]
    misses = rejected
    if doubtful is not None:
        misses += int(numbers[doubtful]) - sum(rows.rows for rows in open_rows if rows.counted_now(doubtful))
    if not open_rows and not misses:
        return True
    worst = None if target is None else worst_value(value, target, numbers, open_rows, misses, doubtful)
    return target is not None and worst is not None and target.judge(worst, numbers) is MetricStatus.GOOD


def worst_value(
    value: Value, target: Target, numbers: Numbers, unproven: Sequence[UnprovenRows], misses: int, doubtful: Measure | None
) -> Fraction | None:
    """The value in its worst reading; None if that is not known, or if there may be nothing to measure."""
    high = type(target) in (Below, Nothing)  # the higher, the worse
    if not high and type(target) is not AtLeast:
        return None
    if isinstance(value, Ratio) and type(value) in (Ratio, Percent):
        return _worst_ratio(value, numbers, unproven, misses, doubtful, high=high)
    if type(value) is Count:
        return _worst_count(value, numbers, unproven, misses, doubtful, high=high)
    if type(value) is Score and not high and not misses:
        return _worst_score(value, numbers, unproven, doubtful)
    return None


def _worst_ratio(
    value: Ratio, numbers: Numbers, unproven: Sequence[UnprovenRows], misses: int, doubtful: Measure | None, *, high: bool
) -> Fraction | None:
    if misses and any(measure.summed is not None for measure in value.measures):
        return None
    part, whole = value.part.of(numbers), value.whole.of(numbers)
    for rows in unproven:
        weight = _weight(rows, value.measures)
        if weight is None:
            return None
        part -= weight * _now(rows, value.part)
        whole -= weight * _now(rows, value.whole)
        (least, most), (fewest, all_of_them) = _bounds(rows, value.part), _bounds(rows, value.whole)
        if doubtful is not None and rows.count_in(doubtful) is not Counts.NO:
            least, most, all_of_them = 0, max(most, 1), max(all_of_them, 1)
        if rows.elsewhere:  # at best they do not count at all
            if least and value.is_share and not high:
                continue
            least, fewest = 0, 0
        part += weight * (most if high else least)
        whole += weight * (max(fewest, min(most, 1) if value.is_share else 0) if high else all_of_them)
    part, whole = (part + misses, whole) if high else (part, whole + misses)
    return value.from_share(Fraction(part, whole)) if whole > 0 else None


def _worst_count(
    value: Count, numbers: Numbers, unproven: Sequence[UnprovenRows], misses: int, doubtful: Measure | None, *, high: bool
) -> Fraction | None:
    if misses and any(measure.summed is not None for measure in value.measures):
        return None
    number = Fraction(value.term.of(numbers))
    for rows in unproven:
        weight = _weight(rows, value.measures)
        if weight is None:
            return None
        least, most = _bounds(rows, value.term)
        is_doubtful = doubtful is not None and rows.count_in(doubtful) is not Counts.NO
        worst = (max(most, 1) if is_doubtful else most) if high else (0 if rows.elsewhere else least)
        number += weight * (worst - _now(rows, value.term))
    return number + misses if high else number


def _worst_score(value: Score, numbers: Numbers, unproven: Sequence[UnprovenRows], doubtful: Measure | None) -> Fraction | None:
    """Each row has the fewest points that it may have, and counts only if that lowers the mean."""
    points, number = value.earned(numbers)
    may_count: list[tuple[int, int]] = []
    for rows in unproven:
        for measure, earned in value.points.items():
            if rows.counted_now(measure):
                points, number = points - earned * rows.rows, number - rows.rows
        possible = [earned for measure, earned in value.points.items() if rows.count_in(measure) is not Counts.NO]
        if doubtful is not None and rows.count_in(doubtful) is not Counts.NO:
            possible = list(value.points.values())
        if possible:
            may_count.append((min(possible), rows.rows))
    for earned, rows_of_it in sorted(may_count):
        if not number or earned * number < points:
            points, number = points + earned * rows_of_it, number + rows_of_it
    return value.from_mean(Fraction(points, number)) if number else None


def _now(rows: UnprovenRows, term: Term) -> int:
    """In how many measures of a term the rows are counted now."""
    return sum(rows.counted_now(measure) for measure in term.measures)


def _bounds(rows: UnprovenRows, term: Term) -> tuple[int, int]:
    """In how many measures of a term the rows count at least, and at most: in one of several that exclude each other."""
    counts = [rows.count_in(measure) for measure in term.measures]
    sure, possible = counts.count(Counts.YES), len(counts) - counts.count(Counts.NO)
    return sure, max(sure, min(possible, 1)) if _exclude_each_other(term.measures) else possible


def _weight(rows: UnprovenRows, measures: Sequence[Measure]) -> int | None:
    """What the rows add to each of some measures; None if that differs or is not known."""
    weights = {rows.weight(measure) for measure in measures if rows.count_in(measure) is not Counts.NO} or {rows.rows}
    weight = weights.pop()
    return None if weights or weight is None or weight < 0 else weight


def _exclude_each_other(measures: Iterable[Measure]) -> bool:
    """Whether no row counts in two of some measures, as far as their conditions show."""
    return all(_excludes(one, other) or _excludes(other, one) for one, other in combinations(measures, 2))


@cache  # a series compares the same measures on every day
def _excludes(one: Measure, other: Measure) -> bool:
    """Whether a measure leaves out what another one requires, or both are classes of one split."""
    if one.split_class is not None and other.split_class is not None and one.split_class.class_name is other.split_class.class_name:
        return one.split_class.name != other.split_class.name
    left_out = [condition for each in conjuncts(one.condition) if (condition := excluded(each)) is not None]
    return any(condition.compare(each) for condition in left_out for each in conjuncts(other.condition))
