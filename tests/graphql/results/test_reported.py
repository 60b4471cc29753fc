"""Amazon's own figures beside ours: which one belongs to a result, the difference, and its likeliest reason."""

import pytest

from sellerhealth import Metric, Percent, ReportedAs, Window, count
from sellerhealth.facts import Order, Violation
from sellerhealth.graphql.schema import make_schema
from sellerhealth.model.tables import FactKind
from sellerhealth.testing import CLOCK, DAY, TODAY
from tests.support.importers import DE, US
from tests.support.performance import DEFECTS, LATE, days, report, store_report
from tests.support.world import cover

COMPARED = """
query ($key: String!, $marketplace: String, $channel: Channel, $asOf: Date, $days: Int) {
  account(key: "seller-1") {
    metricResults(keys: [$key], marketplace: $marketplace, channel: $channel, asOf: $asOf, days: $days) {
      value
      reported {
        key channel marketplace { key } value display unit numerator denominator status target targetCondition from to takenAt format
        definition { key }
        comparison { value display difference reason explanation window { from to } }
      }
    }
  }
}
"""
SAME = LATE | {"orderCount": 10, "lateShipmentCount": 1, "rate": 0.1}


@pytest.fixture
def seller(world):
    """Ten orders in the United States, one of them confirmed late."""
    seller = world.account()
    for number in range(10):
        placed = CLOCK - (number + 1) * DAY
        order = seller.order(placed_at=placed, ship_by=placed + DAY, status="SHIPPED")
        seller.confirm(order, placed + (2 if number == 5 else 0.5) * DAY)
    seller.save()
    return seller


@pytest.fixture
def reported(world, seller, query):
    """Stores reports of late shipments, and returns what the API says beside our result."""

    def reported(*figures, key="late_shipment_rate", schema=None, **arguments):
        for figure in figures:
            store_report(world.database, seller.account_id, figure if isinstance(figure, str) else report(lateShipmentRate=figure))
        schemas = {} if schema is None else {"schema": schema}
        return query(COMPARED, key=key, **arguments, **schemas)["account"]["metricResults"][0]["reported"]

    return reported


def test_a_figure_is_returned_as_amazon_reports_it_and_agrees(reported):
    assert reported(SAME) == {
        "key": "lateShipmentRate",
        "channel": None,
        "marketplace": {"key": US},
        "value": 0.1,
        "display": "10.00 %",
        "unit": "FRACTION",
        "numerator": 1,
        "denominator": 10,
        "status": "GOOD",
        "target": 0.04,
        "targetCondition": "LESS_THAN",
        "from": "2026-03-02",
        "to": "2026-03-31",
        "takenAt": "2026-03-31T12:00:00Z",
        "format": "GET_V2_SELLER_PERFORMANCE_REPORT",
        "definition": {"key": "late_shipment_rate"},
        "comparison": {
            "value": 0.1,
            "display": "10.00 %",
            "difference": 0.0,
            "reason": None,
            "explanation": "Both agree.",
            "window": {"from": "2026-03-02", "to": "2026-03-31"},
        },
    }


def test_no_figure_is_null(reported):
    assert reported() is None
    assert reported(SAME, key="seller_rating") is None
    assert reported(key="valid_tracking_rate") is None


@pytest.mark.parametrize(("rate", "reason"), [(0.1, None), ("0.10000", None), (0.1001, "DEFINITION"), (0.10004, "DEFINITION")])
def test_a_value_is_compared_to_the_places_that_amazon_gives(reported, rate, reason):
    assert reported(SAME | {"rate": rate, "orderCount": None})["comparison"]["reason"] == reason


def test_the_same_value_of_more_orders_is_a_difference_of_coverage(reported):
    comparison = reported(SAME | {"orderCount": 1000, "lateShipmentCount": 100})["comparison"]
    assert (comparison["difference"], comparison["reason"]) == (0.0, "COVERAGE")
    assert comparison["explanation"] == "Ours counts 10 of the 1,000 that Amazon counts. Import what is missing."


def test_facts_that_were_never_imported_or_are_too_old_are_the_first_reason(world, reported, seller):
    cover(world, seller, {FactKind.ORDER: TODAY - 2 * DAY, FactKind.PACKAGE: TODAY})
    comparison = reported(SAME | {"rate": 0.2} | days("2026-02-02", "2026-03-03"))["comparison"]
    assert comparison["reason"] == "COVERAGE"
    assert comparison["explanation"] == "Ours lacks facts: orders only up to 2026-03-29. Import what is missing."


def test_another_window_is_the_reason_and_the_day_is_named_on_which_both_are_of_the_same_days(reported):
    comparison = reported(SAME | {"rate": 0.2} | days("2026-02-27", "2026-03-28"))["comparison"]
    assert (comparison["difference"], comparison["reason"]) == (pytest.approx(0.1), "WINDOW")
    assert comparison["explanation"] == (
        "Amazon's figure covers 2026-02-27 to 2026-03-28, ours 2026-03-02 to 2026-03-31. Look at ours as of 2026-03-28."
    )


def test_else_amazon_counts_otherwise(reported):
    comparison = reported(SAME | {"rate": 0, "lateShipmentCount": 0})["comparison"]
    assert (comparison["difference"], comparison["reason"]) == (-0.1, "DEFINITION")
    assert comparison["explanation"] == ("Both cover the same days, so Amazon counts otherwise. See docs/metrics.md#late-shipment-rate.")


def test_without_a_value_of_amazon_there_is_no_difference(reported):
    figure = reported(SAME | {"rate": "N/A", "status": "NONE"})
    assert (figure["value"], figure["display"], figure["status"]) == (None, "N/A", "NONE")
    assert (figure["comparison"]["difference"], figure["comparison"]["reason"]) == (None, None)
    assert figure["comparison"]["explanation"] == "Amazon gives no value."


def test_without_a_value_of_ours_coverage_is_the_reason(world, query):
    seller = world.account(covers=())
    store_report(world.database, seller.account_id, report(lateShipmentRate=SAME))
    comparison = query(COMPARED, key="late_shipment_rate")["account"]["metricResults"][0]["reported"]["comparison"]
    assert (comparison["value"], comparison["difference"], comparison["reason"]) == (None, None, "COVERAGE")
    assert comparison["explanation"] == "Ours lacks facts: orders, packages were never imported. Import what is missing."


def test_a_figure_of_a_window_is_beside_the_result_of_that_window(reported):
    ten = SAME | days("2026-03-22", "2026-03-31") | {"rate": 0.25}
    both = report(lateShipmentRateList=[SAME, ten])
    assert [reported(both, days=length)["from"] for length in (30, 10)] == ["2026-03-02", "2026-03-22"]
    assert reported(days=12)["from"] == "2026-03-22"


def test_the_last_report_that_was_taken_by_the_day_counts(world, reported, seller):
    older = report(lateShipmentRate=SAME | days("2026-02-01", "2026-03-02") | {"rate": 0.07})
    store_report(world.database, seller.account_id, older, CLOCK - 29 * DAY)
    assert reported(SAME)["value"] == 0.1
    assert reported(asOf=str(TODAY - DAY))["value"] == 0.07
    assert reported(asOf=str(TODAY - 30 * DAY)) is None


def test_amazon_judges_each_marketplace_by_itself(reported):
    two = report({"marketplaceId": US, "lateShipmentRate": SAME}, {"marketplaceId": DE, "lateShipmentRate": SAME | {"rate": 0.03}})
    assert reported(two) is None
    assert [reported(marketplace=key)["value"] for key in (US, DE)] == [0.1, 0.03]


def test_an_account_that_also_sells_elsewhere_has_no_figure_for_the_whole(reported, seller):
    seller.order(marketplace=DE)
    assert reported(SAME) is None
    assert reported(marketplace=US)["value"] == 0.1


def test_order_defects_are_reported_by_channel(reported):
    both = report(orderDefectRate={"mfn": DEFECTS, "afn": DEFECTS | {"rate": 0.002}})
    defects = "order_defect_rate"
    assert reported(both, key=defects) is None
    assert reported(key=defects, channel="SELLER")["value"] == 0.0125
    assert reported(key=defects, channel="AMAZON")["value"] == 0.002


def test_the_only_channel_with_orders_is_that_of_the_whole(reported):
    empty = DEFECTS | {"rate": None, "orderCount": 0, "orderWithDefects": {"count": 0}}
    figure = reported(report(orderDefectRate={"mfn": DEFECTS, "afn": empty}), key="order_defect_rate")
    assert (figure["channel"], figure["value"]) == ("SELLER", 0.0125)


def test_a_figure_of_units_comes_before_one_of_shipments(reported):
    unit, shipment = SAME | {"rate": 0.91, "totalUnitCount": 7}, SAME | {"rate": 0.95}
    assert reported(report(onTimeDeliveryRate=shipment), key="on_time_delivery_rate")["key"] == "onTimeDeliveryRate"
    both = reported(report(unitOnTimeDeliveryRate=unit, onTimeDeliveryRate=shipment), key="on_time_delivery_rate")
    assert (both["key"], both["value"]) == ("unitOnTimeDeliveryRate", 0.91)


def test_violations_are_reported_by_category(world, seller, query):
    for number in range(3):
        seller.add(
            Violation, violation_id=str(number), detected_at=CLOCK - DAY, category="listingPolicyViolations", reported_marketplace=US
        )
    seller.add(Violation, violation_id="other", detected_at=CLOCK - DAY, category="elsewhere", reported_marketplace=US)
    seller.save()
    store_report(world.database, seller.account_id, report())
    parts = query("""{ account(key: "seller-1") { metrics { policyViolations {
        reported { key }
        breakdown(by: "category") { scope { part { value } } reported { key value comparison { difference reason } } }
    } } } }""")["account"]["metrics"]["policyViolations"]
    assert parts["reported"] is None
    by_part = {each["scope"]["part"]["value"]: each["reported"] for each in parts["breakdown"]}
    assert by_part == {
        "elsewhere": None,
        "listingPolicyViolations": {
            "key": "listingPolicyViolations",
            "value": 2.0,
            "comparison": {"difference": -1.0, "reason": "DEFINITION"},
        },
    }


placed = count(on=Order.placed_on, where=Order.accepted, description="Orders.")
late = placed.where(Order.late_by > 0, "Late orders.")
ACME = Metric(
    key="acme_late",
    title="Late",
    description="Late orders in percent.",
    section="acme",
    windows=(Window(30),),
    measures={"orders": placed, "late": late},
    value=Percent(late, placed),
    reported=(ReportedAs("acmeLate"),),
)


def test_a_metric_of_a_plugin_names_its_figure_and_percent_is_compared_with_a_fraction(reported, loaded_with):
    figure = reported(report(acmeLate=SAME | {"rate": 0.12}), key="acme_late", schema=make_schema(loaded_with(ACME)))
    assert figure["definition"] == {"key": "acme_late"}
    assert (figure["value"], figure["comparison"]["value"], figure["comparison"]["difference"]) == (0.12, 10.0, 2.0)


def test_many_results_take_one_statement_for_amazons_figures(world, seller, query, statements):
    for _ in range(2):
        world.account()
    for each in world.accounts:
        each.save()
        store_report(world.database, each.account_id, report())
    document = (
        '{ accounts { nodes { metricResults(section: "account_health") { windows { reported { value comparison { reason } } } } } } }'
    )
    query(document)
    assert len([each for each in statements if "reported_figures" in each]) == 1
