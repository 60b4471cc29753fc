"""What is at risk: soonest first over several metrics and facts, paged without gaps or repeats."""

import random

import pytest

from sellerhealth import AtRisk, Count, Metric, Window, count
from sellerhealth.engine.at_risk import AtRiskQuery, Risk, number_of_risks, page_of_risks
from sellerhealth.facts import Message, Order
from sellerhealth.store.database import Database
from sellerhealth.store.keyset import PageRequest
from sellerhealth.testing import CLOCK, DAY, HOUR, World
from sellerhealth.testing.world import reading

orders = count(on=Order.placed_on, where=Order.accepted, description="Orders.")
messages = count(on=Message.received_on, where=Message.counts, description="Messages.")
shipping = Metric(
    key="shipping", title="", description="", section="test", windows=(Window(30),), measures={"orders": orders}, value=Count(orders),
    at_risk=AtRisk(orders.where(Order.unconfirmed), Order.ship_by, "It is not confirmed as shipped."),
)  # fmt: skip
answering = Metric(
    key="answering", title="", description="", section="test", windows=(Window(30),), measures={"messages": messages}, value=Count(messages),
    at_risk=AtRisk(messages.where(Message.answered_after.is_(None)), Message.received_at, "It is not answered.", hours=24),
)  # fmt: skip
safe = Metric(key="safe", title="", description="", section="test", windows=(Window(30),), measures={"orders": orders}, value=Count(orders))


@pytest.fixture
def world(database: Database) -> World:
    chance = random.Random(5)
    world = World(database)
    for seller in (world.account(), world.account()):
        for number in range(40):
            due = CLOCK + HOUR * chance.randrange(-5, 30)  # whole hours, so that many fall due together
            seller.order(ship_by=due, placed_at=CLOCK - DAY, status=chance.choice(["UNSHIPPED", "SHIPPED"]))
            seller.add(Message, message_id=str(number), received_at=due - DAY, reported_answered_at=due if chance.random() < 0.5 else None)
        seller.save()
    return world


def query_of(world: World, within_hours: int = 24) -> AtRiskQuery:
    return AtRiskQuery(world.accounts[0].account_id, (shipping, answering, safe), within_hours)


def all_pages(world: World, query: AtRiskQuery, size: int, *, from_end: bool = False) -> list[Risk]:
    risks: list[Risk] = []
    with reading(world) as session:
        while True:
            position = risks[0 if from_end else -1].position if risks else None
            request = PageRequest(size, before=position, from_end=True) if from_end else PageRequest(size, after=position)
            page = page_of_risks(session, query, request)
            assert (page.has_next if from_end else page.has_previous) == bool(risks)
            risks = [*page.rows, *risks] if from_end else [*risks, *page.rows]
            if not (page.has_previous if from_end else page.has_next):
                return risks


def test_pages_contain_every_risk_once_and_the_soonest_first(world: World) -> None:
    query = query_of(world)
    risks = all_pages(world, query, 4)
    with reading(world) as session:
        assert number_of_risks(session, query) == len(risks) > 20
    positions = [risk.position for risk in risks]
    assert positions == sorted(set(positions))
    assert all(CLOCK <= risk.due_at <= CLOCK + DAY for risk in risks)
    assert {risk.metric.key for risk in risks} == {"shipping", "answering"}
    assert [risk.position for risk in all_pages(world, query, 7, from_end=True)] == positions


def test_only_what_can_still_be_put_right_is_at_risk(world: World) -> None:
    for risk in all_pages(world, query_of(world, 720), 100):
        assert risk.due_at >= CLOCK
        assert risk.row["status"] == "UNSHIPPED" if risk.fact is Order else risk.row["answered_after"] is None
        assert risk.row["account_id"] == world.accounts[0].account_id
