"""Late shipment rate: orders whose shipment was confirmed to Amazon after the ship-by instant. See docs/metrics.md#late-shipment-rate."""

from decimal import Decimal

from pydantic import BaseModel, NonNegativeInt
from sqlalchemy import true

from sellerhealth import AtRisk, Below, Figure, Metric, ReportedAs, Share, Window, count, passed
from sellerhealth.facts import Order


class Settings(BaseModel):
    """`late_grace_days`: so many days after the promised instant are still in time. The rest says which orders count where."""

    target: Share = Decimal("0.04")
    warn: Share = Decimal("0.032")
    late_grace_days: NonNegativeInt = 0
    count_overdue_unshipped: bool = False
    cancelled_in_denominator: bool = False
    replacements: bool = True


def late_shipment_rate(settings: Settings) -> Metric:
    """The metric, with the rate that threatens if every overdue order is confirmed late."""
    hours = 24 * settings.late_grace_days
    confirmed_late = Order.late_by > hours * 3600
    counted = Order.accepted & Order.seller_fulfilled & (true() if settings.replacements else ~Order.replacement)

    placed = count(on=Order.placed_on, where=counted, description="Seller-fulfilled orders placed in the window.")
    to_ship = placed.without(Order.never_shipped, placed.description)
    orders = placed if settings.cancelled_in_denominator else to_ship
    late = to_ship.where(confirmed_late, "Orders confirmed after their ship-by instant.")
    overdue = to_ship.without(confirmed_late).where(
        Order.unconfirmed & passed(Order.ship_by, hours=hours),
        "Orders past their ship-by instant and not confirmed yet. They are not in `late`.",
    )
    projected = (late + overdue) / orders
    target = Below(settings.target, warn=settings.warn)

    return Metric(
        key="late_shipment_rate",
        title="Late shipment rate",
        description="The share of orders confirmed as shipped after the promised ship date. "
        "Amazon looks at both of its windows: see `windows`.",
        section="account_health",
        windows=(Window(30), Window(10, judged=True)),
        measures={"orders": orders, "late": late, "overdue": overdue},
        value=projected if settings.count_overdue_unshipped else late / orders,
        target=target,
        figures={
            "projected_rate": Figure(
                projected, "The rate if every overdue order is confirmed late. Null when there are no orders.", target=target
            )
        },
        unproven=to_ship.where(Order.lateness_unknown),
        at_risk=AtRisk(
            to_ship.without(confirmed_late).where(Order.unconfirmed), Order.ship_by, "Shipment is not confirmed yet.", hours=hours
        ),
        reported=(ReportedAs("lateShipmentRate"),),
        source="docs/metrics.md#late-shipment-rate",
    )
