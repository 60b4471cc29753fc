"""Responses of the Orders API v0: orders, and items in responses of their own."""

import json
from typing import Any

import pytest

from sellerhealth.errors import BadFile
from sellerhealth.facts import Item, Order
from sellerhealth.sources import Skipped
from tests.importers.test_flat_orders import SHIPPED, flat
from tests.support.importers import BY_ORDER_DATE, DE, ORDER_ITEMS_API_V0, ORDERS_API_V0, US, at, entries, errors, known_values, rows

ORDER: dict[str, Any] = {
    "AmazonOrderId": "111-0000001-0000001",
    "PurchaseDate": "2026-03-01T10:00:00Z",
    "LastUpdateDate": "2026-03-03T08:00:00Z",
    "OrderStatus": "Shipped",
    "FulfillmentChannel": "MFN",
    "SalesChannel": "Amazon.com",
    "MarketplaceId": US,
    "ShipServiceLevel": "Std US D2D Dom",
    "LatestShipDate": "2026-03-03T07:59:59Z",
    "EarliestDeliveryDate": "2026-03-05T08:00:00Z",
    "LatestDeliveryDate": "2026-03-09T07:59:59Z",
    "IsReplacementOrder": "false",
    "BuyerInfo": {"BuyerEmail": "jane@example.com", "Orders": [{"AmazonOrderId": "not an order"}]},
    "ShippingAddress": {"Name": "Jane Doe"},
}
ITEM: dict[str, Any] = {
    "OrderItemId": "70001",
    "Title": "A cup",
    "SellerSKU": "CUP-1",
    "ASIN": "B000000001",
    "QuantityOrdered": 2,
    "QuantityShipped": 2,
    "BuyerRequestedCancel": {"IsBuyerRequestedCancel": "false", "BuyerCancelReason": ""},
}
SECOND = ORDER | {"AmazonOrderId": "111-0000002-0000002"}
ITEMS = {"payload": {"AmazonOrderId": "111-0000001-0000001", "OrderItems": [ITEM]}}


def order_row(**changed: Any) -> dict[str, Any]:
    """The known values of the order, read with changes."""
    (row, *_) = rows(ORDERS_API_V0, json.dumps({"payload": ORDER | changed}))
    assert row.fact is Order
    return known_values(row)


def test_an_order_is_read():
    (row,) = rows(ORDERS_API_V0, json.dumps({"payload": {"Orders": [ORDER], "NextToken": "x"}}))
    assert known_values(row) == {
        "order_id": "111-0000001-0000001",
        "placed_at": at("2026-03-01T10:00:00Z"),
        "marketplace": US,
        "status": "SHIPPED",
        "channel": "SELLER",
        "ship_by": at("2026-03-03T07:59:59Z"),
        "deliver_by": at("2026-03-09T07:59:59Z"),
        "deliver_by_earliest": at("2026-03-05T08:00:00Z"),
        "is_replacement": False,
        "ship_service": "Standard",
    }
    assert row.observed_at == at("2026-03-03T08:00:00Z")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(json.dumps({"payload": {"Orders": [ORDER, SECOND], "NextToken": "x"}}), id="getOrders"),
        pytest.param(json.dumps({"Orders": [ORDER, SECOND]}, indent=2), id="without a payload"),
        pytest.param(json.dumps([ORDER, SECOND]), id="a list of orders"),
        pytest.param(json.dumps([{"payload": ORDER}, {"payload": {"Orders": [SECOND]}}]), id="a list of responses"),
        pytest.param("\n".join(json.dumps({"payload": each}) for each in (ORDER, SECOND)), id="JSON lines of getOrder"),
        pytest.param("\n".join(json.dumps({"type": "RECORD", "record": each}) for each in (ORDER, SECOND)), id="records of a pipeline"),
        pytest.param("\ufeff" + json.dumps({"orders": [ORDER, SECOND]}), id="under another key"),
    ],
)
def test_orders_are_found_in_every_kind_of_response(content):
    assert [row.values["order_id"] for row in rows(ORDERS_API_V0, content)] == ["111-0000001-0000001", "111-0000002-0000002"]


def test_a_response_without_orders_is_valid():
    assert rows(ORDERS_API_V0, json.dumps({"payload": {"Orders": []}})) == []


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("PendingAvailability", "PENDING"),
        ("Pending", "PENDING"),
        ("Unshipped", "UNSHIPPED"),
        ("InvoiceUnconfirmed", "UNSHIPPED"),
        ("PartiallyShipped", "PARTIALLY_SHIPPED"),
        ("Shipped", "SHIPPED"),
        ("Canceled", "CANCELLED"),
        ("Unfulfillable", "UNFULFILLABLE"),
    ],
)
def test_every_status_of_the_api_is_known(word, status):
    assert order_row(OrderStatus=word)["status"] == status


def test_orders_that_amazon_fulfils_are_read_and_those_of_other_shops_skipped():
    assert order_row(FulfillmentChannel="AFN")["channel"] == "AMAZON"
    (entry,) = entries(ORDERS_API_V0, json.dumps({"Orders": [ORDER | {"SalesChannel": "Non-Amazon US"}]}))
    assert isinstance(entry, Skipped)


def test_an_order_without_a_marketplace_is_of_that_of_the_file():
    content = json.dumps({name: value for name, value in ORDER.items() if name not in {"MarketplaceId", "SalesChannel"}})
    assert rows(ORDERS_API_V0, content, DE)[0].values["marketplace"] == DE


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(json.dumps(ITEMS), id="getOrderItems"),
        pytest.param(json.dumps(ITEMS["payload"]), id="without a payload"),
        pytest.param(json.dumps({"AmazonOrderId": "111-0000001-0000001"} | ITEM), id="an item with the number of its order"),
    ],
)
def test_items_are_read_without_their_order(content):
    (row,) = rows(ORDER_ITEMS_API_V0, content)
    assert row.fact is Item
    assert known_values(row) == {
        "order_id": "111-0000001-0000001",
        "item_id": "70001",
        "sku": "CUP-1",
        "asin": "B000000001",
        "quantity": 2,
        "quantity_shipped": 2,
        "buyer_asked": False,
    }


def test_items_inside_their_order_are_true_as_of_its_instant():
    order, item = rows(ORDERS_API_V0, json.dumps(ORDER | {"OrderItems": [ITEM]}))
    assert (order.fact, item.fact) == (Order, Item)
    assert item.observed_at == order.observed_at == at("2026-03-03T08:00:00Z")


def test_a_request_of_the_buyer_is_read_with_its_reason():
    request = {"IsBuyerRequestedCancel": "true", "BuyerCancelReason": "Found cheaper"}
    (row,) = rows(ORDER_ITEMS_API_V0, json.dumps({"AmazonOrderId": "1", "OrderItems": [ITEM | {"BuyerRequestedCancel": request}]}))
    assert (row.values["buyer_asked"], row.values["cancel_reason"]) == (True, "Found cheaper")


def test_without_the_object_it_is_unknown_whether_the_buyer_requested_it():
    item = {name: value for name, value in ITEM.items() if name != "BuyerRequestedCancel"}
    (row,) = rows(ORDER_ITEMS_API_V0, json.dumps({"AmazonOrderId": "1", "OrderItems": [item]}))
    assert row.values["buyer_asked"] is None


@pytest.mark.parametrize(
    ("status", "quantities", "is_cancelled"),
    [
        ("PartiallyShipped", [2, 0], True),
        ("Shipped", [2, 1], False),
        ("Canceled", [0, 0], False),
        ("Shipped", [], None),
    ],
)
def test_a_line_of_no_units_is_cancelled_by_nobody_knows_whom_unless_the_whole_order_is(status, quantities, is_cancelled):
    items = [ITEM | {"OrderItemId": str(number), "QuantityOrdered": quantity} for number, quantity in enumerate(quantities)]
    assert order_row(OrderStatus=status, OrderItems=items).get("item_cancelled") is is_cancelled


def test_a_file_of_items_does_not_pass_as_one_of_orders():
    with pytest.raises(BadFile, match="has items, but no orders: import it as ORDER_ITEMS_API_V0"):
        entries(ORDERS_API_V0, json.dumps(ITEMS))


def test_a_bad_item_does_not_make_a_file_of_items_one_of_orders():
    bad = {"payload": {"AmazonOrderId": "1", "OrderItems": [ITEM | {"QuantityOrdered": "two"}]}}
    with pytest.raises(BadFile, match="has items, but no orders"):
        entries(ORDERS_API_V0, "\n".join(map(json.dumps, [ITEMS, bad])))


def test_orders_and_items_may_follow_each_other_in_one_file():
    found = rows(ORDERS_API_V0, "\n".join(map(json.dumps, [{"payload": {"Orders": [ORDER]}}, ITEMS])))
    assert [row.fact for row in found] == [Order, Item]


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"PurchaseDate": "yesterday"}, "column 'PurchaseDate': found 'yesterday'"),
        ({"OrderStatus": "Lost"}, "column 'OrderStatus': found 'Lost'"),
        ({"OrderItems": {}}, "column 'OrderItems': expected a list of objects"),
        ({"OrderItems": [ITEM | {"OrderItemId": None}]}, "column 'OrderItemId': expected a value"),
        ({"OrderItems": [ITEM | {"BuyerRequestedCancel": "true"}]}, "column 'BuyerRequestedCancel': expected an object"),
        ({"LastUpdateDate": "2027-01-01T00:00:00Z"}, "column 'LastUpdateDate'"),
    ],
)
def test_a_bad_order_is_rejected_alone_and_its_text_can_be_imported_again(changed, problem):
    found = entries(ORDERS_API_V0, json.dumps({"Orders": [ORDER | changed, SECOND]}))
    (error,) = errors(found)
    assert error.startswith(f"line 1, {problem}")
    assert [row.values["order_id"] for row in found if not hasattr(row, "error")] == ["111-0000002-0000002"]
    rejected = next(entry for entry in found if hasattr(entry, "error"))
    assert errors(entries(ORDERS_API_V0, rejected.text)) == [error]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({"errors": [{"code": "QuotaExceeded", "message": "Slow down."}]}, r"an error response of Amazon's API \(QuotaExceeded\)"),
        (
            {"payload": {"FinancialEvents": {"ShipmentEventList": [{"AmazonOrderId": "1", "PostedDate": "x"}]}}},
            "import it as FINANCES_API_V0",
        ),
        ({"OrderChangeNotification": {"AmazonOrderId": "1", "Summary": {"OrderStatus": "Shipped"}}}, "import it as ORDER_CHANGE"),
        ({"items": [1, 2]}, "holds no order"),
    ],
)
def test_json_of_another_kind_is_refused(content, why):
    with pytest.raises(BadFile, match=why):
        entries(ORDERS_API_V0, json.dumps(content))


def test_a_flat_file_of_the_same_order_reports_the_same():
    flat_order = SHIPPED | {
        "amazon-order-id": ORDER["AmazonOrderId"],
        "purchase-date": ORDER["PurchaseDate"],
        "last-updated-date": ORDER["LastUpdateDate"],
        "order-status": ORDER["OrderStatus"],
        "fulfillment-channel": "Merchant",
        "sales-channel": ORDER["SalesChannel"],
    }
    (row,) = rows(BY_ORDER_DATE, flat(flat_order))
    both = {name: value for name, value in known_values(row).items() if name in order_row()}
    assert {"placed_at", "status", "channel", "marketplace"} <= both.keys()
    assert both == {name: order_row()[name] for name in both}
