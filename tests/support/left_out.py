"""Worlds of which something was left out: orders with their stories, in full and with unknown cells or without some kinds of fact."""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from sellerhealth.facts import Chargeback, Claim, Feedback, Item, Message, Order, Package, Refund, Reply, Violation
from sellerhealth.model.tables import Fact, FactKind
from sellerhealth.testing import CLOCK, DAY, HOUR, US, Account

DE = "A1PA6795UKMFR9"
AGES = (4, 20)  # days: each is inside or outside of a window together with the days of all facts of its order
Cell = tuple[type[Fact], str]
STORIES: Mapping[str, Mapping[type[Fact], Mapping[str, Any]]] = {
    "fine": {},
    "replacement": {Order: {"is_replacement": True}},
    "waiting": {Order: {"status": "UNSHIPPED"}, Package: {}},
    "overdue": {Order: {"status": "UNSHIPPED", "ship_by": DAY}, Package: {}},
    "pending": {Order: {"status": "PENDING"}, Package: {}},
    "shipped in part": {Order: {"status": "PARTIALLY_SHIPPED"}},
    "shipped nobody knows when": {Package: {}},
    "late": {Package: {"confirmed_at": 60 * HOUR}},
    "late delivery": {Package: {"delivered_at": 6 * DAY}},
    "protected": {Package: {"delivered_at": 6 * DAY, "is_protected": True}},
    "many late units": {Package: {"delivered_at": 6 * DAY, "units": 500}},
    "many units attempted late": {Package: {"first_attempt_at": 6 * DAY, "delivered_at": None, "units": 500}},
    "many units": {Package: {"units": 500}},
    "untracked": {Package: {"tracking_number": None, "first_scan_at": None}},
    "unscanned": {Package: {"first_scan_at": None}},
    "scanned": {Package: {"first_scan_at": None, "scanned": True}},
    "exempt": {Package: {"exempt_reason": "small letter"}},
    "claim": {Claim: {"opened_at": 2 * DAY, "state": "GRANTED_SELLER", "decided_at": 3 * DAY}},
    "claim before shipment": {Order: {"status": "UNSHIPPED"}, Package: {}, Claim: {"opened_at": 2 * DAY, "state": "SELLER_REFUNDED"}},
    "claim of a pending order": {Order: {"status": "PENDING"}, Package: {}, Claim: {"opened_at": 2 * DAY, "state": "GRANTED_SELLER"}},
    "open claim": {Claim: {"opened_at": 2 * DAY}},
    "chargeback": {Chargeback: {"filed_at": 2 * DAY, "kind": "SERVICE"}},
    "poor feedback": {Feedback: {"left_at": 2 * DAY, "rating": 1, "comment": "late"}},
    "good feedback": {Feedback: {"left_at": 2 * DAY, "rating": 5}},
    "removed feedback": {Feedback: {"left_at": 2 * DAY, "rating": 1, "removed_at": 3 * DAY}},
    "removed praise": {Feedback: {"left_at": 2 * DAY, "rating": 5, "removed_at": 3 * DAY}},
    "praise struck through": {Feedback: {"left_at": 2 * DAY, "rating": 5, "struck_through": True}},
    "cancelled by the seller": {Order: {"status": "CANCELLED"}, Package: {}, Item: {"cancelled_by": "SELLER", "cancelled_at": DAY}},
    "wholly cancelled by the seller": {Order: {"status": "CANCELLED"}, Package: {}, Item: {"item_id": "*", "cancelled_by": "SELLER"}},
    "cancelled for the buyer": {Order: {"status": "CANCELLED"}, Package: {}, Item: {"cancelled_by": "SELLER", "buyer_asked": True}},
    "cancelled by the buyer": {Order: {"status": "CANCELLED", "ship_by": None}, Package: {}, Item: {"cancelled_by": "BUYER"}},
    "cancelled nobody knows by whom": {Order: {"status": "CANCELLED"}, Package: {}},
    "requested": {
        Order: {"status": "CANCELLED", "ship_by": None, "buyer_asked": True}, Package: {}, Claim: {"opened_at": DAY, "state": "GRANTED_SELLER"},
    },
    "requested for an item": {
        Order: {"status": "CANCELLED", "ship_by": None}, Package: {}, Item: {"buyer_asked": True}, Claim: {"opened_at": DAY, "state": "GRANTED_SELLER"},
    },
    "cancelled, with a claim": {Order: {"status": "CANCELLED"}, Package: {}, Claim: {"opened_at": DAY, "state": "GRANTED_SELLER"}},
    "seen as accepted": {
        Order: {"status": "CANCELLED", "ship_by": None, "seen_accepted": True}, Package: {}, Claim: {"opened_at": DAY, "state": "GRANTED_SELLER"},
    },
    "cancelled in part": {Order: {"status": "PARTIALLY_SHIPPED"}, Item: {"cancelled_by": "SELLER", "cancel_reason": "NoInventory"}},
    "cancelled in part nobody knows by whom": {Order: {"item_cancelled": True}},
    "line cancelled": {Order: {"item_cancelled": True}, Item: {"item_id": "sku:CUP:1", "cancelled": True, "buyer_asked": False}},
    "handed over, less one": {Item: {"cancelled_by": "SELLER", "quantity": 2, "quantity_shipped": 1}},
    "cancelled before the rest was shipped": {Item: {"cancelled_by": "SELLER", "cancelled_at": HOUR}},
    "expired": {Order: {"status": "CANCELLED"}, Package: {}, Item: {"cancelled_by": "AMAZON"}},
    "answered": {Message: {"received_at": DAY, "reported_answered_at": DAY + HOUR}},
    "slow answer": {Message: {"received_at": DAY, "reported_answered_at": 3 * DAY}},
    "no answer": {Message: {"received_at": DAY}},
    "automatic answer": {
        Message: {"received_at": DAY, "thread_id": "T"}, Reply: {"thread_id": "T", "sent_at": DAY + HOUR, "automatic": True},
    },
    "answered in the thread": {Message: {"received_at": DAY, "thread_id": "T"}, Reply: {"thread_id": "T", "sent_at": DAY + HOUR}},
    "slow answer in the thread": {Message: {"received_at": DAY, "thread_id": "T"}, Reply: {"thread_id": "T", "sent_at": 3 * DAY}},
    "nothing to answer": {Message: {"received_at": DAY, "reported_answered_at": DAY + HOUR, "needs_answer": False}},
    "refund": {Refund: {"refunded_at": 3 * DAY, "reason": "late"}},
    "violation": {Violation: {"detected_at": DAY, "category": "listing", "severity": "HIGH", "asin": "B0"}},
    "mild violation": {Violation: {"detected_at": DAY, "category": "safety", "severity": "LOW"}},
    "resolved violation": {Violation: {"detected_at": DAY, "resolved_at": 2 * DAY, "category": "listing"}},
}  # fmt: skip
USUAL: Mapping[type[Fact], Mapping[str, Any]] = {
    Order: {
        "placed_at": 0 * DAY, "marketplace": US, "channel": "SELLER", "status": "SHIPPED", "ship_by": 2 * DAY, "deliver_by": 4 * DAY,
        "is_replacement": False,
    },
    Package: {
        "package_id": "1", "confirmed_at": DAY, "tracking_number": "1Z", "carrier": "UPS", "category": "Books", "first_scan_at": 30 * HOUR,
        "delivered_at": 3 * DAY,
    },
}  # fmt: skip
DAYS: Mapping[type[Fact], str] = {Feedback: "left_at", Message: "received_at", Violation: "detected_at"}
KIND_OF: Mapping[type[Fact], FactKind] = {
    Order: FactKind.ORDER, Item: FactKind.ORDER, Package: FactKind.PACKAGE, Claim: FactKind.CLAIM, Chargeback: FactKind.CHARGEBACK,
    Feedback: FactKind.FEEDBACK, Message: FactKind.MESSAGE, Reply: FactKind.MESSAGE, Refund: FactKind.REFUND, Violation: FactKind.VIOLATION,
}  # fmt: skip


@dataclass(frozen=True)
class Story:
    """An order, what came of it, and which cells of its facts are left out."""

    age: int
    story: str
    channel: str
    marketplace: str
    left_out: frozenset[Cell] = frozenset()

    @property
    def is_cancelled(self) -> bool:
        """Whether the order is cancelled as a whole."""
        return STORIES[self.story].get(Order, {}).get("status") == "CANCELLED"

    def facts(self, order_id: str) -> Iterator[tuple[type[Fact], dict[str, Any]]]:
        """The facts of the order, in full."""
        of_story = STORIES[self.story]
        placed_at = CLOCK - self.age * DAY
        for fact in {**USUAL, **of_story}:
            seen = of_story.get(fact)
            if seen == {}:
                continue  # there is none
            values = {**USUAL.get(fact, {}), **(seen or {})}
            if fact is Order:
                values |= {"channel": self.channel, "marketplace": self.marketplace}
            if fact in (Message, Violation):
                values[f"{fact.__name__.lower()}_id"] = order_id
            if fact is Item:
                values = {"item_id": "1"} | values
            if "thread_id" in values:
                values["thread_id"] = f"T-{order_id}"
            instants = {name: placed_at + value for name, value in values.items() if isinstance(value, dt.timedelta)}
            key = {} if fact is Reply else {"order_id": order_id}
            yield fact, {**key, **{name: value for name, value in (values | instants).items() if value is not None}}


def stories(cells: Iterable[Cell]) -> st.SearchStrategy[Story]:
    """Stories of which up to three of these cells are left out."""
    return st.builds(
        Story,
        st.sampled_from(AGES),
        st.sampled_from([*STORIES]),
        st.sampled_from(["SELLER", "SELLER", "AMAZON"]),
        st.sampled_from([US, DE]),
        st.frozensets(st.sampled_from([*cells]), max_size=3),
    )


def tell(seller: Account, seen: Iterable[Story], *, cells: bool, without: Collection[FactKind] = ()) -> None:
    """Tells the stories, without some kinds of fact and, unless `cells`, without what is left out of each.

    The day of a fact is known if that of its order is not: with neither, the fact is in no window.
    """
    for number, story in enumerate(seen):
        for fact, values in story.facts(f"702-{number:07}-0000000"):
            left_out = set() if cells else {name for each, name in story.left_out if each is fact}
            if "order_id" in left_out or FactKind.ORDER in without:
                left_out.discard(DAYS.get(fact, ""))
            if KIND_OF[fact] not in without:
                seller.add(fact, **{name: value for name, value in values.items() if name not in left_out})
    seller.save()
