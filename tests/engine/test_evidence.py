"""Evidence: over all pages the very rows that a measure counts, each once, newest first."""

import random
from collections.abc import Mapping
from typing import Any

import pytest

from sellerhealth import Count, Metric, Window, count, passed, total
from sellerhealth.engine.evidence import EvidenceQuery, leaves_window_on, number_of_rows, page_of_evidence, position_columns
from sellerhealth.engine.queries import WHOLE, MetricQuery, Part, Scope
from sellerhealth.facts import Claim, Message, Order, Package
from sellerhealth.metrics.expressions import instants_compared
from sellerhealth.metrics.measures import Measure
from sellerhealth.store.database import Database
from sellerhealth.store.keyset import PageRequest
from sellerhealth.testing import CLOCK, DAY, HOUR, TODAY, US, World, at
from sellerhealth.testing.world import reading

orders = count(on=Order.placed_on, where=Order.accepted, description="Orders.")
measures = {
    "orders": orders,
    "claimed": orders.where(Order.claims.any(Claim.counts), "With a claim."),
    "late": orders.where(Order.late_by > 0, "Late."),
    "overdue": orders.where(Order.unconfirmed & passed(Order.ship_by), "Overdue."),
    **orders.split({"by_amazon": (Order.channel == "AMAZON", "By Amazon.")}, rest=("by_seller", "By the seller.")),
}
metric = Metric(
    key="evidence", title="", description="", section="test", windows=(Window(30), Window(0)), measures=measures, value=Count(orders),
    parts={"channel": Order.channel},
)  # fmt: skip


@pytest.fixture
def world(database: Database) -> World:
    chance = random.Random(3)
    world = World(database)
    for seller in (world.account(), world.account()):
        for _ in range(70):
            order = seller.order(
                placed_at=CLOCK - DAY * chance.randrange(45),
                channel=chance.choice(["SELLER", "AMAZON"]),
                marketplace=chance.choice([US, "JP"]),
                ship_by=at(3, 28) + HOUR * chance.randrange(120),
            )
            if chance.random() < 0.6:
                seller.add(Package, order_id=order, package_id="1", confirmed_at=at(3, 28) + HOUR * chance.randrange(120))
            if chance.random() < 0.2:
                seller.add(Claim, order_id=order, opened_at=at(3, 29), state="GRANTED_SELLER")
        seller.save()
    return world


def all_pages(world: World, evidence: EvidenceQuery, size: int, *, from_end: bool = False) -> list[Mapping[str, Any]]:
    columns = [column.name for column in position_columns(evidence.measure)]
    rows: list[Mapping[str, Any]] = []
    with reading(world) as session:
        while True:
            position = tuple(rows[0 if from_end else -1][name] for name in columns) if rows else None
            request = PageRequest(size, before=position, from_end=True) if from_end else PageRequest(size, after=position)
            page = page_of_evidence(session, evidence, request)
            assert (page.has_next if from_end else page.has_previous) == bool(rows)
            rows = [*page.rows, *rows] if from_end else [*rows, *page.rows]
            if not (page.has_previous if from_end else page.has_next):
                return rows


@pytest.mark.dear
@pytest.mark.parametrize("name", measures)
@pytest.mark.parametrize("window", metric.windows, ids=str)
@pytest.mark.parametrize(("scope", "part"), [(WHOLE, None), (Scope(marketplace="JP"), None), (WHOLE, Part("channel", "AMAZON"))], ids=str)
def test_all_pages_are_exactly_the_measure(world: World, name: str, window: Window, scope: Scope, part: Part | None) -> None:
    seller = world.accounts[0]
    evidence = EvidenceQuery(seller.account_id, MetricQuery(metric, window, TODAY, scope, part), name)
    if part is None:
        expected = world.measure(seller, metric, window=window, scope=scope).numbers[name]
    else:
        expected = world.parts(seller, metric, part.dimension)[str(part.name)].numbers[name] if window is metric.windows[0] else None
    rows = all_pages(world, evidence, 7)
    with reading(world) as session:
        assert number_of_rows(session, evidence) == len(rows)
    assert expected in (None, len(rows))
    assert len({row["order_id"] for row in rows}) == len(rows)
    assert [row["placed_on"] for row in rows] == sorted((row["placed_on"] for row in rows), reverse=True)
    assert {row["account_id"] for row in rows} <= {seller.account_id}
    assert all_pages(world, evidence, 9, from_end=True) == rows


def test_a_row_leaves_the_window_on_the_first_day_on_which_it_no_longer_counts(world: World) -> None:
    seller, window = world.accounts[0], Window(10, lag=3)
    evidence = EvidenceQuery(seller.account_id, MetricQuery(metric, window, TODAY), "orders")
    for row in all_pages(world, evidence, 100):
        gone = leaves_window_on(evidence, row)
        assert gone is not None
        assert window.span(gone - DAY)[0] == row["placed_on"] < window.span(gone)[0]
    lifetime = EvidenceQuery(seller.account_id, MetricQuery(metric, Window(0), TODAY), "orders")
    assert leaves_window_on(lifetime, {"placed_on": TODAY}) is None


@pytest.mark.parametrize(
    ("measure", "names"),
    [
        (orders, ()),
        (measures["late"], ("ship_by", "confirmed_at")),
        (measures["overdue"], ("ship_by", "confirmed_at")),
        (measures["claimed"], ()),
        (count(on=Package.promised_on, where=Package.in_time), ("confirmed_at", "deliver_by", "attempted_at")),
        (count(on=Message.received_on, where=Message.answered_after > 86400), ("received_at", "answered_at")),
        (total(Package.unit_count, on=Package.promised_on, where=Package.tracked), ()),
    ],
)
def test_the_instants_that_decide_are_those_of_the_fact_itself(measure: Measure, names: tuple[str, ...]) -> None:
    assert instants_compared(measure) == names
