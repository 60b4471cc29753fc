"""The account health rating, its value and its target."""

import pytest
from sellerhealth import MetricStatus
from sellerhealth.testing import Account, MetricConformance, orders, violations

from acme_shop_health.health_rating import Points, Settings, health_rating

without_points = health_rating(Settings())
with_points = health_rating(Settings(points=Points(critical=150, high=8, medium=4, low=2)))


@pytest.mark.parametrize(("orders", "points"), [(0, 200), (199, 200), (200, 204), (1999, 236), (40_000, 1000)])
def test_every_full_200_orders_earn_4_points(orders: int, points: int) -> None:
    assert without_points.result({"orders": orders}).value == points


@pytest.mark.parametrize(
    ("critical", "points", "status"),
    [(0, 204, MetricStatus.GOOD), (1, 54, MetricStatus.CRITICAL), (2, 0, MetricStatus.CRITICAL)],
)
def test_violations_cost_points_down_to_zero(critical: int, points: int, status: MetricStatus) -> None:
    result = with_points.result({"orders": 200, "critical": critical})
    assert result.value == points
    assert result.display == str(points)
    assert result.status is status


def test_it_is_at_risk_below_200() -> None:
    assert with_points.result({"orders": 200, "medium": 1}).status is MetricStatus.GOOD
    assert with_points.result({"orders": 200, "medium": 2}).status is MetricStatus.AT_RISK


def test_without_points_open_violations_leave_the_rating_unproven() -> None:
    assert without_points.result({"orders": 200}).status is MetricStatus.GOOD
    assert without_points.result({"orders": 200, "low": 1, "unproven": 1}).status is MetricStatus.NOT_AVAILABLE
    assert without_points.result({"orders": 200}).headroom is None


@pytest.mark.parametrize("orders", [0, 150, 200, 399])
@pytest.mark.parametrize("critical", [1, 2, 3])
def test_the_needed_orders_are_just_enough(orders: int, critical: int) -> None:
    headroom = with_points.result({"orders": orders, "critical": critical}).headroom
    assert headroom is not None
    assert headroom.needed > 0
    enough = {"orders": orders + headroom.needed, "critical": critical}
    assert with_points.result(enough).status is MetricStatus.AT_RISK
    assert with_points.result(enough | {"orders": enough["orders"] - 1}).status is MetricStatus.CRITICAL


def test_the_allowed_critical_violations_are_just_enough() -> None:
    headroom = with_points.result({"orders": 10_000}).headroom  # 400 points
    assert headroom is not None
    assert (headroom.allowed, headroom.needed) == (2, 0)
    assert with_points.result({"orders": 10_000, "critical": 2}).status is MetricStatus.AT_RISK
    assert with_points.result({"orders": 10_000, "critical": 3}).status is MetricStatus.CRITICAL


class TestHealthRating(MetricConformance):
    metric = with_points
    expected = {"orders": 3, "critical": 1, "high": 1, "medium": 2, "low": 1}

    def add_facts(self, account: Account) -> None:
        orders(account, on_time=3)
        for severity in ("CRITICAL", "HIGH", "MEDIUM", "LOW", None):
            violations(account, severity=severity)


class TestHealthRatingWithoutPoints(TestHealthRating):
    metric = without_points
    expected = TestHealthRating.expected | {"unproven": 5}
