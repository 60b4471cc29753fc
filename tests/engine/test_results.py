"""Results: a query for one part, or for its series, has the result that the query for all parts has for it."""

import datetime as dt
from dataclasses import replace

import pytest

from sellerhealth import Count, Metric, Window, count
from sellerhealth.access import OWNER
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.batch import MetricBatch
from sellerhealth.engine.queries import MetricQuery, Part
from sellerhealth.facts import Order
from sellerhealth.metrics.result import UnavailableReason
from sellerhealth.store.database import Database
from sellerhealth.testing import CLOCK, DAY, TODAY, World
from tests.support.world import measure_all

orders = count(on=Order.placed_on, where=Order.accepted, description="Orders.")
metric = Metric(
    key="orders", title="", description="", section="test", measures={"orders": orders}, value=Count(orders),
    windows=(Window(30), Window(0), Window(14, half_life=3)), parts={"channel": Order.channel},
)  # fmt: skip


@pytest.fixture
def world(database: Database) -> World:
    world = World(database)
    seller = world.account()
    for days in (1, 2, 2, 20, 50):
        seller.order(placed_at=CLOCK - DAY * days, channel="AMAZON" if days > 1 else "SELLER")
    seller.save()
    return world


@pytest.mark.parametrize("window", metric.windows, ids=str)
@pytest.mark.parametrize("channel", ["SELLER", "AMAZON"])
def test_a_query_of_one_part_has_the_result_of_that_part(world: World, window: Window, channel: str) -> None:
    account_id = world.accounts[0].account_id
    every, one = (MetricQuery(metric, window, TODAY, part=part) for part in (Part("channel"), Part("channel", channel)))
    of_each, of_one = measure_all(world, (account_id, every), (account_id, one))
    assert of_one.by_part == {channel: of_one.result}
    assert (of_one.result.numbers, of_one.result.value) == (of_each.by_part[channel].numbers, of_each.by_part[channel].value)
    assert of_one.coverage == of_each.coverage


@pytest.mark.parametrize("window", metric.windows, ids=str)
@pytest.mark.parametrize(
    ("name", "reason"), [("whole", UnavailableReason.NOTHING_TO_MEASURE), ("without a source", UnavailableReason.SOURCE_MISSING)]
)
def test_a_part_without_rows_has_the_same_reason_in_a_result_and_in_a_series(
    world: World, window: Window, name: str, reason: UnavailableReason
) -> None:
    account_id = world.accounts[0].account_id if name == "whole" else world.account(covers=()).account_id
    query = MetricQuery(metric, window, TODAY, part=Part("marketplace", "nowhere"))
    (alone,) = measure_all(world, (account_id, query))
    ((_, verdicts, _),) = MetricBatch(world.database, OWNER, CLOCK).measure(account_id, replace(query, since=TODAY - DAY))
    assert (alone.result.reason, alone.result.value) == (reason, None)
    assert [(verdict.reason, verdict.value) for verdict in verdicts] == [(reason, None)] * 2


def test_the_rows_of_many_parts_count_once(world: World) -> None:
    names = ("AMAZON", *map(str, range(130)))  # more queries than one statement takes
    queries = [MetricQuery(metric, metric.windows[0], TODAY, part=Part("channel", name)) for name in names]
    results = measure_all(world, *((world.accounts[0].account_id, query) for query in queries))
    assert [result.result.value for result in results[:2]] == [3, None]


@pytest.mark.parametrize("window", metric.windows, ids=str)
def test_a_series_of_a_part_has_the_result_of_each_day_alone(world: World, window: Window) -> None:
    account_id, part = world.accounts[0].account_id, Part("channel", "AMAZON")
    days = [TODAY - DAY * number for number in range(60, -1, -1)]
    alone = measure_all(world, *((account_id, MetricQuery(metric, window, day, part=part)) for day in days))

    def series() -> list[tuple[dt.date, object]]:
        query = MetricQuery(metric, window, days[-1], part=part, since=days[0])
        (series,) = MetricBatch(world.database, OWNER, CLOCK).measure(account_id, query)
        return [(day, verdict.value) for day, verdict in zip(series.days, series.verdicts, strict=True)]

    assert series() == [(day, each.result.value) for day, each in zip(days, alone, strict=True)]


def test_a_part_of_what_was_read_for_all_accounts_is_not_read_again(world: World) -> None:
    def run() -> None:
        batch = MetricBatch(world.database, OWNER, CLOCK)
        statuses = batch.account_statuses(AccountFilter(), [metric], TODAY)
        query = MetricQuery(metric, metric.windows[0], TODAY, part=Part("channel", "AMAZON"))
        account_id = world.accounts[0].account_id
        assert statuses.include(account_id, query)
        assert not statuses.include(account_id, MetricQuery(metric, metric.windows[1], TODAY))
        assert batch.measure(account_id, query)[0].result.value == 3

    run()
