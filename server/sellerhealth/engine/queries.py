"""A query of a metric, and its result: the only form of both between GraphQL and SQL."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import NamedTuple

from sellerhealth.metrics.declaration import Window
from sellerhealth.metrics.measures import Measure
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.result import MetricResult, Verdict
from sellerhealth.model.tables import FactKind

PART_BYTES, KIND_BYTES = 4_000, 150  # of a result: of each part, and of each kind of its unproven rows


@dataclass(frozen=True)
class Scope:
    """The part of an account's business: one marketplace, one channel, or None for all of it."""

    marketplace: str | None = None
    channel: str | None = None


WHOLE = Scope()


@dataclass(frozen=True)
class Part:
    """A part of a metric along a dimension: `marketplace`, `channel` or a key of `Metric.parts`. Without a name, each of its parts."""

    dimension: str
    name: str | None = None


@dataclass(frozen=True)
class MetricQuery:
    """One metric over a window as of a day. With `since` it is a series: one result as of each day from then to `as_of`."""

    metric: Metric
    window: Window
    as_of: dt.date
    scope: Scope = WHOLE
    part: Part | None = None
    since: dt.date | None = None

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        # Results are looked up by their query some forty times a request. That of all fields takes ten times as long.
        return hash((self.metric, self.window, self.as_of, self.scope, self.part, self.since))

    @cached_property
    def span(self) -> tuple[dt.date, dt.date]:
        """The first and the last day whose rows count."""
        first, last = self.window.span(self.as_of)
        return first if self.since is None else self.window.span(self.since)[0], last

    @property
    def is_daily(self) -> bool:
        """Whether the number of each day is needed: to weigh it, or to slide the window over it."""
        return self.window.half_life is not None or self.since is not None

    @cached_property
    def part_column(self) -> str | None:
        """The column of the facts that names the part of each row."""
        parts = self.metric.parts
        return None if self.part is None else parts[self.part.dimension].key if self.part.dimension in parts else self.part.dimension

    @property
    def named_part(self) -> str | None:
        """The part of its only result; '' is the whole. None: of each part one."""
        return "" if self.part is None else self.part.name

    @cached_property
    def of_each_part(self) -> "MetricQuery":
        """The query that is compiled. A query for one part becomes the query for all parts along its dimension."""
        return self if self.part is None or self.part.name is None else replace(self, part=Part(self.part.dimension))


@lru_cache(maxsize=1024)  # a query is looked up many times, and the same object needs no comparison
def query_of(metric: Metric, window: Window, as_of: dt.date, scope: Scope) -> MetricQuery:
    """The query of a metric as a whole: for each request the same object."""
    return MetricQuery(metric, window, as_of, scope)


@lru_cache(maxsize=1024)  # a list needs it for each account, and its fields are checked when it is made
def window_of_length(metric: Metric, days: int) -> Window:
    """The window of a length: a declared one, or the default one with another length, which is not judged. See docs/spec/rules.md#windows."""
    declared = next((window for window in metric.windows if window.days == days), None)
    return replace(metric.windows[0], days=days, judged=False) if declared is None else declared


class Series(NamedTuple):
    """The as-of days of a series, oldest first, and in columns the verdict of each and the numbers of its window."""

    days: Sequence[dt.date]
    verdicts: Sequence[Verdict]
    counted: Mapping[Measure, Sequence[int]]


class QueryResult(NamedTuple):
    """The result of each part, or of the whole under ''; and the coverage of the facts that the metric reads.

    `coverage`: up to which day each kind is covered. `stale`: the kinds not covered far enough, and up to which day they are.
    `known_through`: the last as-of day on which nothing is stale. `rejected`: how many rows that imports rejected may count.
    """

    by_part: Mapping[str, MetricResult]
    coverage: Mapping[FactKind, dt.date | None]
    stale: Mapping[FactKind, dt.date]
    known_through: dt.date | None
    rejected: int = 0

    @property
    def result(self) -> MetricResult:
        """The only result: of a query for the whole, or for one part."""
        (result,) = self.by_part.values()
        return result

    @property
    def bytes(self) -> int:
        """How much memory it takes, about: each part and each kind of unproven rows."""
        return sum(PART_BYTES + KIND_BYTES * len(part.unproven.by_kind) for part in self.by_part.values())
