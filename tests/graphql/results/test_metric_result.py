"""Results of a metric: values, windows, days, figures and coverage."""

import datetime as dt

import pytest

from sellerhealth import testing
from sellerhealth.facts import Package
from sellerhealth.model.tables import FactKind
from sellerhealth.testing import DAY, HOUR, at


@pytest.fixture
def late_seller(world):
    """100 orders of the last 30 days, 3 of them late and 1 overdue; 2 of the late ones lie in the last 10 days."""
    seller = world.account()
    for _ in range(96):
        on_time = seller.order(ship_by=at(3, 12))
        seller.add(Package, order_id=on_time, package_id="1", confirmed_at=at(3, 11))
    for placed in (at(3, 10), at(3, 24), at(3, 25)):
        late = seller.order(placed_at=placed, ship_by=placed + DAY)
        seller.add(Package, order_id=late, package_id="1", confirmed_at=placed + DAY + HOUR)
    seller.order(ship_by=at(3, 30))
    return seller


def late_shipment(query, selection, arguments=""):
    document = f'{{ account(key: "seller-1") {{ metrics {{ lateShipmentRate{arguments} {{ {selection} }} }} }} }}'
    return query(document)["account"]["metrics"]["lateShipmentRate"]


def test_a_result_has_its_measures_figures_and_status(late_seller, query):
    result = late_shipment(
        query,
        """
        value display status numerator denominator orders late overdue projectedRate unavailableReason
        explanation
        target { condition display enforced limit warning warningDisplay }
        headroom { allowed needed used }
        window { asOf days from to }
        scope { marketplace { key } channel part { value } }
        account { key }
        definition { key field section unit plugin { name distribution } }
        """,
    )
    assert result == {
        "value": 0.03,
        "display": "3.00 %",
        "status": "GOOD",
        "numerator": 3,
        "denominator": 100,
        "orders": 100,
        "late": 3,
        "overdue": 1,
        "projectedRate": 0.04,
        "unavailableReason": None,
        "explanation": "The target is under 4 %; 3.00 % meets it with room to spare.",
        "target": {
            "condition": "BELOW",
            "display": "under 4 %",
            "enforced": True,
            "limit": 0.04,
            "warning": 0.032,
            "warningDisplay": "from 3.2 % on",
        },
        "headroom": {"allowed": 0, "needed": 0, "used": 0.75},
        "window": {"asOf": "2026-03-31", "days": 30, "from": "2026-03-02", "to": "2026-03-31"},
        "scope": {"marketplace": None, "channel": None, "part": None},
        "account": {"key": "seller-1"},
        "definition": {
            "key": "late_shipment_rate",
            "field": "lateShipmentRate",
            "section": "account_health",
            "unit": "FRACTION",
            "plugin": {"name": "late_shipment_rate", "distribution": "sellerhealth"},
        },
    }


def test_a_result_has_each_of_its_windows_and_the_worst_status_decides(late_seller, query):
    result = late_shipment(query, "status overallStatus windows { window { days } late orders status }")
    assert result["windows"] == [
        {"window": {"days": 30}, "late": 3, "orders": 100, "status": "GOOD"},
        {"window": {"days": 10}, "late": 2, "orders": 2, "status": "CRITICAL"},
    ]
    assert (result["status"], result["overallStatus"]) == ("GOOD", "CRITICAL")


def test_a_sum_may_exceed_the_32_bits_of_int(world, query):
    seller = world.account()
    order = seller.order(deliver_by=at(3, 15))
    for number in range(2_200):
        delivered = {"confirmed_at": at(3, 12), "tracking_number": "1Z", "delivered_at": at(3, 14), "units": 1_000_000}
        seller.add(Package, order_id=order, package_id=str(number), **delivered)
    document = """{ account(key: "seller-1") { metrics { onTimeDeliveryRate {
      numerator denominator onTime late units headroom { allowed needed } figures { key value display }
    } } } }"""
    result = query(document)["account"]["metrics"]["onTimeDeliveryRate"]
    figures = {figure["key"]: (figure["value"], figure["display"]) for figure in result.pop("figures")}
    assert figures["units"] == (2_200_000_000, "2200000000")
    assert result == {
        "numerator": 2_200_000_000,
        "denominator": 2_200_000_000,
        "onTime": 2_200_000_000,
        "late": 0,
        "units": 2_200_000_000,
        "headroom": {"allowed": 220_000_000, "needed": 0},
    }


def test_the_length_of_the_window_can_be_set(late_seller, query):
    assert late_shipment(query, "orders window { days from to }", "(days: 7)") == {
        "orders": 1,
        "window": {"days": 7, "from": "2026-03-25", "to": "2026-03-31"},
    }


def test_another_length_keeps_the_lag_of_the_default_window(world, query):
    world.account()
    metrics = query('{ account(key: "seller-1") { metrics { orderDefectRate(days: 90) { window { days to } } } } }')["account"]["metrics"]
    assert metrics["orderDefectRate"]["window"] == {"days": 90, "to": "2026-03-16"}


def test_a_lifetime_has_neither_days_nor_a_first_day(world, query):
    world.account()
    metrics = query('{ account(key: "seller-1") { metrics { customerFeedback { windows { window { days from to } } } } } }')
    assert metrics["account"]["metrics"]["customerFeedback"]["windows"][-1]["window"] == {"days": None, "from": None, "to": "2026-03-31"}


def test_the_lifetime_is_a_length_of_0_days_for_every_metric(world, query):
    seller = world.account()
    for year in (2019, 2026):
        seller.order(placed_at=dt.datetime(year, 1, 5, tzinfo=dt.UTC))
    results = query("""
    { account(key: "seller-1") {
      metrics { lateShipmentRate { orders } everything: lateShipmentRate(days: 0) { id orders overallStatus window { days from to } } }
      metricResults(days: 0, keys: ["late_shipment_rate"]) { denominator }
    } }
    """)["account"]
    assert results["metrics"]["lateShipmentRate"]["orders"] < results["metrics"]["everything"]["orders"] == 2
    assert results["metrics"]["everything"]["window"] == {"days": None, "from": None, "to": "2026-03-31"}
    assert results["metricResults"] == [{"denominator": 2}]
    again = query("query ($id: ID!) { node(id: $id) { ... on LateShipmentRate { orders } } }", id=results["metrics"]["everything"]["id"])
    assert again["node"] == {"orders": 2}


@pytest.mark.parametrize("days", [-1, 3651])
def test_an_invalid_length_of_the_window_is_refused(late_seller, execute, days):
    result = execute(f'{{ account(key: "seller-1") {{ metrics {{ lateShipmentRate(days: {days}) {{ value }} }} }} }}')
    assert result.data["account"]["metrics"]["lateShipmentRate"] is None
    assert [error["extensions"]["code"] for error in result.errors] == ["BAD_USER_INPUT"]


def test_a_past_day_moves_the_windows(late_seller, query):
    document = 'query ($day: Date) { account(key: "seller-1") { metrics(asOf: $day) { lateShipmentRate { orders window { asOf to } } } } }'
    result = query(document, day="2026-03-23")["account"]["metrics"]["lateShipmentRate"]
    assert result == {"orders": 98, "window": {"asOf": "2026-03-23", "to": "2026-03-23"}}


@pytest.mark.parametrize("day", ["2026-04-01", "0001-01-01"])
def test_days_of_the_future_and_before_1995_are_refused(late_seller, execute, day):
    result = execute(f'{{ account(key: "seller-1") {{ healthStatus(asOf: "{day}") }} }}')
    assert result.data == {"account": {"healthStatus": None}}
    assert [error["extensions"]["code"] for error in result.errors] == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("day", ["20260331", "2026-W14-2", "2026-02-30", "31.3.2026"])
def test_a_day_has_one_format_only(late_seller, execute, day):
    result = execute('query ($day: Date) { account(key: "seller-1") { healthStatus(asOf: $day) } }', day=day)
    assert result.data is None
    assert [error["extensions"]["code"] for error in result.errors] == ["BAD_USER_INPUT"]


def test_figures_list_every_measure_and_figure_for_clients_that_know_no_types(late_seller, query):
    (result,) = query("""
    { account(key: "seller-1") { metricResults(keys: ["late_shipment_rate"]) {
      figures { key title description value display unit fact }
    } } }
    """)["account"]["metricResults"]
    assert result["figures"][1] == {
        "key": "late",
        "title": "Late",
        "description": "Orders confirmed after their ship-by instant.",
        "value": 3.0,
        "display": "3",
        "unit": "COUNT",
        "fact": "ORDER",
    }
    assert result["figures"][-1] == {
        "key": "projected_rate",
        "title": "Projected rate",
        "description": "The rate if every overdue order is confirmed late. Null when there are no orders.",
        "value": 0.04,
        "display": "4.00 %",
        "unit": "FRACTION",
        "fact": None,
    }


def test_a_band_is_a_figure_without_a_number(world, query):
    testing.orders(world.account(), 2)
    result = query("""
    { account(key: "seller-1") {
      metrics { sellerRating { band orders } }
      metricResults(keys: ["seller_rating"]) { figures { key value display unit } }
    } }
    """)["account"]
    assert result["metrics"]["sellerRating"] == {"band": "EXCELLENT", "orders": 2}
    assert result["metricResults"][0]["figures"][-1] == {"key": "band", "value": None, "display": "Excellent", "unit": "WORD"}


def test_nothing_to_measure_is_neither_zero_nor_one(world, query):
    world.account()
    document = (
        '{ account(key: "seller-1") { metrics { sellerRating { value display status band unavailableReason headroom { needed } } } } }'
    )
    assert query(document)["account"]["metrics"]["sellerRating"] == {
        "value": None,
        "display": "N/A",
        "status": "NOT_AVAILABLE",
        "band": None,
        "unavailableReason": "NOTHING_TO_MEASURE",
        "headroom": None,
    }


def test_facts_that_were_never_imported_differ_from_facts_that_never_happened(world, query):
    world.account(covers=[FactKind.ORDER]).order()
    document = """
    { account(key: "seller-1") {
      coverage { fact through }
      metrics {
        policyViolations { value status unavailableReason coverage { fact through } }
        orderDefectRate(days: 30) { value status unavailableReason coverage { fact through } }
      }
    } }
    """
    account = query(document)["account"]
    assert account["metrics"]["policyViolations"] == {
        "value": None,
        "status": "NOT_AVAILABLE",
        "unavailableReason": "SOURCE_MISSING",
        "coverage": [{"fact": "VIOLATION", "through": None}],
    }
    assert account["metrics"]["orderDefectRate"]["unavailableReason"] == "UNPROVEN"
    assert {"fact": "CLAIM", "through": None} in account["metrics"]["orderDefectRate"]["coverage"]
    assert account["coverage"] == [
        {"fact": kind.value, "through": "2026-03-31" if kind is FactKind.ORDER else None} for kind in sorted(FactKind)
    ]


def test_aliases_select_the_same_metric_twice(late_seller, query):
    document = """
    { account(key: "seller-1") {
      now: metrics { a: lateShipmentRate { orders } b: lateShipmentRate(days: 10) { orders } }
      then: metrics(asOf: "2026-03-11") { lateShipmentRate { orders } }
    } }
    """
    assert query(document)["account"] == {
        "now": {"a": {"orders": 100}, "b": {"orders": 2}},
        "then": {"lateShipmentRate": {"orders": 98}},
    }
