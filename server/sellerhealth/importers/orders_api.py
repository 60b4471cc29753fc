"""Responses of Amazon's Orders API 2026-01-01, of searchOrders or getOrder, as JSON: one, or several after another.

See docs/import.md#orders-api. json_objects finds the orders in the JSON.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from sellerhealth.facts import Channel, Item, Order, OrderStatus, Package, Party
from sellerhealth.importers.json_fields import document, example, names_of, read_all, read_lists, read_orders
from sellerhealth.importers.json_objects import Api
from sellerhealth.importers.order_cells import quantity, ship_service
from sellerhealth.sources import (
    Column,
    FactKind,
    FileContext,
    Importer,
    Row,
    Skipped,
    ValueMap,
    Values,
    instant,
    key,
    text,
)

_STATUSES = ValueMap({str(status): str(status) for status in OrderStatus} | {"PENDING_AVAILABILITY": OrderStatus.PENDING})
_CHANNELS = ValueMap({"MERCHANT": Channel.SELLER, "AMAZON": Channel.AMAZON})
_PARTIES = ValueMap({"BUYER": Party.BUYER, "MERCHANT": Party.SELLER, "AMAZON": Party.AMAZON})
_CANCELLED = "CANCELLED"
_PACKAGE_STATUSES = ("PENDING", "SHIPPED", "IN_TRANSIT", "DELIVERED", "UNDELIVERABLE", _CANCELLED)
_ON_ITS_WAY = frozenset({"IN_TRANSIT", "DELIVERED", "UNDELIVERABLE"})  # a carrier has had it in hand

ORDER = (
    Column("orderId", "order_id", key, "Amazon's number of the order.", "123-4567890-1234567", filled=True),
    Column("createdTime", "placed_at", instant, "When it was placed.", "2026-03-01T08:00:00Z", filled=True),
    Column(
        "lastUpdatedTime",
        "observed_at",
        instant,
        "The instant as of which the order is true; else that of the file.",
        "2026-03-02T15:00:00Z",
    ),
    Column("salesChannel.channelName", "channel_name", text, "Orders of `NON_AMAZON` are skipped.", "AMAZON"),
    Column("salesChannel.marketplaceId", "marketplace", key, "The marketplace.", "ATVPDKIKX0DER"),
    Column("fulfillment.fulfillmentStatus", "status", _STATUSES.read, "Its status.", "SHIPPED"),
    Column("fulfillment.fulfilledBy", "channel", _CHANNELS.read, "Who fulfils it.", "MERCHANT"),
    Column("fulfillment.fulfillmentServiceLevel", "ship_service", ship_service, "The service by which it is to be sent.", "STANDARD"),
    Column(
        "fulfillment.shipByWindow.latestDateTime",
        "ship_by",
        instant,
        "The instant by which shipment must be confirmed.",
        "2026-03-04T07:59:59Z",
    ),
    Column(
        "fulfillment.deliverByWindow.latestDateTime",
        "deliver_by",
        instant,
        "The instant by which it must be delivered.",
        "2026-03-09T07:59:59Z",
    ),
    Column(
        "fulfillment.deliverByWindow.earliestDateTime",
        "deliver_by_earliest",
        instant,
        "The earliest promised delivery.",
        "2026-03-06T08:00:00Z",
    ),
)
ASSOCIATED = (
    Column("associationType", "type", text, "`REPLACEMENT_ORIGINAL_ID`: the order replaces another one.", "REPLACEMENT_ORIGINAL_ID"),
)
ITEM = (
    Column("orderItemId", "item_id", key, "Amazon's number of the line.", "70000000000001", filled=True),
    Column("product.sellerSku", "sku", text, "The seller's number of the product.", "CUP-1"),
    Column("product.asin", "asin", text, "Amazon's number of the product.", "B000000001"),
    Column("quantityOrdered", "quantity", quantity, "How many units were ordered.", "1"),
    Column("fulfillment.quantityFulfilled", "quantity_shipped", quantity, "How many units were confirmed as shipped.", "1"),
    Column("cancellation.cancellationRequest.requester", "requester", text, "`BUYER`: the buyer requested the cancellation.", "BUYER"),
    Column(
        "cancellation.cancellationRequest.cancelReason",
        "request_reason",
        text,
        "Why; taken when the execution gives no reason.",
        "ORDERED_BY_MISTAKE",
    ),
    Column("cancellation.cancellationExecution.cancelledBy", "cancelled_by", _PARTIES.read, "Who cancelled it.", "MERCHANT"),
    Column("cancellation.cancellationExecution.cancelReason", "cancel_reason", text, "The reason, as Amazon names it.", "BUYER_CANCELLED"),
)
PACKAGE = (
    Column("packageReferenceId", "package_id", key, "A key of the package within the order.", "1", filled=True),
    Column(
        "createdTime",
        "confirmed_at",
        instant,
        "Taken as the confirmation of shipment, unless the package is `PENDING`.",
        "2026-03-02T15:00:00Z",
    ),
    Column(
        "packageStatus.status",
        "status",
        ValueMap({status: status for status in _PACKAGE_STATUSES}).read,
        "Whether a carrier scanned it. `CANCELLED` packages are skipped.",
        "DELIVERED",
    ),
    Column("carrier", "carrier", text, "The carrier.", "UPS"),
    Column("trackingNumber", "tracking_number", text, "The tracking number.", "1Z0000000000000001"),
)
PACKED = (Column("quantity", "units", quantity, "How many units of an item are in the package.", "1"),)
_LISTS = {"associatedOrders": ASSOCIATED, "orderItems": ITEM, "packages": PACKAGE, "packageItems": PACKED}
_NAMES = names_of(ORDER, *_LISTS.values()) | _LISTS.keys()


def _rows(orders: Sequence[dict[str, Any]], lines: Sequence[int], context: FileContext) -> Iterator[Row | Skipped]:
    of_orders = read_all(ORDER, orders, lines)
    # Nothing else is read of an order of another shop.
    orders = [{} if values.pop("channel_name") == "NON_AMAZON" else each for values, each in zip(of_orders, orders, strict=True)]
    associated = read_lists(ASSOCIATED, orders, "associatedOrders", lines)
    for values, order, line in zip(of_orders, orders, lines, strict=True):
        context.check_observed_at(values["observed_at"] if order else None, line, "lastUpdatedTime")
    items, packages = read_lists(ITEM, orders, "orderItems", lines), read_lists(PACKAGE, orders, "packages", lines)
    units = iter(_units(orders, packages, lines))
    for order, values, line, others, of_items, of_packages in zip(orders, of_orders, lines, associated, items, packages, strict=True):
        if not order:
            yield Skipped(line)
            continue
        observed_at, order_id = values.pop("observed_at"), values["order_id"]
        values["marketplace"] = values["marketplace"] or context.marketplace
        if "associatedOrders" in order:
            values["is_replacement"] = any(each["type"] == "REPLACEMENT_ORIGINAL_ID" for each in others)
        yield Row(Order, values, observed_at, line)
        for item, raw in zip(of_items, order.get("orderItems") or (), strict=True):
            request_reason = item.pop("request_reason")
            item["cancel_reason"] = item["cancel_reason"] or request_reason
            # Without the object it is unknown whether there was a request: a response may leave cancellations out.
            requester, is_known = item.pop("requester"), raw.get("cancellation") is not None
            item["buyer_asked"] = requester == Party.BUYER if is_known else None
            item["order_id"] = order_id
            yield Row(Item, item, observed_at, line)
        for package in of_packages:
            status = package.pop("status")
            if status == _CANCELLED:
                yield Skipped(line)
                continue
            if status == "PENDING":
                package["confirmed_at"] = None
            package["units"] = next(units)
            package["scanned"] = True if status in _ON_ITS_WAY else None
            package["order_id"] = order_id
            yield Row(Package, package, observed_at, line)


def _units(orders: Sequence[dict[str, Any]], packages: Sequence[Sequence[Values]], lines: Sequence[int]) -> list[int | None]:
    """The units of each package that is not cancelled; None while those of an item are unknown, or no item is known."""
    chosen = [
        (raw, line)
        for order, of_order, line in zip(orders, packages, lines, strict=True)
        for raw, values in zip(order.get("packages") or (), of_order, strict=True)
        if values["status"] != _CANCELLED
    ]
    items = read_lists(PACKED, [raw for raw, _ in chosen], "packageItems", [line for _, line in chosen])
    units = [[packed["units"] for packed in of_package] for of_package in items]
    return [sum(each) if each and None not in each else None for each in units]


_API = Api(
    number="orderId",
    signs=frozenset({"createdTime", "lastUpdatedTime", "salesChannel", "fulfillment", "orderItems"}),
    envelopes=frozenset({"order", "orders"}),
    others={"AmazonOrderId": "a response of the Orders API v0: import it as ORDERS_API_V0, or as ORDER_ITEMS_API_V0 if it has only items"},
)

_SECOND = example(ITEM, quantity) | {"orderItemId": "70000000000002"}
_EXAMPLE = example(ORDER) | {
    "associatedOrders": [example(ASSOCIATED) | {"orderId": "123-4567890-1234560"}],
    "orderItems": [
        {name: value for name, value in example(ITEM, quantity).items() if name != "cancellation"},
        _SECOND | {"fulfillment": {"quantityFulfilled": 0}},
    ],
    "packages": [example(PACKAGE) | {"packageItems": [example(PACKED, quantity) | {"orderItemId": "70000000000001"}]}],
}

IMPORTER = Importer(
    name="ORDERS_API_2026_01_01",
    title="Orders, items, packages and cancellations of the Orders API 2026-01-01",
    covers=frozenset({FactKind.ORDER, FactKind.PACKAGE}),
    rank=20,
    recognises=_API.has_objects,
    template=document({"orders": [_EXAMPLE]}),
    read=partial(read_orders, _API, ORDER, _NAMES, _rows),
    where="the API alone: `searchOrders`",
)
