"""Instants compared with the clock and with each other, on every database."""

import datetime as dt

import pytest

from sellerhealth import Count, Metric, Window, count, later, passed
from sellerhealth.facts import Message, Order, Refund
from sellerhealth.metrics.measures import Measure
from sellerhealth.store.database import Database
from sellerhealth.testing import CLOCK, DAY, HOUR, Account, World

MICROSECOND = dt.timedelta(microseconds=1)
PLACED = dt.datetime(2026, 3, 7, 12, 30, 15, 123_456, tzinfo=dt.UTC)  # before the clocks of America and of Europe change


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


def numbers(world: World, seller: Account, **measures: Measure) -> dict[str, object]:
    """The numbers of measures over all days."""
    one = next(iter(measures.values()))
    metric = Metric(key="tried", title="", description="", section="", windows=(Window(0),), measures={}, hidden=measures, value=Count(one))
    return dict(world.measure(seller, metric).numbers)


def test_an_instant_has_passed_once_more_than_so_many_hours_have_passed(world: World) -> None:
    seller = world.account()
    for number, ago in enumerate([23 * HOUR, 24 * HOUR, 24 * HOUR + HOUR / 3600, 25 * HOUR]):
        seller.add(Message, message_id=str(number), received_at=CLOCK - ago)
    received = count(on=Message.received_on, where=Message.counts)
    day, now = received.where(passed(Message.received_at, hours=24)), received.where(passed(Message.received_at))
    assert numbers(world, seller, day=day, now=now) == {"day": 2, "now": 4}


def test_two_instants_are_so_many_hours_apart_to_the_microsecond(world: World) -> None:
    seller = world.account(time_zone="America/Los_Angeles")
    for after in (13 * DAY, 14 * DAY - MICROSECOND, 14 * DAY, 14 * DAY + MICROSECOND, 15 * DAY):
        seller.add(Refund, order_id=seller.order(placed_at=PLACED), refunded_at=PLACED + after)
    refunds = count(on=Refund.refunded_on, where=Refund.order.has())
    within = refunds.where(Refund.order.has(Refund.refunded_at <= later(Order.placed_at, hours=14 * 24)))
    before = refunds.where(Refund.order.has(Refund.refunded_at < later(Order.placed_at, hours=14 * 24)))
    week = refunds.where(Refund.order.has(Refund.refunded_at <= later(Order.placed_at, hours=7 * 24)))
    assert numbers(world, seller, refunds=refunds, within=within, before=before, week=week) == {
        "refunds": 5,
        "within": 3,
        "before": 2,
        "week": 0,
    }


def test_an_unknown_instant_makes_the_row_unproven(world: World) -> None:
    seller = world.account()
    seller.add(Message, message_id="1", order_id=seller.order(), received_at=CLOCK - DAY)
    seller.add(Message, message_id="2", order_id=seller.order(placed_at=None), received_at=CLOCK - DAY)
    received = count(on=Message.received_on, where=Message.counts)
    late = received.where(Message.order.has(Message.received_at > later(Order.placed_at, hours=24)))
    metric = Metric(
        key="tried", title="", description="", section="", windows=(Window(30),), measures={}, hidden={"late": late}, value=Count(late)
    )
    result = world.measure(seller, metric)
    assert result.numbers == {"late": 1}
    assert result.unproven.rows == 1
