"""Evidence: the facts of every measure, each once, with the reason and the day on which it leaves the window."""

import datetime as dt
from random import Random

import pytest
from sqlalchemy import Date

from sellerhealth import Count, Metric, Window, count
from sellerhealth.facts import FACTS, Claim, ClaimState, Feedback, Message, Package, Refund
from sellerhealth.graphql import ids
from sellerhealth.graphql.schema import make_schema
from sellerhealth.graphql.types.facts import KINDS
from sellerhealth.testing import DAY, HOUR, at
from tests.fuzz import EXAMPLES
from tests.support.random_facts import DE, observations, random_facts

PAGE = """
query ($id: ID!, $measure: String!, $first: Int, $last: Int, $after: String, $before: String) {
  node(id: $id) {
    ... on MetricResult {
      window { days asOf }
      evidence(measure: $measure, first: $first, last: $last, after: $after, before: $before) {
        totalCount
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        nodes { id }
        edges { cursor reason measures missing leavesWindowOn compared { name at } node { __typename id label occurredAt ... on Package { units } } }
      }
    }
  }
}
"""
RESULTS = """
{ account(key: "seller-1") { metricResults {
  definition { key dimensions }
  windows { id figures { key value fact } }
} } }
"""
PARTS = """
query ($key: String!, $by: String!) {
  account(key: "seller-1") { metricResults(keys: [$key]) { breakdown(by: $by) { id figures { key value fact } } } }
}
"""
TOTALS = {("on_time_delivery_rate", name) for name in ("units", "on_time", "late")}  # which add up the units of packages


@pytest.fixture
def random_seller(world):
    """A seller with facts of every kind, contradictions and orphans included."""
    seller = world.account(time_zones={DE: "Europe/Berlin"})
    rows = list(observations(random_facts(11, "UTC")))
    Random(11).shuffle(rows)
    for fact, observed_at, values in rows:
        seller.add(fact, observed_at=observed_at, **values)
    return seller


def pages_of(query, result_id, measure, size, *, from_end=False):
    """The edges of all pages, and how many there are said to be."""
    edges, cursor = [], None
    while True:
        arguments = {"last": size, "before": cursor} if from_end else {"first": size, "after": cursor}
        page = query(PAGE, id=result_id, measure=measure, **arguments)["node"]["evidence"]
        assert [edge["node"]["id"] for edge in page["edges"]] == [node["id"] for node in page["nodes"]]
        assert page["pageInfo"]["hasNextPage" if from_end else "hasPreviousPage"] == bool(edges)
        edges = [*page["edges"], *edges] if from_end else [*edges, *page["edges"]]
        if not page["pageInfo"]["hasPreviousPage" if from_end else "hasNextPage"]:
            return edges, page["totalCount"]
        cursor = page["pageInfo"]["startCursor" if from_end else "endCursor"]


def test_all_pages_are_exactly_the_measure_for_every_metric_window_and_part(random_seller, query):
    seen = 0
    for listed in query(RESULTS)["account"]["metricResults"]:
        metric = listed["definition"]["key"]
        results = list(listed["windows"])
        for by in listed["definition"]["dimensions"]:
            ((parts),) = query(PARTS, key=metric, by=by)["account"]["metricResults"]
            results += parts["breakdown"]
        for result in results[:: 1 if EXAMPLES else 3]:
            for figure in result["figures"]:
                if figure["fact"] is None:
                    continue
                edges, total = pages_of(query, result["id"], figure["key"], 17)
                found = [edge["node"] for edge in edges]
                assert len({node["id"] for node in found}) == len(found) == total
                assert {node["__typename"].upper() for node in found} <= {figure["fact"]}
                counted = sum(node["units"] for node in found) if (metric, figure["key"]) in TOTALS else len(found)
                assert counted == figure["value"], (metric, figure["key"])
                assert all(figure["key"] in edge["measures"] for edge in edges)
                seen += len(found)
    assert seen > (500 if EXAMPLES else 150)


def test_pages_from_the_end_are_the_same_in_the_same_order(random_seller, query):
    result_id = ids.write(["any", "seller-1", "2026-03-31", None, None, "order_defect_rate", 365, 15])
    edges, _ = pages_of(query, result_id, "orders", 7)
    assert len(edges) > 20
    assert pages_of(query, result_id, "orders", 9, from_end=True)[0] == edges


@pytest.fixture
def late_order(world):
    """An order that was confirmed an hour late."""
    seller = world.account()
    order = seller.order("702-1", placed_at=at(3, 20), ship_by=at(3, 22))
    seller.add(Package, order_id=order, package_id="1", confirmed_at=at(3, 22) + HOUR)
    return seller


LATE = ids.write(["metric", "seller-1", "2026-03-31", None, None, "late_shipment_rate", 30, 0])


def test_an_edge_has_the_reason_the_compared_instants_and_the_day_the_fact_leaves(late_order, query):
    (edge,) = query(PAGE, id=LATE, measure="late")["node"]["evidence"]["edges"]
    assert edge["reason"] == "Order 702-1 counts towards: Orders confirmed after their ship-by instant."
    assert edge["compared"] == [
        {"name": "shipBy", "at": "2026-03-22T08:00:00Z"},
        {"name": "confirmedAt", "at": "2026-03-22T09:00:00Z"},
    ]
    assert edge["leavesWindowOn"] == "2026-04-19"
    assert (edge["node"]["label"], edge["node"]["occurredAt"]) == ("Order 702-1", "2026-03-20T08:00:00Z")


def test_an_edge_names_every_measure_that_counts_its_fact(world, query):
    seller = world.account()
    order = seller.order("702-1", placed_at=at(3, 1))
    seller.add(Claim, order_id=order, opened_at=at(3, 5), state=ClaimState.GRANTED_SELLER)
    seller.add(Feedback, order_id=order, left_at=at(3, 6), rating=1)
    seller.add(Claim, order_id=seller.order("702-2", placed_at=at(3, 2)), opened_at=at(3, 5), state=ClaimState.OPEN)
    result_id = ids.write(["metric", "seller-1", "2026-03-31", None, None, "order_defect_rate", 60, 15])
    edges = query(PAGE, id=result_id, measure="orders")["node"]["evidence"]["edges"]
    assert [(edge["node"]["label"], edge["measures"]) for edge in edges] == [
        ("Order 702-2", ["orders", "open_claims"]),
        ("Order 702-1", ["orders", "defects", "negative_feedback", "claims"]),
    ]


@pytest.mark.parametrize(
    ("cells", "missing"),
    [
        ({}, ["trackingNumber", "firstScanAt"]),
        ({"tracking_number": "T1"}, ["firstScanAt"]),
        ({"scanned": True}, ["trackingNumber"]),
    ],
)
def test_an_edge_names_the_empty_cells_that_decide_it(world, query, cells, missing):
    seller = world.account()
    order = seller.order("702-1", placed_at=at(3, 1), deliver_by=at(3, 10))
    seller.add(Package, order_id=order, package_id="1", confirmed_at=at(3, 2), **cells)
    scanned = {"tracking_number": "T2", "scanned": True}
    seller.add(Package, order_id=order, package_id="2", confirmed_at=at(3, 2), **scanned)
    result_id = ids.write(["metric", "seller-1", "2026-03-31", None, None, "valid_tracking_rate", 30, 10])
    edges = {measure: query(PAGE, id=result_id, measure=measure)["node"]["evidence"]["edges"] for measure in ("invalid", "valid")}
    assert [(edge["node"]["label"], edge["missing"]) for edge in edges["invalid"]] == [("Package 1 of order 702-1", missing)]
    assert [(edge["node"]["label"], edge["missing"]) for edge in edges["valid"]] == [("Package 2 of order 702-1", [])]


def test_a_fact_no_longer_counts_on_the_day_it_leaves_the_window(late_order, query):
    document = """
    { account(key: "seller-1") {
      now: metrics(asOf: "2026-03-31") { lateShipmentRate(days: 5) { evidence(measure: "late") { totalCount } } }
      metrics(asOf: "2026-03-24") { lateShipmentRate(days: 5) { evidence(measure: "late") { edges { leavesWindowOn } } } }
      on: metrics(asOf: "2026-03-25") { lateShipmentRate(days: 5) { late } }
      before: metrics(asOf: "2026-03-24") { lateShipmentRate(days: 5) { late } }
    } }
    """
    account = query(document)["account"]
    assert account["metrics"]["lateShipmentRate"]["evidence"]["edges"] == [{"leavesWindowOn": "2026-03-25"}]
    assert (account["before"]["lateShipmentRate"]["late"], account["on"]["lateShipmentRate"]["late"]) == (1, 0)
    assert account["now"]["lateShipmentRate"]["evidence"]["totalCount"] == 0


def test_no_fact_leaves_a_lifetime(world, query):
    seller = world.account()
    seller.add(Feedback, order_id="702-1", left_at=at(3, 1), rating=5)
    lifetime = ids.write(["metric", "seller-1", "2026-03-31", None, None, "customer_feedback", 0, 0])
    (edge,) = query(PAGE, id=lifetime, measure="positive")["node"]["evidence"]["edges"]
    assert edge["leavesWindowOn"] is None
    assert edge["reason"] == "Feedback on order 702-1 counts towards: Feedback classed as positive."


def test_a_list_continues_without_repeats_after_an_import(world, query):
    seller = world.account()
    for day in range(1, 7):
        seller.order(f"702-{day}", placed_at=at(3, day, 9), ship_by=at(3, 30))
    first = query(PAGE, id=LATE, measure="orders", first=3)["node"]["evidence"]
    seller.order("702-9", placed_at=at(3, 20))  # newer than all: it would push an item to the next page
    rest = query(PAGE, id=LATE, measure="orders", first=3, after=first["pageInfo"]["endCursor"])["node"]["evidence"]
    labels = [edge["node"]["label"] for edge in (*first["edges"], *rest["edges"])]
    assert labels == [f"Order 702-{day}" for day in range(6, 1, -1)]  # 1 March lies before the window


def test_facts_without_a_channel_are_no_evidence_for_a_channel(world, query):
    seller = world.account()
    seller.add(Message, message_id="1", received_at=at(3, 20))
    document = """
    { account(key: "seller-1") { metrics(channel: SELLER) {
      contactResponseTime { messages evidence(measure: "messages") { totalCount nodes { id } } }
    } } }
    """
    assert query(document)["account"]["metrics"]["contactResponseTime"] == {
        "messages": 0,
        "evidence": {"totalCount": 0, "nodes": []},
    }


@pytest.mark.parametrize(
    ("measure", "message"),
    [
        ("lates", "There is no measure of late_shipment_rate called 'lates'. Did you mean late?"),
        ("unproven", "There is no measure of late_shipment_rate called 'unproven'."),
        (
            "projected_rate",
            "`projected_rate` is computed from measures and has no facts of its own. Choose one of orders, late, overdue.",
        ),
    ],
)
def test_a_key_that_is_no_measure_is_refused(late_order, execute, measure, message):
    result = execute(PAGE, id=LATE, measure=measure)
    assert result.data["node"]["evidence"] is None
    (error,) = result.errors
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"].startswith(message)


@pytest.mark.parametrize(
    "cursor",
    [
        "garbage",
        ids.write(["2026-03-20"]),
        ids.write(["2026-03-20", "702-1", "more"]),
        ids.write(["20260320", "702-1"]),
        ids.write(["2026-02-30", "702-1"]),
        ids.write([20260320, "702-1"]),
        ids.write(["2026-03-20T08:00:00+00:00", "702-1"]),
    ],
)
def test_a_cursor_of_another_list_is_refused(late_order, execute, cursor):
    result = execute(PAGE, id=LATE, measure="late", after=cursor)
    assert result.data["node"]["evidence"] is None
    (error,) = result.errors
    assert error["message"] == "`after` is not a cursor of this list: take one from `pageInfo` or `edges`."
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


def acme(measure):
    return Metric(
        key="acme", title="Acme", description="A count.", section="acme", windows=(Window(30),), measures={"counted": measure},
        value=Count(measure),
    )  # fmt: skip


def of_acme(execute, schema):
    document = '{ account(key: "seller-1") { metrics { acme { counted figures { fact } evidence(measure: "counted") { totalCount nodes { label } } } } } }'
    result = execute(document, schema=schema)
    return result.data["account"]["metrics"]["acme"], [error["extensions"]["code"] for error in result.errors]


def test_a_metric_of_a_plugin_has_evidence_like_any_other(world, execute, loaded_with):
    seller = world.account()
    seller.add(Claim, order_id="702-1", opened_at=at(3, 20), state=ClaimState.DENIED)
    schema = make_schema(loaded_with(acme(count(on=Claim.opened_on, where=~Claim.counts, description="Claims that do not count."))))
    found, errors = of_acme(execute, schema)
    assert errors == []
    assert found["figures"] == [{"fact": "CLAIM"}]
    assert found["evidence"] == {"totalCount": 1, "nodes": [{"label": "Claim of 2026-03-20 08:00:00 on order 702-1"}]}


def test_refunds_are_evidence_too(world, execute, loaded_with):
    seller = world.account()
    seller.add(Refund, order_id="702-1", refunded_at=at(3, 20))
    refunds = count(on=Refund.refunded_on, where=Refund.refunded_at.is_not(None), description="Refunds.")
    found, errors = of_acme(execute, make_schema(loaded_with(acme(refunds))))
    assert errors == []
    assert found["figures"] == [{"fact": "REFUND"}]
    assert found["evidence"] == {"totalCount": 1, "nodes": [{"label": "Refund of 2026-03-20 08:00:00 on order 702-1"}]}


def test_every_countable_fact_has_a_type():
    countable = {fact for fact in FACTS if any(isinstance(column.type, Date) for column in fact.__table__.c)}
    assert countable == set(KINDS)


def test_a_page_is_one_statement_and_what_belongs_to_its_orders_one_for_each_kind(world, query, statements):
    seller = world.account()
    for number in range(12):
        order = seller.order(f"702-{number}", placed_at=at(3, 20), deliver_by=at(3, 25))
        seller.add(Package, order_id=order, package_id="1", confirmed_at=at(3, 21))
        seller.add(Claim, order_id=order, opened_at=at(3, 25))
        seller.add(Message, message_id=order, order_id=order, received_at=at(3, 26))
    document = """
    query ($id: ID!) { node(id: $id) { ... on MetricResult { evidence(measure: "orders", first: 10) { nodes {
      label
      ... on Order {
        packages { label order { key claims { id } } } claims { label } chargebacks { id } feedback { id } messages { order { key } }
      }
    } } } } }
    """
    query("{ __typename }")
    statements.clear()
    nodes = query(document, id=LATE)["node"]["evidence"]["nodes"]
    assert [len(node["packages"]) for node in nodes] == [1] * 10
    assert nodes[0]["packages"][0]["order"]["claims"]
    # The account, the metric and its unproven rows, the page, the five kinds, and the orders once more: those of packages and messages together.
    assert len(statements) == 10


def test_evidence_contains_facts_of_its_account_only(world, query):
    for _ in range(2):
        seller = world.account()
        seller.order("702-1", placed_at=at(3, 20), ship_by=at(3, 25))
        seller.add(Claim, order_id="702-1", opened_at=at(3, 25) + len(world.accounts) * DAY)
    document = """
    query ($id: ID!) { node(id: $id) { ... on MetricResult { evidence(measure: "orders") { nodes { ... on Order { claims { occurredAt } } } } } } }
    """
    (order,) = query(document, id=LATE)["node"]["evidence"]["nodes"]
    assert [dt.datetime.fromisoformat(claim["occurredAt"]) for claim in order["claims"]] == [at(3, 26)]
