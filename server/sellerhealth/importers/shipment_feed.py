"""Confirmations of shipment that the seller sent to Amazon as a feed, in XML or as a flat file. See docs/import.md#shipment-feeds.

Amazon counts a shipment as confirmed when it gets the feed, not on the day that the seller writes into it. So the instant of the file is
the confirmation of its packages: the first one, if a feed is sent again.
"""

import contextlib
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from sellerhealth.facts import Package
from sellerhealth.importers.account_column import ACCOUNT
from sellerhealth.importers.order_cells import quantity
from sellerhealth.importers.order_lines import by_order
from sellerhealth.importers.xml_elements import PROLOG, Element, example, find_elements, text_of
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
    Sheet,
    Values,
    key,
    text,
)

FULFILLMENT = (
    Column(
        "AmazonOrderID",
        "order_id",
        key,
        "Amazon's number of the order. One that has only the seller's number is bad.",
        "123-4567890-1234567",
        filled=True,
    ),
    Column(
        "MerchantFulfillmentID",
        "package_id",
        key,
        "The key of the package within the order; else its tracking number, else its items.",
        "1234567",
    ),
    Column("FulfillmentData.CarrierName", "carrier_name", text, "The carrier, where the code names none."),
    Column("FulfillmentData.CarrierCode", "carrier", text, "The carrier.", "UPS"),
    Column("FulfillmentData.ShipperTrackingNumber", "tracking_number", text, "The tracking number.", "1Z0000000000000001"),
)
ITEM = (
    Column("AmazonOrderItemCode", "item_id", key, "Amazon's number of the line.", "70000000000001"),
    Column("Quantity", "units", quantity, "How many units of it are in the package.", "1"),
)
COLUMNS = (
    Column("order-id", "order_id", key, "Amazon's number of the order.", "123-4567890-1234567", required=True, filled=True),
    Column("order-item-id", "item_id", key, "Amazon's number of the line. Empty for the whole order.", "70000000000001", required=True),
    Column("quantity", "units", quantity, "How many units of it are in the package.", "1"),
    Column("carrier-name", "carrier_name", text, "The carrier, where the code names none."),
    Column("carrier-code", "carrier", text, "The carrier.", "UPS", required=True),
    Column(
        "tracking-number",
        "tracking_number",
        text,
        "The tracking number: the key of the package within the order; else its item.",
        "1Z0000000000000001",
    ),
    ACCOUNT,
)
SHEET = Sheet(COLUMNS, lambda values: Package, marketplace="reported_marketplace", marks=frozenset({"ship-date"}), quoted=False)
_FULFILLMENT, _ENVELOPE, _ITEM = "OrderFulfillment", "AmazonEnvelope", "Item"
_NO_CARRIER = frozenset({"other", "others"})  # codes that only say that the name does
_WHOLE_ORDER = "*"
_KEY = 100  # characters of a key
_START = re.compile(PROLOG + rb"<(\w+:)?(OrderFulfillment[\s>]|AmazonEnvelope[\s>].*OrderFulfillment)", re.DOTALL)


def _package(values: Values, items: Sequence[str | None], units: Sequence[int | None], context: FileContext) -> Values:
    """A package, confirmed when its file was sent. Its key is the same in a feed that is sent again."""
    name, code = values.pop("carrier_name", None), values.get("carrier")
    values["carrier"] = name if code is None or (name and code.lower() in _NO_CARRIER) else code
    values["tracking_number"] = values.get("tracking_number")
    values["package_id"] = _package_id(values, items)
    values["units"] = sum(each or 0 for each in units) if units and None not in units else None
    values["confirmed_at"] = context.observed_at
    values["reported_marketplace"] = context.marketplace
    return values


def _package_id(values: Values, items: Sequence[str | None]) -> str:
    """The key of a package: the seller's, else its tracking number, else its items."""
    named = sorted(item for item in items if item is not None)
    own: str | None = values.get("package_id")
    return own or _key(values.get("tracking_number")) or f"items:{'+'.join(named) or _WHOLE_ORDER}"[:_KEY]


def _key(tracking: str | None) -> str | None:
    """A tracking number as a key: without what a key cannot have."""
    return re.sub(r"[^A-Za-z0-9._:/*+=|#-]", "", tracking)[:_KEY] or None if tracking else None


def _read_xml(stream: BinaryIO, context: FileContext) -> Iterator[Entry]:
    is_empty = True
    for element in find_elements(stream, _FULFILLMENT, _ENVELOPE):
        is_empty = False
        try:
            values = {column.into: _take(column, element) for column in FULFILLMENT}
            items = [{column.into: _take(column, each) for column in ITEM} for each in element.children if each.name == _ITEM]
            package = _package(values, [each["item_id"] for each in items], [each["units"] for each in items], context)
        except BadRow as bad:
            yield Rejected(bad, text_of(element), _readable(element))
        else:
            yield Row(Package, package, None, element.line)
    if is_empty:
        raise BadFile(f"The file is a feed without {_FULFILLMENT}: it confirms no shipment.")


def _take(column: Column, element: Element) -> Any:
    """The value of a field, by the text of the element at its path."""
    found: Element | None = element
    for step in column.name.split("."):
        found = None if found is None else found.child(step)
    return column.take(None if found is None else found.text.strip(), element.line if found is None else found.line)


def _readable(element: Element) -> Values:
    """The readable values of a bad message, with the key of its package if that can be read."""
    values: Values = {}
    for column in FULFILLMENT:
        with contextlib.suppress(BadRow):
            values[column.into] = _take(column, element)
    with contextlib.suppress(BadRow, KeyError):
        items = [_take(ITEM[0], each) for each in element.children if each.name == _ITEM]
        values["package_id"] = _package_id({name: values[name] for name in ("package_id", "tracking_number")}, items)
    return values


def _recognises_xml(sample: Sample) -> bool:
    return _START.match(sample.start) is not None


def _read_flat(stream: BinaryIO, context: FileContext) -> Iterator[Entry]:
    for lines in by_order(SHEET.read(stream, context)):
        packages: defaultdict[Any, list[Values]] = defaultdict(list)
        for line in lines:
            if isinstance(line, Row):
                packages[line.values.get("tracking_number") or line.values["item_id"]].append(line.values)
        for each in packages.values():  # its lines, each an item of it
            items, units = [values.pop("item_id") for values in each], [values.get("units") for values in each]
            for values in each:
                _package(values, items, units, context)
        yield from lines


IMPORTER = Importer(
    name="POST_ORDER_FULFILLMENT_DATA",
    title="Confirmations of shipment that the seller sent, as XML",
    covers=frozenset(),  # those of other feeds are not in it
    rank=10,
    recognises=_recognises_xml,
    template=f'<?xml version="1.0"?>\n{example(_ENVELOPE, (), example("Message", (), example(_FULFILLMENT, FULFILLMENT, example(_ITEM, ITEM))))}\n',
    read=_read_xml,
    adds=frozenset({FactKind.PACKAGE}),
    where="what you sent to the Feeds API",
)
FLAT = Importer(
    name="POST_FLAT_FILE_FULFILLMENT_DATA",
    title="Confirmations of shipment that the seller sent, as a flat file",
    covers=frozenset(),
    rank=10,
    recognises=SHEET,
    template=SHEET.template,
    read=_read_flat,
    adds=frozenset({FactKind.PACKAGE}),
    where="what you uploaded in Seller Central: Orders > Upload Order Related Files > Shipping Confirmation",
)
