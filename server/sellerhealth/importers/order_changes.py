"""Amazon's notifications ORDER_CHANGE as JSON, as a queue delivers them: one, or several after another. See docs/import.md#order-changes.

Each says how an order is after a change, and when it changed.
"""

import re
from collections.abc import Iterator
from functools import partial

from sellerhealth.facts import Item, Order, OrderStatus
from sellerhealth.importers.json_fields import at_path, document, example, names_of, read_each, read_fields, read_objects
from sellerhealth.importers.json_objects import Api, Found
from sellerhealth.importers.order_cells import CHANNELS, STATUSES, quantity
from sellerhealth.sources import BadRow, Column, Entry, FactKind, FileContext, Importer, Row, Sample, Skipped, instant, key, text, yes_or_no

NAME = "ORDER_CHANGE"
NOTIFICATION = (
    Column("NotificationType", "type", text, "Notifications of other types than `ORDER_CHANGE` are skipped.", "ORDER_CHANGE", filled=True),
    Column(
        "EventTime",
        "event_at",
        instant,
        "The instant as of which it is true, where it does not say when the order changed.",
        "2026-03-02T15:00:01Z",
    ),
)
_STATUS_CHANGE = "OrderStatusChange"
CHANGE = (
    Column("AmazonOrderId", "order_id", key, "Amazon's number of the order.", "123-4567890-1234567", filled=True),
    Column(
        "OrderChangeType",
        "change",
        text,
        "`OrderStatusChange`: an order that is `Shipped` became so then, which is its confirmation.",
        "OrderStatusChange",
    ),
    Column(
        "OrderChangeTrigger.TimeOfOrderChange",
        "changed_at",
        instant,
        "When the order changed: the instant as of which it is true.",
        "2026-03-02T15:00:00Z",
    ),
    Column("Summary.PurchaseDate", "placed_at", instant, "When it was placed.", "2026-03-01T08:00:00Z"),
    Column("Summary.OrderStatus", "status", STATUSES.read, "Its status.", "Shipped"),
    Column("Summary.FulfillmentType", "channel", CHANNELS.read, "Who fulfils it: `MFN` or `AFN`.", "MFN"),
    Column("Summary.MarketplaceId", "marketplace", key, "The marketplace.", "ATVPDKIKX0DER"),
    Column("Summary.LatestShipDate", "ship_by", instant, "The instant by which shipment must be confirmed.", "2026-03-04T07:59:59Z"),
    Column("Summary.LatestDeliveryDate", "deliver_by", instant, "The instant by which it must be delivered.", "2026-03-09T07:59:59Z"),
    Column("Summary.EarliestDeliveryDate", "deliver_by_earliest", instant, "The earliest promised delivery.", "2026-03-06T08:00:00Z"),
)
ITEM = (
    Column("OrderItemId", "item_id", key, "Amazon's number of the line.", "70000000000001", filled=True),
    Column("SellerSKU", "sku", text, "The seller's number of the product.", "CUP-1"),
    Column("Quantity", "quantity", quantity, "How many units were ordered.", "1"),
    Column("QuantityShipped", "quantity_shipped", quantity, "How many units were confirmed as shipped.", "1"),
    Column("IsBuyerRequestedCancel", "buyer_asked", yes_or_no, "Whether the buyer requested the cancellation.", "false"),
)
_PAYLOAD, _SUMMARY, _ITEMS = "Payload.OrderChangeNotification", "Summary", "OrderItems"
_NAMES = names_of(NOTIFICATION, CHANGE, ITEM) | {*_PAYLOAD.split("."), _ITEMS}
_API = Api("NotificationType", frozenset({"Payload"}), frozenset(), noun="notification")


def _rows(found: Found, context: FileContext) -> Iterator[Entry]:
    line = found.line
    notification = read_fields(NOTIFICATION, found.value, line)
    if notification["type"] != NAME:
        yield Skipped(line, f"it is a notification of another type than {NAME}")
        return
    change = at_path(found.value, _PAYLOAD, line)
    if not isinstance(change, dict):
        raise BadRow(line, _PAYLOAD, None, "an object")
    order = read_fields(CHANGE, change, line)
    observed_at = order.pop("changed_at") or notification["event_at"]
    context.check_observed_at(observed_at, line, "EventTime")
    order["marketplace"] = order["marketplace"] or context.marketplace
    if order.pop("change") == _STATUS_CHANGE and order["status"] == OrderStatus.SHIPPED:
        order["shipped_at"] = observed_at
    yield Row(Order, order, observed_at, line)
    cancelled_at = observed_at if order["status"] == OrderStatus.CANCELLED else None
    for item in read_each(ITEM, change.get(_SUMMARY) or {}, _ITEMS, line):
        yield Row(Item, {"order_id": order["order_id"], "cancelled_at": cancelled_at, **item}, observed_at, line)


def _recognises(sample: Sample) -> bool:
    return _API.has_objects(sample) and re.search(rb'"NotificationType"\s*:\s*"ORDER_CHANGE"', sample.start) is not None


_CHANGE = example(CHANGE)
_EXAMPLE = example(NOTIFICATION) | {
    "Payload": {"OrderChangeNotification": _CHANGE | {_SUMMARY: _CHANGE[_SUMMARY] | {_ITEMS: [example(ITEM, quantity)]}}}
}

IMPORTER = Importer(
    name=NAME,
    title="Notifications of changed orders",
    covers=frozenset(),  # orders that did not change are not in it
    rank=15,
    recognises=_recognises,
    template=document(_EXAMPLE),
    read=partial(read_objects, _API, NOTIFICATION, _NAMES, _rows),
    adds=frozenset({FactKind.ORDER}),
    where="the Notifications API alone",
)
