"""Amazon's flat file of what it shipped for the seller, one line for every item of a shipment: GET_AMAZON_FULFILLED_SHIPMENTS_DATA_GENERAL.

See docs/import.md#amazon-fulfilled-shipments.
"""

from collections.abc import Iterator
from typing import BinaryIO

from sellerhealth.facts import Channel, Order, Package
from sellerhealth.importers.account_column import ACCOUNT
from sellerhealth.importers.sales_channels import ELSEWHERE, SALES_CHANNELS
from sellerhealth.sources import Column, Entry, Fact, FactKind, FileContext, Importer, Row, Sheet, Values, instant, key, text

COLUMNS = (
    Column("amazon-order-id", "order_id", key, "Amazon's number of the order.", required=True, filled=True),
    Column("shipment-id", "package_id", key, "Amazon's number of the shipment: the key of the package.", required=True, filled=True),
    Column("purchase-date", "placed_at", instant, "When the order was placed.", required=True, filled=True),
    Column("shipment-date", "confirmed_at", instant, "When it was shipped.", required=True),
    Column("reporting-date", "observed_at", instant, "The instant as of which the line is true; else that of the file."),
    Column("carrier", "carrier", text, "The carrier."),
    Column("tracking-number", "tracking_number", text, "The tracking number."),
    Column(
        "sales-channel",
        "marketplace",
        SALES_CHANNELS.__getitem__,
        "The marketplace, such as `Amazon.de`. Orders from elsewhere (`Non-Amazon`) are skipped.",
    ),
    ACCOUNT,
)
_OF_PACKAGE = ("package_id", "confirmed_at", "carrier", "tracking_number")


def _order(values: Values) -> type[Fact] | None:
    return None if values.get("marketplace") == ELSEWHERE else Order


SHEET = Sheet(COLUMNS, _order, marketplace="marketplace", quoted=False)


def _read(stream: BinaryIO, context: FileContext) -> Iterator[Entry]:
    return (_with_package(entry) if isinstance(entry, Row) else entry for entry in SHEET.read(stream, context))


def _with_package(line: Row) -> Row:
    """A line as its order, which Amazon ships, and a package of it. That all of the order is shipped is not known."""
    order: Values = {**line.values, "channel": str(Channel.AMAZON), "seen_accepted": True}
    package = {"order_id": order["order_id"], **{name: order.pop(name) for name in _OF_PACKAGE if name in order}}
    return line._replace(values=order, parts=(Row(Package, package, line.observed_at, line.line),))


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
