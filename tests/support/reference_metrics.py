"""The values and statuses of the reference, and which entries, verdict and windows make up each metric."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tests.support import reference

Verdict = tuple[Fraction | None, str]


def share(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole else None


def lower_is_better(part: int, whole: int, target: str, warn: str, unproven: int = 0) -> Verdict:
    """The value and the status of a rate that has to stay under its target."""
    value = share(part, whole)
    if value is None:
        return None, "NOT_AVAILABLE"
    if value >= Fraction(target):
        return value, "CRITICAL"
    if value >= Fraction(warn):
        return value, "AT_RISK"
    return value, "NOT_AVAILABLE" if unproven else "GOOD"


def higher_is_better(part: int, whole: int, target: str, warn: str, minimum: int = 0) -> Verdict:
    """The value and the status of a rate that has to reach its target."""
    value = share(part, whole)
    if value is None or whole < minimum:
        return value, "NOT_AVAILABLE"
    if value < Fraction(target):
        return value, "CRITICAL"
    return value, "AT_RISK" if value < Fraction(warn) else "GOOD"


def violations_verdict(numbers: Mapping[str, int]) -> Verdict:
    return Fraction(numbers["open"]), "CRITICAL" if numbers["severe"] else "AT_RISK" if numbers["open"] else "GOOD"


def rating_verdict(numbers: Mapping[str, int], points: Mapping[str, int] = reference.POINTS) -> Verdict:
    if not numbers["orders"]:
        return None, "NOT_AVAILABLE"
    earned = sum(points[event] * numbers[event] for event in points)
    mean = max(Fraction(0), min(Fraction(100), Fraction(earned, numbers["orders"])))
    return Fraction(int(mean * 100 + Fraction(1, 2)), 100), "WITHOUT_TARGET"


def feedback_verdict(numbers: Mapping[str, int]) -> Verdict:
    value = share(numbers["positive"], numbers["total"])
    return value, "NOT_AVAILABLE" if value is None else "WITHOUT_TARGET"


@dataclass(frozen=True)
class Definition:
    """A metric in this reference: its entries, its verdict on numbers, and the windows as (days, lag), the default first."""

    entries: Callable[..., Iterator[reference.Entry]]
    verdict: Callable[[Mapping[str, int]], Verdict]
    windows: Sequence[tuple[int, int]]


DEFINITIONS = {
    "order_defect_rate": Definition(
        reference.order_defect_rate, lambda n: lower_is_better(n["defects"], n["orders"], "0.01", "0.008"), [(60, 15)]
    ),
    "cancellation_rate": Definition(
        reference.cancellation_rate, lambda n: lower_is_better(n["cancelled"], n["orders"], "0.025", "0.02", n["unproven"]), [(7, 1)]
    ),
    "late_shipment_rate": Definition(
        reference.late_shipment_rate, lambda n: lower_is_better(n["late"], n["orders"], "0.04", "0.032", n["unproven"]), [(30, 0), (10, 0)]
    ),
    "policy_violations": Definition(reference.policy_violations, violations_verdict, [(180, 0)]),
    "on_time_delivery_rate": Definition(
        reference.on_time_delivery_rate, lambda n: higher_is_better(n["on_time"], n["units"], "0.9", "0.95", minimum=20), [(14, 8)]
    ),
    "valid_tracking_rate": Definition(
        reference.valid_tracking_rate, lambda n: higher_is_better(n["valid"], n["packages"], "0.95", "0.96"), [(30, 10)]
    ),
    "contact_response_time": Definition(
        reference.contact_response_time, lambda n: higher_is_better(n["in_time"], n["messages"], "0.9", "0.92"), [(30, 0), (7, 0), (90, 0)]
    ),
    "seller_rating": Definition(reference.seller_rating, rating_verdict, [(365, 0)]),
    "customer_feedback": Definition(reference.customer_feedback, feedback_verdict, [(365, 0), (30, 0), (90, 0), (0, 0)]),
}
