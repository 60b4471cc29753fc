"""What-if: only the named measures change, and impossible changes are refused."""

import dataclasses

import pytest

from sellerhealth.facts import Feedback, Package
from sellerhealth.graphql import ids
from sellerhealth.graphql.schema import make_schema
from sellerhealth.model.tables import FactKind
from sellerhealth.testing import DAY, HOUR, at

WHAT_IF = """
query ($id: ID!, $changes: [MeasureChange!]!) {
  node(id: $id) {
    ... on MetricResult {
      value status display headroom { allowed needed }
      whatIf(changes: $changes) { value status display headroom { allowed needed } }
    }
  }
}
"""


def result_id(key, days, lag):
    return ids.write(["any", "seller-1", "2026-03-31", None, None, key, days, lag])


LATE = result_id("late_shipment_rate", 30, 0)


def change(**by):
    return [{"measure": measure, "by": number} for measure, number in by.items()]


@pytest.fixture
def seller(world):
    """Ten orders, one of them confirmed late and one overdue."""
    seller = world.account()
    for number in range(10):
        order = seller.order(placed_at=at(3, 10), ship_by=at(3, 12))
        if number:
            seller.add(Package, order_id=order, package_id="1", confirmed_at=at(3, 12) + (HOUR if number == 1 else -HOUR))
    return seller


def test_no_change_changes_nothing(seller, query):
    node = query(WHAT_IF, id=LATE, changes=[])["node"]
    assert node.pop("whatIf") == node
    assert node["value"] == 0.1


def test_changes_are_applied_together(seller, query):
    node = query(WHAT_IF, id=LATE, changes=change(orders=90, late=2))["node"]
    assert node["whatIf"] == {"value": 0.03, "status": "GOOD", "display": "3.00 %", "headroom": {"allowed": 0, "needed": 0}}
    twice = [*change(orders=50), *change(orders=40, late=2)]
    assert query(WHAT_IF, id=LATE, changes=twice)["node"] == node


def test_the_headroom_may_exceed_the_32_bits_of_int(seller, query):
    node = query(WHAT_IF, id=LATE, changes=change(orders=2**31 - 1) * 30)["node"]
    assert node["whatIf"]["headroom"] == {"allowed": 2_576_980_375, "needed": 0}


def test_only_named_measures_change(seller, query):
    document = 'query ($id: ID!) { node(id: $id) { ... on MetricResult { whatIf(changes: {measure: "overdue", by: -1}) { value } } } }'
    assert query(document, id=LATE)["node"]["whatIf"] == {"value": 0.1}  # the order is not counted as late instead


def test_headroom_agrees_with_what_if(seller, query):
    """The needed number of clean orders brings the target back, and one fewer does not."""
    node = query(WHAT_IF, id=LATE, changes=[])["node"]
    needed = node["headroom"]["needed"]
    assert node["status"] == "CRITICAL"
    assert query(WHAT_IF, id=LATE, changes=change(orders=needed))["node"]["whatIf"]["status"] != "CRITICAL"
    assert query(WHAT_IF, id=LATE, changes=change(orders=needed - 1))["node"]["whatIf"]["status"] == "CRITICAL"


def test_nothing_left_is_nothing_to_measure(seller, query):
    node = query(WHAT_IF, id=LATE, changes=change(orders=-10, late=-1, overdue=-1))["node"]
    assert node["whatIf"] == {"value": None, "status": "NOT_AVAILABLE", "display": "N/A", "headroom": None}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (change(late=-2), "`late` would be -1: it is 1 now, and a count cannot be negative."),
        (
            change(late=10),
            "`late` would be 11, but it is a part of `orders`, which would be 10. Only the measures named are changed: change the whole "
            "together with its part.",
        ),
        (
            change(orders=-9, late=0),
            "`late + overdue` would be 2, but it is a part of `orders`, which would be 1. Only the measures named are changed: change the "
            "whole together with its part.",
        ),
        (change(lates=1), "There is no measure of late_shipment_rate called 'lates'. Did you mean late?"),
        (change(unproven=1), "There is no measure of late_shipment_rate called 'unproven'."),
        (change(projected_rate=1), "There is no measure of late_shipment_rate called 'projected_rate'."),
    ],
)
def test_impossible_changes_are_refused(seller, execute, changes, message):
    result = execute(WHAT_IF, id=LATE, changes=changes)
    assert result.data["node"]["whatIf"] is None
    assert [(error["message"], error["extensions"]["code"]) for error in result.errors] == [(message, "BAD_USER_INPUT")]


@pytest.mark.parametrize(
    ("of", "changes", "refused"),
    [
        (("order_defect_rate", 60, 15), change(claims=1), True),
        (("order_defect_rate", 60, 15), change(claims=1, orders=1), False),
        (("policy_violations", 180, 0), change(severe=1), True),
        (("policy_violations", 180, 0), change(severe=1, open=1), False),
        (("customer_feedback", 30, 0), change(positive=1), True),
        (("contact_response_time", 30, 0), change(pending=1), False),
        (("seller_rating", 365, 0), change(claims=20), True),
    ],
)
def test_a_part_cannot_be_more_than_its_whole_whatever_the_metric(world, execute, of, changes, refused):
    world.account()
    result = execute(WHAT_IF, id=result_id(*of), changes=changes)
    assert [error["extensions"]["code"] for error in result.errors] == (["BAD_USER_INPUT"] if refused else [])


def test_unknown_stays_unknown(world, query):
    world.account(covers=[FactKind.ORDER])
    changes = change(open=1, severe=1)
    assert query(WHAT_IF, id=result_id("policy_violations", 180, 0), changes=changes)["node"]["whatIf"]["value"] is None
    unproven = query(WHAT_IF, id=result_id("order_defect_rate", 60, 15), changes=change(orders=100))["node"]["whatIf"]
    assert (unproven["value"], unproven["status"]) == (0.0, "NOT_AVAILABLE")


def test_a_window_with_a_half_life_is_refused(world, execute, built_ins):
    seller = world.account()
    for number in range(3):
        seller.add(Feedback, order_id=str(number), left_at=at(3, 1) + number * DAY, rating=5 - 2 * number)
    weighing = {
        key: dataclasses.replace(metric, windows=(dataclasses.replace(metric.windows[0], half_life=30),))
        if key == "customer_feedback"
        else metric
        for key, metric in built_ins.registry.items()
    }
    registry = type(built_ins.registry)((metric, built_ins.registry.origin(key)) for key, metric in weighing.items())
    schema = make_schema(dataclasses.replace(built_ins, registry=registry))
    result = execute(WHAT_IF, schema=schema, id=result_id("customer_feedback", 365, 0), changes=[])
    assert result.data["node"]["whatIf"] is None
    (error,) = result.errors
    assert error["message"].startswith("The older a row of customer_feedback is, the less it weighs in this window")
