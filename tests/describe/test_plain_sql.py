"""The SQL for people counts what the engine counts."""

import dataclasses
import datetime as dt
from random import Random

import pytest
import sqlalchemy as sa

from sellerhealth import Count, Metric, Window, count
from sellerhealth.describe.plain_sql import plain_sql
from sellerhealth.facts import Claim, Order
from sellerhealth.store.database import Database
from sellerhealth.testing import Account, World
from tests.support.random_facts import DE, observations, random_facts
from tests.support.world import built_in

KEYS = [
    "cancellation_rate", "contact_response_time", "customer_feedback", "late_shipment_rate", "on_time_delivery_rate",
    "order_defect_rate", "policy_violations", "seller_rating", "valid_tracking_rate",
]  # fmt: skip


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


@pytest.fixture
def account(world: World) -> Account:
    """An account with random facts, next to another one with other facts."""
    for seed, seller in enumerate((world.account(time_zones={DE: "Europe/Berlin"}), world.account())):
        rows = list(observations(random_facts(seed, "UTC", orders=200)))
        Random(seed).shuffle(rows)
        for fact, observed_at, values in rows:
            seller.add(fact, observed_at=observed_at, **values)
        seller.save()
    return world.accounts[0]


def counted(world: World, account: Account, metric: Metric) -> dict[str, int]:
    """The numbers that the statements of a metric return, by measure."""
    first_day, last_day = metric.windows[0].span(world.clock.date())
    parameters: dict[str, object] = {"account_id": account.account_id, "first_day": first_day, "last_day": last_day}
    for hours in (0, 24, 30):
        parameters[f"now_less_{hours}h" if hours else "now"] = (world.clock - dt.timedelta(hours=hours)).replace(tzinfo=None)
    numbers: dict[str, int] = {}
    with world.database.reading() as connection:
        for statement in plain_sql(metric, connection.dialect.name):
            text = sa.text(statement)
            rows = connection.execute(text, {name: parameters[name] for name in text.compile().params}).mappings().all()
            if "class" in rows[0]:
                numbers |= {row["class"]: row["number"] for row in rows}
            else:
                numbers |= dict(rows[0])
    return numbers


@pytest.mark.parametrize("days", [None, 400, 0])
@pytest.mark.parametrize("key", KEYS)
def test_the_numbers_are_those_of_the_engine(world: World, account: Account, key: str, days: int | None) -> None:
    metric = built_in(key)
    if days is not None:
        metric = dataclasses.replace(metric, windows=(Window(days),))
    numbers = counted(world, account, metric)
    expected = world.measure(account, metric).numbers
    assert {name: numbers.get(name, 0) for name in expected} == dict(expected)
    assert days is None or sum(expected.values()) > 10
    assert numbers.keys() <= expected.keys()


@pytest.mark.parametrize("key", KEYS)
def test_there_is_a_statement_for_postgresql_too(key: str) -> None:
    sqlite, postgresql = plain_sql(built_in(key)), plain_sql(built_in(key), "postgresql")
    assert len(sqlite) == len(postgresql)
    assert all(statement.startswith("SELECT") for statement in postgresql)
    assert "= 1" not in " ".join(postgresql)  # PostgreSQL has booleans


def test_a_condition_that_all_measures_share_is_written_once() -> None:
    (statement,) = plain_sql(built_in("late_shipment_rate"))
    assert statement.count("orders.channel = 'SELLER'") == 1
    assert statement.splitlines()[:3] == ["SELECT", "  count(*) AS orders,", "  count(*) FILTER (WHERE orders.late_by > 0) AS late,"]


def test_measures_of_different_facts_and_days_have_statements_of_their_own() -> None:
    placed = count(on=Order.placed_on, where=Order.accepted, description="Orders.")
    opened = count(on=Claim.opened_on, where=Claim.counts, description="Claims.")
    metric = Metric(
        key="acme", title="T", description="D.", section="acme", windows=(Window(7),), measures={"p": placed, "o": opened}, value=Count(placed)
    )  # fmt: skip
    assert [statement.split("FROM ")[1].split()[0] for statement in plain_sql(metric)] == ["orders", "claims"]


def test_literals_are_kept_and_escaped() -> None:
    odd = count(
        on=Order.placed_on, where=sa.or_(Order.marketplace == "it's (100 % :now), AND", Order.marketplace.like("a%")), description="O."
    )
    metric = Metric(
        key="acme", title="T", description="D.", section="acme", windows=(Window(7),), measures={"odd": odd}, value=Count(odd)
    )  # fmt: skip
    for dialect in ("sqlite", "postgresql"):
        (statement,) = plain_sql(metric, dialect)
        assert "'it''s (100 % :now), AND'" in statement
        assert "LIKE 'a%'" in statement
