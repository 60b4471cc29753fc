"""The flat file of what Amazon shipped for the seller."""

import pytest

from sellerhealth.facts import Item, Order, Package
from sellerhealth.sources import Skipped
from tests.importers.test_flat_orders import flat
from tests.support.importers import DE, FBA_SHIPMENTS, US, at, entries, errors, known_values, rows

COLUMNS = (
    "amazon-order-id merchant-order-id shipment-id shipment-item-id amazon-order-item-id purchase-date payments-date shipment-date "
    "reporting-date buyer-email sku quantity-shipped ship-service-level recipient-name carrier tracking-number estimated-arrival-date fulfillment-channel "
    "sales-channel"
).split()
LINE = {
    "amazon-order-id": "111-0000001-0000001",
    "shipment-id": "U1aBcDeFg",
    "shipment-item-id": "DdEeFf",
    "amazon-order-item-id": "70001",
    "purchase-date": "2026-03-01T10:00:00+00:00",
    "shipment-date": "2026-03-02T15:00:00+00:00",
    "reporting-date": "2026-03-02T18:30:00+00:00",
    "sku": "CUP-1",
    "quantity-shipped": "1",
    "ship-service-level": "Expedited",
    "carrier": "AMZN_US",
    "tracking-number": "TBA000000000001",
    "fulfillment-channel": "AFN",
    "sales-channel": "amazon.com",
}


def test_a_line_is_an_order_that_amazon_ships_with_a_package_and_an_item_of_it():
    (order,) = rows(FBA_SHIPMENTS, flat(LINE, columns=COLUMNS), DE)
    assert order.fact is Order
    assert known_values(order) == {
        "order_id": "111-0000001-0000001",
        "placed_at": at("2026-03-01T10:00:00Z"),
        "channel": "AMAZON",
        "marketplace": US,
        "seen_accepted": True,
        "ship_service": "Expedited",
    }
    package, item = order.parts
    assert (item.fact, known_values(item)) == (Item, {"order_id": "111-0000001-0000001", "item_id": "70001", "sku": "CUP-1"})
    assert package.fact is Package
    assert known_values(package) == {
        "order_id": "111-0000001-0000001",
        "package_id": "U1aBcDeFg",
        "confirmed_at": at("2026-03-02T15:00:00Z"),
        "carrier": "AMZN_US",
        "tracking_number": "TBA000000000001",
    }
    assert order.observed_at == package.observed_at == item.observed_at == at("2026-03-02T18:30:00Z")


def test_a_file_from_seller_central_has_other_names():
    columns = [
        {"sku": "Merchant SKU", "quantity-shipped": "Shipped Quantity"}.get(each, each.replace("-", " ").title()) for each in COLUMNS
    ]
    line = dict(zip(columns, (LINE.get(each, "") for each in COLUMNS), strict=True))
    (order,) = rows(FBA_SHIPMENTS, flat(line, columns=columns))
    assert [known_values(part) for part in order.parts][1] == {"order_id": "111-0000001-0000001", "item_id": "70001", "sku": "CUP-1"}
    assert "merchant_sku" not in order.values


def test_a_line_without_a_number_of_its_item_has_no_item():
    (order,) = rows(FBA_SHIPMENTS, flat(LINE | {"amazon-order-item-id": ""}, columns=COLUMNS))
    assert [part.fact for part in order.parts] == [Package]


def test_an_order_of_another_shop_is_skipped():
    (entry,) = entries(FBA_SHIPMENTS, flat(LINE | {"sales-channel": "Non-Amazon US"}, columns=COLUMNS))
    assert isinstance(entry, Skipped)


@pytest.mark.parametrize("column", ["amazon-order-id", "shipment-id", "purchase-date"])
def test_a_line_without_what_it_needs_is_rejected_alone(column):
    found = entries(FBA_SHIPMENTS, flat(LINE | {column: ""}, LINE, columns=COLUMNS))
    (error,) = errors(found)
    assert f"column '{column}'" in error
    assert len(found) == 2
