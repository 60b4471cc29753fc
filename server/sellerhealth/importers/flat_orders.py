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
from sellerhealth.importers.flat_order_blocks import in_blocks
from sellerhealth.importers.order_cells import CHANNELS, STATUSES, quantity, ship_service
from sellerhealth.importers.order_lines import by_order
from sellerhealth.importers.sales_channels import ELSEWHERE, SALES_CHANNEL
from sellerhealth.sources import (
    Column,
    Entry,
    Fact,
    FactKind,
    FileContext,
    Importer,
    Known,
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
_OF_ITEM = ("sku", "asin", "quantity")
_Cancelled = dict[tuple[str | None, str], Counter[str | None]]  # of an account and order: its lines that are cancelled or requested, by SKU
_NONE = Counter[str | None]()


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
    """The orders of a file, each line with its item, if it says anything of it."""
    cancelled: _Cancelled = {}
    for lines in map(_all_read_if_any, by_order(in_blocks(sheet.read_lines(stream, context), cancelled))):
        rows = [line for line in lines if isinstance(line, Row)]
        if len(rows) > 1:
            _settle(rows)
        items = _items(rows, cancelled)
        Known.remember([row.values for row in rows], stand_alone=not rows or (rows[0].account, rows[0].values["order_id"]) not in cancelled)
        for entry in lines:
            if isinstance(entry, Row) and (item := items.get(entry.line)) is not None:
                fact, values, observed_at, line, _, count, account = entry
                # Not `_replace`, which takes as long as all else of a line with an item.
                yield Row(fact, values, observed_at, line, (Row(Item, item, observed_at, line),), count, account)
            else:
                yield entry


def _settle(rows: list[Row]) -> None:
    """Lets the lines of an order say something about the whole of it only if all of them are of one instant.

    Else a newer line would take back what an older one, of another item, reports.
    """
    if any(row.observed_at != rows[0].observed_at for row in rows):
        for row in rows:
            row.values["item_cancelled"] = row.values["item_cancelled"] or None
            row.values["buyer_asked"] = False if row.values.get("buyer_asked") is False else None


def _all_read_if_any(lines: list[Entry]) -> list[Entry]:
    """The lines of an order: where any of them is read, those of it that are known, too, because lines are numbered together."""
    if not any(isinstance(line, Known) for line in lines):
        return lines
    if not any(isinstance(line, Row) for line in lines):
        return [line.settled() if isinstance(line, Known) else line for line in lines]
    return [each for line in lines for each in (line.read_last() if isinstance(line, Known) else (line,))]


def _items(rows: list[Row], cancelled: _Cancelled) -> dict[int, Values]:
    """The items of the lines of one order, by line. Takes what is only of the item from each row.

    Lines of one SKU are numbered: those that are cancelled or requested first, so that each keeps its number when others change.
    """
    items, others = {}, list[Values]()
    for row in rows:
        values = row.values
        is_cancelled, is_requested = values.pop("item_status", None) == _CANCELLED, values.pop("item_requested")
        item: Values = {name: value for name in _OF_ITEM if (value := values.pop(name, None)) is not None}
        if is_cancelled or is_requested:
            sku = item.get("sku")
            of_order = cancelled.setdefault((row.account, values["order_id"]), Counter())
            of_order[sku] += 1
            item |= {"item_id": line_id(sku, of_order[sku]), "cancelled": values["item_cancelled"], "buyer_asked": is_requested}
        elif "sku" in item or "asin" in item:
            others.append(item)
        else:
            continue  # it names no product
        item["order_id"] = values["order_id"]
        items[row.line] = item
    numbers: dict[str | None, int] = {}
    for item in others:
        sku = item.get("sku")
        numbers[sku] = numbers.get(sku, 0) + 1
        of_order = cancelled.get((rows[0].account, item["order_id"]), _NONE)
        item["item_id"] = line_id(sku, numbers[sku] + of_order[sku])
    return items


COLUMNS = (
    Column("amazon-order-id", "order_id", key, "Amazon's number of the order.", "123-4567890-1234567", required=True, filled=True),
    Column("purchase-date", "placed_at", instant, "When it was placed.", "2026-03-01T08:00:00+00:00", required=True, filled=True),
    Column(
        "last-updated-date",
        "observed_at",
        instant,
        "The instant as of which the line is true; else that of the file.",
        "2026-03-02T15:00:00+00:00",
    ),
    Column("order-status", "status", STATUSES.read, "Its status.", "Shipped", required=True, filled=True),
    Column("item-status", "item_status", _ItemStatuses().__getitem__, "The status of the item: whether it was cancelled.", "Shipped"),
    Column("sku", "sku", text, "The seller's number of the product, by which the items of an order are distinguished.", "CUP-1"),
    Column("asin", "asin", text, "Amazon's number of the product.", "B000000001"),
    Column("quantity", "quantity", quantity, "How many units were ordered: 0 once the item is cancelled.", "1"),
    Column("fulfillment-channel", "channel", CHANNELS.read, "Who fulfils it: Merchant or Amazon.", "Merchant", required=True),
    SALES_CHANNEL,
    Column("is-buyer-requested-cancellation", "buyer_asked", yes_or_no, "Whether the buyer requested the cancellation.", "false"),
    Column("is-replacement-order", "is_replacement", yes_or_no, "Whether it replaces another order.", "false"),
    Column("latest-ship-date", "ship_by", instant, "The instant by which shipment must be confirmed.", "2026-03-04T07:59:59+00:00"),
    Column("latest-delivery-date", "deliver_by", instant, "The instant by which it must be delivered.", "2026-03-09T07:59:59+00:00"),
    Column(
        "earliest-delivery-date",
        "deliver_by_earliest",
        instant,
        "The earliest instant at which delivery was promised.",
        "2026-03-06T08:00:00+00:00",
    ),
    Column("ship-service-level", "ship_service", ship_service, "The service by which it is to be sent.", "Standard"),
    ACCOUNT,
)

_OUTLINE = ("order_id", "placed_at", "marketplace")
BY_ORDER_DATE = Sheet(COLUMNS, _order, marketplace="marketplace", marks=frozenset({"cpf"}), quoted=False, outline=_OUTLINE)
BY_LAST_UPDATE = Sheet(COLUMNS, _order, marketplace="marketplace", excludes=frozenset({"cpf"}), quoted=False, outline=_OUTLINE)

IMPORTERS = tuple(
    Importer(
        name=f"GET_FLAT_FILE_ALL_ORDERS_DATA_BY_{name}_GENERAL",
        title=f"All orders by {name.replace('_', ' ').lower()}",
        covers=frozenset({FactKind.ORDER}),
        rank=10,
        recognises=sheet,
        template=sheet.template,
        read=partial(_with_items, sheet),
        # A report by last update lacks the orders of its days that did not change.
        lists=frozenset({FactKind.ORDER} if sheet is BY_ORDER_DATE else ()),
        where=where,
    )
    for name, sheet, where in (
        ("ORDER_DATE", BY_ORDER_DATE, "Seller Central: Reports > Fulfillment > All Orders"),
        (
            "LAST_UPDATE",
            BY_LAST_UPDATE,
            "the Reports API alone; archived orders in Seller Central: Orders > Order Reports > Archived Orders (not verified)",
        ),
    )
)
