"""Responses of the Orders API 2026-01-01."""

import copy
import io
import itertools
import json
from typing import Any

import pytest

from sellerhealth.errors import BadFile
from sellerhealth.facts import Item, Order, Package
from sellerhealth.sources import FileContext
from tests.importers.test_any_file import Generated
from tests.support.importers import DE, IMPORTERS, NOW, ORDERS_API, US, at, entries, errors, known_values, rows

ORDER: dict[str, Any] = {
    "orderId": "111-0000001-0000001",
    "createdTime": "2026-03-01T10:00:00Z",
    "lastUpdatedTime": "2026-03-03T08:00:00Z",
    "salesChannel": {"channelName": "AMAZON", "marketplaceId": US, "marketplaceName": "Amazon.com"},
    "buyer": {"buyerName": "Jane Doe", "orders": [{"orderId": "not an order"}]},
    "fulfillment": {
        "fulfillmentStatus": "SHIPPED",
        "fulfilledBy": "MERCHANT",
        "fulfillmentServiceLevel": "STANDARD",
        "shipByWindow": {"earliestDateTime": "2026-03-01T10:00:00Z", "latestDateTime": "2026-03-03T07:59:59Z"},
        "deliverByWindow": {"earliestDateTime": "2026-03-05T08:00:00Z", "latestDateTime": "2026-03-09T07:59:59Z"},
    },
    "orderItems": [
        {
            "orderItemId": "70001",
            "product": {"asin": "B000000001", "title": "A cup", "sellerSku": "CUP-1"},
            "quantityOrdered": 2,
            "fulfillment": {"quantityFulfilled": 2, "quantityUnfulfilled": 0},
        }
    ],
    "packages": [
        {
            "packageReferenceId": "P1",
            "createdTime": "2026-03-02T15:00:00Z",
            "packageStatus": {"status": "IN_TRANSIT", "detailedStatus": "OUT_FOR_DELIVERY"},
            "carrier": "UPS",
            "trackingNumber": "1Z1",
            "shipFromAddress": {"name": "Warehouse"},
            "packageItems": [{"orderItemId": "70001", "quantity": 1}, {"orderItemId": "70002", "quantity": 3}],
        }
    ],
}
SECOND = ORDER | {"orderId": "111-0000002-0000002", "packages": []}


def changed(path: str, value: object) -> dict[str, Any]:
    """The order with another value at a path, such as `packages.0.carrier`."""
    order = copy.deepcopy(ORDER)
    thing: Any = order
    *way, last = path.split(".")
    for step in way:
        thing = thing[int(step)] if isinstance(thing, list) else thing.setdefault(step, {})
    thing[last] = value
    return order


def one(order: dict[str, Any], fact: type) -> dict[str, Any]:
    """The known values of the only fact of a kind."""
    (row,) = (row for row in rows(ORDERS_API, json.dumps({"order": order})) if row.fact is fact)
    return known_values(row)


def test_an_order_is_read_with_its_items_and_packages():
    order, item, package = rows(ORDERS_API, json.dumps({"orders": [ORDER]}))
    assert [row.fact for row in (order, item, package)] == [Order, Item, Package]
    assert known_values(order) == {
        "order_id": "111-0000001-0000001",
        "placed_at": at("2026-03-01T10:00:00Z"),
        "marketplace": US,
        "status": "SHIPPED",
        "channel": "SELLER",
        "ship_by": at("2026-03-03T07:59:59Z"),
        "deliver_by": at("2026-03-09T07:59:59Z"),
        "deliver_by_earliest": at("2026-03-05T08:00:00Z"),
        "ship_service": "Standard",
    }
    assert known_values(item) == {
        "order_id": "111-0000001-0000001",
        "item_id": "70001",
        "sku": "CUP-1",
        "asin": "B000000001",
        "quantity": 2,
        "quantity_shipped": 2,
    }
    assert known_values(package) == {
        "order_id": "111-0000001-0000001",
        "package_id": "P1",
        "confirmed_at": at("2026-03-02T15:00:00Z"),
        "carrier": "UPS",
        "tracking_number": "1Z1",
        "units": 4,
        "scanned": True,
    }
    assert {row.observed_at for row in (order, item, package)} == {at("2026-03-03T08:00:00Z")}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(json.dumps({"orders": [ORDER, SECOND], "pagination": {"nextToken": "x"}}), id="searchOrders"),
        pytest.param(json.dumps({"pagination": {}, "orders": [ORDER, SECOND]}, indent=2), id="on many lines"),
        pytest.param(json.dumps({"payload": {"orders": [ORDER, SECOND]}}), id="in a payload"),
        pytest.param(json.dumps([{"orders": [ORDER]}, {"order": SECOND}]), id="a list of answers"),
        pytest.param("\n".join(json.dumps({"orders": [order]}) for order in (ORDER, SECOND)), id="pages"),
        pytest.param("\n".join(json.dumps({"order": order}) for order in (ORDER, SECOND)), id="JSON lines of getOrder"),
        pytest.param(json.dumps({"orders": [ORDER]}) + json.dumps({"payload": {"order": SECOND}}), id="mixed"),
        pytest.param("\ufeff" + json.dumps({"orders": [ORDER, SECOND]}), id="with a mark"),
    ],
)
def test_orders_are_found_in_every_kind_of_response(content):
    found = rows(ORDERS_API, content)
    assert [row.values["order_id"] for row in found if row.fact is Order] == ["111-0000001-0000001", "111-0000002-0000002"]
    assert [row.fact for row in found] == [Order, Item, Package, Order, Item]


def test_the_line_of_a_row_is_that_on_which_its_order_begins():
    content = json.dumps({"orders": [ORDER, SECOND]}, indent=1)
    lines = {row.line for row in rows(ORDERS_API, content)}
    assert lines == {number for number, line in enumerate(content.splitlines(), 1) if line == "  {"}


def test_a_response_without_orders_is_valid():
    assert rows(ORDERS_API, json.dumps({"orders": []})) == []


@pytest.mark.parametrize(
    ("canceller", "requester", "cancelled_by", "buyer_asked"),
    [
        ("MERCHANT", None, "SELLER", False),
        ("MERCHANT", "BUYER", "SELLER", True),
        ("AMAZON", None, "AMAZON", False),
        ("BUYER", "BUYER", "BUYER", True),
    ],
)
def test_a_cancellation_has_its_canceller_and_the_request_of_the_buyer(canceller, requester, cancelled_by, buyer_asked):
    cancellation: dict[str, Any] = {"cancellationExecution": {"cancelledBy": canceller, "cancelReason": "NO_INVENTORY"}}
    if requester:
        cancellation["cancellationRequest"] = {"requester": requester, "cancelReason": "ORDERED_BY_MISTAKE"}
    item = one(changed("orderItems.0.cancellation", cancellation), Item)
    assert item["cancelled_by"] == cancelled_by
    assert item.get("buyer_asked") is buyer_asked
    assert item["cancel_reason"] == "NO_INVENTORY"


def test_a_request_that_was_not_carried_out_is_read_with_its_reason():
    item = one(changed("orderItems.0.cancellation", {"cancellationRequest": {"requester": "BUYER", "cancelReason": "LATE"}}), Item)
    assert (item["buyer_asked"], item["cancel_reason"], item.get("cancelled_by")) == (True, "LATE", None)


@pytest.mark.parametrize(
    ("status", "scanned", "is_confirmed"),
    [
        ("PENDING", None, False),
        ("SHIPPED", None, True),
        ("IN_TRANSIT", True, True),
        ("DELIVERED", True, True),
        ("UNDELIVERABLE", True, True),
    ],
)
def test_the_status_of_a_package_decides_whether_it_was_confirmed_and_scanned(status, scanned, is_confirmed):
    package = one(changed("packages.0.packageStatus.status", status), Package)
    assert package.get("scanned") is scanned
    assert ("confirmed_at" in package) is is_confirmed


def test_a_cancelled_package_is_skipped():
    found = rows(ORDERS_API, json.dumps({"order": changed("packages.0.packageStatus.status", "CANCELLED")}))
    assert [row.fact for row in found] == [Order, Item]


def test_an_order_is_a_replacement_when_it_is_associated_with_the_one_it_replaces():
    association = {"orderId": "111-0000009-0000009", "associationType": "REPLACEMENT_ORIGINAL_ID"}
    assert one(changed("associatedOrders", [association]), Order)["is_replacement"] is True
    assert one(changed("associatedOrders", [association | {"associationType": "EXCHANGE_ORIGINAL_ID"}]), Order)["is_replacement"] is False
    assert one(changed("associatedOrders", []), Order)["is_replacement"] is False
    assert "is_replacement" not in one(ORDER, Order)


def test_preorders_are_pending_and_have_the_marketplace_named_at_import():
    assert one(changed("fulfillment.fulfillmentStatus", "PENDING_AVAILABILITY"), Order)["status"] == "PENDING"
    (order, *_) = rows(ORDERS_API, json.dumps({"order": changed("salesChannel", {"channelName": "AMAZON"})}), DE)
    assert order.values["marketplace"] == DE


def test_orders_from_other_shops_are_skipped():
    assert rows(ORDERS_API, json.dumps({"order": changed("salesChannel.channelName", "NON_AMAZON")})) == []


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("orderId", None, "column 'orderId': expected a value"),
        ("createdTime", "yesterday", "column 'createdTime': found 'yesterday', expected an instant"),
        ("fulfillment.fulfillmentStatus", "SHIPED", "column 'fulfillment.fulfillmentStatus': found 'SHIPED', expected one of PENDING,"),
        ("orderItems.0.quantityOrdered", -1, "column 'quantityOrdered': found '-1', expected a whole number"),
        ("orderItems.0.quantityOrdered", True, "column 'quantityOrdered': found 'True', expected a whole number"),
        ("orderItems", "none", "column 'orderItems': expected a list of objects"),
        ("orderItems", 0, "column 'orderItems': expected a list of objects"),
        ("fulfillment", 3, "column 'fulfillment': expected an object"),
        ("fulfillment.shipByWindow", "soon", "column 'fulfillment.shipByWindow': expected an object"),
        ("orderItems.0.fulfillment", False, "column 'fulfillment': expected an object"),
        ("packages.0.createdTime", {"a": 1}, "column 'createdTime': expected a text or a number"),
    ],
)
def test_a_bad_value_rejects_its_order_and_no_other(path, value, message):
    content = "\n".join(json.dumps({"order": order}) for order in (changed(path, value), SECOND))
    found = entries(ORDERS_API, content)
    (error,) = errors(found)
    assert error.startswith(f"line 1, {message}")
    assert [entry.values["order_id"] for entry in found[1:]] == ["111-0000002-0000002"] * 2


@pytest.mark.parametrize("path", ["fulfillment", "fulfillment.shipByWindow", "orderItems", "packages"])
def test_a_null_is_an_unknown_value(path):
    assert errors(entries(ORDERS_API, json.dumps({"order": changed(path, None)}))) == []


def test_a_rejected_order_is_kept_without_its_buyer_and_can_be_corrected():
    bad = changed("createdTime", "yesterday")
    (rejected,) = entries(ORDERS_API, json.dumps({"order": bad}))
    assert "Jane" not in rejected.text
    corrected = rejected.text.replace("yesterday", "2026-03-01T10:00:00Z")
    assert [known_values(row) for row in rows(ORDERS_API, corrected)] == [
        known_values(row) for row in rows(ORDERS_API, json.dumps({"order": ORDER}))
    ]


@pytest.mark.parametrize(
    "content",
    [
        '{"orders": [{"orderId": "1",',
        '{"orders": [}',
        '{"orders": [{"buyer": {"buyerName": "Jane Doe" "x"}}]}',
        '{"orders": ' + "[" * 100_000,
    ],
)
def test_invalid_json_is_reported_with_its_line_but_not_its_content(content):
    with pytest.raises(BadFile, match=r"^The file is not JSON, or ends before its end: see line 2\.$"):
        entries(ORDERS_API, f"\n{content}")


@pytest.mark.parametrize(
    "content",
    [
        json.dumps([ORDER, SECOND]),
        json.dumps(ORDER) + "\n" + json.dumps(SECOND),
        json.dumps({"payload": [ORDER, SECOND], "nextToken": None}),
        "\n".join(json.dumps({"type": "RECORD", "stream": "orders", "record": {"data": order}}) for order in (ORDER, SECOND)),
        json.dumps({"type": "SCHEMA", "schema": {"properties": {"orderId": {}}}}) + json.dumps([ORDER, SECOND]),
        json.dumps([dict(reversed(ORDER.items())), SECOND]),
    ],
)
def test_orders_are_found_without_the_envelope_of_the_api(content):
    found = [row.values["order_id"] for row in rows(ORDERS_API, content) if row.fact is Order]
    assert found == ["111-0000001-0000001", "111-0000002-0000002"]


def test_one_order_alone_is_found():
    assert one(ORDER, Order) == known_values(next(row for row in rows(ORDERS_API, json.dumps(ORDER)) if row.fact is Order))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({"errors": [{"code": "Throttled", "message": "Slow down."}]}, r"an error response of Amazon's API \(Throttled\)"),
        ({"orders": [ORDER], "errors": [{"message": "Only some."}]}, r"an error response of Amazon's API \(without a code\)"),
        ({"message": "Too many requests"}, "an error response"),
        ({"errorDetails": "no access"}, "an error response"),
        ({"reports": [{"reportId": "1"}]}, "holds no order and no empty list of orders"),
        ({"packages": [{"packageReferenceId": "1"}]}, "holds no order"),
        ({"payload": {"Orders": [{"AmazonOrderId": "1", "OrderStatus": "Shipped"}]}}, "Orders API v0"),
        ({"orders": [{"AmazonOrderId": "1"}]}, "Orders API v0"),
        ([], "holds no order"),
        ("orders", "holds no order"),
    ],
)
def test_json_of_another_kind_is_refused(content, why):
    with pytest.raises(BadFile, match=why):
        entries(ORDERS_API, json.dumps(content))


def test_an_error_response_between_others_refuses_the_file():
    pages = [{"orders": [ORDER]}, {"message": "Rate exceeded"}, {"orders": []}]
    with pytest.raises(BadFile, match="an error response"):
        entries(ORDERS_API, "\n".join(map(json.dumps, pages)))


def test_a_value_that_is_not_an_object_in_a_list_of_orders_is_rejected_alone():
    found = entries(ORDERS_API, json.dumps({"orders": [ORDER, "111-0000002-0000002", None]}))
    assert errors(found) == ["line 1, column 'orders': expected an object"] * 2


@pytest.mark.parametrize("cut", range(1, 40))
def test_json_that_ends_early_is_refused(cut):
    content = json.dumps({"orders": [ORDER], "pagination": {"nextToken": "abcdefghijklm"}})
    with pytest.raises(BadFile, match="ends before its end"):
        entries(ORDERS_API, content[:-cut])


def test_a_value_without_end_takes_bounded_memory(monkeypatch):
    # Less than in use: the parser scans a value again with each piece, which takes a quarter of a minute up to 64 MB.
    monkeypatch.setattr("sellerhealth.importers.json_objects._LARGEST", 8 * 2**20)
    endless = io.BufferedReader(Generated(itertools.chain([b'{"orders": [{"orderId": "'], itertools.repeat(b"x" * 65_536, 4_000))))
    with pytest.raises(BadFile, match="no order within 8 MB"):
        list(IMPORTERS[ORDERS_API].read(endless, FileContext(NOW)))
