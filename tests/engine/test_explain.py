"""The explanation of a figure: the statement that was run, its window and numbers, and the reason in words."""

import datetime as dt

import pytest

from sellerhealth import Below, Count, Metric, Minimum, Window, count
from sellerhealth.access import OWNER
from sellerhealth.engine.asks import Ask, Scope
from sellerhealth.engine.explain import explain
from sellerhealth.facts import Feedback, Order, Violation
from sellerhealth.store.database import Database
from sellerhealth.tables import FactKind
from world import CLOCK, TODAY, World, at

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
    return Metric(key="rated_badly", title="", description="", section="", windows=(Window(30, lag=1),), **(declared | options))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (0, "The target is under 50 %; 0.00 % meets it with room to spare."),
        (1, "The target is under 50 %; 25.00 % meets it, but is past the line of warning."),
        (2, "The target is under 50 %; 50.00 % misses it."),
    ],
)
def test_a_verdict_is_explained(database: Database, bad: int, why: str) -> None:
    seller = World(database).seller()
    for order in seller.orders(4)[:bad]:
        seller.tell(Feedback, order_id=order, left_at=at(3, 20), rating=1)
    seller.save()
    told = explain(database, Ask(seller.account_id, metric(), Window(30, lag=1), TODAY), OWNER, CLOCK)
    assert (told.why, told.first, told.last) == (why, dt.date(2026, 3, 1), dt.date(2026, 3, 30))
    assert told.result.numbers == {"orders": 4, "rated": bad}
    with database.reading() as connection:
        numbers = [row[4:] for row in connection.exec_driver_sql(told.sql) if row[0] == 0]
    assert numbers == [(4, bad)]


def test_the_reason_for_no_verdict_is_explained(database: Database) -> None:
    world = World(database)
    full, bare = world.seller(), world.seller(tells=[FactKind.ORDER])
    for seller in (full, bare):
        seller.orders(4)
        seller.save()
    day = Window(30, lag=1)
    untargeted = metric(target=None, minimum=None)
    counting = metric(measures={"violations": violations}, value=Count(violations), target=None, minimum=None)
    told = {
        "NOTHING_TO_MEASURE": explain(database, Ask(full.account_id, metric(), day, dt.date(2020, 1, 1)), OWNER, CLOCK),
        "BELOW_MINIMUM": explain(database, Ask(full.account_id, metric(5), day, TODAY), OWNER, CLOCK),
        "UNPROVEN": explain(database, Ask(bare.account_id, metric(), day, TODAY), OWNER, CLOCK),
        "SOURCE_MISSING": explain(database, Ask(bare.account_id, counting, day, TODAY), OWNER, CLOCK),
        "WITHOUT_CHANNEL": explain(database, Ask(full.account_id, counting, day, TODAY, Scope(channel="SELLER")), OWNER, CLOCK),
        None: explain(database, Ask(full.account_id, untargeted, day, TODAY), OWNER, CLOCK),
    }
    assert {name: explanation.result.reason for name, explanation in told.items()} == {name: name for name in told}
    assert "no source of feedback was ever imported" in told["UNPROVEN"].why
    assert "violations" in told["SOURCE_MISSING"].why
    assert told[None].why == "The metric has no target."
