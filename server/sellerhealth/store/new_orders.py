"""Stores orders of which the account has nothing yet, column by column. The plain way is to merge and derive their rows.

Of such an order everything is in its line: nothing is merged, nothing else depends on it, and its derived columns follow from its own.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from typing import Any

import sqlalchemy as sa

from sellerhealth.facts import FACTS, FactOfOrder, Item, Order
from sellerhealth.sources import OrderBlock
from sellerhealth.sources.entries import Columns
from sellerhealth.sources.known_lines import LINES_HASH
from sellerhealth.store.account_rows import AccountRows
from sellerhealth.store.derive import Zones, day_of, is_accepted
from sellerhealth.store.merge import Shape, shape_of
from sellerhealth.store.unit_of_work import Change

_TABLES: Sequence[sa.Table] = [fact.__table__ for fact in FACTS if issubclass(fact, FactOfOrder)]


class NewFacts:
    """Facts that were stored by column, as changes row by row."""

    def __init__(self, shape: Shape, columns: Columns) -> None:
        self._shape, self._columns = shape, columns

    def __iter__(self) -> Iterator[Change]:
        blank = dict.fromkeys(self._shape.columns)
        for values in zip(*self._columns.values(), strict=True):
            yield blank | dict(zip(self._columns, values, strict=True)), None


def known_orders(rows: AccountRows, order_ids: Sequence[str]) -> Set[str]:
    """Those of some orders of which anything is stored."""
    known = set[str]()
    for table in _TABLES:
        known.update(order_id for (order_id,) in rows.stored_cells(table, "order_id", set(order_ids) - known, ("order_id",)))
    return known


def store_new(
    rows: AccountRows, block: OrderBlock, listed: str, zone_of: Zones, version_of: Callable[[dt.datetime], str]
) -> Mapping[sa.Table, NewFacts]:
    """Stores the orders of a block with their items, and returns them by table. `listed`: the instant of the report that lists them."""
    number = block.lines
    versions = list(map(version_of, block.observed_at))
    items = _complete(
        Item, rows.account_id, {**block.items, "versions": versions, "before_shipment": [False] * number, "requested": [False] * number}
    )
    accepted = list(map(is_accepted, block.orders["status"]))
    orders = _complete(
        Order,
        rows.account_id,
        {
            **block.orders,
            LINES_HASH: block.hashes,
            "versions": versions,
            "listed": [listed] * number,
            "seen_accepted": [each or None for each in accepted],
            "accepted": accepted,
            "canceller_unknown": [False] * number,
            "units": block.items.get("quantity", [None] * number),
            "placed_on": _days(block, "placed_at", zone_of),
            "deliver_by_on": _days(block, "deliver_by", zone_of),
        },
    )
    rows.save_columns(shape_of(Order), orders)
    rows.save_columns(shape_of(Item), items)
    return {shape_of(Order).table: NewFacts(shape_of(Order), orders), shape_of(Item).table: NewFacts(shape_of(Item), items)}


def _complete(fact: type[Order | Item], account_id: int, columns: Columns) -> Columns:
    """Columns with those whose value for unknown is not null."""
    number = len(columns["order_id"])
    blank = {name: [value] * number for name, value in shape_of(fact).blank.items() if value is not None}
    return {"account_id": [account_id] * number, **blank, **columns}


def _days(block: OrderBlock, name: str, zone_of: Zones) -> Sequence[Any]:
    """The days of instants in the zones of their orders."""
    instants, zones = block.orders.get(name), {market: zone_of(market) for market in set(block.orders["marketplace"])}
    if instants is None or not any(instants):
        return [None] * block.lines
    return [day_of(instant, zones[market]) for instant, market in zip(instants, block.orders["marketplace"], strict=True)]
