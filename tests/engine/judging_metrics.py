"""Metrics that judge accounts in different ways: by windows, by parts, without a target, not enforced."""

from typing import Any

from sellerhealth import AtLeast, Below, Count, Metric, Nothing, Window, count
from sellerhealth.facts import Order as OrderFact
from sellerhealth.facts import Violation
from sellerhealth.metrics.values import Value

orders = count(on=OrderFact.placed_on, where=OrderFact.accepted, description="Orders.")
late = orders.where(OrderFact.late_by > 0, "Late ones.")
violations = count(on=Violation.detected_on, where=Violation.unresolved, description="Open violations.")


def metric(key: str, value: Value, *measures: Any, **options: Any) -> Metric:
    measured = {f"number_{index}": measure for index, measure in enumerate(measures)}
    declared: dict[str, Any] = {"title": key, "description": key, "section": "account_health", "windows": (Window(30),)}
    return Metric(key=key, measures=measured, value=value, **(declared | options))


METRICS = (
    metric(
        "rate", late / orders, late, orders, target=Below("0.1", warn="0.05"), windows=(Window(90), Window(7, judged=True), Window(365))
    ),
    metric("by_part", late / orders, late, orders, target=AtLeast("0.3"), parts={"channel": OrderFact.channel}),
    metric("none_open", Count(violations), violations, target=Nothing(grave=violations), windows=(Window(180),)),
    metric("no_target", Count(orders), orders),
    metric("not_enforced", late / orders, late, orders, target=Below("0.01", enforced=False)),
)
