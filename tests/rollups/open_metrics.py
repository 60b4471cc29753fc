"""Metrics of a plugin whose rows are unproven in every way: by AND, OR, NOT, related facts, splits, sums, the clock, and without their day."""

from typing import Any

import sqlalchemy as sa

from sellerhealth import AtLeast, Below, Count, Metric, Nothing, Score, Window, count, later, passed
from sellerhealth.facts import Claim, Feedback, Item, Message, Order, Package, Refund
from sellerhealth.metrics.measures import Measure
from sellerhealth.metrics.values import Value

_orders = count(on=Order.placed_on, where=Order.seller_fulfilled, description="Orders.")
_is_bad = Order.replacement | Order.feedback.any(Feedback.counts & (Feedback.rating <= 2)) | ~Order.items.any(Item.quantity > 1)
_bad = _orders.where(_is_bad, "Bad orders.")
_classes = _orders.split({"replaced": (Order.replacement, "Replaced."), "disliked": (_is_bad, "Bad ones.")}, rest=("fine", "Others."))
_packages = count(on=Package.promised_on, where=Package.seller_fulfilled, description="Packages.")
_units = _packages.total(Package.unit_count, "Units.")
_units_by_ups = _units.where(Package.carrier == "UPS", "By UPS.")
_overdue = count(
    on=Order.placed_on, where=(Order.status == "UNSHIPPED") & passed(Order.ship_by) & Order.seller_fulfilled, description="Overdue orders."
)
_claims = count(on=Claim.opened_on, where=Claim.counts, description="Claims.")
_untracked = _claims.where(Claim.packages.any(~Package.tracked) & Claim.order.has(Order.late_by > 0), "Of late packages without tracking.")
_soon = _orders.where(Order.refunds.any(Refund.refunded_at <= later(Order.placed_at, hours=10 * 24)), "Refunded within ten days.")
_unanswered = _orders.where(Order.messages.any(passed(Message.received_at, hours=24) & (Message.marketplace != "DE")), "Unanswered.")


def _metric(key: str, value: Value, on: Measure, target: Any = None, *, window: Window = Window(30), **fields: Any) -> Metric:  # noqa: B008 - a value
    measures = {f"m{number}": measure for number, measure in enumerate(dict.fromkeys((on, *value.measures)))}
    return Metric(
        key=key, title=key, description=key, section="open", windows=(window,), measures=measures, value=value, target=target, **fields
    )


OPEN = (
    _metric("open_rate", _bad / _orders, _orders, Below("0.3")),
    _metric("open_score", Score({_classes["replaced"]: 0, _classes["disliked"]: 50, _classes["fine"]: 100}, perfect=_classes["fine"]), _orders, AtLeast(80)),
    _metric("open_weighted", _bad / _orders, _orders, Below("0.5"), window=Window(90, half_life=7)),
    _metric("open_packages", _packages.without(Package.tracked, "Without tracking.") / _packages, _packages, Below("0.9"), parts={"category": Package.category}),
    _metric("open_units", _units_by_ups / _units, _units, Below("0.9")),
    _metric("open_units_by_ups", _units_by_ups / _units, _units_by_ups, AtLeast("0.5")),
    _metric("open_overdue", Count(_overdue), _overdue, Nothing(grave=_overdue)),
    _metric("open_unanswered", _unanswered / _orders, _orders, Below("0.5")),
    _metric("open_untracked", _untracked / _claims, _claims, Below("0.5")),
    _metric("open_soon", _soon / _orders, _orders, Below("0.5")),
    _metric("open_everything", Count(count(on=Order.placed_on, where=sa.true(), description="All.")), _orders, Below("999")),
)  # fmt: skip
