"""The status of an account in a metric, or in several together."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from sellerhealth.engine.queries import WHOLE, MetricQuery, Part, QueryResult, Scope, query_of
from sellerhealth.engine.shapes import unavailable_reason
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.quotients import fraction_of, largest
from sellerhealth.metrics.result import MetricResult, worst_first
from sellerhealth.metrics.targets import MetricStatus


def enforced_metrics(metrics: Iterable[Metric]) -> tuple[Metric, ...]:
    """The enforced metrics: Amazon acts on their targets, and they decide the health of an account.

    See docs/spec/rules.md#overall-and-health-status.
    """
    return tuple(metric for metric in metrics if metric.target is not None and metric.target.enforced)


def judged_queries(query: MetricQuery) -> Sequence[MetricQuery]:
    """The queries whose results make the overall status: each judged window, the default one first.

    That is of the query's part; without one, of the whole, then along each of the metric's own dimensions. See
    docs/spec/rules.md#overall-and-health-status.
    """
    any_text_can_name_its_part = query.of_each_part is not query
    return _judged_queries.__wrapped__(query) if any_text_can_name_its_part else _judged_queries(query)


@lru_cache(maxsize=1024)  # of a result with an overall status they are needed twice
def _judged_queries(query: MetricQuery) -> Sequence[MetricQuery]:
    windows = [window for index, window in enumerate(query.metric.windows) if index == 0 or window.judged]
    parts = (None, *map(Part, query.metric.parts)) if query.part is None else (query.part,)
    of_itself = query.window, query.part
    queries = [query if (window, part) == of_itself else replace(query, window=window, part=part) for window in windows for part in parts]
    return [each for each in queries if unavailable_reason(each) is None] or queries[:1]


class JudgedResult(NamedTuple):
    """One of the results that make an overall status: of a query, for one of the parts that were found."""

    query: MetricQuery
    part: str
    found: QueryResult

    @property
    def result(self) -> MetricResult:
        """The result itself."""
        return self.found.by_part[self.part]


@lru_cache(maxsize=256)  # each account of a list needs them
def health_queries(metrics: Sequence[Metric], as_of: dt.date, scope: Scope = WHOLE) -> Sequence[MetricQuery]:
    """The queries whose results make the health status: those of the enforced ones among some metrics."""
    queries = (query_of(metric, metric.windows[0], as_of, scope) for metric in enforced_metrics(metrics))
    return [each for query in queries for each in judged_queries(query)]


def judged_results(queries: Iterable[MetricQuery], results: Iterable[QueryResult]) -> Sequence[JudgedResult]:
    """The result of each part of each query."""
    return [JudgedResult(query, part, found) for query, found in zip(queries, results, strict=True) for part in found.by_part]


def overall_status(results: Iterable[QueryResult]) -> MetricStatus:
    """The worst status among all parts of results. See docs/spec/rules.md#overall-and-health-status."""
    return MetricStatus.worst(*[part.status for found in results for part in found.by_part.values()])


def worst_of(judged: Iterable[JudgedResult]) -> JudgedResult | None:
    """The worst of the results that have a status; of several with one status, the one that uses most of its allowance."""
    known = (each for each in judged if each.result.status is not MetricStatus.NOT_AVAILABLE)
    return min(known, key=lambda each: worst_first(each.result), default=None)


def allowance_used(judged: Iterable[MetricResult]) -> Fraction | None:
    """The largest share of an allowance that is used, of the results that have a status; None where none has an allowance."""
    headrooms = (result.integer_headroom for result in judged if result.status is not MetricStatus.NOT_AVAILABLE)
    return fraction_of(largest(each.used for each in headrooms if each is not None and each.used is not None))


class AccountStatus(NamedTuple):
    """The worst status in some metrics, and the largest share of an allowance that is used, where there is one.

    `value` is that of one metric over its default window. None if there is nothing to measure.
    """

    status: MetricStatus
    used: Fraction | None
    value: Fraction | None = None

    @staticmethod
    def worst(statuses: "Sequence[AccountStatus]") -> "AccountStatus":
        """The status in several metrics together."""
        status = MetricStatus.worst(*(each.status for each in statuses))
        return AccountStatus(status, max((each.used for each in statuses if each.used is not None), default=None))


def status_of(judged: Sequence[MetricResult], value: Fraction | None) -> AccountStatus:
    """The status in a metric by its judged results, and its value."""
    return AccountStatus(MetricStatus.worst(*(result.status for result in judged)), allowance_used(judged), value)
