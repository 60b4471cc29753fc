"""Return rate: the share of orders that were returned, and how many of the returns were the seller's fault."""

from decimal import Decimal

from pydantic import BaseModel, NonNegativeInt
from sellerhealth import Below, Figure, Metric, Share, Window, count
from sellerhealth.facts import Order, Refund
from sqlalchemy import func


class Settings(BaseModel):
    """`days_to_return`: younger orders do not count yet. `kept`: reasons of refunds without a return."""

    target: Share = Decimal("0.05")
    warn: Share = Decimal("0.04")
    days_to_return: NonNegativeInt = 30
    kept: frozenset[str] = frozenset({"GOODWILL"})
    at_fault: frozenset[str] = frozenset({"DAMAGED", "DEFECTIVE", "WRONG_ITEM"})


def return_rate(settings: Settings) -> Metric:
    """The metric. Each channel is judged separately as well."""
    came_back = func.coalesce(Refund.reason, "").not_in(sorted(settings.kept))
    at_fault = Refund.reason.in_(sorted(settings.at_fault))

    placed = count(on=Order.placed_on, where=Order.accepted)
    orders = placed.without(Order.never_shipped, "Orders placed in the window that were not cancelled before shipment.")
    returned = orders.where(Order.refunds.any(came_back), "Orders with a return.")
    faulty = returned.where(Order.refunds.any(at_fault), "Returned orders that arrived damaged, defective or wrong.")

    return Metric(
        key="acme_return_rate",
        title="Return rate",
        description="The share of orders with a return.",
        section="acme",
        windows=(Window(90, lag=settings.days_to_return),),
        parts={"channel": Order.channel},
        measures={"orders": orders, "returned": returned, "faulty": faulty},
        value=returned / orders,
        target=Below(settings.target, warn=settings.warn),
        figures={"fault_share": Figure(faulty / returned, "The share of the returns that were the seller's fault.")},
        source="Acme's handbook, page 12",
    )
