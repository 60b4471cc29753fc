"""Every built-in metric of a perfect seller, whose sources reach to random days: good where the reference has nothing stale."""

from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from sellerhealth.access import OWNER
from sellerhealth.engine.batch import MetricBatch
from sellerhealth.engine.queries import MetricQuery, Series
from sellerhealth.facts import Feedback, Message, Package
from sellerhealth.metrics.result import UnavailableReason
from sellerhealth.model.tables import FactKind
from sellerhealth.store.database import Database
from sellerhealth.testing import CLOCK, DAY, HOUR, TODAY, Account, World
from tests.support.reference_metrics import DEFINITIONS, is_stale
from tests.support.world import built_in, cover, measure_all

METRICS = {key: built_in(key) for key in DEFINITIONS}
OLDEST = 40  # days that coverage may end before today


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


@pytest.fixture
def seller(world: World) -> Account:
    """Two orders, a message and praise a day: all was shipped, tracked and delivered in time, and answered within an hour."""
    seller = world.account(covers=())
    for days in range(140):
        for _ in range(2):
            placed = CLOCK - DAY * days - HOUR
            order = seller.order(placed_at=placed, status="SHIPPED", ship_by=placed + DAY, deliver_by=placed + DAY * 3)
            seller.add(
                Package, order_id=order, package_id="1", confirmed_at=placed + HOUR, tracking_number="T1", scanned=True,
                delivered_at=placed + DAY, units=2, category="Books",
            )  # fmt: skip
        seller.add(Feedback, order_id=order, left_at=placed + DAY * 2, rating=5)
        seller.add(Message, message_id=f"M{days}", received_at=placed, reported_answered_at=placed + HOUR)
    seller.save()
    return seller


@pytest.mark.parametrize("seed", range(3))
def test_a_perfect_seller_is_good_where_the_reference_finds_nothing_stale(world: World, seller: Account, seed: int) -> None:
    random = Random(seed)
    outcomes: Counter[tuple[str, bool]] = Counter()
    for _ in range(8):
        through = {kind: TODAY - DAY * random.choice([0, random.randrange(OLDEST), random.randrange(OLDEST)]) for kind in FactKind}
        cover(world, seller, through)
        queries = [
            MetricQuery(metric, window, TODAY - DAY * random.randrange(-3, 12)) for metric in METRICS.values() for window in metric.windows
        ]
        series = read_series(world, seller, queries)
        for query, measured in zip(queries, measure_all(world, *((seller.account_id, query) for query in queries)), strict=True):
            result, definition = measured.result, DEFINITIONS[query.metric.key]
            value, status = definition.judge(result.numbers)
            assert (result.value, status) == (value, "GOOD" if query.metric.target else "WITHOUT_TARGET"), query.metric.key
            counted, looked_up = [through[FactKind(definition.counts)]], [through[FactKind(kind)] for kind in definition.looks_up]
            for as_of, verdict in zip(series[query].days, series[query].verdicts, strict=True):
                last = as_of - DAY * query.window.lag
                stale = is_stale(as_of, TODAY, last, counted, looked_up)
                assert stale == (measured.known_through is not None and measured.known_through < as_of <= TODAY)
                expected = ("NOT_AVAILABLE", UnavailableReason.STALE) if stale and status == "GOOD" else (status, None)
                assert (verdict.status, verdict.reason) == expected, (query, as_of, through)
                outcomes[query.metric.key, stale] += 1
            assert (result.status, result.reason) == (series[query].verdicts[-1].status, series[query].verdicts[-1].reason)
            assert bool(measured.stale) == is_stale(query.as_of, TODAY, query.span[1], counted, looked_up)
    assert min(outcomes[key, stale] for key in DEFINITIONS for stale in (False, True)) > 0, outcomes


def read_series(world: World, seller: Account, queries: list[MetricQuery]) -> dict[MetricQuery, Series]:
    """The results as of the ten days that end on the day of each query."""
    batch = MetricBatch(world.database, OWNER, CLOCK)
    all_series = batch.measure(seller.account_id, *(replace(query, since=query.as_of - DAY * 10) for query in queries))
    return dict(zip(queries, all_series, strict=True))
