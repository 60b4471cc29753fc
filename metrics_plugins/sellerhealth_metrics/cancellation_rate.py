"""Pre-fulfilment cancellation rate: orders in which the seller cancelled anything before shipping. See docs/metrics.md#cancellation-rate."""

from decimal import Decimal

from pydantic import BaseModel
from sqlalchemy import true

from sellerhealth import Below, Metric, ReportedAs, Share, Window, count
from sellerhealth.facts import Item, Order


class Settings(BaseModel):
    """`replacements`: whether orders that replace others count."""

    target: Share = Decimal("0.025")
    warn: Share = Decimal("0.02")
    replacements: bool = True


def cancellation_rate(settings: Settings) -> Metric:
    """The metric. An order counts once; what the buyer asked to cancel does not count, whoever cancelled it."""
    placed = Order.seller_fulfilled & (true() if settings.replacements else ~Order.replacement)
    by_seller = Order.items.any(Item.cancelled_by_seller | Item.expired)

    orders = count(on=Order.placed_on, where=placed & Order.accepted, description="Seller-fulfilled orders placed in the window.")
    cancelled = orders.where(by_seller, "Orders cancelled by the seller, or by Amazon because shipment was never confirmed.")

    return Metric(
        key="cancellation_rate",
        title="Cancellation rate",
        description="The share of orders that the seller cancelled before confirming shipment.",
        section="account_health",
        windows=(Window(7, lag=1),),
        measures={"orders": orders, "cancelled": cancelled},
        value=cancelled / orders,
        target=Below(settings.target, warn=settings.warn),
        # Such an order may even have become the seller's without any source showing it.
        unproven=count(on=Order.placed_on, where=placed & Order.canceller_unknown),
        reported=(ReportedAs("preFulfillmentCancellationRate"),),
        source="docs/metrics.md#cancellation-rate",
    )
