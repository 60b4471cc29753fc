"""A series has the result of each day alone, from one statement for all days."""

import datetime as dt
import random

import pytest

from sellerhealth import Metric, Score, Window, count
from sellerhealth.access import OWNER
from sellerhealth.engine.batch import MetricBatch
from sellerhealth.engine.queries import MetricQuery
from sellerhealth.facts import Order
from sellerhealth.store.database import Database
from sellerhealth.testing import CLOCK, DAY, TODAY, World
from tests.support.world import measure_all

orders = count(on=Order.placed_on, where=Order.accepted, description="Orders.")
classes = orders.split({"amazon": (Order.channel == "AMAZON", "By Amazon.")}, rest=("seller", "By the seller."))
metric = Metric(
    key="history", title="", description="", section="test", measures={"orders": orders, **classes},
    windows=(Window(7), Window(30, lag=5), Window(0), Window(14, half_life=3)),
    value=Score({classes["amazon"]: 0, classes["seller"]: 100}, perfect=classes["seller"]),
)  # fmt: skip


@pytest.mark.parametrize("window", metric.windows, ids=str)
def test_a_series_has_the_result_of_each_day_alone(database: Database, window: Window) -> None:
    chance = random.Random(7)
    world = World(database)
    seller = world.account()
    for _ in range(60):
        seller.order(placed_at=CLOCK - DAY * chance.randrange(50), channel=chance.choice(["SELLER", "AMAZON"]))
    seller.save()
    days = [TODAY + DAY * offset for offset in range(-20, 21)]
    alone = [each.result for each in measure_all(world, *((seller.account_id, MetricQuery(metric, window, day)) for day in days))]

    def together() -> list[tuple[dt.date, object, object]]:
        query = MetricQuery(metric, window, days[-1], since=days[0])
        (series,) = MetricBatch(database, OWNER, CLOCK).measure(seller.account_id, query)
        of_days = zip(series.days, series.verdicts, *series.counted.values(), strict=True)
        return [(day, verdict.value, dict(zip(series.counted, numbers, strict=True))) for day, verdict, *numbers in of_days]

    assert together() == [(day, result.value, metric.by_measure(result.numbers)) for day, result in zip(days, alone, strict=True)]
