"""How much work a metric is, for the cost of an operation: in the work for one field of a response, about 10 microseconds of CPU.

The weights are measured, and what counts is their ratio: `make benchmark-cost` prints how far they are from the truth.
"""

import datetime as dt
import math
from functools import cache

from sellerhealth.engine.account_status import judged_queries
from sellerhealth.engine.queries import MetricQuery
from sellerhealth.metrics.expressions import number_of_lookups
from sellerhealth.metrics.metric import Metric

VALUE = 30  # of any value: its part of the statement, and the judgement
ROWS = 1.2  # of the rows of a day
LOOKUPS = 0.8  # of a condition on related facts for the rows of a day
POINT = 4  # of the value of one day of a series
SPLIT = 1.3  # how much more it is to count each day, or each part, on its own
SHARED = 0.6  # of a value that shares its rows with others of the same statement
LIFETIME = 730  # days: what a window without a beginning is taken for, and a series of which most days have no rows


def value_work(metric: Metric, days: int) -> int:
    """The work for a value over a window of so many days."""
    return math.ceil(VALUE + min(days or LIFETIME, LIFETIME) * _rows_work(metric))


def parts_work(metric: Metric, days: int) -> int:
    """The work for the value of each part, besides that for the whole."""
    return math.ceil(value_work(metric, days) * SPLIT)


def series_work(metric: Metric, days: int, length: int) -> int:
    """The work for the values as of a number of days, each over a window of a length in days."""
    return math.ceil(VALUE + POINT * length + min(length + (days or LIFETIME), LIFETIME) * _rows_work(metric) * SPLIT)


def windows_work(metric: Metric, days: int) -> int:
    """The work for the values over all windows, besides that over a window of so many days."""
    return math.ceil(sum(value_work(metric, window.days) for window in metric.windows if window.days != days) * SHARED)


@cache
def judged_work(metric: Metric, days: int | None = None) -> int:
    """The work for the overall status of a metric, besides that for its value over a window of so many days."""
    queries = judged_queries(MetricQuery(metric, metric.windows[0], dt.date.max))
    others = [query for query in queries if query.part is not None or query.window.days != days]
    work = (value_work if query.part is None else parts_work for query in others)
    return math.ceil(sum(each(metric, query.window.days) for each, query in zip(work, others, strict=True)) * SHARED)


def _rows_work(metric: Metric) -> float:
    """The work for the rows of a day: each condition on related facts is a look-up for each row."""
    return ROWS + LOOKUPS * number_of_lookups(metric)
