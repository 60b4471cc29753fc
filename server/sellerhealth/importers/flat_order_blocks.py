"""The orders of a flat file of which nothing is unusual, as blocks: nearly all of them. The plain way is row by row."""

from collections import Counter
from collections.abc import Container, Iterator, Sequence
from itertools import compress, pairwise
from typing import Any

from sellerhealth.facts import OrderStatus, line_id
from sellerhealth.importers.sales_channels import ELSEWHERE
from sellerhealth.sources import Entry, Known, OrderBlock, Row, SheetLines

_OF_ITEM = ("sku", "asin", "quantity")
_CANCELLED = str(OrderStatus.CANCELLED)


def in_blocks(entries: Iterator[Entry | SheetLines], cancelled: Container[tuple[str | None, str]]) -> Iterator[Entry | None]:
    """Entries with blocks in place of many lines. None stands where lines are left out, so that those around do not follow each other.

    `cancelled`: the orders with lines that are cancelled or requested, which decide about their other lines.
    """
    last: str | None = None  # the order of the line before: the next line may be of it, too
    for entry in entries:
        if isinstance(entry, Row):
            last = entry.values["order_id"]
        elif isinstance(entry, Known):
            last = entry.order_ids[-1]
        if not isinstance(entry, SheetLines):
            yield entry
            continue
        on_amazon = [order_id for order_id, market in _cells(entry, "order_id", "marketplace") if market != ELSEWHERE]
        chosen = _usual(entry, {last, *on_amazon[:1], *on_amazon[-1:]}, cancelled)
        if any(chosen):
            yield _block(entry, chosen)
        others = [index for index, is_usual in enumerate(chosen) if not is_usual]
        gaps = [at for at, (one, two) in enumerate(pairwise(others), 1) if entry.numbers[two] != entry.numbers[one] + 1]
        for begin, end in pairwise([0, *gaps, len(others)]):
            if begin:
                yield None
            yield from entry.entries(others[begin:end])
        last = on_amazon[-1] if on_amazon else last


def _cells(lines: SheetLines, *names: str) -> Iterator[tuple[Any, ...]]:
    """The cells of some columns, line by line. A column that the file lacks is empty."""
    return zip(*(lines.values.get(name) or [None] * len(lines.numbers) for name in names), strict=True)


def _usual(lines: SheetLines, others: set[str | None], cancelled: Container[tuple[str | None, str]]) -> Sequence[bool]:
    """Which of the lines can be in a block: none of the `others`, whose lines may follow those around, and none that depends on another line."""
    order_ids = lines.values["order_id"]
    if len(set(order_ids)) < len(order_ids):
        others |= {order_id for order_id, count in Counter(order_ids).items() if count > 1}
    names = ("order_id", "status", "item_status", "buyer_asked", "marketplace", "channel", "sku", "asin")
    return [
        observed_at is not None
        and lines_hash is not None
        and status != _CANCELLED
        and item_status != _CANCELLED
        and not is_requested
        and channel is not None
        and market is not None
        and market != ELSEWHERE
        and (sku is not None or asin is not None)
        and order_id not in others
        and (None, order_id) not in cancelled
        for observed_at, lines_hash, (order_id, status, item_status, is_requested, market, channel, sku, asin) in zip(
            lines.observed_at, lines.hashes, _cells(lines, *names), strict=True
        )
    ]


def _block(lines: SheetLines, chosen: Sequence[bool]) -> OrderBlock:
    values = {name: list(compress(cells, chosen)) for name, cells in lines.values.items()}
    item_status = values.pop("item_status", [None] * sum(chosen))
    values["item_cancelled"] = [None if status is None else False for status in item_status]
    items = {name: values.pop(name) for name in _OF_ITEM if name in values}
    items["order_id"] = values["order_id"]
    items["item_id"] = [line_id(sku, 1) for sku in items.get("sku") or [None] * sum(chosen)]
    return OrderBlock(
        list(compress(lines.numbers, chosen)),
        [each for each in compress(lines.observed_at, chosen) if each is not None],  # which is so of all
        [each for each in compress(lines.hashes, chosen) if each is not None],
        values,
        items,
    )
