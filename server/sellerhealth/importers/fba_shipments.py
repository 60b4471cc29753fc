"""Amazon's flat file of what it shipped for the seller, one line for every item of a shipment: GET_AMAZON_FULFILLED_SHIPMENTS_DATA_GENERAL.

See docs/import.md#amazon-fulfilled-shipments.
"""

from collections.abc import Iterator
from typing import BinaryIO

from sellerhealth.facts import Channel, Package
from sellerhealth.importers.account_column import ACCOUNT
from sellerhealth.importers.order_lines import order_on_amazon, with_part
from sellerhealth.importers.sales_channels import SALES_CHANNEL
from sellerhealth.sources import Column, Entry, FactKind, FileContext, Importer, Row, Sheet, instant, key, text

COLUMNS = (
    Column("amazon-order-id", "order_id", key, "Amazon's number of the order.", required=True, filled=True),
    Column("shipment-id", "package_id", key, "Amazon's number of the shipment: the key of the package.", required=True, filled=True),
    Column("purchase-date", "placed_at", instant, "When the order was placed.", required=True, filled=True),
    Column("shipment-date", "confirmed_at", instant, "When it was shipped.", required=True),
    Column("reporting-date", "observed_at", instant, "The instant as of which the line is true; else that of the file."),
    Column("carrier", "carrier", text, "The carrier."),
    Column("tracking-number", "tracking_number", text, "The tracking number."),
    SALES_CHANNEL,
    ACCOUNT,
)
_OF_PACKAGE = ("package_id", "confirmed_at", "carrier", "tracking_number")


SHEET = Sheet(COLUMNS, order_on_amazon, marketplace="marketplace", quoted=False)


def _read(stream: BinaryIO, context: FileContext) -> Iterator[Entry]:
    known = {"channel": str(Channel.AMAZON), "seen_accepted": True}  # that all of the order is shipped is not
    lines = SHEET.read(stream, context)
    return (with_part(line, Package, _OF_PACKAGE, **known) if isinstance(line, Row) else line for line in lines)


IMPORTER = Importer(
    name="GET_AMAZON_FULFILLED_SHIPMENTS_DATA_GENERAL",
    title="Orders that Amazon shipped for the seller",
    tells=frozenset(),  # orders that the seller ships, or that are not shipped yet, are not in it
    rank=10,
    recognises=SHEET,
    read=_read,
    adds=frozenset({FactKind.ORDER, FactKind.PACKAGE}),
    where="Seller Central: Reports > Fulfillment > Amazon Fulfilled Shipments",
)
