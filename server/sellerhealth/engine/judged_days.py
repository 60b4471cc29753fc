"""A series: the verdict as of each day, by the numbers and the unproven rows of the window that ends on it."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import repeat

from sellerhealth.deadline import Deadline
from sellerhealth.engine.coverage import MetricCoverage
from sellerhealth.engine.queries import MetricQuery, Point, Series
from sellerhealth.engine.sliding_window import Days, RunningSums, as_of_days, length, slide, slide_running, slide_weighted
from sellerhealth.metrics.measures import Number
from sellerhealth.metrics.result import UnavailableReason, without_value
from sellerhealth.metrics.unproven import UnprovenKind, UnprovenRows

DAYS = 50  # judged between two looks at the deadline


def judge_days(
    query: MetricQuery,
    coverage: MetricCoverage,
    dated: Days[str],
    running: Iterable[RunningSums],
    unproven: Iterable[tuple[dt.date, UnprovenRows]],
    deadline: Deadline,
) -> Series:
    """The series of a query for one account, by the numbers of days and by running sums. Raises DeadlinePassed."""
    days, measures, judge = as_of_days(query), query.metric.all_measures, query.metric.judge
    slid = {**slide(query, dated)}
    for sums in running:
        slid |= slide_running(query, sums)
    none = [0] * len(days)
    of_days = zip(
        days,
        zip(*(slid.get(name, none) for name in measures), strict=True),
        coverage.stale_days(days[0], len(days)),
        _slid_unproven(query, unproven),
        _weighted(query, dated),
        strict=True,
    )
    points = []
    for number, (as_of, of_day, is_stale, rows, weighted) in enumerate(of_days):
        if not number % DAYS:
            deadline.check()
        numbers = dict(zip(measures.values(), of_day, strict=True))
        if coverage.unavailable is not None or (query.part is not None and not any(of_day)):
            verdict = without_value(coverage.unavailable or UnavailableReason.NOTHING_TO_MEASURE)
        else:
            verdict = judge.verdict(
                numbers if weighted is None else {measure: weighted.get(name, 0) for name, measure in measures.items()},
                numbers,
                proven=coverage.proven,
                stale=is_stale,
                rejected=coverage.rejected_in(query.window.span(as_of)) if coverage.rejected else 0,
                unproven=rows,
            )
        points.append(Point(as_of, verdict, numbers, rows))
    return tuple(points)


def _weighted(query: MetricQuery, dated: Days[str]) -> Iterator[Mapping[str, Number] | None]:
    return repeat(None, length(query)) if query.window.half_life is None else slide_weighted(query, dated)


def _slid_unproven(query: MetricQuery, unproven: Iterable[tuple[dt.date, UnprovenRows]]) -> Iterator[Sequence[UnprovenRows]]:
    """The unproven rows in the window as of each day."""
    rows = [(day, {(kind, index): number for index, number in enumerate(numbers)}) for day, (kind, numbers) in unproven]
    if not rows:
        return repeat((), length(query))
    by_kind: defaultdict[UnprovenKind, list[Sequence[int]]] = defaultdict(list)
    for (kind, _), column in slide(query, rows).items():  # of a kind, the columns have the order of its numbers
        by_kind[kind].append(column)
    of_days = [(kind, list(zip(*columns, strict=True))) for kind, columns in by_kind.items()]
    return (tuple(UnprovenRows(kind, numbers[at]) for kind, numbers in of_days if numbers[at][0]) for at in range(length(query)))
