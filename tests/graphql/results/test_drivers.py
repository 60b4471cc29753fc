"""Drivers of a result: their fields, the metric without them, and what is refused."""

import pytest

from sellerhealth import Below, Metric, Window, count
from sellerhealth.facts import Item, Order, Package
from sellerhealth.graphql.schema import make_schema
from sellerhealth.testing import HOUR, at

packages = count(on=Package.confirmed_on, where=Package.confirmed_at.is_not(None), description="Packages confirmed as shipped.")
of_late_orders = packages.where(Package.order.has(Order.late_by > 0), "Packages of late orders.")
OF_A_PLUGIN = Metric(
    key="acme_late_packages",
    title="Late packages",
    description="The share of packages whose order is late.",
    section="acme",
    windows=(Window(30),),
    measures={"packages": packages, "of_late_orders": of_late_orders},
    value=of_late_orders / packages,
    target=Below("0.1"),
)

DRIVERS = """
query ($by: String!, $measure: String, $limit: Int) {
  account(key: "seller-1") { metrics(asOf: "2026-03-31") { lateShipmentRate {
    value
    definition { drivers }
    drivers(by: $by, measure: $measure, limit: $limit) {
      misses rows rate totalCount nodes { value misses rows rate share without { value display status headroom { needed } } }
    }
    whatIf(changes: [{measure: "orders", by: -1}]) { value display status headroom { needed } }
  } } }
}
"""


@pytest.fixture
def seller(world):
    """Four orders: of two confirmed late one was sent by UPS, and one is not known by whom; the latter has two products."""
    seller = world.account()
    for number, (carrier, skus, late) in enumerate(
        [("UPS", ["CUP"], 1), (None, ["CUP", "PLATE"], 1), ("UPS", [], -1), ("GLS", ["CUP"], -1)]
    ):
        order = seller.order(placed_at=at(3, 10) + number * HOUR, ship_by=at(3, 12))
        seller.add(Package, order_id=order, package_id="1", confirmed_at=at(3, 12) + late * HOUR, carrier=carrier)
        for line, sku in enumerate(skus):
            seller.add(Item, order_id=order, item_id=str(line), sku=sku)
    return seller


def drivers(query, by, **variables):
    return query(DRIVERS, by=by, limit=10, **variables)["account"]["metrics"]["lateShipmentRate"]["drivers"]


def test_values_with_most_misses_come_first_and_rows_without_a_value_are_one_of_them(seller, query):
    found = drivers(query, "carrier")
    assert {name: found[name] for name in ("misses", "rows", "rate", "totalCount")} == {
        "misses": 2, "rows": 4, "rate": 0.5, "totalCount": 3,
    }  # fmt: skip
    assert [(each["value"], each["misses"], each["rows"], each["rate"], each["share"]) for each in found["nodes"]] == [
        (None, 1, 1, 1.0, 0.5),
        ("UPS", 1, 2, 0.5, 0.5),
        ("GLS", 0, 1, 0.0, 0.0),
    ]
    assert found["nodes"][1]["without"] == {"value": 0.5, "display": "50.00 %", "status": "CRITICAL", "headroom": {"needed": 24}}


def test_shares_of_an_order_with_several_products_add_up_to_more_than_all(seller, query):
    assert [(each["value"], each["share"]) for each in drivers(query, "sku")["nodes"]] == [("CUP", 1.0), ("PLATE", 0.5), (None, 0.0)]


def test_weekday_and_hour_are_of_the_order(seller, query):
    assert [each["value"] for each in drivers(query, "weekday")["nodes"]] == ["TUESDAY"]
    assert sorted(each["value"] for each in drivers(query, "hour")["nodes"]) == ["08", "09", "10", "11"]


def test_a_measure_can_be_named_and_the_rest_is_in_the_totals(seller, query):
    found = query(DRIVERS, by="carrier", measure="orders", limit=1)["account"]["metrics"]["lateShipmentRate"]["drivers"]
    assert (found["misses"], found["rows"], found["totalCount"], [each["value"] for each in found["nodes"]]) == (4, 4, 3, ["UPS"])


def test_the_definition_lists_the_columns(seller, query):
    definition = query(DRIVERS, by="sku")["account"]["metrics"]["lateShipmentRate"]["definition"]
    assert definition["drivers"] == ["asin", "carrier", "category", "channel", "hour", "marketplace", "ship_service", "sku", "weekday"]


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"by": "skus"}, "late_shipment_rate has no drivers by 'skus', only by asin, "),
        ({"by": "sku", "measure": "x"}, "There is no measure of late_shipment_rate called 'x'."),
        ({"by": "sku", "limit": 0}, "`limit` must be 1 to 100, found 0."),
        ({"by": "sku", "limit": 101}, "`limit` must be 1 to 100, found 101."),
    ],
)
def test_what_is_not_there_is_refused_and_the_rest_of_the_result_stands(seller, execute, variables, message):
    result = execute(DRIVERS, **{"limit": 10, **variables})
    assert result.data["account"]["metrics"]["lateShipmentRate"]["drivers"] is None
    assert result.data["account"]["metrics"]["lateShipmentRate"]["value"] == 0.5
    (error,) = result.errors
    assert error["message"].startswith(message)
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


def test_a_metric_of_a_plugin_has_drivers_without_declaring_any(seller, query, loaded_with):
    document = DRIVERS.replace("lateShipmentRate {", "acmeLatePackages {").split("whatIf")[0] + "} } } }"
    loaded = loaded_with(OF_A_PLUGIN)
    found = query(document, schema=make_schema(loaded), by="sku", limit=10)["account"]["metrics"]["acmeLatePackages"]
    assert {"carrier", "sku", "asin", "category", "weekday"} <= {*found["definition"]["drivers"]}
    nodes = found["drivers"]["nodes"]
    assert (found["value"], found["drivers"]["misses"], found["drivers"]["rows"]) == (0.5, 2, 4)
    assert [(each["value"], each["misses"], each["rows"]) for each in nodes] == [("CUP", 2, 3), ("PLATE", 1, 1), (None, 0, 1)]
    assert [each["without"]["value"] for each in nodes] == [0.0, 1 / 3, 2 / 3]
    assert [each["without"]["status"] for each in nodes] == ["GOOD", "CRITICAL", "CRITICAL"]
