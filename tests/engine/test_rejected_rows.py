"""Rejected rows may be misses: a value is good only if it stays good even then."""

import datetime as dt

import pytest
import sqlalchemy as sa

from sellerhealth import AtLeast, Below, Metric, Window, count
from sellerhealth.describe.explain import explain
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.queries import MetricQuery, QueryResult
from sellerhealth.engine.results import read_results
from sellerhealth.facts import Claim, Order
from sellerhealth.metrics.result import UnavailableReason
from sellerhealth.metrics.targets import MetricStatus, Target
from sellerhealth.metrics.values import Ratio
from sellerhealth.model.records import RejectedRow
from sellerhealth.model.tables import FactKind
from sellerhealth.store.database import Database
from sellerhealth.testing import CLOCK, DAY, TODAY, Account, World
from sellerhealth.testing.world import reading
from tests.support.world import measure_all

orders = count(on=Order.placed_on, where=Order.accepted, description="Orders.")
claimed = orders.where(Order.claims.any(Claim.counts), "Orders with a claim.")
unclaimed = orders.without(Order.claims.any(Claim.counts), "Orders without a claim.")
GOOD, UNPROVEN = (MetricStatus.GOOD, None), (MetricStatus.NOT_AVAILABLE, UnavailableReason.UNPROVEN)


def metric_of(part: object, target: Target | None, half_life: int | None = None) -> Metric:
    return Metric(
        key="acme_claims", title="", description="", section="acme", windows=(Window(30, half_life=half_life),),
        measures={"orders": orders, "claimed": claimed, "unclaimed": unclaimed}, value=Ratio(part, orders), target=target,
    )  # fmt: skip


METRIC = metric_of(claimed, Below("0.5", warn="0.4"))


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


@pytest.fixture
def seller(world: World) -> Account:
    """An account with one order on each of 60 days, none of them with a claim."""
    seller = world.account()
    for days in range(60):
        seller.order(placed_at=CLOCK - DAY * days)
    seller.save()
    return seller


def reject(world: World, seller: Account, kind: FactKind, day: dt.date | None, number: int = 1) -> None:
    """Stores rejected rows as an import does that skips them."""
    with world.database.writing() as connection:
        first = (connection.scalar(sa.select(sa.func.count()).select_from(RejectedRow)) or 0) + 1
        rows = [
            {"account_id": seller.account_id, "batch_id": "batch", "number": first + index, "fact": str(kind), "day": day}
            for index in range(number)
        ]
        connection.execute(sa.insert(RejectedRow), rows)


def measured(world: World, seller: Account, metric: Metric = METRIC, as_of: dt.date = TODAY) -> QueryResult:
    (result,) = measure_all(world, (seller.account_id, MetricQuery(metric, metric.windows[0], as_of)))
    return result


def status(world: World, seller: Account, metric: Metric = METRIC, as_of: dt.date = TODAY) -> tuple[MetricStatus, UnavailableReason | None]:
    result = measured(world, seller, metric, as_of).result
    return result.status, result.reason


@pytest.mark.parametrize(
    ("part", "target", "harmless"), [(claimed, Below("0.5", warn="0.4"), 11), (unclaimed, AtLeast("0.5", warn="0.75"), 10)]
)
def test_a_value_stays_good_while_it_would_be_even_if_every_rejected_row_were_a_miss(
    world: World, seller: Account, part: object, target: Target, harmless: int
) -> None:
    metric = metric_of(part, target)
    assert status(world, seller, metric) == GOOD
    reject(world, seller, FactKind.ORDER, TODAY, harmless)
    assert status(world, seller, metric) == GOOD
    reject(world, seller, FactKind.ORDER, TODAY)
    assert status(world, seller, metric) == UNPROVEN
    assert measured(world, seller, metric).rejected == harmless + 1


def test_a_rejected_row_counts_on_its_day_and_on_any_day_while_that_is_unknown(world: World, seller: Account) -> None:
    reject(world, seller, FactKind.ORDER, TODAY - 30 * DAY, 20)
    assert status(world, seller) == GOOD
    assert status(world, seller, as_of=TODAY - DAY) == UNPROVEN
    reject(world, seller, FactKind.ORDER, None, 12)
    assert status(world, seller) == UNPROVEN


def test_a_rejected_row_of_a_fact_that_is_looked_up_counts_in_every_window(world: World, seller: Account) -> None:
    reject(world, seller, FactKind.CLAIM, TODAY - 300 * DAY, 12)
    assert status(world, seller) == UNPROVEN


def test_rejected_rows_of_other_kinds_and_other_accounts_do_not_matter(world: World, seller: Account) -> None:
    reject(world, seller, FactKind.FEEDBACK, TODAY, 30)
    other = world.account()
    other.order()
    other.save()
    reject(world, other, FactKind.ORDER, TODAY, 30)
    assert status(world, seller) == GOOD


def test_the_worst_reading_of_a_weighted_value_or_of_a_target_of_somebody_else_is_not_known(world: World, seller: Account) -> None:
    class Own(Below):
        """A target of a plugin."""

    metrics = [metric_of(claimed, Below("0.5"), half_life=7), metric_of(claimed, Own("0.5"))]
    assert [status(world, seller, metric) for metric in metrics] == [GOOD, GOOD]
    reject(world, seller, FactKind.ORDER, TODAY)
    assert [status(world, seller, metric) for metric in metrics] == [UNPROVEN, UNPROVEN]


def test_a_value_that_is_not_good_stands(world: World, seller: Account) -> None:
    metric = metric_of(unclaimed, Below("0.5"))
    reject(world, seller, FactKind.ORDER, TODAY, 50)
    assert status(world, seller, metric) == (MetricStatus.CRITICAL, None)


def test_each_day_of_a_history_counts_the_rejected_rows_of_its_own_window(world: World, seller: Account) -> None:
    reject(world, seller, FactKind.ORDER, TODAY - DAY, 12)
    with reading(world) as session:
        query = MetricQuery(METRIC, METRIC.windows[0], TODAY, since=TODAY - 3 * DAY)
        series = read_results(session, [query], AccountFilter(account_ids=(seller.account_id,))).series(seller.account_id, query)
    assert [(verdict.status, verdict.reason) for verdict in series.verdicts] == [GOOD, GOOD, UNPROVEN, UNPROVEN]


def test_explain_says_how_many_rows_were_rejected_and_what_to_do(world: World, seller: Account) -> None:
    reject(world, seller, FactKind.ORDER, TODAY, 12)
    with reading(world) as session:
        explanation = explain(session, seller.account_id, MetricQuery(METRIC, METRIC.windows[0], TODAY))
    assert explanation.why == (
        "The value meets the target, but that is not proven: 12 rows that imports rejected may be misses. "
        "Correct and import them, or dismiss the imports."
    )
