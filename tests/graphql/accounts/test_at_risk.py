"""At risk: facts that can still be put right, soonest first, over all metrics that declare them."""

import pytest

from sellerhealth import AtRisk, Count, Metric, Window, count
from sellerhealth.facts import Message, Refund, Violation
from sellerhealth.graphql import ids
from sellerhealth.graphql.schema import make_schema
from sellerhealth.testing import CLOCK, DAY, HOUR, at

AT_RISK = """
query ($hours: Int, $first: Int, $last: Int, $after: String, $before: String) {
  account(key: "seller-1") {
    atRisk(withinHours: $hours, first: $first, last: $last, after: $after, before: $before) {
      totalCount
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      nodes { id }
      edges { cursor dueAt reason definition { key } node { __typename id label ... on Order { shipBy } } }
    }
  }
}
"""


@pytest.fixture
def seller(world):
    """Orders to ship and messages to answer within the next hours; what is settled or too late is not at risk."""
    seller = world.account()
    for hours in (1, 3, 5):
        seller.order(f"702-{hours}", placed_at=CLOCK - DAY, ship_by=CLOCK + hours * HOUR)
        seller.add(Message, message_id=f"m-{hours}", received_at=CLOCK - DAY + hours * HOUR - HOUR)
    seller.order("later", placed_at=CLOCK - DAY, ship_by=CLOCK + 30 * HOUR)
    seller.order("missed", placed_at=CLOCK - DAY, ship_by=CLOCK - HOUR)
    seller.order("shipped", placed_at=CLOCK - DAY, ship_by=CLOCK + HOUR, status="SHIPPED")
    seller.add(Message, message_id="answered", received_at=CLOCK - HOUR, reported_answered_at=CLOCK)
    return seller


def at_risk(query, **arguments):
    return query(AT_RISK, **arguments)["account"]["atRisk"]


def test_facts_at_risk_are_listed_soonest_first_with_the_reason(seller, query):
    page = at_risk(query)
    labels = ["Message m-1", "Order 702-1", "Message m-3", "Order 702-3", "Message m-5", "Order 702-5"]
    assert [edge["node"]["label"] for edge in page["edges"]] == labels
    assert [edge["node"]["id"] for edge in page["edges"]] == [node["id"] for node in page["nodes"]]
    assert page["totalCount"] == 6
    message, order = page["edges"][:2]
    assert (message["dueAt"], message["reason"]) == ("2026-03-31T12:00:00Z", "The message is not answered yet.")
    assert (order["dueAt"], order["reason"]) == (order["node"]["shipBy"], "Shipment is not confirmed yet.")
    assert [edge["definition"]["key"] for edge in (message, order)] == ["contact_response_time", "late_shipment_rate"]


def test_the_number_of_hours_can_be_set(seller, query):
    assert at_risk(query, hours=1)["totalCount"] == 2
    assert at_risk(query, hours=720)["totalCount"] == 7
    assert at_risk(query, hours=None)["totalCount"] == 6


@pytest.mark.parametrize("size", [1, 2, 4])
@pytest.mark.parametrize("from_end", [False, True])
def test_pages_are_the_list_without_gaps_or_repeats(seller, query, size, from_end):
    seen, cursor, more = [], None, True
    while more:
        page = at_risk(query, **({"last": size, "before": cursor} if from_end else {"first": size, "after": cursor}))
        found, info = page["edges"], page["pageInfo"]
        assert (info["hasNextPage"] if from_end else info["hasPreviousPage"]) == bool(seen)
        seen = found + seen if from_end else seen + found
        cursor, more = (info["startCursor"], info["hasPreviousPage"]) if from_end else (info["endCursor"], info["hasNextPage"])
    assert seen == at_risk(query)["edges"]


DUE = "2026-03-31T13:00:00+00:00"
NO_CURSOR = "`after` is not a cursor of this list: take one from `pageInfo` or `edges`."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"hours": 0}, "`withinHours` must be 1 to 720, found 0."),
        ({"hours": 721}, "`withinHours` must be 1 to 720, found 721."),
        ({"first": 0}, "`first` must be 1 to 100, found 0."),
        ({"after": ids.write([])}, NO_CURSOR),
        ({"after": ids.write([DUE])}, NO_CURSOR),
        ({"after": ids.write([DUE, "late_shipment_rate"])}, NO_CURSOR),
        ({"after": ids.write([DUE, "seller_rating", "702-1"])}, NO_CURSOR),
        ({"after": ids.write([1, "late_shipment_rate", "702-1"])}, NO_CURSOR),
        ({"after": ids.write(["soon", "late_shipment_rate", "702-1"])}, NO_CURSOR),
    ],
)
def test_invalid_arguments_are_refused(seller, execute, arguments, message):
    result = execute(AT_RISK, **arguments)
    assert result.data["account"]["atRisk"] is None
    assert [(error["message"], error["extensions"]["code"]) for error in result.errors] == [(message, "BAD_USER_INPUT")]


def test_an_order_of_an_unknown_day_is_not_at_risk_because_it_never_counts(world, query):
    world.account().order(placed_at=None, ship_by=CLOCK + HOUR)
    assert at_risk(query)["totalCount"] == 0


def metric(key, measure, until):
    return Metric(
        key=key, title=key, description="A count.", section="acme", windows=(Window(30),), measures={"counted": measure},
        value=Count(measure), at_risk=AtRisk(measure, until, "It is about to count."),
    )  # fmt: skip


def test_a_plugin_can_declare_what_puts_its_metric_at_risk(world, query, loaded_with):
    seller = world.account()
    seller.add(Violation, violation_id="v-1", detected_at=at(3, 30), resolved_at=CLOCK + HOUR)
    seller.add(Refund, order_id="702-1", refunded_at=CLOCK + 2 * HOUR)
    violations = count(on=Violation.detected_on, where=Violation.category.is_not(None), description="Violations.")
    refunds = count(on=Refund.refunded_on, where=Refund.order_id.is_not(None), description="Refunds.")
    schema = make_schema(
        loaded_with(metric("acme", violations, Violation.resolved_at), metric("acme_refunds", refunds, Refund.refunded_at))
    )
    page = at_risk(query, schema=schema)
    assert [(edge["node"]["label"], edge["definition"]["key"]) for edge in page["edges"]] == [
        ("Violation v-1", "acme"),
        ("Refund of 2026-03-31 14:00:00 on order 702-1", "acme_refunds"),
    ]
