"""Answers of Amazon's Orders API 2026-01-01, of searchOrders or getOrder, as JSON: one, or several after another.

See docs/import.md#orders-api. Every object under a key `orders` or `order` is an order, at any depth. Of an order only the
fields below are taken from the stream, so buyers and addresses are never read.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import ijson  # type: ignore[import-untyped]  # it comes without types

from sellerhealth.facts import Channel, Item, Order, OrderStatus, Package, Party
from sellerhealth.sources import (
    BadFile,
    BadRow,
    Column,
    Entry,
    FactKind,
    FileContext,
    Importer,
    Rejected,
    Row,
    Sample,
    Skipped,
    ValueMap,
    Values,
    instant,
    key,
    number,
    text,
)

Event = tuple[str, Any]

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
    Column("salesChannel.channelName", "channel_name", text, "Orders of `NON_AMAZON` are passed over."),
    Column("salesChannel.marketplaceId", "marketplace", key, "The marketplace."),
    Column("fulfillment.fulfillmentStatus", "status", _STATUSES.read, "Where the order stands."),
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
    Column("cancellation.cancellationRequest.requester", "requester", text, "`BUYER`: the buyer asked for the cancellation."),
    Column("cancellation.cancellationRequest.cancelReason", "asked_reason", text, "Why; taken when the execution gives no reason."),
    Column("cancellation.cancellationExecution.cancelledBy", "cancelled_by", _PARTIES.read, "Who cancelled it."),
    Column("cancellation.cancellationExecution.cancelReason", "cancel_reason", text, "The reason in Amazon's word."),
)
PACKAGE = (
    Column("packageReferenceId", "package_id", key, "A key of the package within the order.", filled=True),
    Column("createdTime", "confirmed_at", instant, "Taken as the confirmation of shipment, unless the package is `PENDING`."),
    Column(
        "packageStatus.status",
        "status",
        ValueMap({status: status for status in _PACKAGE_STATUSES}).read,
        "Whether a carrier scanned it. `CANCELLED` packages are passed over.",
    ),
    Column("carrier", "carrier", text, "The carrier."),
    Column("trackingNumber", "tracking_number", text, "The tracking number."),
)
PACKED = (Column("quantity", "units", _quantity, "How many units of an item are in the package."),)
_LISTS = {"associatedOrders": ASSOCIATED, "orderItems": ITEM, "packages": PACKAGE, "packageItems": PACKED}
_WANTED = {*_LISTS, *(part for fields in (ORDER, *_LISTS.values()) for field in fields for part in field.name.split("."))}


class _ByLine:
    """A stream that is read line by line at most, so that it is known on which line something stands."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._line, self._ended = stream, 0, True

    def read(self, size: int) -> bytes:
        piece = self._stream.readline(size)
        if size > 0:  # ijson asks for nothing first, to see whether it gets bytes
            piece = piece.removeprefix(b"\xef\xbb\xbf") if self._line == 0 else piece
            self._line += self._ended
            self._ended = piece.endswith(b"\n")
        return piece

    @property
    def line(self) -> int:
        """The line that was read last."""
        return self._line


def _orders(text: _ByLine) -> Iterator[tuple[int, dict[str, Any]]]:
    """Every order with the line on which it begins. BadFile when the text is not JSON."""
    try:
        events: Iterator[Event] = ijson.basic_parse(text, multiple_values=True, use_float=True)
        name = None
        for event, value in events:
            if event == "map_key":
                name = value
            elif event == "start_map" and name in ("order", "orders"):
                yield text.line, _object(events)
            elif event in ("start_map", "end_map", "end_array"):
                name = None
    except (ijson.JSONError, RecursionError) as broken:  # its own message would show what stands there, and that may be an address
        raise BadFile(f"The file is not JSON, or ends before its end: see line {text.line}.") from broken


def _object(events: Iterator[Event]) -> dict[str, Any]:
    made = {}
    for event, name in events:
        if event == "end_map":
            break
        event, value = next(events)
        if name in _WANTED:
            made[name] = _value(event, value, events)
        else:
            _pass_over(event, events)
    return made


def _value(event: str, value: Any, events: Iterator[Event]) -> Any:
    if event == "start_map":
        return _object(events)
    if event == "start_array":
        return [_value(event, value, events) for event, value in iter(lambda: next(events), ("end_array", None))]
    return value


def _pass_over(event: str, events: Iterator[Event]) -> None:
    depth = 0
    while True:
        depth += event.startswith("start_")
        depth -= event.startswith("end_")
        if depth == 0:
            return
        event, _ = next(events)


def _rows(order: dict[str, Any], line: int, context: FileContext) -> Iterator[Row | Skipped]:
    told = _read(ORDER, order, line)
    observed_at, elsewhere = told.pop("observed_at"), told.pop("channel_name") == "NON_AMAZON"
    if elsewhere:
        yield Skipped(line)
        return
    told["marketplace"] = told["marketplace"] or context.marketplace
    if "associatedOrders" in order:
        told["is_replacement"] = any(
            each["type"] == "REPLACEMENT_ORIGINAL_ID" for each in _each(ASSOCIATED, order, "associatedOrders", line)
        )
    yield Row(Order, told, observed_at, line)
    for item in _each(ITEM, order, "orderItems", line):
        asked_reason = item.pop("asked_reason")
        item["cancel_reason"] = item["cancel_reason"] or asked_reason
        item["buyer_asked"] = True if item.pop("requester") == Party.BUYER else None
        yield Row(Item, {"order_id": told["order_id"], **item}, observed_at, line)
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
        yield Row(Package, {"order_id": told["order_id"], **package}, observed_at, line)


def _each(fields: tuple[Column, ...], parent: dict[str, Any], name: str, line: int) -> list[Values]:
    listed = parent.get(name)
    if listed is None:
        return []
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise BadRow(line, name, None, "a list of objects")
    return [_read(fields, each, line) for each in listed]


def _read(fields: tuple[Column, ...], thing: dict[str, Any], line: int) -> Values:
    return {field.into: field.take(_found(thing, field.name, line), line) for field in fields}


def _found(thing: dict[str, Any], path: str, line: int) -> Any:
    """What stands at a path of names; None when it, or something on the way there, is absent."""
    found: Any = thing
    steps = path.split(".")
    for depth, step in enumerate(steps):
        if found is None:
            return None
        if not isinstance(found, dict):
            raise BadRow(line, ".".join(steps[:depth]), None, "an object")
        found = found.get(step)
    return found


def _import(stream: BinaryIO, context: FileContext) -> Iterator[Entry]:
    for line, order in _orders(_ByLine(stream)):
        try:
            rows = list(_rows(order, line, context))
        except BadRow as bad:
            yield Rejected(bad, json.dumps({"order": order}))
        else:
            yield from rows


def _recognises(sample: Sample) -> bool:
    start = sample.start.removeprefix(b"\xef\xbb\xbf").lstrip()
    return start[:1] in (b"{", b"[") and re.search(rb'"orders?"\s*:\s*[\[{]', start) is not None


IMPORTER = Importer(
    name="ORDERS_API_2026_01_01",
    title="Orders, items, packages and cancellations of the Orders API 2026-01-01",
    tells=frozenset({FactKind.ORDER, FactKind.PACKAGE}),
    rank=20,
    recognises=_recognises,
    read=_import,
)
