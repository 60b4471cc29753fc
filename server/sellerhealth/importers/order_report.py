"""Amazon's flat file of new orders that the seller ships, one line for every item: GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING.

See docs/import.md#order-report.
"""

from collections.abc import Iterator
from typing import BinaryIO

from sellerhealth.facts import Channel, Item
from sellerhealth.importers.account_column import ACCOUNT
from sellerhealth.importers.order_cells import quantity, ship_service
from sellerhealth.importers.order_lines import order_on_amazon, with_part
from sellerhealth.importers.sales_channels import SALES_CHANNEL
from sellerhealth.sources import Column, Entry, FactKind, FileContext, Importer, Row, Sheet, instant, key, text

COLUMNS = (
    Column("order-id", "order_id", key, "Amazon's number of the order.", "123-4567890-1234567", required=True, filled=True),
    Column("order-item-id", "item_id", key, "Amazon's number of the line.", "70000000000001", required=True, filled=True),
    Column("purchase-date", "placed_at", instant, "When it was placed.", "2026-03-01T08:00:00+00:00", required=True, filled=True),
    Column("sku", "sku", text, "The seller's number of the product.", "CUP-1"),
    Column("quantity-purchased", "quantity", quantity, "How many units were ordered.", "1", required=True),
    Column(
        "latest-ship-date",
        "ship_by",
        instant,
        "The instant by which shipment must be confirmed. Not every file has it.",
        "2026-03-04T07:59:59+00:00",
    ),
    Column(
        "latest-delivery-date",
        "deliver_by",
        instant,
        "The instant by which it must be delivered. Not every file has it.",
        "2026-03-09T07:59:59+00:00",
    ),
    Column(
        "earliest-delivery-date",
        "deliver_by_earliest",
        instant,
        "The earliest promised delivery. Not every file has it.",
        "2026-03-06T08:00:00+00:00",
    ),
    Column("ship-service-level", "ship_service", ship_service, "The service by which it is to be sent.", "Standard"),
    SALES_CHANNEL,
    ACCOUNT,
)
_OF_ITEM = ("item_id", "sku", "quantity")


# Orders that wait for shipment have the same columns and a promise.
SHEET = Sheet(COLUMNS, order_on_amazon, marketplace="marketplace", excludes=frozenset({"promise-date"}), quoted=False)


def _read(stream: BinaryIO, context: FileContext) -> Iterator[Entry]:
    known = {"channel": str(Channel.SELLER), "seen_accepted": True}  # it is paid; its status is not known
    lines = SHEET.read(stream, context)
    return (with_part(line, Item, _OF_ITEM, **known) if isinstance(line, Row) else line for line in lines)


IMPORTER = Importer(
    name="GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING",
    title="New orders that the seller ships",
    covers=frozenset(),  # orders that Amazon ships are not in it, nor what became of an order
    rank=10,
    recognises=SHEET,
    template=SHEET.template,
    read=_read,
    adds=frozenset({FactKind.ORDER}),
    where="Seller Central: Orders > Order Reports > New Orders",
)
