"""On-time delivery rate: tracked units with a delivery scan, by the day they were promised for."""

import datetime as dt

import pytest

from sellerhealth import MetricStatus, Window, testing
from sellerhealth.testing import DAY, HOUR, Account, World, at
from sellerhealth_metrics.on_time_delivery_rate import Settings, on_time_delivery_rate
from tests.support.vectors import Vectors, rate

metric = on_time_delivery_rate(Settings())
PROMISED = at(3, 15)


def deliver(seller: Account, **columns: object) -> None:
    seller.confirm(seller.order(deliver_by=PROMISED), PROMISED - 3 * DAY, **{"tracking_number": "1Z"} | columns)


@pytest.mark.parametrize(
    ("on_time", "units", "status"),
    [
        (899, 1000, "CRITICAL"),
        (900, 1000, "AT_RISK"),
        (949, 1000, "AT_RISK"),
        (950, 1000, "GOOD"),
        (19, 19, "NOT_AVAILABLE"),
        (20, 20, "GOOD"),
    ],
)
def test_ninety_percent_must_be_on_time(on_time, units, status):
    assert metric.result({"units": units, "on_time": on_time}).status == status


@pytest.mark.parametrize(
    ("columns", "numbers"),
    [
        ({"delivered_at": PROMISED}, (1, 0)),
        ({"delivered_at": PROMISED + HOUR / 3600}, (0, 1)),
        ({"first_attempt_at": PROMISED, "delivered_at": PROMISED + DAY}, (1, 0)),
        ({"first_attempt_at": PROMISED + DAY, "delivered_at": PROMISED + 2 * DAY}, (0, 1)),
        ({"units": 3, "delivered_at": PROMISED}, (3, 0)),
        ({}, (0, 0)),  # no delivery scan
        ({"first_scan_at": PROMISED - DAY}, (0, 0)),
        ({"tracking_number": None, "delivered_at": PROMISED}, (0, 0)),
        ({"is_protected": True, "delivered_at": PROMISED}, (1, 0)),
        ({"is_protected": True, "delivered_at": PROMISED + DAY}, (0, 0)),
        ({"delivered_at": PROMISED - 4 * DAY}, (0, 1)),  # confirmed only after it was delivered
    ],
)
def test_what_is_on_time_and_what_is_late(world: World, columns, numbers):
    seller = world.account()
    deliver(seller, **columns)
    counted = world.measure(seller, metric).numbers
    assert (counted["on_time"], counted["late"]) == numbers
    assert counted["units"] == sum(numbers)


def test_protected_late_units_can_be_counted(world: World):
    seller = world.account()
    deliver(seller, is_protected=True, delivered_at=PROMISED + DAY)
    assert world.measure(seller, on_time_delivery_rate(Settings(drop_late_protected=False))).numbers["late"] == 1


@pytest.mark.parametrize(("promised", "counts"), [((3, 9, 23), 0), ((3, 10, 0), 1), ((3, 23, 23), 1), ((3, 24, 0), 0)])
def test_its_window_is_of_promised_days_and_ends_eight_days_ago(world: World, promised, counts):
    seller = world.account()
    seller.confirm(seller.order(deliver_by=at(*promised)), at(3, 9), tracking_number="1Z", delivered_at=at(*promised))
    assert world.measure(seller, metric).numbers["units"] == counts


def test_packages_can_be_counted_instead_of_units(world: World):
    seller = world.account()
    deliver(seller, delivered_at=PROMISED, units=30)
    packages = on_time_delivery_rate(Settings(unit="packages"))
    assert world.measure(seller, packages).numbers["units"] == 1
    assert world.measure(seller, packages).status is MetricStatus.NOT_AVAILABLE
    assert world.measure(seller, on_time_delivery_rate(Settings(unit="packages", min_units=1))).status is MetricStatus.GOOD


def test_orders_that_amazon_fulfils_or_no_source_reported_are_left_out(world: World):
    seller = world.account()
    for order_id in (seller.order(deliver_by=PROMISED, channel="AMAZON"), "never-imported"):
        seller.confirm(order_id, None, tracking_number="1Z", delivered_at=PROMISED)
    assert world.measure(seller, metric).value is None


# ---------------------------------------------------------------- the examples of vectors.json

vectors = Vectors("OTDR")


def arrive(seller: Account, number: int, *, late: bool = False, **columns: object) -> None:
    """Packages delivered at the promised instant, or a day later."""
    for _ in range(number):
        deliver(seller, delivered_at=PROMISED + DAY if late else PROMISED, **columns)


@vectors.case("Amazon schema 146/165 units", on_time=146, late=19)
@vectors.case("146/165 -> on-time units needed", on_time=146, late=19, read=lambda result: result.headroom.needed)
@vectors.case("97 of 100", on_time=97, late=3)
@vectors.case("none", on_time=0, late=0)
@vectors.case("3 of 7 units: below 20-unit floor -> enforced?", on_time=3, late=4, read=lambda result: result.enforced)
@vectors.case("3/7 as shown", on_time=3, late=4, read=lambda result: rate(result)[2])
def delivered(world: World, on_time: int, late: int, read=rate) -> object:
    seller = world.account()
    arrive(seller, on_time)
    arrive(seller, late, late=True)
    return read(world.measure(seller, metric))


@vectors.case("Amazon's own example 90 of 100 after dropping last 7 days")
def the_last_days_are_dropped(world: World) -> object:
    seller = world.account()
    arrive(seller, 90)
    arrive(seller, 10, late=True)
    for order_id in testing.orders(seller, 30, deliver_by=at(3, 26)):
        seller.confirm(order_id, at(3, 10), tracking_number="1Z", delivered_at=at(3, 27))
    return rate(world.measure(seller, metric))


@vectors.case("one 500-unit shipment late, 4500 units on time", on_time=9, units=500)
@vectors.case("500-unit late + 99 one-unit on time, by unit", on_time=99, units=None)
def a_large_one_late(world: World, on_time: int, units: int | None) -> object:
    seller = world.account()
    arrive(seller, on_time, units=units)
    arrive(seller, 1, late=True, units=500)
    packages = on_time_delivery_rate(Settings(unit="packages", min_units=0))
    assert world.measure(seller, packages).fraction == (on_time, on_time + 1)
    return rate(world.measure(seller, metric))


@vectors.case("100 units, 12 late, 5 of those protected -> 88/95")
def late_and_protected(world: World) -> object:
    seller = world.account()
    arrive(seller, 88)
    arrive(seller, 7, late=True)
    arrive(seller, 5, late=True, is_protected=True)
    return rate(world.measure(seller, metric))


@vectors.case("deliver-by 2024-07-19T06:59:59Z, delivered 06:30Z -> late?")
def in_pacific_time(world: World) -> object:
    seller = world.account(time_zone="America/Los_Angeles")
    order_id = seller.order(placed_at=at(7, 10, year=2024), deliver_by=at(7, 19, 6, 59, 59, year=2024))
    seller.confirm(order_id, None, tracking_number="1Z", delivered_at=at(7, 19, 6, 30, year=2024))
    result = world.measure(seller, metric, window=Window(1), as_of=dt.date(2024, 7, 18))
    assert result.numbers["units"] == 1
    return result.numbers["late"] == 1


@pytest.mark.parametrize("case", vectors.expected)
def test_vector(world: World, case: str) -> None:
    assert vectors.work_out(case, world) == vectors.expected[case]
