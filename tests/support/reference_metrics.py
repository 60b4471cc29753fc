"""The built-in metrics of the reference: their entries, how they are judged, their windows, and when their coverage is stale."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tests.support import reference

Judgement = tuple[Fraction | None, str]


def share(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole else None


def lower_is_better(part: int, whole: int, target: str, warn: str, unproven: int = 0) -> Judgement:
    """The value and the status of a rate that must stay below its target."""
    value = share(part, whole)
    if value is None:
        return None, "NOT_AVAILABLE"
    if value >= Fraction(target):
        return value, "CRITICAL"
    if value >= Fraction(warn):
        return value, "AT_RISK"
    return value, "NOT_AVAILABLE" if unproven else "GOOD"


def higher_is_better(part: int, whole: int, target: str, warn: str, minimum: int = 0) -> Judgement:
    """The value and the status of a rate that must reach its target."""
    value = share(part, whole)
    if value is None or whole < minimum:
        return value, "NOT_AVAILABLE"
    if value < Fraction(target):
        return value, "CRITICAL"
    return value, "AT_RISK" if value < Fraction(warn) else "GOOD"


def judge_violations(numbers: Mapping[str, int]) -> Judgement:
    return Fraction(numbers["open"]), "CRITICAL" if numbers["severe"] else "AT_RISK" if numbers["open"] else "GOOD"


def judge_rating(numbers: Mapping[str, int], points: Mapping[str, int] = reference.POINTS) -> Judgement:
    if not numbers["orders"]:
        return None, "NOT_AVAILABLE"
    earned = sum(points[event] * numbers[event] for event in points)
    mean = max(Fraction(0), min(Fraction(100), Fraction(earned, numbers["orders"])))
    return Fraction(int(mean * 100 + Fraction(1, 2)), 100), "WITHOUT_TARGET"


def judge_feedback(numbers: Mapping[str, int]) -> Judgement:
    value = share(numbers["positive"], numbers["total"])
    return value, "NOT_AVAILABLE" if value is None else "WITHOUT_TARGET"


@dataclass(frozen=True)
class Definition:
    """A metric of the reference: its entries, its value and status for numbers, and its windows as (days, lag), the default first.

    `counts` and `looks_up` are the kinds of fact that it counts, and those that it only looks up.
    """

    entries: Callable[..., Iterator[reference.Entry]]
    judge: Callable[[Mapping[str, int]], Judgement]
    windows: Sequence[tuple[int, int]]
    counts: str
    looks_up: Sequence[str] = ()


DEFINITIONS = {
    "order_defect_rate": Definition(
        reference.order_defect_rate,
        lambda n: lower_is_better(n["defects"], n["orders"], "0.01", "0.008"),
        [(60, 15)],
        "ORDER",
        ["CHARGEBACK", "CLAIM", "FEEDBACK"],
    ),
    "cancellation_rate": Definition(
        reference.cancellation_rate,
        lambda n: lower_is_better(n["cancelled"], n["orders"], "0.025", "0.02", n["unproven"]),
        [(7, 1)],
        "ORDER",
    ),
    "late_shipment_rate": Definition(
        reference.late_shipment_rate,
        lambda n: lower_is_better(n["late"], n["orders"], "0.04", "0.032", n["unproven"]),
        [(30, 0), (10, 0)],
        "ORDER",
        ["PACKAGE"],
    ),
    "policy_violations": Definition(reference.policy_violations, judge_violations, [(180, 0)], "VIOLATION"),
    "on_time_delivery_rate": Definition(
        reference.on_time_delivery_rate,
        lambda n: higher_is_better(n["on_time"], n["units"], "0.9", "0.95", minimum=20),
        [(14, 8)],
        "PACKAGE",
        ["ORDER"],
    ),
    "valid_tracking_rate": Definition(
        reference.valid_tracking_rate,
        lambda n: higher_is_better(n["valid"], n["packages"], "0.95", "0.96"),
        [(30, 10)],
        "PACKAGE",
        ["ORDER"],
    ),
    "contact_response_time": Definition(
        reference.contact_response_time,
        lambda n: higher_is_better(n["in_time"], n["messages"], "0.9", "0.92"),
        [(30, 0), (7, 0), (90, 0)],
        "MESSAGE",
    ),
    "seller_rating": Definition(
        reference.seller_rating, judge_rating, [(365, 0)], "ORDER", ["CHARGEBACK", "CLAIM", "FEEDBACK", "MESSAGE", "PACKAGE", "REFUND"]
    ),
    "customer_feedback": Definition(reference.customer_feedback, judge_feedback, [(365, 0), (30, 0), (90, 0), (0, 0)], "FEEDBACK"),
}


def is_stale(as_of: dt.date, today: dt.date, last: dt.date, counted: Iterable[dt.date], looked_up: Iterable[dt.date]) -> bool:
    """Whether facts covered through these days are too old for a window with this last day. See docs/spec/rules.md#stale-coverage."""
    if as_of > today:
        return False
    return any((last - through).days > 3 for through in counted) or any((as_of - through).days > 14 for through in looked_up)
