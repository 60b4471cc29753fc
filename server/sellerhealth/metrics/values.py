"""Values: what is worked out from measures. Exact inside, rounded once for people."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Protocol

from sellerhealth.metrics.measures import Measure, Number, Numbers, Term
from sellerhealth.metrics.type_checks import check_types

_TERM = "a measure or a sum of measures, as in late / orders or (late + overdue) / orders"
_UNIT = "a unit, as in unit=MetricUnit.HOURS"
_WHOLE = "a whole number"


class MetricUnit(StrEnum):
    """In what a number is given."""

    COUNT = "COUNT"
    DAYS = "DAYS"
    FRACTION = "FRACTION"
    HOURS = "HOURS"
    PERCENT = "PERCENT"
    POINTS = "POINTS"
    STARS = "STARS"
    WORD = "WORD"


def half_up(value: Fraction, places: int) -> Decimal:
    """Rounds for display: halves away from zero, as Amazon does. See docs/spec/rules.md#exact-values-and-rounding."""
    size = math.floor(abs(value) * 10**places + Fraction(1, 2))
    return Decimal(-size if value < 0 else size).scaleb(-places)


class Value(Protocol):
    """What is worked out from measures. A plugin may bring its own."""

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The measures that it needs."""
        ...

    @property
    def unit(self) -> MetricUnit:
        """In what it is given."""
        ...

    def __call__(self, numbers: Numbers) -> Fraction | None:
        """The value, exactly; None when there is nothing to work it out from."""
        ...

    def display(self, value: Fraction) -> str:
        """The value for people, rounded."""
        ...


@dataclass(frozen=True, eq=False)
class Ratio:
    """A share, 0 to 1, shown in percent; nothing when there is nothing to divide by."""

    part: Term
    whole: Term
    unit: MetricUnit = MetricUnit.FRACTION

    def __post_init__(self) -> None:
        check_types(self, {"part": _TERM, "whole": _TERM, "unit": _UNIT, "per": _WHOLE, "places": _WHOLE})

    @property
    def measures(self) -> tuple[Measure, ...]:
        return self.part.measures + self.whole.measures

    def __call__(self, numbers: Numbers) -> Fraction | None:
        whole = self.whole.of(numbers)
        return Fraction(self.part.of(numbers)) / whole if whole else None

    def display(self, value: Fraction) -> str:
        return f"{half_up(value * 100, 2)} %"


@dataclass(frozen=True, eq=False)
class Percent(Ratio):
    """A share in whole percent, halves up, as Amazon shows feedback. See docs/spec/rules.md#exact-values-and-rounding."""

    unit: MetricUnit = MetricUnit.PERCENT

    def __call__(self, numbers: Numbers) -> Fraction | None:
        share = super().__call__(numbers)
        return None if share is None else Fraction(half_up(share * 100, 0))

    def display(self, value: Fraction) -> str:
        return f"{value} %"


@dataclass(frozen=True, eq=False)
class Mean(Ratio):
    """The average of a total over a count, in steps of `per`. With `rounded` the value itself has so many `places`."""

    unit: MetricUnit = MetricUnit.COUNT
    per: int = 1
    places: int = 2
    rounded: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.per < 1 or self.places < 0:
            raise ValueError(
                f"a mean goes in steps of 1 or more and has 0 or more places, not in steps of {self.per} with {self.places} places"
            )

    def __call__(self, numbers: Numbers) -> Fraction | None:
        mean = super().__call__(numbers)
        if mean is None:
            return None
        return Fraction(half_up(mean / self.per, self.places)) if self.rounded else mean / self.per

    def display(self, value: Fraction) -> str:
        return str(half_up(value, self.places))


@dataclass(frozen=True, eq=False)
class Score:
    """The average of the points that each class of rows earns, kept within limits and rounded half up to two places."""

    points: Mapping[Measure, int]
    perfect: Measure
    within: tuple[int, int] = (0, 100)
    unit: MetricUnit = MetricUnit.POINTS

    def __post_init__(self) -> None:
        points = "a measure with the whole number of points that each of its rows earns, as in {perfect: 100, late: 0}"
        check_types(self, {"points": points, "perfect": "one of the measures in `points`", "within": "two whole numbers", "unit": _UNIT})
        if self.perfect not in self.points:
            raise ValueError("a score says which of its classes is the perfect one: `perfect` has to be one of the measures in `points`")

    @property
    def measures(self) -> tuple[Measure, ...]:
        return tuple(self.points)

    def earned(self, numbers: Numbers) -> tuple[Number, Number]:
        """All points, and the rows that earned them."""
        points = sum((points * numbers[measure] for measure, points in self.points.items()), start=0)
        return points, sum((numbers[measure] for measure in self.points), start=0)

    def __call__(self, numbers: Numbers) -> Fraction | None:
        points, rows = self.earned(numbers)
        if not rows:
            return None
        low, high = self.within
        return Fraction(half_up(min(max(Fraction(points) / rows, Fraction(low)), Fraction(high)), 2))

    def display(self, value: Fraction) -> str:
        return str(half_up(value, 2))


@dataclass(frozen=True, eq=False)
class Count:
    """A number of rows: 0 is a value."""

    term: Term
    unit: MetricUnit = MetricUnit.COUNT

    def __post_init__(self) -> None:
        check_types(self, {"term": "a measure or a sum of measures, as in Count(late)", "unit": _UNIT})

    @property
    def measures(self) -> tuple[Measure, ...]:
        return self.term.measures

    def __call__(self, numbers: Numbers) -> Fraction | None:
        return Fraction(self.term.of(numbers))

    def display(self, value: Fraction) -> str:
        return str(value)
