"""What can be asked of a metric, and what comes back."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sellerhealth.metrics.declaration import Window
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.result import MetricResult
from sellerhealth.model.tables import FactKind


@dataclass(frozen=True)
class Scope:
    """The part of an account's business: one marketplace, one channel, or None for all of it."""

    marketplace: str | None = None
    channel: str | None = None


WHOLE = Scope()


@dataclass(frozen=True)
class Ask:
    """One metric of one account over one window; with `by`, for each part along a dimension (`marketplace`, `channel` or a key of `parts`)."""

    account_id: int
    metric: Metric
    window: Window
    as_of: dt.date
    scope: Scope = WHOLE
    by: str | None = None


@dataclass(frozen=True)
class SeriesAsk:
    """One metric of one account as of each day from `first` to `last`; with `part`, (dimension, part), of one part alone."""

    account_id: int
    metric: Metric
    window: Window
    first: dt.date
    last: dt.date
    scope: Scope = WHOLE
    part: tuple[str, str] | None = None


Series = tuple[tuple[dt.date, MetricResult], ...]  # a result for each as-of day, oldest first


@dataclass(frozen=True)
class Measured:
    """The answer to an ask: the result of each part, or of the whole under ''; and up to which day each kind of fact it reads is covered."""

    results: Mapping[str, MetricResult]
    coverage: Mapping[FactKind, dt.date | None]

    @property
    def whole(self) -> MetricResult:
        """The result of an ask without a dimension."""
        return self.results[""]
