"""Order defect rate: orders with negative feedback, an A-to-z claim or a chargeback. See docs/metrics.md#order-defect-rate."""

from decimal import Decimal
from typing import Literal

from pydantic import BaseModel
from sqlalchemy import true

from sellerhealth import Below, Metric, ReportedAs, Share, Window, count
from sellerhealth.facts import Chargeback, Claim, Feedback, Order


class Settings(BaseModel):
    """`claims_policy`: `current` counts the claims that the seller lost, `all` every claim filed, as Amazon did before 2015."""

    target: Share = Decimal("0.01")
    warn: Share = Decimal("0.008")
    claims_policy: Literal["current", "all"] = "current"
    replacements: bool = True


def order_defect_rate(settings: Settings) -> Metric:
    """The metric, judged for each channel on its own as well, as Amazon does."""
    counted = Order.accepted & (true() if settings.replacements else ~Order.replacement)
    negative = Order.feedback.any(Feedback.counts & Feedback.negative)
    claimed = Order.claims.any() if settings.claims_policy == "all" else Order.claims.any(Claim.counts)
    charged_back = Order.chargebacks.any(Chargeback.counts)

    orders = count(on=Order.placed_on, where=counted, description="Orders placed in the window.")
    defects = orders.where(negative | claimed | charged_back, "Orders with at least one defect.")

    return Metric(
        key="order_defect_rate",
        title="Order defect rate",
        description="The share of orders with at least one defect: negative feedback, a counted A-to-z claim or a service chargeback. "
        "An order counts once, however many defects it has.",
        section="account_health",
        windows=(Window(60, lag=15),),
        parts={"channel": Order.channel},
        measures={
            "orders": orders,
            "defects": defects,
            "negative_feedback": orders.where(negative, "Orders with 1 or 2 star feedback that still stands."),
            "claims": orders.where(claimed, "Orders with an A-to-z claim that counts."),
            "chargebacks": orders.where(charged_back, "Orders with a service chargeback."),
            "open_claims": orders.where(
                Order.claims.any(Claim.undecided), "Orders with an A-to-z claim that is not decided yet. They are not in `defects`."
            ),
        },
        value=defects / orders,
        target=Below(settings.target, warn=settings.warn),
        reported=(ReportedAs("orderDefectRate"),),
        source="docs/metrics.md#order-defect-rate",
    )
