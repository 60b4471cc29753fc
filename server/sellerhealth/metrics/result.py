"""The result of a metric: its value and status, those of its figures, and why either may be missing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from sellerhealth.metrics.declaration import Declaration
from sellerhealth.metrics.measures import Ratio
from sellerhealth.metrics.targets import Headroom, MetricStatus
from sellerhealth.metrics.unproven import Unproven


class UnavailableReason(StrEnum):
    """The reason why a result has no status or no value."""

    SOURCE_MISSING = "SOURCE_MISSING"
    WITHOUT_CHANNEL = "WITHOUT_CHANNEL"
    NOTHING_TO_MEASURE = "NOTHING_TO_MEASURE"
    BELOW_MINIMUM = "BELOW_MINIMUM"
    UNPROVEN = "UNPROVEN"
    STALE = "STALE"


@dataclass(frozen=True)
class Reading:
    """A value with its status."""

    value: Fraction | None
    display: str
    status: MetricStatus


@dataclass(frozen=True, eq=False)
class MetricResult(Reading):
    """The result of a metric for the numbers of its measures."""

    metric: Declaration = field(repr=False)
    numbers: Mapping[str, int]  # by key, hidden measures included
    figures: Mapping[str, Reading]
    band: str | None = None
    headroom: Headroom | None = None
    enforced: bool = False
    reason: UnavailableReason | None = None
    unproven: Unproven = field(default_factory=Unproven)

    @property
    def fraction(self) -> tuple[int, int] | None:
        """Numerator and denominator, if the value divides one count by another."""
        value = self.metric.value
        if type(value) is not Ratio or self.value is None:
            return None
        numbers = self.metric.by_measure(self.numbers)
        return int(value.part.of(numbers)), int(value.whole.of(numbers))


def worst_first(result: MetricResult) -> tuple[int, Fraction, int]:
    """A sort key: the worst status first, then the largest share of the allowance that is used, then the most misses over the target."""
    room = result.headroom or Headroom(0, 0, None)
    return list(MetricStatus).index(result.status), -(room.used or Fraction(0)), -room.needed


ABSENT = Reading(None, "N/A", MetricStatus.NOT_AVAILABLE)
