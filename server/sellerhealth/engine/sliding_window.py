"""A metric over time: a window slid over the numbers of the days."""

import datetime as dt
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from sellerhealth.engine.queries import MetricQuery
from sellerhealth.metrics.measures import Numbers
from sellerhealth.metrics.unproven import UnprovenRows, UnprovenTotals

_DAY = dt.timedelta(days=1)


def slide(query: MetricQuery, days: Mapping[dt.date, Mapping[str, int]]) -> Iterator[tuple[dt.date, dict[str, int], Numbers | None]]:
    """For each as-of day of a series: the numbers in its window, and the same weighted where the window has a half-life."""
    window, measures = query.window, query.metric.all_measures
    totals = dict.fromkeys(measures, 0)
    entering = deque(sorted(days))
    inside: deque[dt.date] = deque()
    as_of = query.since or query.as_of
    while as_of <= query.as_of:
        first, last = window.span(as_of)
        while entering and entering[0] <= last:
            inside.append(entering.popleft())
            _add(totals, days[inside[-1]], 1)
        while inside and inside[0] < first:
            _add(totals, days[inside.popleft()], -1)
        weighted: Numbers | None = None
        if window.half_life is not None:
            weights = {day: window.weight(day, as_of) for day in inside}
            weighted = {
                measure: sum((weights[day] * days[day].get(name, 0) for day in inside), start=Fraction(0))
                for name, measure in measures.items()
            }
        yield as_of, dict(totals), weighted
        as_of += _DAY


def slide_rows(query: MetricQuery, rows: Iterable[tuple[dt.date, UnprovenRows]]) -> Iterator[tuple[UnprovenRows, ...]]:
    """For each as-of day of a series the unproven rows in its window."""
    entering = deque(sorted(rows, key=lambda each: each[0]))
    inside: deque[tuple[dt.date, UnprovenRows]] = deque()
    totals = UnprovenTotals()
    as_of = query.since or query.as_of
    while as_of <= query.as_of:
        first, last = query.window.span(as_of)
        while entering and entering[0][0] <= last:
            inside.append(entering.popleft())
            totals.add(inside[-1][1])
        while inside and inside[0][0] < first:
            totals.add(inside.popleft()[1], -1)
        yield totals.rows
        as_of += _DAY


def _add(totals: dict[str, int], numbers: Mapping[str, int], sign: int) -> None:
    for name, number in numbers.items():
        totals[name] += sign * number
