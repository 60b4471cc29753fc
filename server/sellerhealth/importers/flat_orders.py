"""Amazon's flat files of all orders, one line for every item: GET_FLAT_FILE_ALL_ORDERS_DATA_BY_..._GENERAL.

See docs/import.md#all-orders.

The two reports have the same columns, but only the one by order date has `cpf`. They are read in the same way, so that taking
one for the other does no harm.
"""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

from sellerhealth.facts import Item, Order, OrderStatus, line_id
from sellerhealth.importers.account_column import ACCOUNT
from sellerhealth.importers.order_cells import CHANNELS, STATUSES
from sellerhealth.importers.order_lines import by_order
from sellerhealth.importers.sales_channels import ELSEWHERE, SALES_CHANNELS
from sellerhealth.sources import (
    Column,
    Entry,
    Fact,
    FactKind,
    FileContext,
    Importer,
    LeftOut,
    Row,
    Sheet,
    Unreadable,
    Values,
    instant,
    key,
    text,
    yes_or_no,
)

_CANCELLED = str(OrderStatus.CANCELLED)


class _ItemStatuses(dict[str, str | None]):
    """The status of an item, of which only the cancellation counts: a word that is not known is left out, unless it may be one."""

    def __missing__(self, cell: str) -> str | None:
        try:
            known: str | None = STATUSES[cell]
        except Unreadable:
            if "cancel" in cell.lower():
                raise
            raise LeftOut("a status that is not known") from None
        self[cell] = known
        return known


def _order(values: Values) -> type[Fact] | None:
    # Of an order that is cancelled as a whole, the status says so: once it is shipped after all, nothing of it is cancelled.
    item_status = values.get("item_status")
    is_cancelled = None if item_status is None else item_status == _CANCELLED
    values["item_cancelled"] = is_cancelled and values["status"] != _CANCELLED
    values["item_requested"] = values.get("buyer_asked")
    return None if values["marketplace"] == ELSEWHERE else Order


def _with_items(sheet: Sheet, stream: BinaryIO, context: FileContext) -> Iterator[Entry]:
    """The orders of a file. A line whose item is cancelled, or whose cancellation the buyer requested, also reports that item.

    Of the other lines the order knows enough: that nothing of it is cancelled, or not all of it requested.
    """
    occurrences: Counter[tuple[str | None, str, str | None]] = Counter()  # of each account, order and SKU among those lines
    for entry in _of_one_instant(sheet.read(stream, context)):
        if not isinstance(entry, Row):
            yield entry
            continue
        values = entry.values
        sku, is_cancelled = values.pop("sku", None), values.pop("item_status", None) == _CANCELLED
        is_requested = values.pop("item_requested")
        if not (is_cancelled or is_requested):
            yield entry
            continue
        order_id = values["order_id"]
        occurrences[entry.account, order_id, sku] += 1
        item = {
            "order_id": order_id,
            "item_id": line_id(sku, occurrences[entry.account, order_id, sku]),
            "cancelled": values["item_cancelled"],
            "buyer_asked": is_requested,
        }
        yield entry._replace(parts=(Row(Item, item, entry.observed_at, entry.line),))


def _of_one_instant(entries: Iterator[Entry]) -> Iterator[Entry]:
    """Entries in which lines say something about the whole of their order only if all of its lines are of one instant.

    Else a newer line would take back what an older one, of another item, reports.
    """
    for lines in by_order(entries):
        yield from _settled(lines) if len(lines) > 1 else lines


def _settled(lines: list[Entry]) -> list[Entry]:
    rows = [line for line in lines if isinstance(line, Row)]
    if any(row.observed_at != rows[0].observed_at for row in rows):
        for row in rows:
            row.values["item_cancelled"] = row.values["item_cancelled"] or None
            row.values["buyer_asked"] = False if row.values.get("buyer_asked") is False else None
    return lines


COLUMNS = (
    Column("amazon-order-id", "order_id", key, "Amazon's number of the order.", required=True, filled=True),
    Column("purchase-date", "placed_at", instant, "When it was placed.", required=True, filled=True),
    Column("last-updated-date", "observed_at", instant, "The instant as of which the line is true; else that of the file."),
    Column("order-status", "status", STATUSES.read, "Its status.", required=True, filled=True),
    Column("item-status", "item_status", _ItemStatuses().__getitem__, "The status of the item: whether it was cancelled."),
    Column("sku", "sku", text, "The seller's number of the product, by which cancelled items of an order are told apart."),
    Column("fulfillment-channel", "channel", CHANNELS.read, "Who fulfils it: Merchant or Amazon.", required=True),
    Column(
        "sales-channel",
        "marketplace",
        SALES_CHANNELS.__getitem__,
        "The marketplace, such as `Amazon.de`. Orders from elsewhere (`Non-Amazon`) are skipped.",
    ),
    Column("is-buyer-requested-cancellation", "buyer_asked", yes_or_no, "Whether the buyer requested the cancellation."),
    Column("is-replacement-order", "is_replacement", yes_or_no, "Whether it replaces another order."),
    Column("latest-ship-date", "ship_by", instant, "The instant by which shipment must be confirmed."),
    Column("latest-delivery-date", "deliver_by", instant, "The instant by which it must be delivered."),
    Column("earliest-delivery-date", "deliver_by_earliest", instant, "The earliest instant at which delivery was promised."),
    ACCOUNT,
)

BY_ORDER_DATE = Sheet(COLUMNS, _order, marketplace="marketplace", marks=frozenset({"cpf"}), quoted=False)
BY_LAST_UPDATE = Sheet(COLUMNS, _order, marketplace="marketplace", excludes=frozenset({"cpf"}), quoted=False)

IMPORTERS = tuple(
    Importer(
        name=f"GET_FLAT_FILE_ALL_ORDERS_DATA_BY_{name}_GENERAL",
        title=f"All orders by {name.replace('_', ' ').lower()}",
        tells=frozenset({FactKind.ORDER}),
        rank=10,
        recognises=sheet,
        read=partial(_with_items, sheet),
        # A report by last update lacks the orders of its days that did not change.
        lists=frozenset({FactKind.ORDER} if sheet is BY_ORDER_DATE else ()),
    )
    for name, sheet in (("ORDER_DATE", BY_ORDER_DATE), ("LAST_UPDATE", BY_LAST_UPDATE))
)
