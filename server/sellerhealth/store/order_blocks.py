"""Stores blocks of orders column by column: those of which nothing is stored yet, and those that replace all that is.

The plain way is to merge and derive their rows. Of an order in a block everything is in its line, and its derived columns follow from its own. So
nothing is merged where nothing is stored, or nothing but an older line of the same order, of which no value is left.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Set
from itertools import compress
from operator import itemgetter
from typing import Any, NamedTuple

import sqlalchemy as sa

from sellerhealth.facts import FACTS, FactOfOrder, Item, Order
from sellerhealth.sources import OrderBlock
from sellerhealth.sources.entries import Columns
from sellerhealth.sources.known_lines import LINES_HASH
from sellerhealth.store.account_rows import AccountRows
from sellerhealth.store.changes import Cells, ChangedColumns
from sellerhealth.store.derive import Zones, day_of, is_accepted
from sellerhealth.store.listings import Listings
from sellerhealth.store.merge import Shape, shape_of
from sellerhealth.store.unit_of_work import BOOKKEEPING

_ORDER, _ITEM = shape_of(Order), shape_of(Item)
_OTHERS: Sequence[sa.Table] = [fact.__table__ for fact in FACTS if issubclass(fact, FactOfOrder) and fact not in (Order, Item)]
_SAME = ("marketplace", "placed_on", "deliver_by_on")  # columns of an order that decide about more than itself: they must not change


class Stored(NamedTuple):
    """What was stored of a block: which orders, how many were new, and how many others have new values. `changes` are those of facts, by table."""

    chosen: Sequence[bool]
    new: int
    changed: int
    changes: Mapping[sa.Table, ChangedColumns]


class _Replaced(NamedTuple):
    """An order that replaces all that is stored of it: whether it has any other value, and whether one that a source reported."""

    is_changed: bool
    is_news: bool


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
        known = self._known((_ORDER.table, _ITEM.table), {*order_ids} - others)
        is_new = [order_id not in known and order_id not in others for order_id in order_ids]
        new = block.those(is_new)
        orders, items = self._columns(new)
        if new.lines:
            self._rows.save_columns(_ORDER, orders)
            self._rows.save_columns(_ITEM, items)
        if not known:
            return Stored(is_new, new.lines, 0, _changes((orders, items)))
        older = block.those([order_id in known for order_id in order_ids])
        columns = self._columns(older)
        found = self._replaced(older, columns, noted)
        is_replaced = [each is not None for each in found]
        replaced = [_chosen(each, is_replaced) for each in columns]
        if any(is_replaced):
            self._rows.replace_columns(_ORDER, replaced[0])
            self._rows.replace_columns(_ITEM, replaced[1])
        is_changed = [each is not None and each.is_changed for each in found]
        changed = [_chosen(each, is_changed) for each in columns]
        chosen = dict(zip(older.orders["order_id"], is_replaced, strict=True))
        return Stored(
            [new or chosen.get(order_id, False) for new, order_id in zip(is_new, order_ids, strict=True)],
            new.lines,
            sum(each is not None and each.is_news for each in found),
            _changes((_joined(orders, changed[0]), _joined(items, changed[1]))),
        )

    def _known(self, tables: Sequence[sa.Table], order_ids: Set[str]) -> Set[str]:
        """Those of some orders of which a row is stored."""
        known = set[str]()
        for table in tables:
            known.update(order_id for (order_id,) in self._rows.stored_cells(table, "order_id", order_ids - known, ("order_id",)))
        return known

    def _columns(self, block: OrderBlock) -> tuple[Columns, Columns]:
        """The columns of the orders of a block, and of their items, as they are when nothing else is known of them."""
        number, versions = block.lines, list(map(self._version_of, block.observed_at))
        accepted = list(map(is_accepted, block.orders["status"]))
        orders = {
            **block.orders,
            LINES_HASH: block.hashes,
            "versions": versions,
            "listed": [self._listings.listed] * number,
            "seen_accepted": [each or None for each in accepted],
            "accepted": accepted,
            "canceller_unknown": [False] * number,
            "units": block.items.get("quantity", [None] * number),
            "placed_on": self._days(block, "placed_at"),
            "deliver_by_on": self._days(block, "deliver_by"),
        }
        items = {**block.items, "versions": versions, "before_shipment": [False] * number, "requested": [False] * number}
        return self._complete(_ORDER, orders, number), self._complete(_ITEM, items, number)

    def _complete(self, shape: Shape, columns: Columns, number: int) -> Columns:
        """Columns with the account, and with those whose value for unknown is not null."""
        blank = {name: [value] * number for name, value in shape.blank.items() if value is not None}
        return {"account_id": [self._rows.account_id] * number, **blank, **columns}

    def _days(self, block: OrderBlock, name: str) -> Sequence[Any]:
        """The days of instants in the zones of their orders."""
        instants, zones = block.orders.get(name), {market: self._zone_of(market) for market in set(block.orders["marketplace"])}
        if instants is None or not any(instants):
            return [None] * block.lines
        return [day_of(instant, zones[market]) for instant, market in zip(instants, block.orders["marketplace"], strict=True)]

    def _replaced(self, block: OrderBlock, columns: tuple[Columns, Columns], noted: Collection[str]) -> Sequence[_Replaced | None]:
        """What each order replaces; None if something would be left of what is stored of it, or of what is derived from that."""
        order_ids = block.orders["order_id"]
        gone = self._listings.gone(Order)
        orders, items = (self._stored(shape, order_ids) for shape in (_ORDER, _ITEM))
        replaced: list[_Replaced | None] = []
        pairs = zip(order_ids, block.items["item_id"], *map(self._as_stored, (_ORDER, _ITEM), columns), strict=True)
        for order_id, item_id, order, item in pairs:
            is_noted = noted and (f"Order {order_id}" in noted or f"Item {order_id} {item_id}" in noted)
            if order_id in gone or is_noted or len(orders[order_id]) != 1 or len(items[order_id]) != 1:
                replaced.append(None)
                continue
            (old,), (old_item,) = orders[order_id], items[order_id]
            is_whole = _replaces(_ORDER, order, old) and _replaces(_ITEM, item, old_item)
            if (
                is_whole
                and (old[_LISTED] or "") <= order[_LISTED]
                and all(order[at] == old[at] for at in _SAME_AT)
                and item_id == old_item[_ITEM_ID]
            ):
                is_changed = _differs(order, old, _VALUES_OF_ORDER) or _differs(item, old_item, _VALUES_OF_ITEM)
                is_news = is_changed and (_differs(order, old, _REPORTED_OF_ORDER) or _differs(item, old_item, _REPORTED_OF_ITEM))
                replaced.append(_Replaced(is_changed, is_news))
            else:
                replaced.append(None)
        return replaced

    def _stored(self, shape: Shape, order_ids: Sequence[str]) -> Mapping[str, Sequence[Cells]]:
        """All that is stored in a table of some orders, by their numbers."""
        found: defaultdict[str, list[Cells]] = defaultdict(list)
        at = shape.columns.index("order_id")
        for cells in self._rows.stored_cells(shape.table, "order_id", set(order_ids), shape.columns):
            found[cells[at]].append(cells)
        return found

    def _as_stored(self, shape: Shape, columns: Columns) -> Iterator[Cells]:
        """Rows of columns as the database stores them."""
        number = len(columns["order_id"])
        stored = dict(zip(columns, self._rows.as_stored(shape.table, columns), strict=True))
        return zip(*(stored.get(name, [None] * number) for name in shape.columns), strict=True)


def _replaces(shape: Shape, new: Cells, old: Cells) -> bool:
    """Whether a row is newer than all of another one, and has a value wherever that has one."""
    at = shape.columns.index("versions")
    return (
        old[at] < new[at]
        and not old[at].startswith("{")
        and all(value is not None for value, stored in zip(new, old, strict=True) if stored is not None)
    )


def _differs(new: Cells, old: Cells, pick: Callable[[Cells], Cells]) -> bool:
    return pick(new) != pick(old)


def _chosen(columns: Columns, chosen: Sequence[bool]) -> Columns:
    return {name: list(compress(values, chosen)) for name, values in columns.items()}


def _joined(one: Columns, other: Columns) -> Columns:
    return {name: [*values, *other[name]] for name, values in one.items()}


def _changes(columns: tuple[Columns, Columns]) -> Mapping[sa.Table, ChangedColumns]:
    return {shape.table: ChangedColumns(each) for shape, each in zip((_ORDER, _ITEM), columns, strict=True) if each["order_id"]}


def _pick(shape: Shape, *, reported: bool) -> Callable[[Cells], Cells]:
    """Takes the values of a fact from its cells, all of them or the reported ones."""
    names = (*shape.newest, *shape.first, *shape.ever) if reported else [name for name in shape.columns if name not in BOOKKEEPING]
    return itemgetter(*map(shape.columns.index, names))


_LISTED, _ITEM_ID = _ORDER.columns.index("listed"), _ITEM.columns.index("item_id")
_SAME_AT = [_ORDER.columns.index(name) for name in _SAME]
_VALUES_OF_ORDER, _VALUES_OF_ITEM = (_pick(shape, reported=False) for shape in (_ORDER, _ITEM))
_REPORTED_OF_ORDER, _REPORTED_OF_ITEM = (_pick(shape, reported=True) for shape in (_ORDER, _ITEM))
