"""The flat file of orders that wait for shipment."""

import pytest

from sellerhealth.facts import Item, Order
from tests.importers.test_flat_orders import flat
from tests.support.importers import UNSHIPPED, US, at, entries, errors, known_values, rows

# As Amazon documents it, with the columns that files have had since.
COLUMNS = (
    "order-id order-item-id purchase-date payments-date reporting-date promise-date days-past-promise buyer-email sku quantity-purchased "
    "quantity-shipped quantity-to-ship ship-service-level recipient-name is-prime is-buyer-requested-cancellation buyer-requested-cancel-reason"
).split()
LINE = {
    "order-id": "111-0000001-0000001",
    "order-item-id": "70001",
    "purchase-date": "2026-03-24T12:02:50+00:00",
    "promise-date": "2026-03-26T06:59:59+00:00",
    "days-past-promise": "-1",
    "sku": "CUP-1",
    "quantity-purchased": "2",
    "quantity-shipped": "0",
    "quantity-to-ship": "2",
    "ship-service-level": "Standard",
    "recipient-name": "Jane Doe",
    "is-buyer-requested-cancellation": "false",
}
OTHER = LINE | {"order-item-id": "70002"}


def test_a_line_is_read_as_its_order_and_an_item():
    (order,) = rows(UNSHIPPED, flat(LINE, columns=COLUMNS), US)
    assert order.fact is Order
    assert known_values(order) == {
        "order_id": "111-0000001-0000001",
        "placed_at": at("2026-03-24T12:02:50Z"),
        "ship_by": at("2026-03-26T06:59:59Z"),
        "status": "UNSHIPPED",
        "channel": "SELLER",
        "marketplace": US,
        "ship_service": "Standard",
    }
    (item,) = order.parts
    assert item.fact is Item
    assert known_values(item) == {
        "order_id": "111-0000001-0000001",
        "item_id": "70001",
        "sku": "CUP-1",
        "quantity": 2,
        "quantity_shipped": 0,
        "buyer_asked": False,
    }


@pytest.mark.parametrize("shipped", [("1", "0"), ("0", "2")])
def test_an_order_is_partly_shipped_if_any_unit_of_any_line_is(shipped):
    lines = (line | {"quantity-shipped": units} for line, units in zip((LINE, OTHER), shipped, strict=True))
    alone = LINE | {"order-id": "111-0000002-0000002"}
    assert [row.values["status"] for row in rows(UNSHIPPED, flat(*lines, alone, columns=COLUMNS))] == [
        "PARTIALLY_SHIPPED",
        "PARTIALLY_SHIPPED",
        "UNSHIPPED",
    ]


def test_a_request_of_the_buyer_is_that_of_its_item():
    requested = OTHER | {"is-buyer-requested-cancellation": "true", "buyer-requested-cancel-reason": "Found cheaper"}
    first, second = rows(UNSHIPPED, flat(LINE, requested, columns=COLUMNS))
    assert [part.values["buyer_asked"] for row in (first, second) for part in row.parts] == [False, True]
    assert second.parts[0].values["cancel_reason"] == "Found cheaper"


@pytest.mark.parametrize(
    ("column", "cell"), [("order-id", ""), ("promise-date", "tomorrow"), ("quantity-shipped", ""), ("quantity-purchased", "two")]
)
def test_a_bad_line_is_rejected_alone(column, cell):
    found = entries(UNSHIPPED, flat(OTHER | {column: cell}, LINE, columns=COLUMNS))
    (error,) = errors(found)
    assert f"column '{column}'" in error
    assert len(found) == 2
