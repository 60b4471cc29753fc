"""Mistakes in a metric are reported when it is loaded, with the fix."""

import pytest
import sqlalchemy as sa

from sellerhealth import Count, Metric, Window, count, later
from sellerhealth.checks.metric_checks import checker, problems
from sellerhealth.errors import PluginError
from sellerhealth.facts import Claim, Feedback, Item, Message, Order, Package, Refund, Violation
from sellerhealth.metrics.measures import Measure
from sellerhealth.model.records import ImportBatch
from sellerhealth.store.database import Database

correct_measures = [
    count(on=Order.placed_on, where=Order.accepted & ~Order.canceller_unknown),
    count(on=Order.placed_on, where=~Order.accepted),
    count(on=Order.placed_on, where=~Order.claims.any(Claim.counts) | Order.items.any(Item.expired)),
    count(on=Order.placed_on, where=Order.claims.any(sa.true())),
    count(on=Order.placed_on, where=Order.late_by.is_not(None)).without(Order.late_by > 0),
    count(on=Package.promised_on, where=~Package.tracked).total(Package.unit_count),
    count(on=Order.placed_on, where=~(Order.buyer_asked.is_not(True) & (sa.func.coalesce(Order.late_by, 0) > 0))),
    count(on=Message.received_on, where=Message.counts),
    count(on=Order.placed_on, where=Order.refunds.any(Refund.refunded_at <= later(Order.placed_at, hours=24))),
]
wrong_measures = {
    "reads claims.state, which orders do not have: use a relationship with .any(": count(on=Order.placed_on, where=Claim.counts),
    "as in Package.claims.any(...)": count(on=Package.promised_on, where=Order.claims.any(Claim.counts)),
    "as in Package.order.has(...)": count(on=Package.promised_on, where=sa.exists().where(Order.late_by > 0)),
    "for the other rows take an alias, as in sqlalchemy.orm.aliased(Package)": count(
        on=Package.promised_on, where=Package.order.has(Order.packages.any(Package.tracked))
    ),
    "negates a condition over late_by, rating": count(on=Order.placed_on, where=~((Order.late_by > 0) | (Feedback.rating < 3))),
    "which may be null: use Measure.without(...)": count(on=Order.placed_on, where=~Order.is_replacement),
    "is counted on placed_at, which is not a day: use a column of days, such as placed_on": count(on=Order.placed_at, where=Order.accepted),  # type: ignore[arg-type]  # the mistake
    "is not a fact": count(on=ImportBatch.started_at, where=ImportBatch.rows_read > 0),  # type: ignore[arg-type]  # the mistake
    "total(Package.unit_count, on=Package.promised_on or": count(on=Order.placed_on, where=Order.accepted).total(Package.unit_count),
}


@pytest.mark.parametrize("measure", correct_measures)
def test_correct_measures_pass(measure: Measure) -> None:
    assert list(problems(measure)) == []


@pytest.mark.parametrize("message", wrong_measures)
def test_wrong_measures_are_reported(message: str) -> None:
    assert any(message in problem for problem in problems(wrong_measures[message])), list(problems(wrong_measures[message]))


def test_a_metric_is_run_on_the_store_in_every_window_and_dimension(database: Database) -> None:
    wrong = count(on=Violation.detected_on, where=sa.func.lower(Violation.category, "x") == "y", description="Nothing.")
    metric = Metric(key="wrong", title="", description="", section="", windows=(Window(1),), measures={"wrong": wrong}, value=Count(wrong))
    with pytest.raises(sa.exc.DBAPIError, match=r"wrong number of arguments|function lower\(.*\) does not exist"):
        checker(database)(metric)


def test_a_problem_names_the_metric_and_the_measure(database: Database) -> None:
    wrong = count(on=Order.placed_on, where=Claim.counts, description="Nothing.")
    metric = Metric(key="wrong", title="", description="", section="", windows=(Window(1),), measures={"mixed": wrong}, value=Count(wrong))
    with pytest.raises(PluginError, match=r"metric 'wrong': the measure 'mixed' reads claims\.state"):
        checker(database)(metric)
