"""Stores blocks of orders column by column: those of which nothing is stored yet, and those that replace all that is.

The plain way is to merge and derive their rows. Of an order in a block everything is in its lines, and its derived columns follow from its own. So
nothing is merged where nothing is stored, or nothing but an older line of the same order, of which no value is left.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence, Set
from itertools import compress, islice
from operator import and_, or_
from typing import Any, NamedTuple

import sqlalchemy as sa

from sellerhealth.facts import FACTS, FactOfOrder, Item, Order
from sellerhealth.sources import OrderBlock
from sellerhealth.sources.entries import Columns
from sellerhealth.sources.known_lines import LINES_HASH
from sellerhealth.store.account_rows import AccountRows
from sellerhealth.store.changes import Cells, ChangedColumns
from sellerhealth.store.compared_rows import ComparedRows
from sellerhealth.store.derive import Zones, day_of, is_accepted
from sellerhealth.store.listings import Listings
from sellerhealth.store.merge import Shape, shape_of
from sellerhealth.store.unit_of_work import BOOKKEEPING

_ORDER, _ITEM = shape_of(Order), shape_of(Item)
_OTHERS: Sequence[sa.Table] = [fact.__table__ for fact in FACTS if issubclass(fact, FactOfOrder) and fact not in (Order, Item)]
_SAME = ("marketplace", "placed_on", "deliver_by_on")  # columns of an order that decide about more than itself: they must not change

_Stored = Mapping[str, Sequence[Cells]]  # the rows of orders, by their numbers


class Stored(NamedTuple):
    """What was stored of a block: which orders, how many were new, and how many lines said more of those, or new values of others.

    `changes` are those of facts, by table.
    """

    chosen: Sequence[bool]
    new: int
    changed: int
    changes: Mapping[sa.Table, ChangedColumns]


class _Replaced(NamedTuple):
    """The orders that replaced all that was stored of them, and how many have a new value that a source reported. `columns`: of those with any new value."""

    order_ids: Set[str]
    changed: int
    columns: tuple[Columns, Columns]


class OrderBlocks:
    """Stores the blocks of one account during an import."""

    def __init__(self, rows: AccountRows, listings: Listings, zone_of: Zones, version_of: Callable[[dt.datetime], str]) -> None:
        self._rows, self._listings, self._zone_of, self._version_of = rows, listings, zone_of, version_of

    def store(self, block: OrderBlock, others: Set[str | None], noted: Collection[str]) -> Stored:
        """Stores the orders of a block that can be stored by column: none of the `others`, nor one that is `noted`, by the key of the note."""
        order_ids = block.orders["order_id"]
        if len(set(order_ids)) < len(order_ids):
            others |= {order_id for order_id, count in Counter(order_ids).items() if count > 1}
        others |= self._known(_OTHERS, {*order_ids} - others)
        stored = self._stored(_ORDER, {*order_ids} - others), self._stored(_ITEM, {*order_ids} - others)
        known = stored[0].keys() | stored[1].keys()
        is_new = [order_id not in known and order_id not in others for order_id in order_ids]
        new = block.those(is_new)
        orders, items = self._columns(new)
        if new.lines:
            self._rows.save_columns(_ORDER, orders)
            self._rows.save_columns(_ITEM, items)
        sized = zip(order_ids, block.sizes, strict=True)
        older = block.those([size == 1 and each in known and self._may_be_replaced(each, stored, noted) for each, size in sized])
        more_lines = new.lines - len(new.sizes)
        if not older.lines:
            return Stored(is_new, len(new.sizes), more_lines, _changes((orders, items)))
        replaced = self._replace(older, stored)
        return Stored(
            [new or order_id in replaced.order_ids for new, order_id in zip(is_new, order_ids, strict=True)],
            len(new.sizes),
            more_lines + replaced.changed,
            _changes((_joined(orders, replaced.columns[0]), _joined(items, replaced.columns[1]))),
        )

    def _known(self, tables: Sequence[sa.Table], order_ids: Set[str]) -> Set[str]:
        """Those of some orders of which a row is stored."""
        known = set[str]()
        for table in tables:
            known.update(order_id for (order_id,) in self._rows.stored_cells(table, "order_id", order_ids - known, ("order_id",)))
        return known

    def _columns(self, block: OrderBlock) -> tuple[Columns, Columns]:
        """The columns of the orders of a block, and of their items, as they are when nothing else is known of them."""
        number, versions = len(block.sizes), list(map(self._version_of, block.observed_at))
        accepted = list(map(is_accepted, block.orders["status"]))
        orders = {
            **block.orders,
            LINES_HASH: block.hashes,
            "versions": versions,
            "listed": [self._listings.listed] * number,
            "seen_accepted": [each or None for each in accepted],
            "accepted": accepted,
            "canceller_unknown": [False] * number,
            "units": _units(block),
            "placed_on": self._days(block, "placed_at"),
            "deliver_by_on": self._days(block, "deliver_by"),
        }
        nothing = [False] * block.lines
        items = {**block.items, "versions": block.by_line(versions), "before_shipment": nothing, "requested": nothing}
        return self._complete(_ORDER, orders, number), self._complete(_ITEM, items, block.lines)

    def _complete(self, shape: Shape, columns: Columns, number: int) -> Columns:
        """Columns with the account, and with those whose value for unknown is not null."""
        blank = {name: [value] * number for name, value in shape.blank.items() if value is not None}
        return {"account_id": [self._rows.account_id] * number, **blank, **columns}

    def _days(self, block: OrderBlock, name: str) -> Sequence[Any]:
        """The days of instants in the zones of their orders."""
        instants, zones = block.orders.get(name), {market: self._zone_of(market) for market in set(block.orders["marketplace"])}
        if instants is None or not any(instants):
            return [None] * len(block.sizes)
        return [day_of(instant, zones[market]) for instant, market in zip(instants, block.orders["marketplace"], strict=True)]

    def _may_be_replaced(self, order_id: str, stored: tuple[_Stored, _Stored], noted: Collection[str]) -> bool:
        """Whether an order that is stored has one item, and nothing of it is noted."""
        if order_id in self._listings.gone(Order) or any(len(of_table.get(order_id, ())) != 1 for of_table in stored):
            return False
        item_id = stored[1][order_id][0][_ITEM_ID]
        return not noted or not (f"Order {order_id}" in noted or f"Item {order_id} {item_id}" in noted)

    def _replace(self, block: OrderBlock, stored: tuple[_Stored, _Stored]) -> _Replaced:
        """Stores the orders of a block of which nothing would be left of what is stored, or of what is derived from that."""
        order_ids, columns = block.orders["order_id"], self._columns(block)
        orders, items = map(self._compared, (_ORDER, _ITEM), columns, ([of_table[each][0] for each in order_ids] for of_table in stored))
        is_replaced = list(map(and_, orders.replace(_SAME), items.replace(("item_id",))))
        for shape, each, compared in ((_ORDER, columns[0], orders), (_ITEM, columns[1], items)) if any(is_replaced) else ():
            self._rows.replace_columns(shape, _chosen(each, is_replaced), compared.differing)
        is_changed = map(or_, orders.differ(_VALUES_OF_ORDER), items.differ(_VALUES_OF_ITEM))
        is_news = map(or_, orders.differ(_REPORTED_OF_ORDER), items.differ(_REPORTED_OF_ITEM))
        changed = list(map(and_, is_replaced, is_changed))
        return _Replaced(
            {*compress(order_ids, is_replaced)},
            sum(map(and_, changed, is_news)),
            (_chosen(columns[0], changed), _chosen(columns[1], changed)),
        )

    def _compared(self, shape: Shape, columns: Columns, stored: Sequence[Cells]) -> ComparedRows:
        return ComparedRows(shape, dict(zip(columns, self._rows.as_stored(shape.table, columns), strict=True)), stored)

    def _stored(self, shape: Shape, order_ids: Set[str]) -> _Stored:
        """All that is stored in a table of some orders, by their numbers."""
        found: defaultdict[str, list[Cells]] = defaultdict(list)
        at = shape.columns.index("order_id")
        for cells in self._rows.stored_cells(shape.table, "order_id", set(order_ids), shape.columns):
            found[cells[at]].append(cells)
        return found


def _units(block: OrderBlock) -> Sequence[int | None]:
    """The units of each order; None while those of an item are unknown."""
    quantities = block.items.get("quantity") or [None] * block.lines
    if len(block.sizes) == block.lines:
        return quantities
    each = iter(quantities)
    of_orders = (list(islice(each, size)) for size in block.sizes)
    return [None if None in units else sum(units) for units in of_orders]


def _chosen(columns: Columns, chosen: Sequence[bool]) -> Columns:
    return {name: list(compress(values, chosen)) for name, values in columns.items()}


def _joined(one: Columns, other: Columns) -> Columns:
    return {name: [*values, *other[name]] for name, values in one.items()}


def _changes(columns: tuple[Columns, Columns]) -> Mapping[sa.Table, ChangedColumns]:
    return {shape.table: ChangedColumns(each) for shape, each in zip((_ORDER, _ITEM), columns, strict=True) if each["order_id"]}


def _values(shape: Shape) -> Sequence[str]:
    return [name for name in shape.columns if name not in BOOKKEEPING]


def _reported(shape: Shape) -> Sequence[str]:
    return (*shape.newest, *shape.first, *shape.ever)


_ITEM_ID = _ITEM.columns.index("item_id")
_VALUES_OF_ORDER, _VALUES_OF_ITEM = _values(_ORDER), _values(_ITEM)
_REPORTED_OF_ORDER, _REPORTED_OF_ITEM = _reported(_ORDER), _reported(_ITEM)
