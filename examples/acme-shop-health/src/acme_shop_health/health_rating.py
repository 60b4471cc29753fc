"""Account health rating: Amazon's score from 0 to 1000, computed from orders and open policy violations."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from pydantic import BaseModel, PositiveInt
from sellerhealth import AtLeast, Figure, Headroom, Measure, Metric, MetricUnit, Numbers, Value, Window, count
from sellerhealth.facts import Order, Severity, Violation

START, STEP, PER_STEP = 200, 200, 4  # every account starts with 200 points and earns 4 for every full 200 orders


@dataclass(frozen=True, eq=False)
class HealthPoints:
    """The points that orders earn, minus the points that violations cost; from 0 to 1000."""

    orders: Measure
    costs: Mapping[Measure, int]
    unit: MetricUnit = MetricUnit.POINTS

    @property
    def measures(self) -> tuple[Measure, ...]:
        return (self.orders, *self.costs)

    def earned(self, numbers: Numbers) -> int:
        """The points that orders earn."""
        return START + PER_STEP * (numbers[self.orders] // STEP)

    def lost(self, numbers: Numbers) -> int:
        """The points that violations cost."""
        return sum(cost * int(numbers[violations]) for violations, cost in self.costs.items())

    def __call__(self, numbers: Numbers) -> Fraction:
        return Fraction(min(max(self.earned(numbers) - self.lost(numbers), 0), 1000))

    def display(self, value: Fraction) -> str:
        return str(value)


class Healthy(AtLeast):
    """A minimum of points. Headroom: allowed violations of the costliest kind, and needed orders."""

    def headroom(self, value: Value, numbers: Numbers) -> Headroom | None:
        if not isinstance(value, HealthPoints) or not value.costs:
            return None
        allowance = value.earned(numbers) - int(self.limit)
        spare = allowance - value.lost(numbers)
        return Headroom(
            allowed=max(0, spare // max(value.costs.values())),
            needed=max(0, -(spare // PER_STEP) * STEP - int(numbers[value.orders] % STEP)),
            used=Fraction(value.lost(numbers), allowance) if allowance > 0 else None,
        )


class Points(BaseModel):
    """What an open violation of each severity costs. Amazon does not publish it: use what your own account shows."""

    critical: PositiveInt
    high: PositiveInt
    medium: PositiveInt
    low: PositiveInt


class Settings(BaseModel):
    """Without `points` the rating is what the orders earn, and it is proven only while no violation is open."""

    points: Points | None = None


def health_rating(settings: Settings) -> Metric:
    """The metric. Amazon calls 200 and more healthy, 100 and more at risk, and may close an account below that."""
    accepted = Order.accepted & Order.seller_fulfilled
    orders = count(on=Order.placed_on, where=accepted, description="Seller-fulfilled orders placed in the window.")
    violations = count(on=Violation.detected_on, where=Violation.unresolved, description="Open violations.")
    by_severity = violations.split(
        {
            "critical": (Violation.severity == Severity.CRITICAL, "Open violations of critical severity."),
            "high": (Violation.severity == Severity.HIGH, "Open violations of high severity."),
            "low": (Violation.severity == Severity.LOW, "Open violations of low severity."),
        },
        rest=("medium", "Open violations of medium or unknown severity."),
    )
    costs = settings.points.model_dump() if settings.points else {}

    return Metric(
        key="acme_health_rating",
        title="Account health rating",
        description="An emulation of Amazon's account health rating, from 0 to 1000. Amazon's own may differ.",
        section="acme",
        windows=(Window(180),),
        measures={"orders": orders, **by_severity},
        value=HealthPoints(orders, {by_severity[severity]: cost for severity, cost in costs.items()}),
        target=Healthy(100, warn=200),
        figures={"order_points": Figure(HealthPoints(orders, {}), "The points before violations cost any.")},
        unproven=None if costs else violations,
        source="Amazon's help page G200205250",
    )
