"""Derives columns again after a chunk of rows: of orders with their items and packages, facts of orders, and conversations."""

import datetime as dt
from collections import defaultdict
from collections.abc import Set
from operator import itemgetter

from sellerhealth.facts import Item, Message, Order, Refund, Reply, is_line
from sellerhealth.model.tables import Fact
from sellerhealth.store.changes import Values
from sellerhealth.store.derive import (
    CHILDREN,
    Classify,
    Zones,
    derive_answers,
    derive_child,
    derive_order,
    may_have_notes,
    note_order,
    note_refund,
)
from sellerhealth.store.merge import shape_of
from sellerhealth.store.unit_of_work import ORDER_PARTS, Key, UnitOfWork

Notes = dict[str, tuple[str | None, list[str]]]  # by fact key: its order and the codes of its notes, none if it is consistent
_inherited = itemgetter("marketplace", "channel", "deliver_by", "placed_on")  # columns of an order that decide about its facts


def rederive(work: UnitOfWork, zone_of: Zones, classify: Classify, noted: Set[str]) -> Notes:
    """Derives every fact that a change affects, and returns its notes, none of a fact that had some.

    `noted`: the first columns of the keys of all facts of the account with notes so far. To write the key of each fact takes as long as to derive it.
    """
    notes: Notes = {}
    _rederive_orders(work, zone_of, notes, noted)
    children: dict[type[Fact], set[Key]] = {fact: set(work.changed[fact]) for fact in CHILDREN}
    orders, stored = work.current[Order], work.stored[Order]
    with_news = orders.keys() - stored.keys()
    with_news |= {order_id for order_id, old in stored.items() if _inherited(old) != _inherited(orders[order_id])}
    for fact in CHILDREN:
        work.load(fact, "order_id", with_news)
        children[fact] |= {key for key, row in work.current[fact].items() if row["order_id"] in with_news}
    refunds = _refunds_of_orders(work, children[Refund])
    children[Refund].update(*(of_order.keys() for of_order in refunds.values()))
    parents = {work.current[fact][key]["order_id"] for fact, keys in children.items() for key in keys}
    work.load(Order, "order_id", parents - orders.keys() - {None})
    for fact, keys in children.items():
        first = shape_of(fact).key[0]
        for key in keys:
            row = work.current[fact][key]
            order = orders.get(row["order_id"])
            codes = list(derive_child(fact, row, order, zone_of, classify))
            if fact is Refund:
                codes += note_refund(row, [*refunds[row["order_id"]].values()], zone_of)
            if codes or row[first] in noted:
                notes[_fact_key(fact, row)] = row["order_id"], codes
    _rederive_conversations(work)
    return notes


def _refunds_of_orders(work: UnitOfWork, keys: set[Key]) -> dict[str, dict[Key, Values]]:
    """All refunds of the orders of some, by order and key: a new one may make another doubled."""
    order_ids = {work.current[Refund][key]["order_id"] for key in keys}
    work.load(Refund, "order_id", order_ids)
    refunds: dict[str, dict[Key, Values]] = {order_id: {} for order_id in order_ids}
    for key, row in work.current[Refund].items():
        if row["order_id"] in refunds:
            refunds[row["order_id"]][key] = row
    return refunds


def _rederive_orders(work: UnitOfWork, zone_of: Zones, notes: Notes, noted: Set[str]) -> None:
    changed, orders = work.changed[Order], work.current[Order]
    of_parts = {row["order_id"] for fact in ORDER_PARTS for row in (work.current[fact][key] for key in work.changed[fact])}
    of_parts |= _with_lines_restated(work)
    work.load(Order, "order_id", of_parts - changed.keys())
    affected = changed | dict.fromkeys(of_parts & orders.keys())
    for fact in ORDER_PARTS:
        work.load(fact, "order_id", affected.keys())
    items_of, packages_of = (work.by_order[fact] for fact in ORDER_PARTS)
    for order_id in affected:
        order = orders[order_id]
        items, packages = items_of.get(order_id, ()), packages_of.get(order_id, ())
        derive_order(order, items, packages, zone_of(order["marketplace"]))
        codes = list(note_order(order, items, packages)) if packages or may_have_notes(order) else []
        if codes or order_id in noted:
            notes[_fact_key(Order, order)] = order_id, codes
        if order_id in noted:
            notes |= {_fact_key(Item, item): (order_id, []) for item in items}
    for order_id in of_parts - affected.keys():
        notes |= {_fact_key(Item, item): (order_id, ["order_not_imported"]) for item in items_of.get(order_id, ())}


def _with_lines_restated(work: UnitOfWork) -> set[Key]:
    """The orders with lines that were reported again, or no longer: which report is newer decides, also where no value changes."""

    def restated(fact: type[Fact]) -> list[Values]:
        return [work.current[fact][key] for key, old in work.stored[fact].items() if old["versions"] != work.current[fact][key]["versions"]]

    order_ids = {row["order_id"] for row in (*restated(Order), *restated(Item))}
    work.load(Item, "order_id", order_ids)
    items = work.by_order[Item]
    return {order_id for order_id in order_ids if any(is_line(item["item_id"]) for item in items.get(order_id, ()))}


def _rederive_conversations(work: UnitOfWork) -> None:
    threads = {work.current[Reply][key]["thread_id"] for key in work.changed[Reply]}
    threads |= {row["thread_id"] or row["message_id"] for row in (work.current[Message][key] for key in work.changed[Message])}
    if not threads:
        return
    for fact, column in ((Message, "thread_id"), (Message, "message_id"), (Reply, "thread_id")):
        work.load(fact, column, threads)
    conversations: defaultdict[str, tuple[list[Values], list[Values]]] = defaultdict(lambda: ([], []))
    for row in work.current[Message].values():
        conversations[row["thread_id"] or row["message_id"]][0].append(row)
    for row in work.current[Reply].values():
        conversations[row["thread_id"]][1].append(row)
    for thread in threads:
        derive_answers(*conversations[thread])


def _fact_key(fact: type[Fact], row: Values) -> str:
    """The kind and the key of a fact, as notes store them."""
    key = shape_of(fact).key_of(row)
    parts = key if isinstance(key, tuple) else (key,)
    return " ".join((fact.__name__, *(part.isoformat() if isinstance(part, dt.datetime) else str(part) for part in parts)))
