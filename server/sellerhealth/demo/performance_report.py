"""Writes Amazon's performance report as it would be at an instant: its own figures of each marketplace, by days in UTC."""

import datetime as dt
import json
from collections.abc import Callable, Iterable
from typing import Any

from sellerhealth.demo.history import History, Order, Package
from sellerhealth.demo.sellers import UNITED_STATES, Market
from sellerhealth.facts import OrderStatus

Days = tuple[dt.date, dt.date]  # the first and the last
LOST = frozenset({"GRANTED_SELLER", "SELLER_REFUNDED", "ORDER_CANCELLED"})
PLACES = 4  # of a rate
VIOLATIONS = (
    "suspectedIntellectualPropertyViolations",
    "receivedIntellectualPropertyComplaints",
    "productAuthenticityCustomerComplaints",
    "productConditionCustomerComplaints",
    "foodAndProductSafetyIssues",
    "listingPolicyViolations",
    "restrictedProductPolicyViolations",
    "otherPolicyViolations",
    "documentRequests",
)


def performance(history: History, now: dt.datetime) -> bytes:
    """GET_V2_SELLER_PERFORMANCE_REPORT: the current windows of each marketplace."""
    metrics = [_Metrics(history, market, now).all() for market in history.seller.markets]
    statuses = [
        {"marketplaceId": each["marketplaceId"], "status": "AT_RISK" if '"BAD"' in json.dumps(each) else "NORMAL"} for each in metrics
    ]
    return f"{json.dumps({'accountStatuses': statuses, 'performanceMetrics': metrics}, indent=1)}\n".encode()


class _Metrics:
    """The figures of one marketplace at an instant."""

    def __init__(self, history: History, market: Market, now: dt.datetime) -> None:
        self._history, self._market, self._now = history, market, now
        self._orders = [order for order in history.orders if order.market == market and order.is_accepted(now)]
        self._by_seller = [order for order in self._orders if not order.by_amazon]

    def all(self) -> dict[str, Any]:
        """The object of the report."""
        late, late_lately = (self._late_shipments(days) for days in (30, 10))
        figures = {
            "marketplaceId": self._market.key,
            "orderDefectRate": {"mfn": self._defects("mfn"), "afn": self._defects("afn")},
            "lateShipmentRate": late,
            "lateShipmentRateList": [late, late_lately],
            "preFulfillmentCancellationRate": self._cancellations(),
            "validTrackingRate": self._tracking(),
            "onTimeDeliveryRate": self._deliveries(
                30, 10, "shipmentCountWithValidTracking", "onTimeDeliveryCount", 0.97, lambda package: 1
            ),
        }
        if self._market == UNITED_STATES:  # elsewhere Amazon does not count units
            figures["unitOnTimeDeliveryRate"] = self._deliveries(
                14, 8, "totalUnitCount", "unitOnTimeDeliveryCount", 0.9, lambda package: sum(item.quantity for item in package.items)
            )
        violations = {name: self._violations(name) for name in VIOLATIONS}
        is_great = not any(each["defectsCount"] for each in violations.values())
        rating = {**_range(self._days(180)), "accountHealthRatingStatus": "GREAT" if is_great else "WARNED"}
        return {**figures, **violations, "accountHealthRating": rating, "warningStates": []}

    def _days(self, days: int, lag: int = 0) -> Days:
        last = self._now.date() - dt.timedelta(lag)
        return last - dt.timedelta(days - 1), last

    def _placed(self, orders: Iterable[Order], days: Days) -> list[Order]:
        return [order for order in orders if days[0] <= order.placed_at.date() <= days[1]]

    def _late_shipments(self, length: int) -> dict[str, Any]:
        days = self._days(length)
        orders = [order for order in self._placed(self._by_seller, days) if order.status(self._now) is not OrderStatus.CANCELLED]
        late = sum(any(order.ship_by < package.confirmed_at <= self._now for package in order.packages) for order in orders)
        return _rate(days, {"orderCount": len(orders)}, {"lateShipmentCount": late}, 0.04)

    def _cancellations(self) -> dict[str, Any]:
        days = self._days(7, 1)
        orders = self._placed(self._by_seller, days)
        return _rate(days, {"orderCount": len(orders)}, {"cancellationCount": sum(map(self._is_cancelled, orders))}, 0.025)

    def _is_cancelled(self, order: Order) -> bool:
        """Whether the seller, or Amazon for want of a confirmation, cancelled any of it before it was shipped."""
        shipped_at = min((package.confirmed_at for package in order.packages), default=self._now)
        cancelled = (item.cancellation for item in order.items if item.is_cancelled(self._now))
        return any(each is not None and each.by != "BUYER" and not each.requested_by_buyer and each.at <= shipped_at for each in cancelled)

    def _defects(self, channel: str) -> dict[str, Any]:
        days, now = self._days(60, 15), self._now
        orders = self._placed([order for order in self._orders if order.by_amazon == (channel == "afn")], days)
        numbers = {order.order_id for order in orders}
        history = self._history
        negative = {
            each.order.order_id
            for each in history.feedback
            if each.stars <= 2 and each.left_at <= now and not each.struck_through and not (each.removed_at and each.removed_at <= now)
        }
        claims = {each.order.order_id for each in history.claims if each.opened_at <= now and each.state(now) in LOST}
        chargebacks = {each.order.order_id for each in history.chargebacks if each.filed_at <= now and each.kind == "SERVICE"}
        parts = {"claims": claims, "chargebacks": chargebacks, "negativeFeedback": negative}
        defects = len(numbers & (negative | claims | chargebacks))
        counts = {name: {"count": len(numbers & each), "status": "NONE"} for name, each in parts.items()}
        rate = _rate(days, {"orderCount": len(orders)}, {"orderWithDefects": defects}, 0.01)
        return {**rate, "orderWithDefects": {"count": defects, "status": rate["status"]}, **counts, "fulfillmentType": channel}

    def _packages(self, days: Days) -> list[tuple[Order, Package]]:
        """The packages of orders that were promised for these days, without those that need no tracking."""
        promised = [order for order in self._by_seller if days[0] <= order.deliver_by.date() <= days[1]]
        packages = [(order, package) for order in promised for package in order.packages]
        return [(order, each) for order, each in packages if each.confirmed_at <= self._now and each.exempt_reason is None]

    def _tracking(self) -> dict[str, Any]:
        days = self._days(30, 10)
        packages = self._packages(days)
        valid = sum(each.scanned_at is not None and each.scanned_at <= self._now for _, each in packages)
        return _rate(days, {"shipmentCount": len(packages)}, {"validTrackingCount": valid}, 0.95, at_least=True)

    def _deliveries(self, length: int, lag: int, whole: str, part: str, target: float, weight: Callable[[Package], int]) -> dict[str, Any]:
        days = self._days(length, lag)
        arrived = [
            (order, each, at)
            for order, each in self._packages(days)
            if (at := each.attempted_at or each.delivered_at) is not None and at <= self._now
        ]
        counted = [(order, each, at) for order, each, at in arrived if at <= order.deliver_by or not each.protected]
        on_time = sum(weight(each) for order, each, at in counted if at <= order.deliver_by)
        return _rate(days, {whole: sum(weight(each) for _, each, _ in counted)}, {part: on_time}, target, at_least=True)

    def _violations(self, category: str) -> dict[str, Any]:
        days = self._days(180)
        (home, *_) = self._history.seller.markets
        of_category = [each for each in self._history.seller.violations if each.category == category and self._market == home]
        count = sum(each.is_open(self._now) and each.detected_at.date() >= days[0] for each in of_category)
        status = "BAD" if count else "GOOD"
        return {**_range(days), "defectsCount": count, "status": status, "targetValue": 0, "targetCondition": "EQUALS"}


def _range(days: Days) -> dict[str, Any]:
    return {"reportingDateRange": {"reportingDateFrom": f"{days[0]}T00:00Z", "reportingDateTo": f"{days[1]}T23:59Z"}}


def _rate(days: Days, whole: dict[str, int], part: dict[str, int], target: float, *, at_least: bool = False) -> dict[str, Any]:
    """A rate with its counts. Without anything to count it has no value."""
    ((_, denominator),), ((_, numerator),) = whole.items(), part.items()
    rate = round(numerator / denominator, PLACES) if denominator else None
    is_good = rate is None or (rate >= target if at_least else rate < target)
    return {
        **_range(days),
        **whole,
        **part,
        "status": "NONE" if rate is None else "GOOD" if is_good else "BAD",
        "rate": rate,
        "targetValue": target,
        "targetCondition": "GREATER_THAN" if at_least else "LESS_THAN",
    }
