"""How much work a metric is, for the cost of an operation: in units of 3 to 10 microseconds of CPU. A field of a response is one.

The weights are measured, and what counts is their ratio: `make benchmark-cost` prints how far they are from the truth.
"""

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from functools import cache
from typing import NamedTuple

from sellerhealth.engine.account_status import judged_queries
from sellerhealth.engine.queries import MetricQuery
from sellerhealth.engine.sources import sets_for
from sellerhealth.metrics.expressions import number_of_looks
from sellerhealth.metrics.metric import Metric

LIFETIME = 730  # days: what a window without a beginning is taken for, and a series of which most days have no rows


class Work(NamedTuple):
    """The work for a field: for each object that it is selected on, and once for all of them on a page, which one statement answers."""

    each: int
    once: int = 0

    @classmethod
    def total(cls, works: Iterable["Work"]) -> "Work":
        """The sum of some works."""
        summed = [sum(part) for part in zip(*works, strict=True)]
        return cls(*summed) if summed else NOTHING


NOTHING = Work(0)


class Weights(NamedTuple):
    """The work for a value: for itself, once in a statement, for each day of its window, and for each look at related facts on each of these days."""

    each: int
    once: int = 0
    day: float = 0
    look: float = 0

    def over(self, metric: Metric, days: int) -> Work:
        """The work for a metric over so many days."""
        of_days = min(days or LIFETIME, LIFETIME) * (self.day + self.look * number_of_looks(metric))
        return Work(self.each + math.ceil(of_days), self.once)


ROLLED_UP = Weights(75)  # a value is the difference of two rows, however long its window
COUNTED = Weights(10, 250, 1, 0.35)  # from the facts, whose rows are looked at
DAY = 1  # of a series: the numbers of a day are read, from either
POINT = 3  # of a series: the value as of a day


class MetricWork:
    """The work for metrics on a server with certain sets of rollups, each with its members. What is in none is counted in the facts."""

    def __init__(self, rollups: Mapping[str, frozenset[str]] | None = None) -> None:
        self._rollups = rollups or {}

    def value(self, metric: Metric, days: int) -> Work:
        """The work for a value over a window of so many days, or for those of its parts."""
        return self._weights(metric).over(metric, days)

    def series(self, metric: Metric, days: int, length: int) -> Work:
        """The work for the values as of a number of days, each over a window of a length in days."""
        span = min(length + (days or LIFETIME), LIFETIME)
        return Work.total((self._weights(metric).over(metric, span), Work(DAY * span + POINT * length)))

    def windows(self, metric: Metric, days: int) -> Work:
        """The work for the values over all windows, besides that over a window of so many days."""
        weights = self._weights(metric)
        return Work.total(weights.over(metric, window.days) for window in metric.windows if window.days != days)

    def judged(self, metric: Metric, days: int | None = None) -> Work:
        """The work for the overall status of a metric, besides that for its value over a window of so many days."""
        return _judged(metric, days, self._weights(metric))

    def evidence(self, metric: Metric, days: int) -> Work:
        """The work to count the rows of one measure, which are always facts: most of it is what all measures have in common."""
        return COUNTED.over(metric, days)

    def drivers(self, metric: Metric, days: int) -> Work:
        """The work to count all measures of a metric twice in the facts: in all, and by the values of a column."""
        return Work.total([COUNTED.over(metric, days)] * 2)

    def _weights(self, metric: Metric) -> Weights:
        return ROLLED_UP if sets_for(_whole(metric), self._rollups) else COUNTED


WITHOUT_ROLLUPS = MetricWork()


@cache
def _whole(metric: Metric) -> MetricQuery:
    return MetricQuery(metric, metric.windows[0], dt.date.max)


@cache
def _judged(metric: Metric, days: int | None, weights: Weights) -> Work:
    queries = [query for query in judged_queries(_whole(metric)) if query.part is not None or query.window.days != days]
    return Work.total(weights.over(metric, query.window.days) for query in queries)
