"""A series: the verdict as of each day, by the numbers and the unproven rows of the window that ends on it.

Column by column where the metric allows it, and day by day of a value, a target or a window of another kind: the property tests compare both.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import repeat

from sellerhealth.deadline import Deadline
from sellerhealth.engine.coverage import MetricCoverage
from sellerhealth.engine.queries import MetricQuery, Series
from sellerhealth.engine.sliding_window import Days, RunningSums, as_of_days, length, slide, slide_by_day, slide_running, slide_weighted
from sellerhealth.engine.unproven_days import UnprovenDays
from sellerhealth.metrics.measures import Measure, Number
from sellerhealth.metrics.result import UnavailableReason, Verdict, without_value
from sellerhealth.metrics.unproven import UnprovenKind, UnprovenRows
from sellerhealth.metrics.worst_of_days import Effect

DAYS = 50  # judged between two looks at the deadline


def judge_days(
    query: MetricQuery,
    coverage: MetricCoverage,
    dated: Days[str],
    running: Iterable[RunningSums],
    unproven: UnprovenDays,
    deadline: Deadline,
) -> Series:
    """The series of a query for one account, by the numbers of days and by running sums. Raises DeadlinePassed."""
    days, measures = as_of_days(query), query.metric.all_measures
    slid = {**slide(query, dated)}
    for sums in running:
        slid |= slide_running(query, sums)
    none = [0] * len(days)
    counted = {measure: slid.get(name, none) for name, measure in measures.items()}
    deadline.check()
    verdicts: Sequence[Verdict] | None = None
    if coverage.unavailable is not None:
        verdicts = [without_value(coverage.unavailable)] * len(days)
    elif query.window.half_life is None and query.metric.judge.of_columns:
        verdicts = _by_columns(query, coverage, counted, unproven)
    if verdicts is None:
        verdicts = _one_by_one(query, coverage, counted, _weighted(query, dated), unproven, deadline)
    if query.part is not None and coverage.unavailable is None:
        nothing = without_value(UnavailableReason.NOTHING_TO_MEASURE)
        has_any = map(any, zip(*counted.values(), strict=True))
        verdicts = [verdict if of_day else nothing for verdict, of_day in zip(verdicts, has_any, strict=True)]
    return Series(days, verdicts, counted)


def _by_columns(
    query: MetricQuery, coverage: MetricCoverage, counted: Mapping[Measure, Sequence[int]], unproven: UnprovenDays
) -> Sequence[Verdict] | None:
    """The verdicts by columns; None if the worst reading of a day is known of that day alone."""
    judge = query.metric.judge
    worst = judge.worst_of_days
    if worst is not None and not worst.can_read(counted):
        return None

    def effects() -> Mapping[Effect, Sequence[int]] | None:
        added_up = {} if worst is None else unproven.added_up(query, worst.effect)
        return added_up and {effect: slide_by_day(query, rows) for effect, rows in added_up.items()}

    stale = coverage.stale_days(as_of_days(query)[0], length(query))
    return judge.verdicts(counted, proven=coverage.proven, stale=stale, rejected=_rejected(query, coverage), unproven=effects)


def _one_by_one(
    query: MetricQuery,
    coverage: MetricCoverage,
    counted: Mapping[Measure, Sequence[int]],
    weighted: Iterable[Mapping[str, Number] | None],
    unproven: UnprovenDays,
    deadline: Deadline,
) -> Sequence[Verdict]:
    judge, measures, days = query.metric.judge, query.metric.all_measures, as_of_days(query)
    stale = coverage.stale_days(days[0], len(days))
    of_days = zip(weighted, stale, _rejected(query, coverage), _slid_unproven(query, unproven), strict=True)
    verdicts = []
    for at, (weights, is_stale, rejected, rows) in enumerate(of_days):
        if not at % DAYS:
            deadline.check()
        numbers = {measure: column[at] for measure, column in counted.items()}
        used = numbers if weights is None else {measure: weights.get(name, 0) for name, measure in measures.items()}
        about = {"proven": coverage.proven, "stale": is_stale}
        verdicts.append(judge.verdict(used, numbers, **about, rejected=rejected, unproven=rows))
    return verdicts


def _rejected(query: MetricQuery, coverage: MetricCoverage) -> Sequence[int]:
    """How many rejected rows may count in the window as of each day."""
    if not coverage.rejected:
        return [0] * length(query)
    return [coverage.rejected_in(query.window.span(as_of)) for as_of in as_of_days(query)]


def _weighted(query: MetricQuery, dated: Days[str]) -> Iterator[Mapping[str, Number] | None]:
    return repeat(None, length(query)) if query.window.half_life is None else slide_weighted(query, dated)


def _slid_unproven(query: MetricQuery, unproven: UnprovenDays) -> Iterator[Sequence[UnprovenRows]]:
    """The unproven rows in the window as of each day."""
    rows = [
        (day, {(kind, index): number for index, number in enumerate(numbers)})
        for day, (kind, numbers) in unproven.rows()
        if day is not None and kind.are_open
    ]
    if not rows:
        return repeat((), length(query))
    by_kind: defaultdict[UnprovenKind, list[Sequence[int]]] = defaultdict(list)
    for (kind, _), column in slide(query, rows).items():  # of a kind, the columns have the order of its numbers
        by_kind[kind].append(column)
    of_days = [(kind, list(zip(*columns, strict=True))) for kind, columns in by_kind.items()]
    return (tuple(UnprovenRows(kind, numbers[at]) for kind, numbers in of_days if numbers[at][0]) for at in range(length(query)))
