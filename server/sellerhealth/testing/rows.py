"""Row builders: each function adds a number of similar facts to an account. Any column can be set by its name.

The other columns have typical values, with instants around `Account.when`. A misspelt column raises a ValueError that suggests the right one.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from sellerhealth.facts import Chargeback, Claim, Feedback, Item, Message, Order, OrderStatus, Package, Refund, Violation
from sellerhealth.testing.clock import DAY, HOUR
from sellerhealth.testing.world import Account


def orders(account: Account, number: int = 0, *, early: int = 0, on_time: int = 0, late: int = 0, **columns: Any) -> list[str]:
    """Orders. Returns their ids, in the order of the parameters.

    `number` of them wait to be shipped and have no promised dates. The others are to be shipped within two days and delivered
    within three. Their shipment is confirmed a day and a half before its limit (`early`), an hour before it (`on_time`) or half
    a day after it (`late`), and all are delivered in time.
    """
    ids = [account.order(**columns) for _ in range(number)]
    for many, after in ((early, -36 * HOUR), (on_time, -HOUR), (late, DAY / 2)):
        for _ in range(many):
            placed_at = columns.get("placed_at") or account.when
            promised: dict[str, Any] = {
                "status": OrderStatus.SHIPPED,
                "ship_by": placed_at + 2 * DAY,
                "deliver_by": placed_at + 3 * DAY,
            } | columns
            ids.append(account.order(**promised))
            _deliver(account, ids[-1], (promised["ship_by"] or placed_at) + after, (promised["deliver_by"] or placed_at) - HOUR)
    return ids


def deliveries(account: Account, *, on_time: int = 0, late: int = 0, **columns: Any) -> list[str]:
    """Packages, each of its own order, shipped in time and delivered an hour before the promise (`on_time`) or a day after it (`late`).

    The columns are those of Package. Returns the ids of the orders.
    """
    ids = []
    for many, after in ((on_time, -HOUR), (late, DAY)):
        for _ in range(many):
            ship_by, deliver_by = account.when + 2 * DAY, account.when + 3 * DAY
            ids.append(account.order(status=OrderStatus.SHIPPED, ship_by=ship_by, deliver_by=deliver_by))
            _deliver(account, ids[-1], ship_by - HOUR, deliver_by + after, **columns)
    return ids


def packages(account: Account, order_ids: Iterable[str], **columns: Any) -> None:
    """A package for each order: confirmed, scanned and delivered, with a tracking number."""
    for order_id in order_ids:
        _deliver(account, order_id, account.when + DAY, account.when + 2 * DAY, **columns)


def claims(account: Account, order_ids: Iterable[str], **columns: Any) -> None:
    """An A-to-z claim on each order, opened a day later and granted at the seller's expense."""
    _add_to_orders(account, Claim, order_ids, {"opened_at": account.when + DAY, "state": "GRANTED_SELLER"} | columns)


def chargebacks(account: Account, order_ids: Iterable[str], **columns: Any) -> None:
    """A service chargeback on each order, filed a day later."""
    _add_to_orders(account, Chargeback, order_ids, {"filed_at": account.when + DAY, "kind": "SERVICE"} | columns)


def feedback(account: Account, order_ids: Iterable[str], **columns: Any) -> None:
    """Feedback on each order, left a day later, with five stars."""
    _add_to_orders(account, Feedback, order_ids, {"left_at": account.when + DAY, "rating": 5} | columns)


def refunds(account: Account, order_ids: Iterable[str], **columns: Any) -> None:
    """A refund for each order, granted a day later."""
    _add_to_orders(account, Refund, order_ids, {"refunded_at": account.when + DAY} | columns)


def cancellations(account: Account, order_ids: Iterable[str], **columns: Any) -> None:
    """Cancels existing orders as a whole, by default by the seller. The columns are those of Item, as in `cancelled_by="BUYER"`."""
    for order_id in order_ids:
        account.add(Order, order_id=order_id, status=OrderStatus.CANCELLED, observed_at=account.now + HOUR)
        account.add(Item, **({"order_id": order_id, "item_id": "*", "cancelled_by": "SELLER"} | columns))


def messages(account: Account, number: int = 1, *, hours: float | None = None, **columns: Any) -> list[str]:
    """Messages from buyers, answered after a number of hours, or not at all by default. Returns their ids."""
    ids = []
    for _ in range(number):
        values: dict[str, Any] = {"message_id": account.number(), "received_at": account.when} | columns
        if hours is not None:
            values = {"reported_answered_at": values["received_at"] + dt.timedelta(hours=hours)} | values
        account.add(Message, **values)
        ids.append(values["message_id"])
    return ids


def violations(account: Account, number: int = 1, **columns: Any) -> list[str]:
    """Open policy violations of high severity. Returns their ids."""
    ids = []
    for _ in range(number):
        values: dict[str, Any] = {"violation_id": account.number(), "detected_at": account.when, "severity": "HIGH"} | columns
        account.add(Violation, **values)
        ids.append(values["violation_id"])
    return ids


def _add_to_orders(account: Account, fact: Any, order_ids: Iterable[str], columns: dict[str, Any]) -> None:
    for order_id in order_ids:
        account.add(fact, **({"order_id": order_id} | columns))


def _deliver(account: Account, order_id: str, confirmed_at: dt.datetime, delivered_at: dt.datetime, **columns: Any) -> None:
    values: dict[str, Any] = {
        "package_id": "1",
        "confirmed_at": confirmed_at,
        "carrier": "UPS",
        "tracking_number": f"1Z{order_id}",
        "first_scan_at": confirmed_at,
        "delivered_at": delivered_at,
    }
    account.add(Package, **({"order_id": order_id} | values | columns))
