"""A series of days with unknown cells has the verdict of each day alone, from rollups and from the facts, in any window and scope."""

import datetime as dt
from dataclasses import replace

from sellerhealth import Window
from sellerhealth.engine.queries import MetricQuery, Part, QueryResult, Scope
from sellerhealth.facts import Package
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.result import UnavailableReason
from sellerhealth.model.tables import UNKNOWN
from sellerhealth.testing import CLOCK, DAY, US, Account, World
from tests.rollups.open_metrics import OPEN
from tests.rollups.test_upkeep import answers, numbers
from tests.support.random_facts import observations, random_facts
from tests.support.world import built_in

METRICS = [built_in("on_time_delivery_rate"), built_in("policy_violations"), *OPEN]
WINDOWS = (Window(7), Window(30, lag=5), Window(0), Window(14, half_life=3))
PLACES = (
    (Scope(), None),
    (Scope(US), None),
    (Scope(None, "SELLER"), None),
    (Scope(), Part("marketplace", US)),
    (Scope(), Part("marketplace", UNKNOWN)),
)
DAYS = 6


def series_of(metric: Metric, number: int, today: dt.date) -> list[MetricQuery]:
    """In two windows as of some days, in a scope or a part: other ones for each metric."""
    since, windows = today - dt.timedelta(DAYS), dict.fromkeys((metric.windows[0], WINDOWS[number % len(WINDOWS)]))
    return [MetricQuery(metric, window, today, *PLACES[(number + index) % len(PLACES)], since) for index, window in enumerate(windows)]


def seller_in(world: World) -> Account:
    """A seller with random facts, which are not saved yet, in a world that keeps rollups."""
    world.roll_up(METRICS)
    world.clock = CLOCK
    seller = world.account(time_zone="America/Los_Angeles")
    for fact, observed_at, values in observations(random_facts(7, "America/Los_Angeles")):
        seller.add(fact, observed_at=observed_at, **values)
    return seller


def test_a_series_has_the_verdict_of_each_day_alone(world: World) -> None:
    seller = seller_in(world)
    order_id = seller.order("of-units", placed_at=CLOCK - 20 * DAY, channel=None)
    seller.add(Package, order_id=order_id, package_id="1", carrier="UPS", units=3, category=None)
    seller.save()
    today = CLOCK.date() - dt.timedelta(10)
    requested = [query for number, metric in enumerate(METRICS) for query in series_of(metric, number, today)]
    each_day = [replace(query, as_of=query.as_of - dt.timedelta(age), since=None) for query in requested for age in range(DAYS, -1, -1)]
    alone = iter([answer for answer in answers(world, each_day, rolled_up=False).values() if isinstance(answer, QueryResult)])
    expected = {query: [next(alone).result for _ in range(DAYS + 1)] for query in requested}
    statuses = set()
    for rolled_up in (False, True):
        for (_, query), series in answers(world, requested, rolled_up=rolled_up).items():
            assert not isinstance(series, QueryResult)
            for at, (verdict, result) in enumerate(zip(series.verdicts, expected[query], strict=True)):
                day = rolled_up, query, series.days[at]
                assert (verdict.value, verdict.status, verdict.reason) == (result.value, result.status, result.reason), day
                assert {measure: of_days[at] for measure, of_days in series.counted.items()} == query.metric.by_measure(result.numbers), day
                statuses.add((verdict.status, verdict.reason))
    assert len(statuses) > 4, statuses


def test_one_statement_finds_the_unproven_rows_of_days_and_of_whole_windows(world: World) -> None:
    seller = seller_in(world)
    seller.save()
    for metric in METRICS:
        requested = [MetricQuery(metric, window, CLOCK.date()) for window in (Window(30), Window(30, half_life=3))]
        facts, rolled_up = (answers(world, requested, rolled_up=each) for each in (False, True))
        assert {query: numbers(answer) for query, answer in rolled_up.items()} == {
            query: numbers(answer) for query, answer in facts.items()
        }


def test_measures_that_add_up_one_column_weigh_alike_whichever_comes_first(world: World) -> None:
    """The parcel whose channel is unknown is surely not in the measure that comes first, and may be in the other one."""
    metric = next(each for each in OPEN if each.key == "open_units_by_ups")
    world.roll_up([metric])
    seller = world.account(when=CLOCK - 20 * DAY)
    seller.confirm(seller.order(deliver_by=CLOCK - 9 * DAY), CLOCK - 12 * DAY, carrier="UPS", units=3)
    seller.confirm(seller.order(channel=None, deliver_by=CLOCK - 9 * DAY), CLOCK - 12 * DAY, carrier="DHL", units=40)
    seller.save()
    today = CLOCK.date()
    query = MetricQuery(metric, Window(30), today, since=today - dt.timedelta(DAYS))
    for rolled_up in (False, True):
        (series,) = answers(world, [query], rolled_up=rolled_up).values()
        assert not isinstance(series, QueryResult)
        assert [verdict.reason for verdict in series.verdicts] == [UnavailableReason.UNPROVEN] * (DAYS + 1), rolled_up
