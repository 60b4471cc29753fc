"""Worlds and row builders: what they store, and what they refuse."""

import datetime as dt

import pytest
import sqlalchemy as sa

from sellerhealth import Count, Metric, Ratio, Window, count
from sellerhealth.facts import Claim, Feedback, FeedbackClass, Message, Order, Package, Refund, Violation
from sellerhealth.model.records import ImportBatch, Source
from sellerhealth.testing import (
    DAY,
    HOUR,
    TODAY,
    cancellations,
    chargebacks,
    claims,
    deliveries,
    feedback,
    messages,
    new_world,
    orders,
    packages,
    refunds,
    violations,
)


@pytest.fixture
def world():
    with new_world() as world:
        yield world


def number(world, account, condition, on=Order.placed_on):
    """How many rows of an account meet a condition."""
    measure = count(on=on, where=condition, description="Rows.")
    metric = Metric(
        key="rows", title="T", description="D.", section="acme", windows=(Window(0),), measures={"rows": measure}, value=Count(measure)
    )
    return world.measure(account, metric).value


def batches(world):
    with world.database.reading() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(ImportBatch))


@pytest.mark.sqlite_file
def test_a_world_has_nothing_of_the_one_before_not_even_its_file():
    with new_world() as world:
        orders(world.account(), 3)
        world.save()
        folder = world.database.file.parent
    assert not folder.exists()
    with new_world() as another:
        assert another.database is world.database  # which knows its statements by now
        assert batches(another) == 0


def test_facts_are_imported_once_and_are_covered_through_the_day_of_the_clock(world):
    account = world.account()
    orders(account, 3)
    for _ in range(3):
        world.save()
    assert batches(world) == 1
    world.clock += DAY
    world.save()
    assert batches(world) == 2
    with world.database.reading() as connection:
        assert set(connection.scalars(sa.select(Source.through))) == {world.clock.date()}


def test_what_no_importer_could_yield_is_refused_with_the_fix(world):
    account = world.account()
    with pytest.raises(
        ValueError, match=r"A test sets 'placed' of Order, which has no such column\. Did you mean placed_at\? The columns: order_id, "
    ):
        orders(account, 1, placed=TODAY)
    with pytest.raises(ValueError, match=r"sets 'late_by' of Order, which is derived from other columns: leave it out\.$"):
        orders(account, late=1, late_by=3)
    with pytest.raises(ValueError, match=r"sets 'state' of Claim to a value that is none of OPEN, .* WITHDRAWN\.$"):
        claims(account, ["1"], state="LOST")
    with pytest.raises(ValueError, match=r"a Claim without 'opened_at', which is part of its key: order_id, opened_at\.$"):
        account.add(Claim, order_id="1")
    with pytest.raises(ValueError, match=r"sets 'placed_at' of Order to an instant without an offset: add its time zone"):
        account.order(placed_at=dt.datetime(2026, 3, 1))


def test_orders_are_early_on_time_or_late(world):
    account = world.account()
    ids = orders(account, 1, early=2, on_time=3, late=4)
    assert len(set(ids)) == 10
    assert number(world, account, Order.accepted & Order.seller_fulfilled) == 10
    assert number(world, account, Order.unconfirmed) == 1
    assert number(world, account, Order.late_by <= -24 * 3600) == 2
    assert number(world, account, Order.late_by.between(-24 * 3600, 0)) == 3
    assert number(world, account, Order.late_by > 0) == 4
    assert number(world, account, Order.packages.any(Package.in_time & Package.tracked)) == 9


def test_any_column_of_an_order_can_be_set(world):
    account = world.account()
    ship_by = account.when + 5 * DAY
    orders(account, late=1, ship_by=ship_by, channel="AMAZON", deliver_by=None)
    assert number(world, account, Order.amazon_fulfilled & (Order.confirmed_at == ship_by + DAY / 2) & Order.deliver_by.is_(None)) == 1


def test_facts_happen_at_the_instant_of_the_account(world):
    account = world.account(when=dt.datetime(2025, 7, 1, 23, tzinfo=dt.UTC))
    orders(account, on_time=1)
    assert number(world, account, Order.placed_on == dt.date(2025, 7, 1)) == 1


def test_deliveries_are_on_time_or_late(world):
    account = world.account()
    deliveries(account, on_time=2, late=3, category="Books")
    assert number(world, account, Package.in_time & (Package.category == "Books"), on=Package.promised_on) == 2
    assert number(world, account, Package.attempted_at > Package.deliver_by, on=Package.promised_on) == 3


def test_related_facts_of_orders(world):
    account = world.account()
    ids = orders(account, 6)
    claims(account, ids[:1])
    chargebacks(account, ids[1:2])
    feedback(account, ids[2:3], rating=2)
    refunds(account, ids[3:4])
    packages(account, ids[4:5])
    cancellations(account, ids[5:])
    assert number(world, account, Order.claims.any(Claim.counts)) == 1
    assert number(world, account, Order.chargebacks.any()) == 1
    assert number(world, account, Order.feedback.any(Feedback.negative)) == 1
    assert number(world, account, Order.refunds.any(Refund.refunded_on > Order.placed_on)) == 1
    assert number(world, account, Order.packages.any(Package.tracked)) == 1
    assert number(world, account, (Order.cancelled_by == "SELLER") & Order.never_shipped) == 1


def test_messages_and_violations_need_no_order(world):
    account = world.account()
    messages(account, 2, hours=1.5)
    (unanswered,) = messages(account)
    violations(account, 3, severity="LOW")
    assert number(world, account, Message.answered_after == 5400, on=Message.received_on) == 2
    assert number(world, account, (Message.message_id == unanswered) & Message.answered_after.is_(None), on=Message.received_on) == 1
    assert number(world, account, Violation.unresolved & ~Violation.severe.is_(True), on=Violation.detected_on) == 3


def test_feedback_is_classified_by_its_stars_or_by_a_classifier():
    with new_world() as world, new_world(classify=lambda rating, comment: FeedbackClass.NEUTRAL) as always_neutral:
        for each, positive in ((world, 1), (always_neutral, 0)):
            account = each.account()
            feedback(account, orders(account, 1), rating=4)
            assert number(each, account, Feedback.positive, on=Feedback.left_on) == positive


def test_a_world_has_its_own_clock_and_any_number_of_accounts():
    with new_world(clock=dt.datetime(2024, 2, 29, tzinfo=dt.UTC)) as world:
        first, second = world.account(), world.account(covers=())
        orders(first, 2, placed_at=world.clock - HOUR)
        placed = count(on=Order.placed_on, where=Order.accepted, description="Orders.")
        metric = Metric(
            key="orders_placed",
            title="T",
            description="D.",
            section="acme",
            windows=(Window(2),),
            measures={"orders": placed},
            value=Ratio(placed, placed),
        )
        assert [each.key for each in world.accounts] == ["seller-1", "seller-2"]
        assert world.measure(first, metric).numbers == {"orders": 2}
        assert world.measure(second, metric).reason == "SOURCE_MISSING"
        assert world.parts(first, metric, "channel")["SELLER"].value == 1
        assert world.overall(first, metric) == "WITHOUT_TARGET"
