"""Values: what is computed from measures. Exact inside, rounded once for display."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from sellerhealth.metrics.measures import UNIT_HELP, Measure, MetricUnit, Number, Numbers, Ratio, Term, half_up, rounded_units
from sellerhealth.metrics.type_checks import check_types


class Value(Protocol):
    """Computes a number from measures. A plugin may define its own class."""

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The measures that it needs."""
        ...

    @property
    def unit(self) -> MetricUnit:
        """The unit of the value."""
        ...

    def __call__(self, numbers: Numbers) -> Fraction | None:
        """The exact value; None if it cannot be computed, for example without rows."""
        ...

    def display(self, value: Fraction) -> str:
        """The value for display, rounded."""
        ...


@dataclass(frozen=True, eq=False)
class Percent(Ratio):
    """A share in whole percent, halves up, as Amazon shows feedback. See docs/spec/rules.md#exact-values-and-rounding."""

    unit: MetricUnit = MetricUnit.PERCENT

    def from_share(self, share: Fraction) -> Fraction:
        return Fraction(rounded_units(share, 2))

    def display(self, value: Fraction) -> str:
        return f"{value} %"


@dataclass(frozen=True, eq=False)
class Mean(Ratio):
    """The average of a total over a count, divided by `per`. With `rounded` the value itself is rounded to `places`."""

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

    def from_share(self, share: Fraction) -> Fraction:
        mean = Fraction(share.numerator, share.denominator * self.per)
        return Fraction(rounded_units(mean, self.places), 10**self.places) if self.rounded else mean

    def display(self, value: Fraction) -> str:
        return str(half_up(value, self.places))


@dataclass(frozen=True, eq=False)
class Score:
    """The average of the points that each class of rows earns, clamped to `within` and rounded half up to two places."""

    points: Mapping[Measure, int]
    perfect: Measure
    within: tuple[int, int] = (0, 100)
    unit: MetricUnit = MetricUnit.POINTS

    def __post_init__(self) -> None:
        points = "a measure with the whole number of points that each of its rows earns, as in {perfect: 100, late: 0}"
        check_types(
            self, {"points": points, "perfect": "one of the measures in `points`", "within": "two whole numbers", "unit": UNIT_HELP}
        )
        if self.perfect not in self.points:
            raise ValueError("a score says which of its classes is the perfect one: `perfect` must be one of the measures in `points`")

    @property
    def measures(self) -> tuple[Measure, ...]:
        return tuple(self.points)

    def earned(self, numbers: Numbers) -> tuple[Number, Number]:
        """The sum of points, and the number of rows that earned them."""
        points = sum((points * numbers[measure] for measure, points in self.points.items()), start=0)
        return points, sum((numbers[measure] for measure in self.points), start=0)

    def __call__(self, numbers: Numbers) -> Fraction | None:
        points, rows = self.earned(numbers)
        return self.from_mean(Fraction(points, rows)) if rows else None

    def from_mean(self, points: Fraction) -> Fraction:
        """The score for so many points of each row in the mean."""
        low, high = self.within
        return Fraction(min(max(rounded_units(points, 2), low * 100), high * 100), 100)

    def display(self, value: Fraction) -> str:
        return str(half_up(value, 2))


@dataclass(frozen=True, eq=False)
class Count:
    """A number of rows: 0 is a value. Where older days weigh less it may be no whole number."""

    term: Term
    unit: MetricUnit = MetricUnit.COUNT

    def __post_init__(self) -> None:
        check_types(self, {"term": "a measure or a sum of measures, as in Count(late)", "unit": UNIT_HELP})

    @property
    def measures(self) -> tuple[Measure, ...]:
        return self.term.measures

    def __call__(self, numbers: Numbers) -> Fraction | None:
        return Fraction(self.term.of(numbers))

    def display(self, value: Fraction) -> str:
        return str(value) if value.denominator == 1 else str(half_up(value, 2))
