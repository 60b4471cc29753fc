"""Amazon's flat file of orders that wait for shipment, one line for every item: GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING.

See docs/import.md#unshipped-orders. It has the instant by which shipment must be confirmed, which the file of all orders lacks.
"""

from collections.abc import Iterator
from typing import BinaryIO

from sellerhealth.facts import Channel, Item, Order, OrderStatus
from sellerhealth.importers.account_column import ACCOUNT
from sellerhealth.importers.order_cells import quantity, ship_service
from sellerhealth.importers.order_lines import by_order, with_part
from sellerhealth.sources import (
    Column,
    Entry,
    FactKind,
    FileContext,
    Importer,
    Row,
    Sheet,
    instant,
    key,
    marketplace,
    text,
    yes_or_no,
)

COLUMNS = (
    Column("order-id", "order_id", key, "Amazon's number of the order.", "123-4567890-1234567", required=True, filled=True),
    Column("order-item-id", "item_id", key, "Amazon's number of the line.", "70000000000001", required=True, filled=True),
    Column("purchase-date", "placed_at", instant, "When it was placed.", "2026-03-01T08:00:00+00:00", required=True, filled=True),
    Column(
        "promise-date", "ship_by", instant, "The instant by which shipment must be confirmed.", "2026-03-04T07:59:59+00:00", required=True
    ),
    Column("sku", "sku", text, "The seller's number of the product.", "CUP-1"),
    Column("quantity-purchased", "quantity", quantity, "How many units were ordered.", "1"),
    Column("quantity-shipped", "quantity_shipped", quantity, "How many units were confirmed as shipped.", "0", required=True, filled=True),
    Column("ship-service-level", "ship_service", ship_service, "The service by which it is to be sent.", "Standard"),
    Column("sales-channel", "marketplace", marketplace, "The marketplace, such as `Amazon.de`. Few of these files have it.", "Amazon.com"),
    Column("is-buyer-requested-cancellation", "buyer_asked", yes_or_no, "Whether the buyer requested the cancellation.", "true"),
    Column("buyer-requested-cancel-reason", "cancel_reason", text, "The buyer's reason.", "Ordered by mistake", lenient=True),
    ACCOUNT,
)
_OF_ITEM = ("item_id", "sku", "quantity", "quantity_shipped", "buyer_asked", "cancel_reason")
SHEET = Sheet(COLUMNS, lambda values: Order, marketplace="marketplace", quoted=False)


def _read(stream: BinaryIO, context: FileContext) -> Iterator[Entry]:
    for lines in by_order(SHEET.read(stream, context)):
        is_partly_shipped = any(line.values["quantity_shipped"] > 0 for line in lines if isinstance(line, Row))
        status = str(OrderStatus.PARTIALLY_SHIPPED if is_partly_shipped else OrderStatus.UNSHIPPED)
        known = {"status": status, "channel": str(Channel.SELLER)}
        yield from (with_part(line, Item, _OF_ITEM, **known) if isinstance(line, Row) else line for line in lines)


IMPORTER = Importer(
    name="GET_FLAT_FILE_ACTIONABLE_ORDER_DATA_SHIPPING",
    title="Orders that wait for shipment",
    covers=frozenset(),  # orders that are shipped already are not in it
    rank=10,
    recognises=SHEET,
    template=SHEET.template,
    read=_read,
    adds=frozenset({FactKind.ORDER}),
    where="Seller Central: Orders > Order Reports > Unshipped Orders",
)
