"""Notifications of changed orders."""

import json
from typing import Any

import pytest

from sellerhealth.errors import BadFile
from sellerhealth.facts import Item, Order
from sellerhealth.sources import Skipped
from tests.support.importers import DE, ORDER_CHANGE, ORDERS_API_V0, US, at, entries, errors, known_values, rows

SUMMARY: dict[str, Any] = {
    "MarketplaceId": US,
    "OrderStatus": "Unshipped",
    "PurchaseDate": "2026-03-01T10:00:00Z",
    "DestinationPostalCode": "48110",
    "FulfillmentType": "MFN",
    "EarliestDeliveryDate": "2026-03-05T08:00:00Z",
    "LatestDeliveryDate": "2026-03-09T07:59:59Z",
    "LatestShipDate": "2026-03-03T07:59:59Z",
    "OrderItems": [{"OrderItemId": "70001", "SellerSKU": "CUP-1", "Quantity": 2, "QuantityShipped": 0, "IsBuyerRequestedCancel": True}],
}


def change(summary: dict[str, Any] | None = None, changed_at: str | None = "2026-03-02T09:00:00.284Z", **changed: Any) -> dict[str, Any]:
    """A notification, with changes to its body."""
    body = {
        "NotificationLevel": "OrderLevel",
        "SellerId": "A-SELLER",
        "AmazonOrderId": "111-0000001-0000001",
        "OrderChangeType": "BuyerRequestedChange",
        "OrderChangeTrigger": {"TimeOfOrderChange": changed_at, "ChangeReason": "Buyer Requested Cancel"},
        "Summary": SUMMARY if summary is None else summary,
    }
    return {
        "NotificationVersion": "1.0",
        "NotificationType": "ORDER_CHANGE",
        "EventTime": "2026-03-02T09:00:07.109Z",
        "Payload": {"OrderChangeNotification": body | changed},
        "NotificationMetadata": {"NotificationId": "d0e9e693"},
    }


def test_a_change_is_read_as_its_order_and_items_as_of_the_instant_of_the_change():
    order, item = rows(ORDER_CHANGE, json.dumps(change()))
    assert (order.fact, item.fact) == (Order, Item)
    assert known_values(order) == {
        "order_id": "111-0000001-0000001",
        "placed_at": at("2026-03-01T10:00:00Z"),
        "status": "UNSHIPPED",
        "channel": "SELLER",
        "marketplace": US,
        "ship_by": at("2026-03-03T07:59:59Z"),
        "deliver_by": at("2026-03-09T07:59:59Z"),
        "deliver_by_earliest": at("2026-03-05T08:00:00Z"),
    }
    assert known_values(item) == {
        "order_id": "111-0000001-0000001",
        "item_id": "70001",
        "sku": "CUP-1",
        "quantity": 2,
        "quantity_shipped": 0,
        "buyer_asked": True,
    }
    assert order.observed_at == item.observed_at == at("2026-03-02T09:00:00.284Z")


def test_without_the_instant_of_the_change_that_of_the_notification_counts():
    order, _ = rows(ORDER_CHANGE, json.dumps(change(changed_at=None)))
    assert order.observed_at == at("2026-03-02T09:00:07.109Z")


def test_a_cancellation_has_its_instant_but_nobody_who_cancelled():
    _, item = rows(ORDER_CHANGE, json.dumps(change(SUMMARY | {"OrderStatus": "Canceled"})))
    assert item.values["cancelled_at"] == at("2026-03-02T09:00:00.284Z")
    assert "cancelled_by" not in item.values


@pytest.mark.parametrize(
    ("kind", "status", "shipped_at"),
    [
        ("OrderStatusChange", "Shipped", at("2026-03-02T09:00:00.284Z")),
        ("OrderStatusChange", "PartiallyShipped", None),
        ("BuyerRequestedChange", "Shipped", None),  # it was shipped before
    ],
)
def test_when_an_order_became_shipped_is_its_confirmation(kind, status, shipped_at):
    order, _ = rows(ORDER_CHANGE, json.dumps(change(SUMMARY | {"OrderStatus": status}, OrderChangeType=kind)))
    assert order.values.get("shipped_at") == shipped_at


def test_a_change_of_one_item_may_lack_the_rest():
    order, item = rows(ORDER_CHANGE, json.dumps(change({"OrderItems": [{"OrderItemId": "70001"}]})), DE)
    assert known_values(order) == {"order_id": "111-0000001-0000001", "marketplace": DE}
    assert known_values(item) == {"order_id": "111-0000001-0000001", "item_id": "70001"}


def test_notifications_are_found_in_any_envelope():
    wrapped = json.dumps({"source": "queue", "detail": change()})
    assert len(rows(ORDER_CHANGE, f"{json.dumps([change(), change()])}\n{wrapped}\n{json.dumps(change())}")) == 8


def test_a_notification_of_another_type_is_skipped_with_the_reason():
    other = {"NotificationType": "ACCOUNT_STATUS_CHANGED", "Payload": {}}
    (skipped, *_) = entries(ORDER_CHANGE, json.dumps([other, change()]))
    assert skipped == Skipped(1, "it is a notification of another type than ORDER_CHANGE")


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (change(AmazonOrderId=None), "column 'AmazonOrderId': expected a value"),
        (change(SUMMARY | {"OrderStatus": "Gone"}), "column 'Summary.OrderStatus': found 'Gone'"),
        (change(SUMMARY | {"OrderItems": {}}), "column 'OrderItems': expected a list of objects"),
        (change("Shipped"), "column 'Summary': expected an object"),  # type: ignore[arg-type]  # what a file may have
        (change(changed_at="2027-01-01T00:00:00Z"), "column 'EventTime': found '2027-01-01T00:00:00+00:00', expected an instant that"),
        (change() | {"Payload": {}}, "column 'Payload.OrderChangeNotification': expected an object"),
    ],
)
def test_a_bad_notification_is_rejected_alone_with_a_text_that_can_be_read_again(bad, why):
    found = entries(ORDER_CHANGE, json.dumps([bad, change()]))
    (error,) = errors(found)
    assert why in error
    assert len(found) == 3
    assert errors(entries(ORDER_CHANGE, found[0].text)) == [error]


def test_another_importer_says_that_it_is_of_this_format():
    with pytest.raises(BadFile, match="a notification: import it as ORDER_CHANGE"):
        entries(ORDERS_API_V0, json.dumps(change()))
