"""What the coverage of an account says of a query, worked out once for all accounts and requests alike: that takes longer than a verdict."""

import datetime as dt
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from sellerhealth.engine.coverage import AccountCoverage, MetricCoverage, metric_coverage
from sellerhealth.engine.covered_by import read_sources
from sellerhealth.engine.queries import MetricQuery
from sellerhealth.metrics.expressions import kinds_read
from sellerhealth.metrics.result import UnavailableReason
from sellerhealth.model.tables import FactKind
from sellerhealth.settings import StaleAfter

RejectedRows: TypeAlias = tuple[
    tuple[tuple[FactKind, dt.date | None], int], ...
]  # by kind and day; the day None where it could not be read


class AlikeAccounts:
    """Accounts with the same sources and rejected rows, on a day and with the same settings."""

    def __init__(self, sources: str, rejected: RejectedRows, today: dt.date, stale_after: StaleAfter) -> None:
        """`sources`: as text, see covered_by.py."""
        self.coverage = AccountCoverage.of(read_sources(sources), dict(rejected))
        self.today, self.stale_after = today, stale_after


alike_accounts = lru_cache(maxsize=1_024)(AlikeAccounts)


class About(NamedTuple):
    """What decides about a result beside its numbers: why there can be none, and what is known of the coverage of its facts."""

    unavailable: UnavailableReason | None
    proven: bool
    stale: bool
    rejected: int

    @property
    def judging(self) -> Mapping[str, Any]:
        """The same as arguments of `Metric.result`."""
        return self._asdict()


class Covering(NamedTuple):
    """What coverage says of a query: `through`, `stale` and `known_through` are those of its result."""

    about: About
    coverage: MetricCoverage
    through: Mapping[FactKind, dt.date | None]
    stale: Mapping[FactKind, dt.date]
    known_through: dt.date | None


def covering(alike: AlikeAccounts, query: MetricQuery) -> Covering:
    """What the coverage of such accounts says of a query: the same for each part, which any text can name."""
    return _covering(alike, query.of_each_part)


@lru_cache(maxsize=4_096)
def _covering(alike: AlikeAccounts, query: MetricQuery) -> Covering:
    through, coverage = alike.coverage.through, metric_coverage(query, alike.coverage, alike.today, alike.stale_after)
    about = About(coverage.unavailable, coverage.proven, coverage.is_stale(query.as_of), coverage.rejected_in(query.span))
    of_kinds = {kind: through.get(kind) for kind in sorted(kinds_read(query.metric)[1])}
    return Covering(about, coverage, of_kinds, coverage.stale(query.as_of), coverage.known_through)
