"""The built-in metrics pass the conformance checks."""

from sellerhealth.checks.metric_checks import checker
from sellerhealth.facts import Order, Party
from sellerhealth.store.database import Database
from sellerhealth.testing import (
    DAY,
    HOUR,
    Account,
    MetricConformance,
    cancellations,
    chargebacks,
    claims,
    deliveries,
    feedback,
    messages,
    orders,
    violations,
)
from sellerhealth_metrics.customer_feedback import customer_feedback
from sellerhealth_metrics.policy_violations import policy_violations
from tests.support.world import built_in


class BuiltIn(MetricConformance):
    distribution = "sellerhealth"

    @property
    def module(self) -> str:
        return f"sellerhealth_metrics.{self.metric.key}"

    def test_it_passes_the_checks_that_loading_skips_for_built_in_metrics(self, database: Database) -> None:
        checker(database)(self.metric)


class TestOrderDefectRate(BuiltIn):
    metric = built_in("order_defect_rate")
    expected = {"orders": 10, "defects": 4, "negative_feedback": 1, "claims": 2, "chargebacks": 1, "open_claims": 1}

    def add_facts(self, account: Account) -> None:
        placed = orders(account, on_time=9) + orders(account, on_time=1, channel="AMAZON")
        claims(account, placed[:2])
        claims(account, placed[2:3], state="OPEN")
        chargebacks(account, placed[3:4])
        feedback(account, placed[4:5], rating=1)
        feedback(account, placed[5:6])


class TestCancellationRate(BuiltIn):
    metric = built_in("cancellation_rate")
    expected = {"orders": 10, "cancelled": 2, "unproven": 1}

    def add_facts(self, account: Account) -> None:
        placed = orders(account, 5, item_cancelled=None) + orders(account, on_time=4) + orders(account, 1, item_cancelled=True)
        cancellations(account, placed[:1])
        cancellations(account, placed[1:2], cancelled_by=Party.AMAZON)
        cancellations(account, placed[2:3], cancelled_by=Party.BUYER)


class TestLateShipmentRate(BuiltIn):
    metric = built_in("late_shipment_rate")
    expected = {"orders": 10, "late": 2, "overdue": 1, "unproven": 1}

    def add_facts(self, account: Account) -> None:
        orders(account, on_time=6, late=2)
        orders(account, 1, ship_by=account.when + DAY)
        orders(account, 1)


class TestPolicyViolations(BuiltIn):
    metric = policy_violations
    expected = {"open": 5, "severe": 3}

    def add_facts(self, account: Account) -> None:
        violations(account, 3, category="listingPolicyViolations")
        violations(account, 2, severity="LOW")
        violations(account, 1, resolved_at=account.when + DAY)


class TestOnTimeDeliveryRate(BuiltIn):
    metric = built_in("on_time_delivery_rate")
    expected = {"units": 31, "on_time": 28, "late": 3}

    def add_facts(self, account: Account) -> None:
        deliveries(account, on_time=14, units=2)
        deliveries(account, late=3)
        deliveries(account, late=1, is_protected=True)
        deliveries(account, on_time=1, tracking_number=None)


class TestValidTrackingRate(BuiltIn):
    metric = built_in("valid_tracking_rate")
    expected = {"packages": 9, "valid": 7, "invalid": 2}

    def add_facts(self, account: Account) -> None:
        deliveries(account, on_time=3, late=2)
        deliveries(account, on_time=2, category="Books")
        deliveries(account, on_time=2, tracking_number=None)
        deliveries(account, on_time=1, tracking_number=None, exempt_reason="small letter")


class TestContactResponseTime(BuiltIn):
    metric = built_in("contact_response_time")
    expected = {"messages": 10, "in_time": 7, "late": 1, "unanswered": 2, "pending": 1}

    def add_facts(self, account: Account) -> None:
        messages(account, 7, hours=23)
        messages(account, 1, hours=25)
        messages(account, 2)
        messages(account, 1, received_at=account.now - HOUR)
        messages(account, 1, needs_answer=False)


class TestSellerRating(BuiltIn):
    metric = built_in("seller_rating")
    expected = {
        "orders": 17,
        "claims": 1,
        "chargebacks": 1,
        "negative_feedback": 1,
        "expirations": 1,
        "cancellations": 1,
        "late_shipments": 1,
        "late_responses": 1,
        "perfect": 5,
        "bonus": 5,
    }

    def add_facts(self, account: Account) -> None:
        placed = orders(account, 5) + orders(account, on_time=5, late=1)
        claims(account, orders(account, on_time=1))
        chargebacks(account, orders(account, on_time=1))
        feedback(account, orders(account, on_time=1), rating=2)
        cancellations(account, orders(account, 1), cancelled_by=Party.AMAZON)
        cancellations(account, orders(account, 1))
        messages(account, hours=30, order_id=orders(account, on_time=1)[0])
        for order_id in placed[5:10]:
            account.add(Order, order_id=order_id, deliver_by_earliest=account.when + 3 * DAY)


class TestSellerRatingWithAHalfLife(TestSellerRating):
    metric = built_in("seller_rating", half_life_days=90)


class TestCustomerFeedback(BuiltIn):
    metric = customer_feedback
    expected = {"total": 6, "positive": 3, "neutral": 1, "negative": 2, "stars_given": 20}

    def add_facts(self, account: Account) -> None:
        placed = orders(account, 7)
        feedback(account, placed[:3])
        feedback(account, placed[3:4], rating=3)
        feedback(account, placed[4:6], rating=1)
        feedback(account, placed[6:], struck_through=True)
