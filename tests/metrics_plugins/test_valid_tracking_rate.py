"""Valid tracking rate: a number that a carrier scanned, on every package that needs one."""

import pytest

from sellerhealth import MetricStatus, testing
from sellerhealth.testing import DAY, Account, World, at
from sellerhealth_metrics.valid_tracking_rate import Settings, valid_tracking_rate
from tests.support.vectors import Vectors, rate

metric = valid_tracking_rate(Settings())
PROMISED = at(3, 15)
CONFIRMED = PROMISED - 3 * DAY


@pytest.mark.parametrize(
    ("valid", "packages", "status"), [(949, 1000, "CRITICAL"), (950, 1000, "AT_RISK"), (959, 1000, "AT_RISK"), (960, 1000, "GOOD")]
)
def test_ninety_five_percent_must_be_valid(valid, packages, status):
    assert metric.result({"packages": packages, "valid": valid}).status == status


@pytest.mark.parametrize(
    ("columns", "numbers"),
    [
        ({"tracking_number": "1Z", "first_scan_at": PROMISED}, (1, 0)),
        ({"tracking_number": "1Z", "scanned": True}, (1, 0)),
        ({"tracking_number": "1Z"}, (0, 1)),
        ({"tracking_number": "1Z", "delivered_at": PROMISED}, (0, 1)),  # a confirmed delivery alone proves nothing
        ({"scanned": True}, (0, 1)),
        ({"exempt_reason": "small letter"}, (0, 0)),
        ({"confirmed_at": None, "tracking_number": "1Z", "scanned": True}, (0, 0)),
    ],
)
def test_what_is_valid_and_what_is_not(world: World, columns, numbers):
    seller = world.account()
    seller.confirm(seller.order(deliver_by=PROMISED), **{"confirmed_at": CONFIRMED} | columns)
    counted = world.measure(seller, metric).numbers
    assert (counted["valid"], counted["invalid"], counted["packages"]) == (*numbers, sum(numbers))


def test_each_category_is_judged(world: World):
    seller = world.account()
    for number in range(100):
        seller.confirm(seller.order(deliver_by=PROMISED), CONFIRMED, tracking_number="1Z", scanned=True, category="Books")
        seller.confirm(seller.order(deliver_by=PROMISED), CONFIRMED, tracking_number="1Z", scanned=number >= 6 or None)
    parts = world.parts(seller, metric, "category")
    # Packages of an unknown category may be books, and with six more without tracking Books would miss the target.
    assert {name: part.status.value for name, part in parts.items()} == {"Books": "NOT_AVAILABLE", "UNKNOWN": "CRITICAL"}
    assert parts["Books"].unproven.rows == 100
    assert world.measure(seller, metric).status is MetricStatus.GOOD
    assert world.overall(seller, metric) is MetricStatus.CRITICAL


@pytest.mark.parametrize(("promised", "counts"), [((2, 19, 23), 0), ((2, 20, 0), 1), ((3, 21, 23), 1), ((3, 22, 0), 0)])
def test_its_window_is_of_promised_days_and_ends_ten_days_ago(world: World, promised, counts):
    seller = world.account()
    seller.confirm(seller.order(deliver_by=at(*promised)), CONFIRMED)
    assert world.measure(seller, metric).numbers["packages"] == counts


# ---------------------------------------------------------------- the examples of vectors.json

vectors = Vectors("VTR")


def confirm(seller: Account, packages: int, valid: int, **columns: object) -> None:
    """Packages of an order each, so many of them with a tracking number that a carrier scanned."""
    for index, order_id in enumerate(testing.orders(seller, packages, deliver_by=PROMISED)):
        seller.confirm(order_id, CONFIRMED, tracking_number="1Z", first_scan_at=at(3, 13) if index < valid else None, **columns)


@vectors.case("190 of 200 packages", packages=200, valid=190)
@vectors.case("189 of 200", packages=200, valid=189)
@vectors.case("189/200 -> tracked packages needed to reach 95%", packages=200, valid=189, read=lambda result: result.headroom.needed)
@vectors.case("7 of 7", packages=7, valid=7)
@vectors.case("210 packages, 10 exempt, 196 valid of 200", packages=200, valid=196, exempt=10)
@vectors.case("196/200 -> misses allowed", packages=200, valid=196, exempt=10, read=lambda result: result.headroom.allowed)
@vectors.case("no packages", packages=0, valid=0)
def tracked(world: World, packages: int, valid: int, exempt: int = 0, read=rate) -> object:
    seller = world.account()
    confirm(seller, packages, valid)
    confirm(seller, exempt, 3, exempt_reason="small letter")
    return read(world.measure(seller, metric))


@vectors.case("books 50/50 + office 90/100 overall", category="")
@vectors.case("office category 90/100", category="Office")
@vectors.case("books category 50/50", category="Books")
def by_category(world: World, category: str) -> object:
    seller = world.account()
    confirm(seller, 50, 50, category="Books")
    confirm(seller, 100, 90, category="Office")
    return rate(world.parts(seller, metric, "category")[category] if category else world.measure(seller, metric))


@vectors.case("one order, two packages, one untracked")
def two_packages(world: World) -> object:
    seller = world.account()
    order_id = seller.order(deliver_by=PROMISED)
    for number, scan in (("1", at(3, 13)), ("2", None)):
        seller.confirm(order_id, CONFIRMED, number, tracking_number="1Z", first_scan_at=scan)
    return rate(world.measure(seller, metric))


@pytest.mark.parametrize("case", vectors.expected)
def test_vector(world: World, case: str) -> None:
    assert vectors.work_out(case, world) == vectors.expected[case]
