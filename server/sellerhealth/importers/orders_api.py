"""Responses of Amazon's Orders API 2026-01-01, of searchOrders or getOrder, as JSON: one, or several after another.

See docs/import.md#orders-api. json_orders finds the orders in the JSON.
"""

import contextlib
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from sellerhealth.facts import Channel, Item, Order, OrderStatus, Package, Party
from sellerhealth.importers.json_orders import find_orders, has_orders
from sellerhealth.sources import (
    BadRow,
    Column,
    Entry,
    FactKind,
    FileContext,
    Importer,
    Rejected,
    Row,
    Skipped,
    ValueMap,
    Values,
    instant,
    key,
    number,
    text,
)

_STATUSES = ValueMap({str(status): str(status) for status in OrderStatus} | {"PENDING_AVAILABILITY": OrderStatus.PENDING})
_CHANNELS = ValueMap({"MERCHANT": Channel.SELLER, "AMAZON": Channel.AMAZON})
_PARTIES = ValueMap({"BUYER": Party.BUYER, "MERCHANT": Party.SELLER, "AMAZON": Party.AMAZON})
_PACKAGE_STATUSES = ("PENDING", "SHIPPED", "IN_TRANSIT", "DELIVERED", "UNDELIVERABLE", "CANCELLED")
_ON_ITS_WAY = frozenset({"IN_TRANSIT", "DELIVERED", "UNDELIVERABLE"})  # a carrier has had it in hand
_quantity = number(0, 1_000_000)

ORDER = (
    Column("orderId", "order_id", key, "Amazon's number of the order.", filled=True),
    Column("createdTime", "placed_at", instant, "When it was placed.", filled=True),
    Column("lastUpdatedTime", "observed_at", instant, "The instant as of which the order is true; else that of the file."),
    Column("salesChannel.channelName", "channel_name", text, "Orders of `NON_AMAZON` are skipped."),
    Column("salesChannel.marketplaceId", "marketplace", key, "The marketplace."),
    Column("fulfillment.fulfillmentStatus", "status", _STATUSES.read, "Its status."),
    Column("fulfillment.fulfilledBy", "channel", _CHANNELS.read, "Who fulfils it."),
    Column("fulfillment.shipByWindow.latestDateTime", "ship_by", instant, "The instant by which shipment must be confirmed."),
    Column("fulfillment.deliverByWindow.latestDateTime", "deliver_by", instant, "The instant by which it must be delivered."),
    Column("fulfillment.deliverByWindow.earliestDateTime", "deliver_by_earliest", instant, "The earliest promised delivery."),
)
ASSOCIATED = (Column("associationType", "type", text, "`REPLACEMENT_ORIGINAL_ID`: the order replaces another one."),)
ITEM = (
    Column("orderItemId", "item_id", key, "Amazon's number of the line.", filled=True),
    Column("quantityOrdered", "quantity", _quantity, "How many units were ordered."),
    Column("fulfillment.quantityFulfilled", "quantity_shipped", _quantity, "How many units were confirmed as shipped."),
    Column("cancellation.cancellationRequest.requester", "requester", text, "`BUYER`: the buyer requested the cancellation."),
    Column("cancellation.cancellationRequest.cancelReason", "request_reason", text, "Why; taken when the execution gives no reason."),
    Column("cancellation.cancellationExecution.cancelledBy", "cancelled_by", _PARTIES.read, "Who cancelled it."),
    Column("cancellation.cancellationExecution.cancelReason", "cancel_reason", text, "The reason, as Amazon names it."),
)
PACKAGE = (
    Column("packageReferenceId", "package_id", key, "A key of the package within the order.", filled=True),
    Column("createdTime", "confirmed_at", instant, "Taken as the confirmation of shipment, unless the package is `PENDING`."),
    Column(
        "packageStatus.status",
        "status",
        ValueMap({status: status for status in _PACKAGE_STATUSES}).read,
        "Whether a carrier scanned it. `CANCELLED` packages are skipped.",
    ),
    Column("carrier", "carrier", text, "The carrier."),
    Column("trackingNumber", "tracking_number", text, "The tracking number."),
)
PACKED = (Column("quantity", "units", _quantity, "How many units of an item are in the package."),)
_LISTS = {"associatedOrders": ASSOCIATED, "orderItems": ITEM, "packages": PACKAGE, "packageItems": PACKED}
_NAMES = frozenset({*_LISTS, *(part for fields in (ORDER, *_LISTS.values()) for field in fields for part in field.name.split("."))})


def _rows(order: dict[str, Any], line: int, context: FileContext) -> Iterator[Row | Skipped]:
    values = _read(ORDER, order, line)
    observed_at, is_elsewhere = values.pop("observed_at"), values.pop("channel_name") == "NON_AMAZON"
    if is_elsewhere:
        yield Skipped(line)
        return
    values["marketplace"] = values["marketplace"] or context.marketplace
    if "associatedOrders" in order:
        values["is_replacement"] = any(
            each["type"] == "REPLACEMENT_ORIGINAL_ID" for each in _each(ASSOCIATED, order, "associatedOrders", line)
        )
    context.check_observed_at(observed_at, line, "lastUpdatedTime")
    yield Row(Order, values, observed_at, line)
    for item, raw in zip(_each(ITEM, order, "orderItems", line), order.get("orderItems") or (), strict=True):
        request_reason = item.pop("request_reason")
        item["cancel_reason"] = item["cancel_reason"] or request_reason
        # Without the object it is unknown whether there was a request: a response may leave cancellations out.
        requester, is_known = item.pop("requester"), raw.get("cancellation") is not None
        item["buyer_asked"] = requester == Party.BUYER if is_known else None
        yield Row(Item, {"order_id": values["order_id"], **item}, observed_at, line)
    for package, parts in zip(_each(PACKAGE, order, "packages", line), order.get("packages") or (), strict=True):
        status = package.pop("status")
        if status == "CANCELLED":
            yield Skipped(line)
            continue
        if status == "PENDING":
            package["confirmed_at"] = None
        units = [packed["units"] for packed in _each(PACKED, parts, "packageItems", line)]
        package["units"] = sum(units) if units and None not in units else None
        package["scanned"] = True if status in _ON_ITS_WAY else None
        yield Row(Package, {"order_id": values["order_id"], **package}, observed_at, line)


def _each(fields: tuple[Column, ...], parent: dict[str, Any], name: str, line: int) -> list[Values]:
    listed = parent.get(name)
    if listed is None:
        return []
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise BadRow(line, name, None, "a list of objects")
    return [_read(fields, each, line) for each in listed]


def _read(fields: tuple[Column, ...], parent: dict[str, Any], line: int) -> Values:
    return {field.into: field.take(_at_path(parent, field.name, line), line) for field in fields}


def _at_path(parent: dict[str, Any], path: str, line: int) -> Any:
    """The value at a path of names; None when it, or an object on the way there, is missing."""
    value: Any = parent
    steps = path.split(".")
    for depth, step in enumerate(steps):
        if value is None:
            return None
        if not isinstance(value, dict):
            raise BadRow(line, ".".join(steps[:depth]), None, "an object")
        value = value.get(step)
    return value


def _import(stream: BinaryIO, context: FileContext) -> Iterator[Entry]:
    for line, order in find_orders(stream, _NAMES):
        try:
            if not isinstance(order, dict):
                raise BadRow(line, "orders", None, "an object")
            rows = list(_rows(order, line, context))
        except BadRow as bad:
            yield Rejected(bad, json.dumps({"order": order}), _readable(order, line))
        else:
            yield from rows


def _readable(order: Any, line: int) -> Values:
    """The readable values of a bad order."""
    values: Values = {}
    for field in ORDER if isinstance(order, dict) else ():
        with contextlib.suppress(BadRow):
            values[field.into] = field.take(_at_path(order, field.name, line), line)
    return values


IMPORTER = Importer(
    name="ORDERS_API_2026_01_01",
    title="Orders, items, packages and cancellations of the Orders API 2026-01-01",
    tells=frozenset({FactKind.ORDER, FactKind.PACKAGE}),
    rank=20,
    recognises=has_orders,
    read=_import,
)
