"""Responses of Amazon's Orders API v0, of getOrders, getOrder or getOrderItems, as JSON: one, or several after another.

See docs/import.md#orders-api-v0. The responses of getOrderItems have no orders, so a format of their own covers nothing with them.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, BinaryIO

from sellerhealth.facts import Item, Order, OrderStatus
from sellerhealth.importers.json_fields import document, example, names_of, read_all, read_lists, read_orders
from sellerhealth.importers.json_objects import Api
from sellerhealth.importers.order_cells import CHANNELS, STATUSES, quantity, ship_service
from sellerhealth.sources import (
    BadFile,
    Column,
    Entry,
    FactKind,
    FileContext,
    Importer,
    Rejected,
    Row,
    Skipped,
    Values,
    instant,
    key,
    text,
    yes_or_no,
)

ORDER = (
    Column("AmazonOrderId", "order_id", key, "Amazon's number of the order.", "123-4567890-1234567", filled=True),
    Column("PurchaseDate", "placed_at", instant, "When it was placed.", "2026-03-01T08:00:00Z"),
    Column(
        "LastUpdateDate",
        "observed_at",
        instant,
        "The instant as of which the order is true; else that of the file.",
        "2026-03-02T15:00:00Z",
    ),
    Column("OrderStatus", "status", STATUSES.read, "Its status.", "Shipped"),
    Column("FulfillmentChannel", "channel", CHANNELS.read, "Who fulfils it: `MFN` or `AFN`.", "MFN"),
    Column("SalesChannel", "sales_channel", text, "Orders of another shop than Amazon, such as `Non-Amazon`, are skipped.", "Amazon.com"),
    Column("MarketplaceId", "marketplace", key, "The marketplace.", "ATVPDKIKX0DER"),
    Column("ShipmentServiceLevelCategory", "ship_service", ship_service, "The level of service by which it is to be sent.", "Standard"),
    Column(
        "ShipServiceLevel",
        "ship_service_name",
        ship_service,
        "The same, where there is no level: the name of the service.",
        "Std US D2D Dom",
    ),
    Column("LatestShipDate", "ship_by", instant, "The instant by which shipment must be confirmed.", "2026-03-04T07:59:59Z"),
    Column("LatestDeliveryDate", "deliver_by", instant, "The instant by which it must be delivered.", "2026-03-09T07:59:59Z"),
    Column("EarliestDeliveryDate", "deliver_by_earliest", instant, "The earliest promised delivery.", "2026-03-06T08:00:00Z"),
    Column("IsReplacementOrder", "is_replacement", yes_or_no, "Whether it replaces another order.", "false"),
)
ITEM = (
    Column("OrderItemId", "item_id", key, "Amazon's number of the line.", "70000000000001", filled=True),
    Column("SellerSKU", "sku", text, "The seller's number of the product.", "CUP-1"),
    Column("ASIN", "asin", text, "Amazon's number of the product.", "B000000001"),
    Column("QuantityOrdered", "quantity", quantity, "How many units were ordered: 0 once it is cancelled.", "1"),
    Column("QuantityShipped", "quantity_shipped", quantity, "How many units were confirmed as shipped.", "1"),
    Column(
        "BuyerRequestedCancel.IsBuyerRequestedCancel", "buyer_asked", yes_or_no, "Whether the buyer requested the cancellation.", "false"
    ),
    Column("BuyerRequestedCancel.BuyerCancelReason", "cancel_reason", text, "The buyer's reason."),
)
_ITEMS = "OrderItems"
_NAMES = names_of(ORDER, ITEM) | {_ITEMS}
_OF_ORDERS = frozenset({"PurchaseDate", "OrderStatus"})  # which an item does not have
_OF_ITEMS = frozenset({_ITEMS, "OrderItemId"})
_ENVELOPES = frozenset({"Orders"})
_OTHERS = {
    "FinancialEvents": "a response of the Finances API: import it as FINANCES_API_V0",
    "OrderChangeNotification": "a notification: import it as ORDER_CHANGE",
}
_API = Api("AmazonOrderId", _OF_ORDERS | _OF_ITEMS, _ENVELOPES, _OTHERS)
_ORDERS_ONLY = Api("AmazonOrderId", _OF_ORDERS, _ENVELOPES, _OTHERS)


def _rows(orders: Sequence[dict[str, Any]], lines: Sequence[int], context: FileContext) -> Iterator[Row | Skipped]:
    of_orders = read_all(ORDER, orders, lines)
    orders = [{} if _is_elsewhere(values.pop("sales_channel")) else each for values, each in zip(of_orders, orders, strict=True)]
    for values, order, line in zip(of_orders, orders, lines, strict=True):
        context.check_observed_at(values["observed_at"] if order else None, line, "LastUpdateDate")
    with_items = [{_ITEMS: [order]} if order.get("OrderItemId") is not None else order for order in orders]
    items = read_lists(ITEM, with_items, _ITEMS, lines)
    for order, values, line, of_items in zip(orders, of_orders, lines, items, strict=True):
        if not order:
            yield Skipped(line)
            continue
        observed_at, name = values.pop("observed_at"), values.pop("ship_service_name")
        if not _OF_ORDERS.isdisjoint(order):
            values["ship_service"] = values["ship_service"] or name
            values["marketplace"] = values["marketplace"] or context.marketplace
            values["item_cancelled"] = _any_cancelled(values, of_items)
            yield Row(Order, values, observed_at, line)
        for item in of_items:
            yield Row(Item, {"order_id": values["order_id"], **item}, observed_at, line)


def _is_elsewhere(sales_channel: str | None) -> bool:
    return sales_channel is not None and not sales_channel.lower().startswith("amazon")


def _any_cancelled(order: Values, items: list[Values]) -> bool | None:
    """Whether some of an order is cancelled, while the order is not. Unknown without its items."""
    if not items or order["status"] is None:
        return None
    return order["status"] != OrderStatus.CANCELLED and any(item["quantity"] == 0 for item in items)


def _orders(stream: BinaryIO, context: FileContext) -> Iterator[Entry]:
    """The rows of a file with orders. One with items only would say nothing of the orders, and yet cover them."""
    has_items, has_orders = False, False
    for entry in _items(stream, context):
        has_orders = has_orders or _is_order(entry)
        has_items = has_items or not _is_order(entry)
        yield entry
    if has_items and not has_orders:
        raise BadFile(f"The file has items, but no orders: import it as {ITEMS.name}.")


def _is_order(entry: Entry) -> bool:
    if isinstance(entry, Rejected):
        return any(entry.values.get(name) is not None for name in ("placed_at", "status"))
    return isinstance(entry, Skipped) or (isinstance(entry, Row) and entry.fact is Order)


_EXAMPLES = [example(ITEM, quantity)]
_items = partial(read_orders, _API, ORDER, _NAMES, _rows)

IMPORTER = Importer(
    name="ORDERS_API_V0",
    title="Orders of the Orders API v0, with or without their items",
    covers=frozenset({FactKind.ORDER}),
    rank=15,
    recognises=_ORDERS_ONLY.has_objects,
    template=document({"payload": {"Orders": [example(ORDER) | {_ITEMS: _EXAMPLES}]}}),
    read=_orders,
    where="the API alone: `getOrders`",
)
ITEMS = Importer(
    name="ORDER_ITEMS_API_V0",
    title="Items of orders of the Orders API v0",
    covers=frozenset(),
    rank=15,
    recognises=lambda sample: _API.has_objects(sample) and not _ORDERS_ONLY.has_objects(sample),
    template=document({"payload": {"AmazonOrderId": ORDER[0].example, _ITEMS: _EXAMPLES}}),
    read=_items,
    adds=frozenset({FactKind.ORDER}),
    where="the API alone: `getOrderItems`",
)
