"""The flat file of new orders."""

import pytest

from sellerhealth.facts import Item, Order
from sellerhealth.sources import Skipped
from tests.importers.test_flat_orders import flat
from tests.support.importers import ORDER_REPORT, US, at, entries, errors, known_values, rows

COLUMNS = (
    "order-id order-item-id purchase-date payments-date buyer-email sku quantity-purchased currency item-price recipient-name ship-city "
    "ship-country latest-ship-date earliest-delivery-date latest-delivery-date sales-channel"
).split()
LINE = {
    "order-id": "111-0000001-0000001",
    "order-item-id": "70001",
    "purchase-date": "2026-03-24T12:02:50+00:00",
    "sku": "CUP-1",
    "quantity-purchased": "2",
    "recipient-name": "Jane Doe",
    "latest-ship-date": "2026-03-26T06:59:59+00:00",
    "earliest-delivery-date": "2026-03-28T07:00:00+00:00",
    "latest-delivery-date": "2026-04-02T06:59:59+00:00",
    "sales-channel": "Amazon.com",
}


def test_a_line_is_read_as_its_order_and_an_item_without_a_status():
    (order,) = rows(ORDER_REPORT, flat(LINE, columns=COLUMNS))
    assert order.fact is Order
    assert known_values(order) == {
        "order_id": "111-0000001-0000001",
        "placed_at": at("2026-03-24T12:02:50Z"),
        "channel": "SELLER",
        "seen_accepted": True,
        "marketplace": US,
        "ship_by": at("2026-03-26T06:59:59Z"),
        "deliver_by": at("2026-04-02T06:59:59Z"),
        "deliver_by_earliest": at("2026-03-28T07:00:00Z"),
    }
    (item,) = order.parts
    assert (item.fact, known_values(item)) == (Item, {"order_id": "111-0000001-0000001", "item_id": "70001", "sku": "CUP-1", "quantity": 2})


def test_the_promises_may_be_missing():
    (order,) = rows(ORDER_REPORT, flat(LINE, columns=COLUMNS[:10]), US)
    assert known_values(order).keys() == {"order_id", "placed_at", "channel", "seen_accepted", "marketplace"}


def test_an_order_of_another_shop_is_skipped():
    (entry,) = entries(ORDER_REPORT, flat(LINE | {"sales-channel": "Non-Amazon"}, columns=COLUMNS))
    assert isinstance(entry, Skipped)


@pytest.mark.parametrize(("column", "cell"), [("order-item-id", ""), ("quantity-purchased", "two"), ("latest-ship-date", "soon")])
def test_a_bad_line_is_rejected_alone(column, cell):
    found = entries(ORDER_REPORT, flat(LINE | {column: cell}, LINE, columns=COLUMNS))
    (error,) = errors(found)
    assert f"column '{column}'" in error
    assert len(found) == 2
