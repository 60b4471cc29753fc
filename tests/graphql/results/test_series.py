"""Series: every point equals the result as of that day, and a chart costs one statement."""

import datetime as dt

import pytest

from sellerhealth import Below, Metric, Window, count
from sellerhealth.facts import Order, Package
from sellerhealth.graphql import ids
from sellerhealth.graphql.schema import make_schema
from sellerhealth.testing import DAY, HOUR, TODAY, US, at

GB = "A1F83G8C2ARO7P"


@pytest.fixture
def seller(world):
    """A seller with an order every second day since January; every third of them was shipped late."""
    seller = world.account()
    for number in range(45):
        placed = at(1, 1) + 2 * number * DAY
        order = seller.order(placed_at=placed, ship_by=placed + DAY, deliver_by=placed + 4 * DAY, marketplace=GB if number % 4 else US)
        shipped = placed + DAY + (HOUR if number % 3 == 0 else -HOUR)
        seller.add(
            Package, order_id=order, package_id="1", confirmed_at=shipped, category="Books" if number % 2 else "Toys",
            tracking_number="T1", scanned=number % 5 != 0,
        )  # fmt: skip
    return seller


SERIES = """
query ($id: ID!, $from: Date!, $to: Date, $days: Int) {
  node(id: $id) {
    ... on MetricResult {
      history(from: $from, to: $to) { date value status isSettled }
      forecast(days: $days) { date value status isSettled }
    }
  }
}
"""


def result_id(key, days, lag, *part, as_of="2026-03-31", marketplace=None):
    return ids.write(["any", "seller-1", as_of, marketplace, None, key, days, lag, *part])


@pytest.mark.parametrize(
    "of",
    [
        ("late_shipment_rate", 30, 0),
        ("late_shipment_rate", 10, 0),
        ("order_defect_rate", 60, 15),
        ("customer_feedback", 0, 0),
        ("seller_rating", 365, 0),
        ("valid_tracking_rate", 30, 10, "category", "Books"),
        ("valid_tracking_rate", 5, 10, "category", "Books"),
        ("policy_violations", 180, 0, "category", "listing"),
    ],
)
def test_every_point_of_a_history_is_the_result_of_that_day(seller, query, of):
    key, days, lag, *part = of
    points = query(SERIES, id=result_id(*of), **{"from": "2026-03-01"})["node"]["history"]
    assert [point["date"] for point in points] == [f"2026-03-{day:02}" for day in range(1, 32)]
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on MetricResult { value status } } }"
    result_ids = [result_id(key, days, lag, *part, as_of=point["date"]) for point in points]
    halves = (query(document, ids=half)["nodes"] for half in (result_ids[:16], result_ids[16:]))  # all of them may cost too much
    assert [{"value": point["value"], "status": point["status"]} for point in points] == [node for half in halves for node in half]


def test_a_forecast_assumes_that_nothing_more_happens(seller, query):
    points = query(SERIES, id=result_id("late_shipment_rate", 30, 0), days=40, **{"from": "2026-03-31"})["node"]["forecast"]
    assert [points[0]["date"], points[-1]["date"]] == ["2026-04-01", "2026-05-10"]
    assert len(points) == 40
    # The last order was placed on 30 March: from 29 April on there is nothing to measure any more.
    assert [point["value"] is None for point in points] == [point["date"] >= "2026-04-29" for point in points]
    assert not any(point["isSettled"] for point in points)


def test_a_forecast_has_thirty_days_by_default(seller, query):
    document = "query ($id: ID!) { node(id: $id) { ... on MetricResult { forecast { date } null: forecast(days: null) { date } } } }"
    node = query(document, id=result_id("late_shipment_rate", 30, 0))["node"]
    assert (len(node["forecast"]), node["null"]) == (30, node["forecast"])


def test_a_point_is_settled_once_every_day_of_its_window_is_past(seller, query):
    def settled(key, days, lag):
        node = query(SERIES, id=result_id(key, days, lag), days=20, **{"from": "2026-03-30"})["node"]
        return [point["date"] for point in (*node["history"], *node["forecast"]) if point["isSettled"]]

    assert settled("late_shipment_rate", 30, 0) == ["2026-03-30"]
    assert settled("order_defect_rate", 60, 15)[-1] == "2026-04-14"


def test_a_history_ends_on_the_day_of_its_result_and_the_forecast_continues_from_there(seller, query):
    then = result_id("late_shipment_rate", 30, 0, as_of="2026-03-10")
    node = query(SERIES, id=then, days=2, **{"from": "2026-03-08"})["node"]
    assert [point["date"] for point in node["history"]] == ["2026-03-08", "2026-03-09", "2026-03-10"]
    assert [point["date"] for point in node["forecast"]] == ["2026-03-11", "2026-03-12"]


def test_the_history_of_a_marketplace_has_its_facts_only(seller, query):
    document = """
    query ($id: ID!) { node(id: $id) { ... on MetricResult { value history(from: "2026-03-31") { value } } } }
    """
    values = set()
    for marketplace in (None, US, GB):
        node = query(document, id=result_id("late_shipment_rate", 30, 0, marketplace=marketplace))["node"]
        assert [point["value"] for point in node["history"]] == [node["value"]]
        values.add(node["value"])
    assert len(values) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"from": "2026-04-01"}, "`from` must be a day from 1995-01-01 to today, 2026-03-31 in UTC, found 2026-04-01."),
        ({"from": "1994-12-31"}, "`from` must be a day from 1995-01-01 to today, 2026-03-31 in UTC, found 1994-12-31."),
        ({"from": "2026-03-01", "to": "2026-04-01"}, "`to` must be a day from 1995-01-01 to today, 2026-03-31 in UTC, found 2026-04-01."),
        ({"from": "2026-03-02", "to": "2026-03-01"}, "`from` must not be after `to`, found 2026-03-02 and 2026-03-01."),
        ({"from": "2023-03-26"}, "`to` must be at most 1100 days after `from`, found 1101."),
    ],
)
def test_invalid_days_are_refused(seller, execute, arguments, message):
    result = execute(SERIES, id=result_id("late_shipment_rate", 30, 0), **arguments)
    assert result.data["node"]["history"] is None
    assert len(result.data["node"]["forecast"]) == 30
    document = 'query ($from: Date!, $to: Date) { account(key: "seller-1") { timeline(from: $from, to: $to) { dates } } }'
    for errors in (result.errors, execute(document, **arguments).errors):
        assert [(error["message"], error["extensions"]["code"]) for error in errors] == [(message, "BAD_USER_INPUT")]


@pytest.mark.parametrize("days", [0, -1, 366])
def test_a_forecast_of_no_days_or_too_many_is_refused(seller, execute, days):
    result = execute(SERIES, id=result_id("late_shipment_rate", 30, 0), days=days, **{"from": "2026-03-31"})
    assert result.data["node"]["forecast"] is None
    assert [error["message"] for error in result.errors] == [f"`days` must be 1 to 365, found {days}."]


TIMELINE = """
query ($from: Date!, $to: Date, $keys: [String!], $channel: Channel, $marketplace: String) {
  account(key: "seller-1") {
    timeline(from: $from, to: $to, keys: $keys, channel: $channel, marketplace: $marketplace) {
      dates
      series { definition { key } values statuses }
    }
  }
}
"""


def test_a_timeline_has_all_metrics_in_columns_in_one_statement(seller, query, statements, built_ins):
    query("{ __typename }")
    statements.clear()
    timeline = query(TIMELINE, **{"from": "2025-04-01"})["account"]["timeline"]
    assert len(statements) == 2  # the account, and all series
    assert timeline["dates"] == [(dt.date(2025, 4, 1) + number * DAY).isoformat() for number in range(365)]
    assert timeline["dates"][-1] == TODAY.isoformat()
    assert [series["definition"]["key"] for series in timeline["series"]] == list(built_ins.registry)
    assert all(len(series["values"]) == len(series["statuses"]) == 365 for series in timeline["series"])
    history = query(SERIES, id=result_id("late_shipment_rate", 30, 0), **{"from": "2025-04-01"})["node"]["history"]
    (late,) = (series for series in timeline["series"] if series["definition"]["key"] == "late_shipment_rate")
    assert [(point["value"], point["status"]) for point in history] == list(zip(late["values"], late["statuses"], strict=True))


@pytest.mark.parametrize(
    ("step", "dates"),
    [
        ("WEEK", ["2026-03-01", "2026-03-08", "2026-03-15", "2026-03-20"]),  # the 1st was a Sunday
        ("MONTH", ["2026-02-28", "2026-03-20"]),
    ],
)
def test_a_timeline_can_have_the_last_days_of_weeks_and_months(seller, query, step, dates):
    document = """
    query ($step: TimelineStep) { account(key: "seller-1") {
      timeline(from: "2026-02-24", to: "2026-03-20", keys: ["late_shipment_rate"], step: $step) { dates series { values statuses } }
    } }
    """
    every_day = query(document)["account"]["timeline"]
    assert len(every_day["dates"]) == 25
    assert query(document, step="DAY") == query(document, step=None) == {"account": {"timeline": every_day}}
    timeline = query(document, step=step)["account"]["timeline"]
    assert timeline["dates"] == dates
    (series,), (daily,) = timeline["series"], every_day["series"]
    places = [every_day["dates"].index(date) for date in dates]
    assert series == {name: [daily[name][place] for place in places] for name in ("values", "statuses")}


def test_nine_histories_are_one_statement(seller, query, statements):
    query("{ __typename }")
    statements.clear()
    document = '{ account(key: "seller-1") { metricResults { history(from: "2026-01-01") { value } forecast { value } } } }'
    assert len(query(document)["account"]["metricResults"]) == 9
    assert len(statements) == 3  # the account, the results, and all that is over time


def test_a_timeline_has_the_requested_metrics_and_scope(seller, query):
    def values(**arguments):
        timeline = query(TIMELINE, **{"from": "2026-03-31"}, **arguments)["account"]["timeline"]
        return {series["definition"]["key"]: series["values"] for series in timeline["series"]}

    assert list(values(keys=["seller_rating", "late_shipment_rate"])) == ["seller_rating", "late_shipment_rate"]
    assert values(marketplace=US)["late_shipment_rate"] != values(marketplace=GB)["late_shipment_rate"]
    assert values(channel="AMAZON")["late_shipment_rate"] == values(channel="SELLER")["customer_feedback"] == [None]


def test_a_key_that_does_not_exist_is_refused(seller, execute):
    result = execute(TIMELINE, keys=["late_shipment"], **{"from": "2026-03-31"})
    assert result.data["account"]["timeline"] is None
    assert [error["message"] for error in result.errors] == ["There is no metric 'late_shipment'. Did you mean late_shipment_rate?"]


class Broken(Below):
    """Fails for every value."""

    def judge(self, value, numbers):
        raise ArithmeticError("never sent to clients")


def test_a_metric_that_fails_is_null_alone_with_an_error_that_names_it(seller, execute, loaded_with):
    orders = count(on=Order.placed_on, where=Order.accepted, description="Orders.")
    broken = Metric(
        key="acme", title="Acme", description="Broken.", section="acme", windows=(Window(30),), measures={"orders": orders},
        value=orders / orders, target=Broken("0.5"),
    )  # fmt: skip
    result = execute(TIMELINE, schema=make_schema(loaded_with(broken)), keys=["seller_rating", "acme"], **{"from": "2026-03-31"})
    rating, acme = result.data["account"]["timeline"]["series"]
    assert (rating["definition"]["key"], acme) == ("seller_rating", None)
    (error,) = result.errors
    assert (error["extensions"]["code"], error["extensions"]["metric"]) == ("METRIC_FAILED", "acme")
    assert error["path"] == ["account", "timeline", "series", 1]
