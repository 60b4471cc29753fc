"""Amazon's flat file of what it shipped for the seller, one line for every item of a shipment: GET_AMAZON_FULFILLED_SHIPMENTS_DATA_GENERAL.

See docs/import.md#amazon-fulfilled-shipments.
"""

from collections.abc import Iterator
from typing import BinaryIO

from sellerhealth.facts import Channel, Item, Package
from sellerhealth.importers.account_column import ACCOUNT
from sellerhealth.importers.order_cells import ship_service
from sellerhealth.importers.order_lines import order_on_amazon, with_part
from sellerhealth.importers.sales_channels import SALES_CHANNEL
from sellerhealth.sources import Column, Entry, FactKind, FileContext, Importer, Row, Sheet, instant, key, text

COLUMNS = (
    Column("amazon-order-id", "order_id", key, "Amazon's number of the order.", "123-4567890-1234567", required=True, filled=True),
    Column("amazon-order-item-id", "item_id", key, "Amazon's number of the line.", "70000000000001"),
    Column(
        "shipment-id",
        "package_id",
        key,
        "Amazon's number of the shipment: the key of the package.",
        "U1aBcDeFg",
        required=True,
        filled=True,
    ),
    Column("purchase-date", "placed_at", instant, "When the order was placed.", "2026-03-01T08:00:00+00:00", required=True, filled=True),
    Column("shipment-date", "confirmed_at", instant, "When it was shipped.", "2026-03-02T15:00:00+00:00", required=True),
    Column(
        "reporting-date",
        "observed_at",
        instant,
        "The instant as of which the line is true; else that of the file.",
        "2026-03-02T18:30:00+00:00",
    ),
    Column("sku", "sku", text, "The seller's number of the product.", "CUP-1"),
    Column("merchant-sku", "merchant_sku", text, "The same, in files from Seller Central.", "CUP-1"),
    Column("ship-service-level", "ship_service", ship_service, "The service by which it is sent.", "Standard"),
    Column("carrier", "carrier", text, "The carrier.", "AMZN_US"),
    Column("tracking-number", "tracking_number", text, "The tracking number.", "TBA000000000001"),
    SALES_CHANNEL,
    ACCOUNT,
)
_OF_ITEM = ("item_id", "sku")
_OF_PACKAGE = ("package_id", "confirmed_at", "carrier", "tracking_number")


SHEET = Sheet(COLUMNS, order_on_amazon, marketplace="marketplace", quoted=False)


def _read(stream: BinaryIO, context: FileContext) -> Iterator[Entry]:
    return (_with_parts(line) if isinstance(line, Row) else line for line in SHEET.read(stream, context))


def _with_parts(line: Row) -> Row:
    """A line as its order, with a package and, if it is numbered, an item."""
    merchant_sku = line.values.pop("merchant_sku", None)
    line.values["sku"] = line.values.get("sku") or merchant_sku
    known = {"channel": str(Channel.AMAZON), "seen_accepted": True}  # that all of the order is shipped is not
    item = with_part(line, Item, _OF_ITEM, **known)
    package = with_part(item, Package, _OF_PACKAGE)
    parts = (*package.parts, *(part for part in item.parts if part.values.get("item_id") is not None))
    return package._replace(parts=parts)


IMPORTER = Importer(
    name="GET_AMAZON_FULFILLED_SHIPMENTS_DATA_GENERAL",
    title="Orders that Amazon shipped for the seller",
    covers=frozenset(),  # orders that the seller ships, or that are not shipped yet, are not in it
    rank=10,
    recognises=SHEET,
    template=SHEET.template,
    read=_read,
    adds=frozenset({FactKind.ORDER, FactKind.PACKAGE}),
    where="Seller Central: Reports > Fulfillment > Amazon Fulfilled Shipments",
)
