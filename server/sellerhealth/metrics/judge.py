"""Judges a value: its number and its status, for many numbers of rows. What does not depend on these is worked out once."""

from collections.abc import Sequence
from functools import cached_property

from sellerhealth.metrics.declaration import Minimum
from sellerhealth.metrics.integer_arithmetic import Arithmetic
from sellerhealth.metrics.measures import Measure, Numbers
from sellerhealth.metrics.quotients import Counted, quotient_of
from sellerhealth.metrics.result import UnavailableReason, Verdict, without_value
from sellerhealth.metrics.targets import Bands, MetricStatus, Target
from sellerhealth.metrics.unproven import UnprovenRows
from sellerhealth.metrics.values import Value
from sellerhealth.metrics.worst_reading import WorstReading

_NOTHING = without_value(UnavailableReason.NOTHING_TO_MEASURE)


class Judge:
    """Judges the value of a metric, or of one of its figures, against its target."""

    def __init__(
        self, value: Value, target: Target | None, minimum: Minimum | None, doubtful: Measure | None, bands: Bands | None = None
    ) -> None:
        """`doubtful`: the measure of the rows that may be misses, which the metric declares."""
        self.arithmetic = Arithmetic(value, target, bands)
        self._value, self._target, self._minimum, self._doubtful = value, target, minimum, doubtful

    def has_enough(self, exact: Counted) -> bool:
        """Whether there are as many rows as it takes to judge."""
        return self._minimum is None or self._minimum.term.of(exact) >= self._minimum.least

    def verdict(
        self, used: Numbers, exact: Counted, *, proven: bool, stale: bool, rejected: int, unproven: Sequence[UnprovenRows]
    ) -> Verdict:
        """The value of the numbers that are used, and its status. Those are the exact ones, or the same with older days weighing less."""
        quotient = self.arithmetic.quotient(exact) if used is exact else quotient_of(self._value(used))
        if quotient is None:
            return _NOTHING
        if self._target is None:
            return Verdict(quotient, MetricStatus.WITHOUT_TARGET, None)
        if not self.has_enough(exact):
            return Verdict(quotient, MetricStatus.NOT_AVAILABLE, UnavailableReason.BELOW_MINIMUM)
        status = self.arithmetic.status(quotient, exact)
        if status is not MetricStatus.GOOD:
            return Verdict(quotient, status, None)
        # Weighted, a row's share depends on its day: the worst reading is not known, as of a value of a plugin's own.
        worst = self._worst if used is exact else self._unknown
        is_proven = proven and worst.stays_good(exact, unproven, rejected)
        if is_proven and not stale:
            return Verdict(quotient, status, None)
        return Verdict(quotient, MetricStatus.NOT_AVAILABLE, UnavailableReason.STALE if is_proven else UnavailableReason.UNPROVEN)

    @cached_property
    def _worst(self) -> WorstReading:
        return WorstReading(self._value, self._target, self._doubtful)

    @cached_property
    def _unknown(self) -> WorstReading:
        return WorstReading(self._value, None, self._doubtful)
