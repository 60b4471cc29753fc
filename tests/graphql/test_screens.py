"""The screens of a client on the data of the demo: each is one request without errors, and not empty."""

import pytest


@pytest.fixture
def show(demo):
    """Sends a document and returns its data."""

    def show(query, **variables):
        response = demo.post("/graphql", json={"query": query, "variables": variables}).json()
        assert "errors" not in response
        return response["data"]

    return show


CARD = """
fragment Card on MetricResult {
  id definition { key unit } value display status window { from to } target { limit enforced } headroom { used allowed needed }
}
"""


def test_the_dashboard_of_one_account(show):
    account = show(
        """
        query ($key: String!) {
          account(key: $key) {
            id name updatedAt healthStatus
            metrics {
              orderDefectRate { ...Card defects } cancellationRate { ...Card cancelled } lateShipmentRate { ...Card late projectedRate }
              policyViolations { ...Card open } onTimeDeliveryRate { ...Card units } validTrackingRate { ...Card valid }
              contactResponseTime { ...Card averageHours } sellerRating { ...Card band } customerFeedback { ...Card stars }
            }
            atRisk(first: 5) { totalCount nodes { id label } }
          }
        }
        """
        + CARD,
        key="slipping",
    )["account"]
    assert [metric["value"] is None for metric in account["metrics"].values()] == [False] * 9
    assert account["atRisk"]["totalCount"] >= len(account["atRisk"]["nodes"]) > 0


def test_the_portfolio_with_the_counts_of_its_lists(show):
    data = show("""
    {
      all: accounts { totalCount }
      critical: accounts(filter: {statuses: [CRITICAL]}) { totalCount }
      accounts(first: 3, orderBy: {field: HEALTH, direction: DESC}) {
        nodes { key healthStatus metricResults(section: "account_health") { id status headroom { used } } }
        pageInfo { hasNextPage endCursor }
      }
    }
    """)
    assert data["accounts"]["nodes"][0]["healthStatus"] == "CRITICAL"
    assert 0 < data["critical"]["totalCount"] < data["all"]["totalCount"]


def test_the_portfolio_by_one_metric(show):
    nodes = show("""
    { accounts(orderBy: {field: VALUE, direction: DESC, metric: "late_shipment_rate"}) {
      nodes { metricResults(keys: ["late_shipment_rate"]) { value numerator denominator } }
    } }
    """)["accounts"]["nodes"]
    values = [node["metricResults"][0]["value"] for node in nodes]
    known = [value for value in values if value is not None]
    assert known == sorted(known, reverse=True) == values[: len(known)]


EVIDENCE = """
query ($id: ID!, $measure: String!, $after: String) {
  node(id: $id) {
    ... on MetricResult {
      evidence(measure: $measure, first: 100, after: $after) {
        totalCount
        pageInfo { hasNextPage endCursor }
        edges {
          reason leavesWindowOn compared { name at }
          node { id label occurredAt
            ... on Order { key shipBy confirmedAt claims { id state } feedback { id rating } chargebacks { id kind } }
            ... on Package { units trackingNumber firstScanAt } ... on Message { answeredAt } ... on Violation { category severity }
          }
        }
      }
    }
  }
}
"""


@pytest.mark.parametrize("seller", ["healthy", "slipping", "critical"])
def test_every_number_can_be_explained(show, seller):
    """Every measure that is few enough to be read; the large ones differ from them in their number of pages alone."""
    results = show("query ($key: String!) { account(key: $key) { metricResults { id figures { key value fact } } } }", key=seller)[
        "account"
    ]["metricResults"]
    explained = 0
    for result in results:
        for figure in result["figures"]:
            if figure["fact"] is None or not 0 < figure["value"] <= 300:
                continue
            edges, after = [], None
            while True:
                page = show(EVIDENCE, id=result["id"], measure=figure["key"], after=after)["node"]["evidence"]
                edges += page["edges"]
                if not page["pageInfo"]["hasNextPage"]:
                    break
                after = page["pageInfo"]["endCursor"]
            counted = sum(edge["node"].get("units", 1) for edge in edges) if figure["key"] in ("units", "on_time", "late") else len(edges)
            assert counted == figure["value"]
            assert len({edge["node"]["id"] for edge in edges}) == len(edges) == page["totalCount"]
            explained += 1
    assert explained >= 10


def test_a_year_of_all_metrics_in_one_chart(show):
    timeline = show("""
    { account(key: "slipping") { timeline(from: "2025-04-01") {
      dates series { definition { key target { limit } } values statuses }
    } } }
    """)["account"]["timeline"]
    assert len(timeline["dates"]) == 365
    assert len(timeline["series"]) == 9
    late = next(series for series in timeline["series"] if series["definition"]["key"] == "late_shipment_rate")
    assert len(late["values"]) == len(late["statuses"]) == 365
    assert len(set(late["values"])) > 30


def test_the_trend_and_the_forecast_of_a_metric(show):
    metric = show("""
    { account(key: "slipping") { metrics { orderDefectRate {
      value history(from: "2026-01-01") { date value status isSettled } forecast(days: 60) { date value status }
    } } } }
    """)["account"]["metrics"]["orderDefectRate"]
    assert metric["history"][-1]["value"] == metric["value"]
    assert (len(metric["history"]), len(metric["forecast"])) == (90, 60)


def test_what_can_go_wrong_today(show):
    at_risk = show("""
    { account(key: "slipping") { atRisk(withinHours: 48, first: 50) {
      totalCount
      edges { dueAt reason definition { key } node { id __typename label ... on Order { key shipBy } ... on Message { order { key } } } }
    } } }
    """)["account"]["atRisk"]
    due = [edge["dueAt"] for edge in at_risk["edges"]]
    assert due == sorted(due)
    assert {edge["node"]["__typename"] for edge in at_risk["edges"]} == {"Order", "Message"}


def test_a_dashboard_that_knows_no_metric_names(show):
    data = show(
        """
        query ($key: String!) {
          metricDefinitions { key title section unit dimensions windows { days lag } plugin { name version } }
          account(key: $key) { metricResults { ...Card numerator denominator figures { key value unit fact } coverage { fact through } } }
        }
        """
        + CARD,
        key="critical",
    )
    keys = [result["definition"]["key"] for result in data["account"]["metricResults"]]
    assert keys == [definition["key"] for definition in data["metricDefinitions"]]


def test_feedback_by_class(show):
    data = show("""
    {
      account(key: "critical") { feedback(filter: {classifications: [NEGATIVE]}, first: 50) {
        totalCount nodes { id occurredAt rating comment classification removedAt isStruckThrough order { id key } }
      } }
      wouldBe: classifyFeedback(rating: 3, comment: "Arrived late, but fine")
    }
    """)
    assert {node["classification"] for node in data["account"]["feedback"]["nodes"]} == {"NEGATIVE"}
    assert all(node["order"] for node in data["account"]["feedback"]["nodes"])


def test_metrics_over_several_windows(show):
    account = show("""
    { account(key: "critical") {
      metrics {
        lateShipmentRate { windows { id window { days } late orders } } customerFeedback { windows { window { days } positive stars } }
        ninetyDays: orderDefectRate(days: 90) { id status }
      }
      metricResults { windows { id window { days } display status } }
    } }
    """)["account"]
    assert [each["window"]["days"] for each in account["metrics"]["customerFeedback"]["windows"]] == [365, 30, 90, None]


def test_metrics_split_by_marketplace_channel_and_category(show):
    account = show("""
    { account(key: "critical") {
      marketplaces { key }
      metrics {
        orderDefectRate { orders breakdown(by: "channel") { scope { channel } orders } }
        lateShipmentRate { breakdown(by: "marketplace") { scope { marketplace { key } } late } }
        validTrackingRate { breakdown(by: "category") { scope { part { value } } packages headroom { needed } } }
      }
      here: metrics(marketplace: "A1PA6795UKMFR9", channel: SELLER) { orderDefectRate { display } }
    } }
    """)["account"]
    channels = account["metrics"]["orderDefectRate"]
    assert sum(part["orders"] for part in channels["breakdown"]) == channels["orders"]


def test_what_if(show):
    (result,) = show('{ account(key: "slipping") { metricResults(keys: ["late_shipment_rate"]) { id headroom { allowed } } } }')["account"][
        "metricResults"
    ]
    document = """
    query ($id: ID!, $by: Int!) { node(id: $id) { ... on MetricResult { whatIf(changes: {measure: "late", by: $by}) { status } } } }
    """
    allowed = result["headroom"]["allowed"]
    assert show(document, id=result["id"], by=allowed)["node"]["whatIf"]["status"] != "CRITICAL"
    assert show(document, id=result["id"], by=allowed + 1)["node"]["whatIf"]["status"] == "CRITICAL"


def test_the_orders_of_an_account(show):
    account = show("""
    { account(key: "critical") { orders(filter: {from: "2026-03-01", channel: SELLER}, first: 50) {
      totalCount nodes { key occurredAt channel packages { id } claims { id } messages { id } }
    } } }
    """)["account"]
    placed = [order["occurredAt"] for order in account["orders"]["nodes"]]
    assert placed == sorted(placed, reverse=True)
    assert {order["channel"] for order in account["orders"]["nodes"]} == {"SELLER"}


def test_amazons_figures_beside_ours(show):
    account = show("""
    {
      account(key: "slipping") {
        id
        metricResults(section: "account_health", marketplace: "A1F83G8C2ARO7P") {
          id display status definition { key }
          reported { display status numerator denominator from to takenAt comparison { difference reason explanation } }
        }
        reported { key display status takenAt marketplace { key name } }
        reportedHistory(key: "lateShipmentRate", first: 100) { totalCount nodes { display takenAt marketplace { key } } }
      }
    }
    """)["account"]
    reasons = {
        each["definition"]["key"]: each["reported"] and each["reported"]["comparison"]["reason"] for each in account["metricResults"]
    }
    assert (reasons["late_shipment_rate"], reasons["on_time_delivery_rate"]) == (None, "WINDOW")
    assert {each["marketplace"]["name"] for each in account["reported"]} == {"Amazon.co.uk", "Amazon.de", "Amazon.fr"}
    assert len({each["takenAt"] for each in account["reportedHistory"]["nodes"]}) == 5
