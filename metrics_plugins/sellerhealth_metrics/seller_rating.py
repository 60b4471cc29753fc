"""Seller rating: the mean quality score of the orders of a year, as Amazon showed it until 2015. See docs/metrics.md#seller-rating."""

from typing import Literal, get_args

from pydantic import BaseModel, NonNegativeInt, PositiveInt
from sqlalchemy import and_, false, true

from sellerhealth import Bands, Metric, Score, Window, count, passed
from sellerhealth.facts import Channel, Chargeback, Claim, Feedback, Item, Message, Order, Package

Need = Literal["valid_tracking", "delivered_by_earliest_promise", "no_refund"]


class Points(BaseModel):
    """The points of an order. Of several problems, the one with the fewest points counts; of equal ones, the first in this list."""

    claims: int = -500
    chargebacks: int = -500
    negative_feedback: int = -500
    expirations: int = -500
    cancellations: int = -100
    late_shipments: int = 0
    late_responses: int = 0
    perfect: int = 100
    bonus: int = 110


class Settings(BaseModel):
    """`maturity_days`: younger orders are left out. `half_life_days`: an order that is so much older weighs half; None: all weigh the same."""

    points: Points = Points()
    bonus_enabled: bool = True
    bonus_working_days: NonNegativeInt = 3
    bonus_needs: frozenset[Need] = frozenset(get_args(Need))
    maturity_days: NonNegativeInt = 0
    half_life_days: PositiveInt | None = None
    buyer_cancelled: Literal["exclude", "perfect"] = "exclude"
    replacements: bool = True


def seller_rating(settings: Settings) -> Metric:
    """The metric. Of orders that Amazon fulfils, the feedback alone is the seller's doing."""
    own, day = Order.channel != Channel.AMAZON, 24 * 3600
    slow = (Message.answered_after > day) | (Message.answered_after.is_(None) & passed(Message.received_at, hours=24))
    expired, cancelled = own & Order.items.any(Item.expired), own & Order.items.any(Item.cancelled_by_seller)
    problems = {
        "claims": (own & Order.claims.any(Claim.counts), "an A-to-z claim"),
        "chargebacks": (own & Order.chargebacks.any(Chargeback.counts), "a service chargeback"),
        "negative_feedback": (Order.feedback.any(Feedback.counts & Feedback.negative), "negative feedback"),
        "expirations": (expired, "that shipment was never confirmed"),
        "cancellations": (cancelled, "a cancellation by the seller"),
        "late_shipments": (own & (Order.late_by > 0), "late shipment"),
        "late_responses": (own & Order.messages.any(Message.counts & slow), "a message left unanswered for 24 hours"),
    }
    needs = {
        "valid_tracking": ~Order.packages.any(~Package.tracked),
        "delivered_by_earliest_promise": Order.delivered_at <= Order.deliver_by_earliest,
        "no_refund": ~Order.refunds.any(),
    }
    fast = own & (Order.delivered_working_days <= settings.bonus_working_days)
    bonus = and_(fast, *(needs[need] for need in sorted(settings.bonus_needs))) if settings.bonus_enabled else false()
    points = settings.points.model_dump()
    if max(points[problem] for problem in problems) > points["perfect"] or points["perfect"] > points["bonus"]:
        raise ValueError("points: a problem may not earn more than a perfect order, nor a perfect order more than one with the bonus")

    counted = Order.accepted & (true() if settings.replacements else ~Order.replacement)
    orders = count(on=Order.placed_on, where=counted, description="Orders scored.")
    if settings.buyer_cancelled == "exclude":
        orders = orders.without(Order.never_shipped & ~(expired | cancelled), orders.description)
    worst_first = sorted(problems.items(), key=lambda problem: points[problem[0]])
    classes = {name: (condition, f"Orders whose worst problem is {problem}.") for name, (condition, problem) in worst_first}
    classes["bonus"] = (bonus, "Perfect orders that also earned the bonus for speed.")
    scored = orders.split(classes, rest=("perfect", "Orders without a problem."))

    return Metric(
        key="seller_rating",
        title="Seller rating",
        description="The mean order quality score, 0 to 100. A perfect order scores 100; of several problems the worst one counts.",
        section="seller_rating",
        windows=(Window(365, lag=settings.maturity_days, half_life=settings.half_life_days),),
        measures={"orders": orders, **scored},
        value=Score({measure: points[name] for name, measure in scored.items()}, perfect=scored["perfect"]),
        bands=Bands(NORMAL=0, GOOD="84.5", VERY_GOOD="96.5", EXCELLENT="98.5"),
        source="docs/metrics.md#seller-rating",
    )
