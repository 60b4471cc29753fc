"""Coverage of the facts that a metric reads: whether they have a source, and through which day. See docs/spec/rules.md#coverage."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from sellerhealth.engine.queries import MetricQuery
from sellerhealth.engine.shapes import unavailable_reason
from sellerhealth.metrics.expressions import kinds_read
from sellerhealth.metrics.result import UnavailableReason
from sellerhealth.model.tables import FactKind
from sellerhealth.settings import StaleAfter

Rejected = Mapping[tuple[FactKind, dt.date | None], int]  # rows that imports rejected, by kind and day; None where it could not be read


class AccountCoverage(NamedTuple):
    """The last day that the sources of an account cover, by kind of fact: of all sources, and of complete ones only; and the rejected rows."""

    through: Mapping[FactKind, dt.date]
    complete: Mapping[FactKind, dt.date]
    rejected: Rejected

    @classmethod
    def of(cls, sources: Iterable[tuple[FactKind, bool, dt.date]], rejected: Rejected) -> "AccountCoverage":
        """The coverage by some sources."""
        through: dict[FactKind, dt.date] = {}
        complete: dict[FactKind, dt.date] = {}
        for kind, is_complete, day in sources:
            for of_kind in (through, complete) if is_complete else (through,):
                of_kind[kind] = max(day, of_kind.get(kind, day))
        return cls(through, complete, rejected)


@dataclass(frozen=True)
class MetricCoverage:
    """Coverage of the facts that the metric of a query reads, for one account.

    `unavailable`: why there can be no value. `proven`: whether every kind has a source. `covered`: through which day each kind is
    covered. `rejected`: how many rejected rows may count on each day, on any day under None. `fresh_until`: the last as-of day on which
    each kind is not stale; an ordinal like `today`, because the sum of a day and a tolerance may be beyond the calendar.
    """

    unavailable: UnavailableReason | None
    proven: bool
    covered: Mapping[FactKind, dt.date]
    rejected: Mapping[dt.date | None, int]
    fresh_until: Mapping[FactKind, int]
    today: int

    def is_stale(self, as_of: dt.date) -> bool:
        """Whether any kind is stale as of a day. Nothing is stale as of a coming day, which no source can cover yet."""
        return self._fresh_until < as_of.toordinal() <= self.today

    def stale_days(self, first: dt.date, number: int) -> Sequence[bool]:
        """The same as of a day and those that follow it."""
        fresh_until, today, start = self._fresh_until, self.today, first.toordinal()
        return [fresh_until < day <= today for day in range(start, start + number)]

    @cached_property
    def _fresh_until(self) -> int:
        """The last as-of day on which no kind is stale."""
        return min(self.fresh_until.values(), default=self.today)

    def stale(self, as_of: dt.date) -> Mapping[FactKind, dt.date]:
        """The kinds that are stale as of a day, and through which day they are covered."""
        if not self.is_stale(as_of):
            return {}
        return {kind: self.covered[kind] for kind, last in sorted(self.fresh_until.items()) if last < as_of.toordinal()}

    def rejected_in(self, span: tuple[dt.date, dt.date]) -> int:
        """How many rejected rows may count in a window, by its first and last day."""
        if not self.rejected:
            return 0
        first, last = span
        return sum(number for day, number in self.rejected.items() if day is None or first <= day <= last)

    @property
    def known_through(self) -> dt.date | None:
        """The last as-of day on which nothing is stale, today at most. None if a kind has no source."""
        return dt.date.fromordinal(min((self.today, *self.fresh_until.values()))) if self.proven else None


def metric_coverage(query: MetricQuery, coverage: AccountCoverage, today: dt.date, stale_after: StaleAfter) -> MetricCoverage:
    """The coverage for a query.

    Counted facts need a complete source that reaches the last day of the window. Facts that are only looked up need any source that
    reaches the as-of day. `stale_after` says how many days less are tolerated.
    """
    counted, read = kinds_read(query.metric)
    covered, fresh_until = {}, {}
    for kind in read:
        source = coverage.complete if kind in counted else coverage.through
        if (through := source.get(kind)) is not None:
            covered[kind] = through
            days = query.window.lag + stale_after.counted[kind] if kind in counted else stale_after.looked_up[kind]
            fresh_until[kind] = through.toordinal() + days
    rejected: Counter[dt.date | None] = Counter()
    for (kind, day), number in coverage.rejected.items():
        if kind in read:
            rejected[day if kind in counted else None] += number  # a fact that is looked up counts on the day of another
    missing = UnavailableReason.SOURCE_MISSING if not counted <= covered.keys() else None
    return MetricCoverage(unavailable_reason(query) or missing, read <= covered.keys(), covered, rejected, fresh_until, today.toordinal())
