"""Order defect rate: an order is defective once, by the day it was placed, whenever the defect happened."""

import datetime as dt
from collections.abc import Sequence
from fractions import Fraction

import pytest

from sellerhealth import MetricStatus, testing
from sellerhealth.facts import Chargeback, ChargebackKind, Claim, ClaimState, Feedback
from sellerhealth.model.tables import FactKind
from sellerhealth.testing import Account, World, at
from sellerhealth_metrics.order_defect_rate import Settings, order_defect_rate
from tests.support.vectors import Vectors, rate

metric = order_defect_rate(Settings())


@pytest.mark.parametrize(
    ("defects", "orders", "status"),
    [
        (0, 1, "GOOD"),
        (79, 10_000, "GOOD"),
        (80, 10_000, "AT_RISK"),
        (99, 10_000, "AT_RISK"),
        (100, 10_000, "CRITICAL"),
        (0, 0, "NOT_AVAILABLE"),
    ],
)
def test_it_must_stay_under_one_percent(defects, orders, status):
    assert metric.result({"orders": orders, "defects": defects}).status == status


@pytest.mark.parametrize(
    ("placed", "counts"), [((10, 28, 23, 59, 59), False), ((10, 29, 0), True), ((12, 27, 23, 59, 59), True), ((12, 28, 0), False)]
)
def test_its_window_ends_fifteen_days_ago(world: World, placed, counts):
    seller = world.account()
    seller.order(placed_at=at(*placed, year=2021))
    assert world.measure(seller, metric, as_of=dt.date(2022, 1, 11)).numbers["orders"] == counts


def test_a_defect_belongs_to_the_day_of_its_order(world: World):
    seller = world.account()
    inside, before = seller.order(placed_at=at(11, 1, year=2021)), seller.order(placed_at=at(10, 20, year=2021))
    seller.add(Feedback, order_id=inside, left_at=at(1, 10, year=2022), rating=1)
    seller.add(Feedback, order_id=before, left_at=at(11, 5, year=2021), rating=1)
    assert world.measure(seller, metric, as_of=dt.date(2022, 1, 11)).fraction == (1, 1)


def test_the_parts_of_the_rate_need_not_add_up(world: World):
    seller = world.account()
    order_id = seller.order()
    seller.add(Feedback, order_id=order_id, left_at=at(3, 12), rating=2)
    seller.add(Chargeback, order_id=order_id, filed_at=at(3, 12), kind="SERVICE")
    seller.add(Claim, order_id=order_id, opened_at=at(3, 12), state=ClaimState.ORDER_CANCELLED)
    numbers = world.measure(seller, metric).numbers
    assert numbers == {"orders": 1, "defects": 1, "negative_feedback": 1, "claims": 1, "chargebacks": 1, "open_claims": 0}


@pytest.mark.parametrize(
    ("state", "current", "every"),
    [
        (ClaimState.GRANTED_SELLER, 1, 1), (ClaimState.SELLER_REFUNDED, 1, 1), (ClaimState.ORDER_CANCELLED, 1, 1),
        (ClaimState.GRANTED_AMAZON, 0, 1), (ClaimState.DENIED, 0, 1), (ClaimState.WITHDRAWN, 0, 1), (ClaimState.OPEN, 0, 1), (None, 0, 1),
    ],
)  # fmt: skip
def test_which_claims_count(world: World, state, current, every):
    seller = world.account()
    seller.add(Claim, order_id=seller.order(), opened_at=at(3, 12), state=state)
    assert world.measure(seller, metric).numbers["claims"] == current
    assert world.measure(seller, order_defect_rate(Settings(claims_policy="all"))).numbers["claims"] == every


def test_a_chargeback_of_unknown_kind_is_not_counted(world: World):
    seller = world.account()
    seller.add(Chargeback, order_id=seller.order(), filed_at=at(3, 12))
    assert world.measure(seller, metric).numbers["chargebacks"] == 0


def test_an_order_cancelled_later_stays_in(world: World):
    seller = world.account()
    order_id = seller.order(observed_at=at(3, 10))
    seller.order(order_id, status="CANCELLED")
    seller.add(Claim, order_id=order_id, opened_at=at(3, 12), state=ClaimState.ORDER_CANCELLED)
    assert world.measure(seller, metric).fraction == (1, 1)


def test_each_channel_is_judged(world: World):
    seller = world.account()
    testing.orders(seller, 300)
    for order_id in testing.orders(seller, 100, channel="AMAZON")[:2]:
        seller.add(Feedback, order_id=order_id, left_at=at(3, 12), rating=1)
    parts = world.parts(seller, metric, "channel")
    assert {name: (part.value, part.status.value) for name, part in parts.items()} == {
        "SELLER": (0, "GOOD"),
        "AMAZON": (Fraction(2, 100), "CRITICAL"),
    }
    assert world.measure(seller, metric).status is MetricStatus.GOOD
    assert world.overall(seller, metric) is MetricStatus.CRITICAL


def test_without_a_source_of_claims_the_status_is_unknown(world: World):
    seller = world.account(covers={FactKind.ORDER, FactKind.FEEDBACK, FactKind.CHARGEBACK})
    testing.orders(seller, 100)
    result = world.measure(seller, metric)
    assert (result.value, result.status, result.reason) == (0, MetricStatus.NOT_AVAILABLE, "UNPROVEN")


# ---------------------------------------------------------------- the examples of vectors.json

vectors = Vectors("ODR")


def with_negative_feedback(seller: Account, orders: Sequence[str]) -> None:
    for order_id in orders:
        seller.add(Feedback, order_id=order_id, left_at=at(3, 30), rating=1)


@vectors.case("4 neg, 3 a-to-z, 2 cb, one order twice, 2000 orders")
@vectors.case("headroom: 8/2000 -> more defects allowed", read=lambda result: result.headroom.allowed)
def several_defects(world: World, read=rate) -> object:
    seller = world.account()
    orders = testing.orders(seller, 2000)
    with_negative_feedback(seller, orders[:4])
    for order_id in orders[3:6]:
        seller.add(Claim, order_id=order_id, opened_at=at(3, 20), state=ClaimState.GRANTED_SELLER)
        seller.add(Claim, order_id=order_id, opened_at=at(3, 21), state=ClaimState.SELLER_REFUNDED)
    for order_id in orders[6:8]:
        seller.add(Chargeback, order_id=order_id, filed_at=at(3, 20), kind=ChargebackKind.SERVICE)
    return read(world.measure(seller, metric))


@vectors.case("10 of 1000 (exactly 1% is NOT under 1%)", orders=1000, bad=10)
@vectors.case("recover: 10/1000 -> clean orders needed", orders=1000, bad=10, read=lambda result: result.headroom.needed)
@vectors.case("10 of 1001 (shows 1.00 but is under)", orders=1001, bad=10)
@vectors.case("8 of 1000 (warn line)", orders=1000, bad=8)
@vectors.case("1 of 40", orders=40, bad=1)
@vectors.case("recover: 1/40 -> clean orders needed", orders=40, bad=1, read=lambda result: result.headroom.needed)
@vectors.case("no orders", orders=0, bad=0)
def negative_feedback(world: World, orders: int, bad: int, read=rate) -> object:
    seller = world.account()
    with_negative_feedback(seller, testing.orders(seller, orders)[:bad])
    return read(world.measure(seller, metric))


@vectors.case("Amazon schema counts 1078/539000")
def amazons_defects(world: World) -> object:
    return rate(metric.result({"orders": 539_000, "defects": 1_078}))


@vectors.case("denied+withdrawn+open claim, removed fb, 3-star, fraud cb of 500", policy="current")
@vectors.case("same, claims_policy=all", policy="all")
def what_does_not_count(world: World, policy: str) -> object:
    seller = world.account()
    orders = testing.orders(seller, 500)
    for order_id, state in zip(orders, (ClaimState.DENIED, ClaimState.WITHDRAWN, ClaimState.OPEN), strict=False):
        seller.add(Claim, order_id=order_id, opened_at=at(3, 20), state=state)
    seller.add(Feedback, order_id=orders[3], left_at=at(3, 12), rating=1, removed_at=at(3, 13))
    seller.add(Feedback, order_id=orders[4], left_at=at(3, 12), rating=3)
    seller.add(Chargeback, order_id=orders[5], filed_at=at(3, 20), kind=ChargebackKind.FRAUD)
    result = world.measure(seller, order_defect_rate(Settings(claims_policy=policy)))
    assert result.numbers["open_claims"] == 1
    return rate(result)


@vectors.case("AFN 3 negatives, 1 struck through, 300 orders")
def fulfilled_by_amazon(world: World) -> object:
    seller = world.account()
    for index, order_id in enumerate(testing.orders(seller, 300, channel="AMAZON")[:3]):
        seller.add(Feedback, order_id=order_id, left_at=at(3, 12), rating=1, struck_through=index == 0)
    parts = world.parts(seller, metric, "channel")
    assert list(parts) == ["AMAZON"]
    return rate(parts["AMAZON"])


@pytest.mark.parametrize("case", vectors.expected)
def test_vector(world: World, case: str) -> None:
    assert vectors.work_out(case, world) == vectors.expected[case]
