"""The explanation of a value: the statement that was run, its window and numbers, and the reason for the status."""

import datetime as dt
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from sellerhealth import Bands, Below, Count, Metric, Minimum, Score, Window, count, testing
from sellerhealth.access import OWNER, ReadSession
from sellerhealth.describe.explain import ExplanationFailed, explain
from sellerhealth.engine.queries import MetricQuery, Scope
from sellerhealth.facts import Feedback, Order, Violation
from sellerhealth.model.tables import FactKind
from sellerhealth.store.database import Database
from sellerhealth.testing import CLOCK, TODAY, World, at
from tests.support.world import cover

orders = count(on=Order.placed_on, where=Order.accepted, description="Orders.")
rated = orders.where(Order.feedback.any(Feedback.negative), "Rated badly.")
violations = count(on=Violation.detected_on, where=Violation.unresolved, description="Open.")


def metric(least: int = 1, **options: object) -> Metric:
    declared = {
        "measures": {"orders": orders, "rated": rated},
        "value": rated / orders,
        "target": Below("0.5", warn="0.25"),
        "minimum": Minimum(orders, least),
    }
    return Metric(key="rated_badly", title="", description="", section="", windows=(Window(30, lag=1),), **(declared | options))  # type: ignore[arg-type]  # untyped for brevity


@pytest.fixture
def session(database: Database) -> Iterator[ReadSession]:
    with database.reading() as connection:
        yield ReadSession(connection, OWNER, CLOCK)


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (0, "The target is under 50 %; 0.00 % meets it with room to spare."),
        (1, "The target is under 50 %; 25.00 % meets it, but is at risk: it warns from 25 % on."),
        (2, "The target is under 50 %; 50.00 % misses it."),
    ],
)
def test_a_status_is_explained(database: Database, session: ReadSession, bad: int, why: str) -> None:
    seller = World(database).account()
    for order in testing.orders(seller, 4)[:bad]:
        seller.add(Feedback, order_id=order, left_at=at(3, 20), rating=1)
    seller.save()
    explanation = explain(session, seller.account_id, MetricQuery(metric(), Window(30, lag=1), TODAY))
    assert (explanation.why, explanation.first, explanation.last) == (why, dt.date(2026, 3, 1), dt.date(2026, 3, 30))
    assert explanation.result.numbers == {"orders": 4, "rated": bad}
    with database.reading() as connection:
        numbers = [row[4:] for row in connection.exec_driver_sql(explanation.sql) if row[0] == 0]
    assert numbers == [(4, bad)]


def test_the_reason_for_a_missing_status_is_explained(database: Database, session: ReadSession) -> None:
    world = World(database)
    full, bare, old = world.account(), world.account(covers=[FactKind.ORDER]), world.account(covers=())
    for seller in (full, bare, old):
        testing.orders(seller, 4)
        seller.save()
    cover(world, old, {FactKind.ORDER: dt.date(2026, 3, 20), FactKind.FEEDBACK: dt.date(2025, 3, 1)})
    day = Window(30, lag=1)
    untargeted = metric(target=None, minimum=None)
    counting = metric(measures={"violations": violations}, value=Count(violations), target=None, minimum=None)
    explanations = {
        "NOTHING_TO_MEASURE": explain(session, full.account_id, MetricQuery(metric(), day, dt.date(2020, 1, 1))),
        "BELOW_MINIMUM": explain(session, full.account_id, MetricQuery(metric(5), day, TODAY)),
        "UNPROVEN": explain(session, bare.account_id, MetricQuery(metric(), day, TODAY)),
        "STALE": explain(session, old.account_id, MetricQuery(metric(), day, TODAY)),
        "SOURCE_MISSING": explain(session, bare.account_id, MetricQuery(counting, day, TODAY)),
        "WITHOUT_CHANNEL": explain(session, full.account_id, MetricQuery(counting, day, TODAY, Scope(channel="SELLER"))),
        None: explain(session, full.account_id, MetricQuery(untargeted, day, TODAY)),
    }
    assert {name: explanation.result.reason for name, explanation in explanations.items()} == {name: name for name in explanations}
    assert "no source of feedback was ever imported" in explanations["UNPROVEN"].why
    assert explanations["STALE"].why == (
        "The value meets the target, but the coverage is too old to prove it: feedback only up to 2025-03-01 and orders only up to "
        "2026-03-20. Import newer files."
    )
    assert "violations" in explanations["SOURCE_MISSING"].why
    assert explanations[None].why == "The metric has no target."


def test_hidden_measures_without_a_description_are_left_out_except_for_the_unproven(database: Database, session: ReadSession) -> None:
    seller = World(database).account()
    testing.orders(seller, 2)
    seller.save()
    undescribed = orders.where(Order.accepted)
    declared = metric(hidden={"only_used": undescribed}, unproven=orders.where(Order.accepted))
    explanation = explain(session, seller.account_id, MetricQuery(declared, Window(30, lag=1), TODAY))
    assert explanation.numbers == [
        ("orders", 2, "Orders."),
        ("rated", 0, "Rated badly."),
        ("unproven", 2, "Rows that may or may not be misses."),
    ]


@pytest.mark.parametrize(("bad", "headroom"), [(0, None), (1, "Perfect orders to the next band: 6.")])
def test_the_distance_to_the_next_band_is_explained_below_the_highest(
    database: Database, session: ReadSession, bad: int, headroom: str | None
) -> None:
    seller = World(database).account()
    for order in testing.orders(seller, 4)[:bad]:
        seller.add(Feedback, order_id=order, left_at=at(3, 20), rating=1)
    seller.save()
    perfect = orders.without(Order.feedback.any(Feedback.negative), "Rated well, or not at all.")
    score = Score({perfect: 100, rated: 0}, perfect=perfect)
    graded = metric(
        measures={"rated": rated, "perfect": perfect}, value=score, target=None, minimum=None, bands=Bands(POOR=0, GOOD="89.995")
    )
    explanation = explain(session, seller.account_id, MetricQuery(graded, Window(30, lag=1), TODAY))
    assert explanation.headroom == headroom


def test_a_failing_metric_is_reported_with_the_cause_and_the_statement_if_there_is_one(database: Database, session: ReadSession) -> None:
    seller = World(database).account()
    testing.orders(seller, 1)
    seller.save()

    class Broken(Count):
        def __call__(self, numbers: object) -> None:
            raise ZeroDivisionError

    compiled = metric(measures={"orders": orders}, value=Broken(orders), target=None, minimum=None)
    column: sa.Column[bool] = sa.Column(sa.types.NullType())  # without a name it cannot be compiled
    nameless = orders.where(column, "Nothing.")
    uncompiled = metric(measures={"orders": nameless}, value=Count(nameless), target=None, minimum=None)
    with pytest.raises(ExplanationFailed, match=r"rated_badly could not be computed: ZeroDivisionError\.$") as failed:
        explain(session, seller.account_id, MetricQuery(compiled, Window(30, lag=1), TODAY))
    assert (failed.value.code, str(failed.value.sql).count("SELECT") > 0) == ("METRIC_FAILED", True)
    with pytest.raises(ExplanationFailed, match="CompileError") as failed:
        explain(session, seller.account_id, MetricQuery(uncompiled, Window(30, lag=1), TODAY))
    assert failed.value.sql is None
