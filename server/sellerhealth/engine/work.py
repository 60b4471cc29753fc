"""How much work a metric is, for the cost of an operation: in units of 3 to 10 microseconds of CPU. A field of a response is one.

The weights are measured, and what counts is their ratio: `make benchmark-cost` prints how far they are from the truth.
"""

import datetime as dt
import math
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from sellerhealth.engine.account_status import judged_queries
from sellerhealth.engine.queries import MetricQuery
from sellerhealth.engine.sources import sets_for
from sellerhealth.metrics.expressions import number_of_lookups
from sellerhealth.metrics.metric import Metric

LIFETIME = 730  # days: what a window without a beginning is taken for, and a series of which most days have no rows


class Weights(NamedTuple):
    """The work for a value: for itself, for each day of its window, and for each condition on related facts on each of these days."""

    one: float
    day: float = 0
    lookup: float = 0
    shared: float = 1  # how much of it is left where one statement has several values of a metric

    def over(self, metric: Metric, days: int) -> float:
        """The work for a metric over so many days."""
        return self.one + min(days or LIFETIME, LIFETIME) * (self.day + self.lookup * number_of_lookups(metric))


ROLLED_UP = Weights(75)  # a value is the difference of two rows, however long its window
COUNTED = Weights(25, 3, 2, shared=0.4)  # from the facts, whose rows are looked at
DAY = 2  # of a series: the numbers of a day are read, from either
POINT = 2  # of a series: the value as of a day


class MetricWork:
    """The work for metrics on a server with certain sets of rollups, each with its members. What is in none is counted in the facts."""

    def __init__(self, rollups: Mapping[str, frozenset[str]] | None = None) -> None:
        self._rollups = rollups or {}

    def value(self, metric: Metric, days: int) -> int:
        """The work for a value over a window of so many days, or for those of its parts."""
        return math.ceil(self._weights(metric).over(metric, days))

    def series(self, metric: Metric, days: int, length: int) -> int:
        """The work for the values as of a number of days, each over a window of a length in days."""
        span = min(length + (days or LIFETIME), LIFETIME)
        return math.ceil(self._weights(metric).over(metric, span) + DAY * span + POINT * length)

    def windows(self, metric: Metric, days: int) -> int:
        """The work for the values over all windows, besides that over a window of so many days."""
        weights = self._weights(metric)
        return math.ceil(sum(weights.over(metric, window.days) for window in metric.windows if window.days != days) * weights.shared)

    def judged(self, metric: Metric, days: int | None = None) -> int:
        """The work for the overall status of a metric, besides that for its value over a window of so many days."""
        return _judged(metric, days, self._weights(metric))

    def evidence(self, metric: Metric, days: int) -> int:
        """The work to count the rows of one measure, which are always facts: half of what all measures of a metric take."""
        return math.ceil(COUNTED.over(metric, days) / 2)

    def drivers(self, metric: Metric, days: int) -> int:
        """The work to count all measures of a metric twice in the facts: in all, and by the values of a column."""
        return math.ceil(2 * COUNTED.over(metric, days))

    def _weights(self, metric: Metric) -> Weights:
        return ROLLED_UP if sets_for(_whole(metric), self._rollups) else COUNTED


WITHOUT_ROLLUPS = MetricWork()


@cache
def _whole(metric: Metric) -> MetricQuery:
    return MetricQuery(metric, metric.windows[0], dt.date.max)


@cache
def _judged(metric: Metric, days: int | None, weights: Weights) -> int:
    queries = [query for query in judged_queries(_whole(metric)) if query.part is not None or query.window.days != days]
    return math.ceil(sum(weights.over(metric, query.window.days) for query in queries) * weights.shared)
