"""The results of accounts with the same coverage and the same numbers, worked out once for all of them and for all requests.

A result is remembered by all that decides it, so it cannot be old. It computes most of itself when it is read, also once for all.
What is remembered has a limit in bytes: as many results as the caches hold, each of at most a certain size. All together are less than 120 MB.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

from sellerhealth.engine.covering import About, AlikeAccounts, covering
from sellerhealth.engine.queries import MetricQuery, QueryResult
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.result import MetricResult, UnavailableReason
from sellerhealth.metrics.unproven import UnprovenRows

# Of results that are remembered. Each part of one takes some 4 kB, each kind of unproven rows 150 bytes more.
_PARTS = 10  # those of a marketplace or a channel are few, those of a product may be thousands
_KINDS = 20  # an account with many unknown cells has ten of a metric
NumbersOfParts: TypeAlias = tuple[tuple[str, tuple[int, ...]], ...]  # in the order of the measures


def result_of_alike(alike: AlikeAccounts, query: MetricQuery, by_part: NumbersOfParts) -> QueryResult:
    """The result of a query for accounts without unproven rows."""
    # Code of a plugin may compute something else the next time, any text can name a part, and what has many parts takes much memory.
    is_named = query.part is not None and query.part.name is not None
    if query.metric.has_own_classes or is_named or len(by_part) > _PARTS:
        return _result(alike, query, by_part)
    return _result_of_alike(alike, query, by_part) if len(by_part) <= 1 else _parts_of_alike(alike, query, by_part)


def _result(alike: AlikeAccounts, query: MetricQuery, by_part: NumbersOfParts) -> QueryResult:
    about = covering(alike, query).about
    counted = [(part, numbers) for part, numbers in by_part if query.part is None or any(numbers)]
    return with_coverage(alike, query, {part: judged(query.metric, numbers, about) for part, numbers in counted})


_result_of_alike = lru_cache(maxsize=4_096)(_result)  # of some 4 kB
_parts_of_alike = lru_cache(maxsize=1_024)(_result)  # of up to 40 kB


def with_coverage(alike: AlikeAccounts, query: MetricQuery, results: Mapping[str, MetricResult]) -> QueryResult:
    """The results of the parts of a query with what coverage says of it. A part that is named has a result also without rows."""
    about, _, through, stale, known_through = covering(alike, query)
    if query.part is not None and query.part.name is not None and not results:
        results = {query.part.name: query.metric.result({}, unavailable=about.unavailable or UnavailableReason.NOTHING_TO_MEASURE)}
    return QueryResult(results, through, stale, known_through, about.rejected)


def judged(metric: Metric, numbers: Sequence[int], about: About, unproven: Sequence[UnprovenRows] = ()) -> MetricResult:
    """The result of a metric for some numbers."""
    judge = _judged.__wrapped__ if metric.has_own_classes or len(unproven) > _KINDS else _judged
    return judge(metric, tuple(numbers), about, tuple(unproven))


@lru_cache(maxsize=8_192)  # of 4 to 7 kB
def _judged(metric: Metric, numbers: tuple[int, ...], about: About, unproven: tuple[UnprovenRows, ...]) -> MetricResult:
    return metric.result(dict(zip(metric.all_measures, numbers, strict=True)), **about.judging, unproven=unproven)
