"""Cancellation rate: what the seller cancelled before shipping, unless the buyer had asked for it through Amazon."""

import pytest

from sellerhealth import MetricStatus, testing
from sellerhealth.facts import Item, Order, OrderStatus, Party, Refund
from sellerhealth.metrics.unproven import UnknownCell
from sellerhealth.testing import Account, World, at
from sellerhealth_metrics.cancellation_rate import Settings, cancellation_rate
from tests.support.vectors import Vectors, rate

metric = cancellation_rate(Settings())
PLACED = at(3, 26)


def cancel(seller: Account, **columns: object) -> str:
    """An order is accepted, then cancelled."""
    order_id = seller.order(placed_at=PLACED, observed_at=PLACED)
    seller.add(Order, order_id=order_id, status="CANCELLED", **columns)
    return order_id


@pytest.mark.parametrize(
    ("cancelled", "orders", "status"), [(19, 1000, "GOOD"), (20, 1000, "AT_RISK"), (24, 1000, "AT_RISK"), (25, 1000, "CRITICAL")]
)
def test_it_must_stay_under_two_and_a_half_percent(cancelled, orders, status):
    assert metric.result({"orders": orders, "cancelled": cancelled}).status == status


@pytest.mark.parametrize(
    ("by", "buyer_asked", "counts"),
    [
        (Party.SELLER, None, 1),  # out of stock, or the buyer asked by a mere message
        (Party.SELLER, False, 1),
        (Party.SELLER, True, 0),  # the buyer asked, the seller carried it out
        (Party.AMAZON, None, 1),  # shipment was never confirmed
        (Party.AMAZON, True, 0),
        (Party.BUYER, None, 0),
    ],
)
def test_who_cancelled_decides_whether_it_counts(world: World, by, buyer_asked, counts):
    seller = world.account()
    seller.add(Item, order_id=cancel(seller), item_id="1", cancelled_by=by, buyer_asked=buyer_asked)
    assert world.measure(seller, metric).fraction == (counts, 1)


def test_a_source_may_report_the_buyers_request_for_the_whole_order(world: World):
    seller = world.account()
    seller.add(Item, order_id=cancel(seller, buyer_asked=True), item_id="1", cancelled_by=Party.SELLER)
    assert world.measure(seller, metric).fraction == (0, 1)


def test_a_request_for_one_item_does_not_excuse_another(world: World):
    seller = world.account()
    order_id = cancel(seller, buyer_asked=True)
    seller.add(Item, order_id=order_id, item_id="1", cancelled_by=Party.SELLER, buyer_asked=True)
    assert world.measure(seller, metric).fraction == (0, 1)
    seller.add(Item, order_id=order_id, item_id="2", cancelled_by=Party.SELLER, buyer_asked=False)
    assert world.measure(seller, metric).fraction == (1, 1)


def test_an_order_counts_once(world: World):
    seller = world.account()
    order_id = cancel(seller)
    for number in ("1", "2"):
        seller.add(Item, order_id=order_id, item_id=number, cancelled_by=Party.SELLER)
    assert world.measure(seller, metric).fraction == (1, 1)


def test_orders_cancelled_while_pending_are_in_neither_number(world: World):
    seller = world.account()
    for status in ("PENDING", "CANCELLED"):
        order_id = seller.order(placed_at=PLACED, status=status)
        seller.add(Item, order_id=order_id, item_id="*", cancelled_by=Party.BUYER)
    assert world.measure(seller, metric).numbers["orders"] == 0


@pytest.mark.parametrize("was_accepted", [True, False])
def test_while_the_canceller_is_unknown_good_is_unproven(world: World, was_accepted):
    seller = world.account()
    testing.orders(seller, 39, placed_at=PLACED)
    if was_accepted:
        cancel(seller)
    else:
        seller.order(placed_at=PLACED, status="CANCELLED")
    result = world.measure(seller, metric)
    assert result.fraction == (0, 39 + was_accepted)
    assert (result.status, result.reason) == (MetricStatus.NOT_AVAILABLE, "UNPROVEN")


def test_a_cancellation_by_nobody_knows_that_would_not_matter_leaves_good_as_it_is(world: World):
    seller = world.account()
    testing.orders(seller, 99, placed_at=PLACED)
    cancel(seller)
    result = world.measure(seller, metric)
    assert (result.status, result.unproven.rows) == (MetricStatus.GOOD, 1)


def test_orders_without_a_channel_that_the_seller_cancelled_may_be_misses(world: World):
    seller = world.account()
    testing.orders(seller, 99, placed_at=PLACED)
    for _ in range(5):
        order_id = seller.order(placed_at=PLACED, channel=None, status=None)
        seller.add(Item, order_id=order_id, item_id="1", cancelled_by=Party.SELLER)
    result = world.measure(seller, metric)
    assert (result.fraction, result.status, result.reason) == ((0, 99), MetricStatus.NOT_AVAILABLE, "UNPROVEN")
    assert result.unproven.rows == 5
    assert result.unproven.cells[UnknownCell("orders", "channel")] == 5


def test_not_knowing_who_cancelled_does_not_hide_a_miss(world: World):
    seller = world.account()
    seller.add(Item, order_id=cancel(seller), item_id="1", cancelled_by=Party.SELLER)
    cancel(seller)
    assert world.measure(seller, metric).status is MetricStatus.CRITICAL


def test_an_unknown_canceller_elsewhere_leaves_good_as_it_is(world: World):
    seller = world.account()
    testing.orders(seller, 100, placed_at=PLACED)
    seller.order(placed_at=PLACED, status="CANCELLED", channel="AMAZON")
    seller.order(placed_at=at(3, 10), status="CANCELLED")  # before the window
    seller.order(placed_at=PLACED, status="CANCELLED", buyer_asked=True)
    assert world.measure(seller, metric).status is MetricStatus.GOOD


@pytest.mark.parametrize("status", [OrderStatus.SHIPPED, OrderStatus.CANCELLED])
def test_after_hand_over_nothing_is_a_cancellation_even_when_its_day_is_unknown(world: World, status):
    seller = world.account()
    order_id = seller.order(placed_at=PLACED, status=status)
    seller.confirm(order_id, at(3, 27))
    seller.add(Item, order_id=order_id, item_id="1", cancelled_by=Party.SELLER)
    assert world.measure(seller, metric).fraction == (0, 1)


def test_replacements_may_be_left_out(world: World):
    seller = world.account()
    seller.order(placed_at=PLACED, is_replacement=True)
    seller.order(placed_at=PLACED, is_replacement=False)
    seller.order(placed_at=PLACED)
    assert world.measure(seller, metric).numbers["orders"] == 3
    assert world.measure(seller, cancellation_rate(Settings(replacements=False))).numbers["orders"] == 2


# ---------------------------------------------------------------- the examples of vectors.json

vectors = Vectors("CR")


@vectors.case("1 of 40 (exactly 2.5%)", orders=40)
@vectors.case("1 of 41", orders=41)
@vectors.case("1 of 100", orders=100)
def one_cancelled(world: World, orders: int) -> object:
    seller = world.account()
    testing.orders(seller, orders - 1, placed_at=PLACED)
    seller.add(Item, order_id=cancel(seller), item_id="1", cancelled_by=Party.SELLER)
    return rate(world.measure(seller, metric))


@vectors.case("50 placed; 3 died while Pending; 1 buyer-req; 1 merchant; 1 auto")
@vectors.case("recover: 2/47 -> clean orders needed", read=lambda result: result.headroom.needed)
def all_kinds_of_cancellation(world: World, read=rate) -> object:
    seller = world.account()
    testing.orders(seller, 44, placed_at=PLACED)
    for index, party in enumerate((Party.BUYER, Party.BUYER, Party.AMAZON)):
        pending = f"pending-{index}"
        seller.order(order_id=pending, placed_at=PLACED, status=OrderStatus.PENDING, observed_at=PLACED)
        seller.order(order_id=pending, placed_at=PLACED, status=OrderStatus.CANCELLED)
        seller.add(Item, order_id=pending, item_id="1", cancelled_by=party)
    for party, buyer_asked in ((Party.SELLER, True), (Party.SELLER, None), (Party.AMAZON, None)):
        seller.add(Item, order_id=cancel(seller), item_id="1", cancelled_by=party, buyer_asked=buyer_asked)
    return read(world.measure(seller, metric))


@vectors.case("Amazon schema counts 551/17197")
def amazons_cancellations(world: World) -> object:
    return rate(metric.result({"orders": 17_197, "cancelled": 551}))


@vectors.case("FBA-only seller")
def only_amazon_fulfils(world: World) -> object:
    seller = world.account()
    testing.orders(seller, 5, placed_at=PLACED, channel="AMAZON")
    return rate(world.measure(seller, metric))


@vectors.case("1 order, 1 of 3 items cancelled by seller")
def one_item_of_three(world: World) -> object:
    seller = world.account()
    order_id = seller.order(placed_at=PLACED, status=OrderStatus.SHIPPED)
    for number in range(3):
        cancelled_by = Party.SELLER if number == 1 else None
        seller.add(Item, order_id=order_id, item_id=str(number), cancelled_by=cancelled_by, quantity=1, quantity_shipped=int(number != 1))
    seller.confirm(order_id, at(3, 27))
    return rate(world.measure(seller, metric))


@vectors.case("refund after ship-confirm, 10 orders")
def refunded_after_shipping(world: World) -> object:
    seller = world.account()
    orders = testing.orders(seller, 10, placed_at=PLACED, status=OrderStatus.SHIPPED)
    for order_id in orders:
        seller.confirm(order_id, at(3, 27))
    seller.add(Refund, order_id=orders[0], refunded_at=at(3, 28))
    seller.add(Item, order_id=orders[0], item_id="*", cancelled_by=Party.SELLER, cancelled_at=at(3, 28))
    return rate(world.measure(seller, metric))


@pytest.mark.parametrize("case", vectors.expected)
def test_vector(world: World, case: str) -> None:
    assert vectors.work_out(case, world) == vectors.expected[case]
