"""The result of a metric: its value and status, those of its figures, and why either may be missing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from itertools import repeat
from typing import Any, NamedTuple, TypeVar

from sellerhealth.metrics.declaration import Declaration
from sellerhealth.metrics.integer_arithmetic import Arithmetic
from sellerhealth.metrics.integer_headroom import IntegerHeadroom, headroom_of
from sellerhealth.metrics.measures import Ratio
from sellerhealth.metrics.quotients import Counted, Quotient, fraction_of
from sellerhealth.metrics.targets import Headroom, MetricStatus
from sellerhealth.metrics.unproven import Unproven, UnprovenRows, missing_cells


class UnavailableReason(StrEnum):
    """The reason why a result has no status or no value."""

    SOURCE_MISSING = "SOURCE_MISSING"
    WITHOUT_CHANNEL = "WITHOUT_CHANNEL"
    NOTHING_TO_MEASURE = "NOTHING_TO_MEASURE"
    BELOW_MINIMUM = "BELOW_MINIMUM"
    UNPROVEN = "UNPROVEN"
    STALE = "STALE"


class Verdict(NamedTuple):
    """A value as a quotient, its status, and why there is no value or no status."""

    quotient: Quotient | None
    status: MetricStatus
    reason: UnavailableReason | None

    @property
    def value(self) -> Fraction | None:
        """The exact value."""
        return fraction_of(self.quotient)


N = TypeVar("N", bound=tuple[Any, ...])


def named(kind: type[N], rows: Iterable[tuple[Any, ...]]) -> list[N]:
    """Rows as named tuples of a kind, of whose fields none is left out. Their constructor takes three times as long: a series has thousands."""
    return [*map(tuple.__new__, repeat(kind), rows)]


def without_value(reason: UnavailableReason | None) -> Verdict:
    """The verdict where there can be no value."""
    return Verdict(None, MetricStatus.NOT_AVAILABLE, reason)


class Reading:
    """A value with its status. As a fraction and as a text the value is made when it is read: most readings are compared alone."""

    def __init__(self, verdict: Verdict, arithmetic: Arithmetic) -> None:
        self.quotient, self.status, self.reason = verdict
        self._arithmetic = arithmetic

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reading) and (self.value, self.status) == (other.value, other.status)

    def __hash__(self) -> int:
        return hash((self.value, self.status))

    @cached_property
    def value(self) -> Fraction | None:
        """The exact value; None if there is none."""
        return fraction_of(self.quotient)

    @cached_property
    def display(self) -> str:
        """The value for display, rounded."""
        return "N/A" if self.quotient is None else self._arithmetic.display(self.quotient)


class NotKnown(NamedTuple):
    """What is not known of the rows of a result: how many rows that imports rejected may be misses, and the rows that depend on unknown cells."""

    rejected: int
    rows: Sequence[UnprovenRows]


_NONE_UNPROVEN = Unproven()


class MetricResult(Reading):
    """The result of a metric for the numbers of its measures.

    `status`: that of the value, and `reason`: why it has none, or why there is no value. `numbers`: by key, hidden measures included. `enforced`:
    whether Amazon acts on a miss.
    """

    def __init__(
        self,
        metric: Declaration,
        numbers: Mapping[str, int],
        exact: Counted,
        verdict: Verdict,
        arithmetic: Arithmetic,
        figures: Callable[[], Mapping[str, Reading]],
        unproven: NotKnown,
        *,
        enforced: bool,
        is_weighted: bool = False,
    ) -> None:
        """`exact`: the numbers by measure, none left out."""
        super().__init__(verdict, arithmetic)
        self.metric, self.numbers, self.enforced = metric, numbers, enforced
        self._exact, self._figures, self._unproven, self._is_weighted = exact, figures, unproven, is_weighted

    @cached_property
    def figures(self) -> Mapping[str, Reading]:
        """The figures by key."""
        return self._figures()

    @cached_property
    def band(self) -> str | None:
        """The band of the value."""
        grade = self._arithmetic.band
        return None if grade is None or self.quotient is None else grade(self.quotient)

    @cached_property
    def integer_headroom(self) -> IntegerHeadroom | None:
        """The headroom in integers."""
        if self.quotient is None or (self.metric.target is None and self._is_weighted):
            return None
        return self._arithmetic.headroom(self._exact)

    @property
    def headroom(self) -> Headroom | None:
        """The distance to the target, or to the next band; None if it cannot be computed."""
        return headroom_of(self.integer_headroom)

    @cached_property
    def unproven(self) -> Unproven:
        """The unproven rows."""
        rejected, rows = self._unproven
        doubtful, others, measure = 0, rows, self.metric.unproven
        if measure is not None:
            doubtful = self._exact[measure]
        if not (rejected or doubtful or rows):
            return _NONE_UNPROVEN
        if measure is not None:
            others = [each for each in rows if not each.kind.counted_now(measure)]
        return Unproven(doubtful + sum(each.rows for each in others) + rejected, rejected, missing_cells(rows), tuple(rows))

    @property
    def fraction(self) -> tuple[int, int] | None:
        """Numerator and denominator, if the value divides one count by another."""
        value = self.metric.value
        if type(value) is not Ratio or self.quotient is None:
            return None
        return int(value.part.of(self._exact)), int(value.whole.of(self._exact))

    def complete(self) -> None:
        """Computes all of it: what a plugin's own classes raise is then an error of its metric."""
        for reading in (self, *self.figures.values()):
            _ = reading.display
        _ = self.band, self.integer_headroom


def worst_first(result: MetricResult) -> tuple[int, Fraction, int]:
    """A sort key: the worst status first, then the largest share of the allowance that is used, then the most misses over the target."""
    headroom = result.integer_headroom or IntegerHeadroom(0, 0, None)
    return list(MetricStatus).index(result.status), -(fraction_of(headroom.used) or Fraction(0)), -headroom.needed
