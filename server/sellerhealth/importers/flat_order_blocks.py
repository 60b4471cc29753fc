"""The orders of a flat file of which nothing is unusual, as blocks: nearly all of them. The plain way is row by row."""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import compress, groupby, pairwise
from typing import Any, TypeVar

from sellerhealth.facts import OrderStatus, line_id
from sellerhealth.importers.sales_channels import ELSEWHERE
from sellerhealth.sources import Entry, Known, OrderBlock, Row, SheetLines

T = TypeVar("T")

_OF_ITEM = ("sku", "asin", "quantity", "item_status")
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
        yield from _parted(entry.entries([index for index, is_usual in enumerate(chosen) if not is_usual]))
        last = on_amazon[-1] if on_amazon else last


def _parted(entries: Iterator[Entry]) -> Iterator[Entry | None]:
    """Entries with None between those whose lines do not follow each other."""
    before: int | None = None
    for entry in entries:
        if before is not None and entry.line > before + 1:
            yield None
        before = entry.line
        yield entry


def _cells(lines: SheetLines, *names: str) -> Iterator[tuple[Any, ...]]:
    """The cells of some columns, line by line. A column that the file lacks is empty."""
    return zip(*(lines.values.get(name) or [None] * len(lines.numbers) for name in names), strict=True)


def _usual(lines: SheetLines, others: set[str | None], cancelled: Container[tuple[str | None, str]]) -> Sequence[bool]:
    """Which of the lines can be in a block: none of the `others`, whose lines may follow those around, and none that depends on other lines."""
    order_ids = lines.values["order_id"]
    counts = Counter(order_ids)
    names = ("order_id", "status", "item_status", "buyer_asked", "marketplace", "channel", "sku", "asin")
    usual = [
        observed_at is not None
        and mark is not None
        and mark[1] == counts[order_id]  # all lines of the order are here, and follow each other
        and status != _CANCELLED
        and item_status != _CANCELLED
        and not is_requested
        and channel is not None
        and market is not None
        and market != ELSEWHERE
        and (sku is not None or asin is not None)
        and order_id not in others
        and (None, order_id) not in cancelled
        for observed_at, mark, (order_id, status, item_status, is_requested, market, channel, sku, asin) in zip(
            lines.observed_at, lines.marks, _cells(lines, *names), strict=True
        )
    ]
    if len(counts) == len(order_ids):
        return usual
    unlike = _unlike(lines, usual)
    return [is_usual and order_id not in unlike for is_usual, order_id in zip(usual, order_ids, strict=True)]


def _unlike(lines: SheetLines, usual: Sequence[bool]) -> set[str]:
    """The orders whose lines do not all say the same of the order, or of which some are not usual."""
    said = zip(usual, lines.marks, lines.observed_at, *(values for _, values in _of_order(lines.values)), strict=True)
    first: dict[str, tuple[Any, ...]] = {}
    return {order_id for order_id, each in zip(lines.values["order_id"], said, strict=True) if first.setdefault(order_id, each) != each}


def _of_order(values: Mapping[str, Sequence[Any]]) -> Iterator[tuple[str, Sequence[Any]]]:
    """The columns that are of the order of a line."""
    yield from ((name, cells) for name, cells in values.items() if name not in _OF_ITEM)
    statuses = values.get("item_status") or [None] * len(values["order_id"])
    yield "item_cancelled", [None if status is None else False for status in statuses]


def _block(lines: SheetLines, chosen: Sequence[bool]) -> OrderBlock:
    values = {name: list(compress(cells, chosen)) for name, cells in lines.values.items()}
    order_ids = values["order_id"]
    items: dict[str, Sequence[Any]] = {name: values[name] for name in _OF_ITEM if name in values and name != "item_status"}
    items |= {"order_id": order_ids, "item_id": _item_ids(order_ids, items.get("sku") or [None] * len(order_ids))}
    sizes, is_first = [1] * len(order_ids), None  # nearly always: each line is of another order
    if len(set(order_ids)) < len(order_ids):
        sizes = [len(list(of_order)) for _, of_order in groupby(order_ids)]
        is_first = [one != two for one, two in pairwise([None, *order_ids])]

    def of_first(cells: Iterable[T]) -> Iterable[T]:
        """Those of the first line of each order."""
        return cells if is_first is None else compress(cells, is_first)

    return OrderBlock(
        list(compress(lines.numbers, chosen)),
        sizes,
        [each for each in of_first(compress(lines.observed_at, chosen)) if each is not None],  # which is so of all
        [mark[0] for mark in of_first(compress(lines.marks, chosen)) if mark is not None],
        {name: list(of_first(cells)) for name, cells in _of_order(values)},
        items,
    )


def _item_ids(order_ids: Sequence[str], skus: Sequence[str | None]) -> Sequence[str]:
    """The ids of lines: those of one order and SKU are numbered."""
    if len(set(order_ids)) == len(order_ids):
        return [line_id(sku, 1) for sku in skus]
    numbers = Counter[tuple[str, str | None]]()
    item_ids = []
    for each in zip(order_ids, skus, strict=True):
        numbers[each] += 1
        item_ids.append(line_id(each[1], numbers[each]))
    return item_ids
