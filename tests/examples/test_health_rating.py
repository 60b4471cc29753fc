"""The account health rating of the example agrees with the examples in tests/support/vectors.json."""

import pytest

from acme_shop_health.health_rating import Points, Settings, health_rating
from sellerhealth.testing import World, orders, violations
from tests.support.vectors import Vectors

metric = health_rating(Settings(points=Points(critical=100, high=10, medium=4, low=2)))
vectors = Vectors("AHR")


@vectors.case("0 orders", number=0)
@vectors.case("199 orders", number=199)
@vectors.case("200 orders", number=200)
@vectors.case("1999 orders", number=1999)
@vectors.case("2600 orders", number=2600)
def so_many_orders(world: World, number: int) -> object:
    account = world.account()
    orders(account, number)
    return world.measure(account, metric).value


@vectors.case("40000 orders (cap)")
def the_highest(world: World) -> object:
    return metric.result({"orders": 40_000}).value


@vectors.case("200 orders, 10 points deducted (example config)")
def one_violation(world: World) -> object:
    account = world.account()
    orders(account, 200)
    violations(account, severity="HIGH")
    return world.measure(account, metric).value


@pytest.mark.parametrize("case", vectors.expected)
def test_vector(world: World, case: str) -> None:
    assert vectors.work_out(case, world) == vectors.expected[case]


def test_without_points_an_open_violation_leaves_a_good_rating_unproven(world: World) -> None:
    account = world.account()
    orders(account, 200)
    violations(account, severity="LOW")
    result = world.measure(account, health_rating(Settings()))
    assert (result.value, result.status, result.reason) == (204, "NOT_AVAILABLE", "UNPROVEN")
