"""Computes derived columns from reported ones when a fact is stored. Pure functions over rows as dicts.

Days are those of the marketplace's time zone. Durations are in whole seconds, rounded up, so that 24:00:00.5 is more than
24 hours. Contradictions are stored as reported, and noted: `NOTES` describes them.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sellerhealth.facts import (
    Channel,
    Chargeback,
    ChargebackKind,
    Claim,
    Feedback,
    FeedbackClass,
    Message,
    OrderStatus,
    Package,
    Party,
    Refund,
    Violation,
    is_line,
    items_once,
)
from sellerhealth.model.tables import UNKNOWN, Fact
from sellerhealth.store.cancellations import before_shipment, cancellations_of, first_canceller, says_nothing

Values = dict[str, Any]
Zones = Callable[[str], ZoneInfo]  # from a marketplace to its zone
Classify = Callable[[int, str | None], FeedbackClass]

NOTES = {
    "answered_before_received": "Messages are said to be answered before they were received; that answer is left out.",
    "canceller_unknown": "Orders were cancelled, wholly or in part, and no source says by whom; they are unproven.",
    "channel_unknown": "Orders have no known channel; where a metric asks for it, they are unproven.",
    "chargeback_kind_unknown": "Chargebacks are not known to be about service or fraud; they are not counted.",
    "confirmed_before_placed": "Packages were confirmed as shipped before their order was placed.",
    "day_unknown": "Facts have no known day, nor does their order; they are in no window.",
    "decided_before_opened": "Claims were decided before they were opened.",
    "delivered_before_shipped": "Packages were delivered, or delivery was attempted, before they were scanned or confirmed as shipped.",
    "feedback_doubled": "A report has a second, different row about the feedback on an order; one of the two was kept.",
    "feedback_gone": "Feedback is missing in a newer report of its time, so it may have been removed or given more stars; it counts until a source says so.",
    "order_gone": "Orders are missing in a newer report of their time; they count all the same.",
    "order_not_imported": "Facts name an order that was never imported.",
    "package_doubled": "Packages of an order have the same tracking number, so one of them may be known under two keys; each counts.",
    "refund_doubled": "Orders have a refund of which only the day is known, and another one, so one may be known twice; each is a fact.",
    "removed_before_left": "Feedback was removed before it was left.",
    "request_of_order": "The buyer's request to cancel is known for the order only and counts for all its items. Importing its report again shows for which.",
    "resolved_before_detected": "Violations were resolved before they were detected.",
    "shipped_and_cancelled": "Orders are cancelled as a whole although packages were confirmed as shipped.",
    "status_unknown": "Orders have no known status; where a metric asks for it, they are unproven.",
}

_ACCEPTED = frozenset(
    map(str, (OrderStatus.SHIPPED, OrderStatus.UNSHIPPED, OrderStatus.PARTIALLY_SHIPPED, OrderStatus.UNFULFILLABLE)),
)


def is_accepted(status: str | None) -> bool:
    """Whether a status proves that an order was accepted: it is beyond pending, and not cancelled."""
    return status in _ACCEPTED


def day_of(instant: dt.datetime | None, zone: ZoneInfo) -> dt.date | None:
    """The day of an instant in a zone."""
    if instant is None:
        return None
    return instant.date() if zone.key == "UTC" else instant.astimezone(zone).date()


def seconds_between(start: dt.datetime | None, end: dt.datetime | None) -> int | None:
    """Whole seconds from one instant to another, rounded up; None while either is unknown."""
    if start is None or end is None:
        return None
    between = end - start  # in whole numbers: dividing one duration by another takes longer
    return between.days * 86_400 + between.seconds + (between.microseconds > 0)


def working_days_between(start: dt.date, end: dt.date) -> int:
    """The days from Monday to Friday after `start`, up to and including `end`."""
    weeks, rest = divmod((end - start).days, 7)
    return weeks * 5 + sum((start.weekday() + day) % 7 < 5 for day in range(1, rest + 1))


# ---------------------------------------------------------------- an order, from its items and packages


def derive_order(order: Values, items: Sequence[Values], packages: Sequence[Values], zone: ZoneInfo) -> None:
    """Computes the derived columns of an order and of its items."""
    order["placed_on"], order["deliver_by_on"] = day_of(order["placed_at"], zone), day_of(order["deliver_by"], zone)
    order["units"] = _units(items)
    if packages or order["shipped_at"] is not None:  # else, as facts are never removed, the columns have their defaults
        _derive_shipment(order, packages, zone)
    if says_nothing(order, items):
        # Fast path for nearly every order: what the rules below lead to where no source reports a cancellation or a request.
        order["cancelled_at"] = order["cancelled_by"] = None
        order["buyer_cancelled"] = order["canceller_unknown"] = False
        order["accepted"] = bool(order["seen_accepted"]) or order["confirmed_at"] is not None or is_accepted(order["status"])
        for item in items:
            item["before_shipment"] = item["requested"] = False
        return
    order["cancelled_at"] = min((i["cancelled_at"] for i in items if i["cancelled_at"] is not None), default=None)
    order["cancelled_by"] = first_canceller(items)
    order["buyer_cancelled"] = cancellations_of(order, items).any_requested or order["cancelled_by"] == Party.BUYER
    known = order["status"] is not None
    possible = [_by_status(order if known else {**order, "status": status}, items) for status in ([None] if known else OrderStatus)]
    for row, *columns in zip([order, *items], *possible, strict=True):
        row |= columns[0] if known else _agreed(columns)


def _derive_shipment(order: Values, packages: Sequence[Values], zone: ZoneInfo) -> None:
    confirmations = [p["confirmed_at"] for p in packages if p["confirmed_at"] is not None]
    if not confirmations and order["shipped_at"] is not None:
        confirmations = [order["shipped_at"]]
    order["confirmed_at"] = min(confirmations, default=None)
    order["late_by"] = seconds_between(order["ship_by"], max(confirmations, default=None))
    deliveries = [p["delivered_at"] for p in packages]
    order["delivered_at"] = max(deliveries) if deliveries and None not in deliveries else None
    placed_on, delivered_on = order["placed_on"], day_of(order["delivered_at"], zone)
    order["delivered_on"] = delivered_on
    order["delivered_working_days"] = working_days_between(placed_on, delivered_on) if placed_on and delivered_on else None


def _units(items: Sequence[Values]) -> int | None:
    """The units of an order; None while those of an item are unknown, or no item is known."""
    if len(items) == 1 and is_line(items[0]["item_id"]):  # of most orders of a flat file
        quantity: int | None = items[0]["quantity"]
        return quantity
    units = [item["quantity"] for item in items_once(items)]
    return None if not units or None in units else sum(units)


def _by_status(order: Values, items: Sequence[Values]) -> Iterator[Values]:
    """The columns that the status of an order decides: those of the order, then those of each item."""
    cancellations = cancellations_of(order, items)
    accepted = _accepted(order, requested=cancellations.any_requested)
    yield {"accepted": accepted, "canceller_unknown": cancellations.canceller_unknown}
    for item in items:
        yield {"before_shipment": before_shipment(item, order), "requested": cancellations.requested(item)}


def _agreed(possible: Sequence[Values]) -> Values:
    """What holds whatever the status is: of each column its value if all are the same, else None."""
    first, *others = possible
    return {name: value if all(other[name] == value for other in others) else None for name, value in first.items()}


def _accepted(order: Values, *, requested: bool) -> bool:
    """Whether the order became the seller's. See docs/spec/facts.md#accepted-orders.

    Sellers can cancel only accepted orders, buyers must request it only then, and Amazon sets a ship-by instant only then.
    """
    if order["seen_accepted"] or order["confirmed_at"] is not None or is_accepted(order["status"]):
        return True
    if order["status"] != OrderStatus.CANCELLED:
        return bool(order["cancelled_by"] == Party.SELLER)
    return requested or order["cancelled_by"] == Party.SELLER or order["ship_by"] is not None


def may_have_notes(order: Values) -> bool:
    """Whether an order without packages can have a note: a quick test, since nearly every order of a large file has none."""
    return bool(
        order["canceller_unknown"]
        or order["buyer_asked"]
        or order["channel"] == UNKNOWN
        or order["status"] is None
        or order["placed_at"] is None
    )


def note_order(order: Values, items: Sequence[Values], packages: Sequence[Values]) -> Iterator[str]:
    """The note codes of an order."""
    if order["channel"] == UNKNOWN:
        yield "channel_unknown"
    if order["status"] is None:
        yield "status_unknown"
    if order["placed_at"] is None:
        yield "day_unknown"
    if order["canceller_unknown"] and order["channel"] != Channel.AMAZON:
        yield "canceller_unknown"
    if order["buyer_asked"] and order["channel"] != Channel.AMAZON and cancellations_of(order, items).request_is_of_order_only:
        yield "request_of_order"
    called_off = order["status"] == OrderStatus.CANCELLED or any(i["item_id"] == "*" and i["before_shipment"] for i in items)
    if called_off and order["confirmed_at"] is not None:
        yield "shipped_and_cancelled"
    if order["placed_at"] is not None and any(p["confirmed_at"] is not None and p["confirmed_at"] < order["placed_at"] for p in packages):
        yield "confirmed_before_placed"
    tracked = [p["tracking_number"] for p in packages if p["tracking_number"] is not None] if len(packages) > 1 else []
    if len(set(tracked)) < len(tracked):
        yield "package_doubled"


# ---------------------------------------------------------------- facts that belong to an order


def derive_child(fact: type[Fact], row: Values, order: Values | None, zones: Zones, classify: Classify) -> Iterator[str]:
    """Computes the derived columns of a fact that may belong to an order, and yields its note codes."""
    of_order = order["marketplace"] if order is not None else UNKNOWN
    row["marketplace"] = of_order if of_order != UNKNOWN else row["reported_marketplace"] or UNKNOWN
    if order is None and row["order_id"] is not None:
        yield "order_not_imported"
    yield from _RULES[fact](row, order, zones(row["marketplace"]), classify)
    if (day := _DAYS.get(fact)) is not None and row[day] is None and (fact is not Package if order is None else order["placed_on"] is None):
        yield "day_unknown"  # the day of a package is that of its order


def _package(row: Values, order: Values | None, zone: ZoneInfo, classify: Classify) -> Iterator[str]:
    row["channel"] = order["channel"] if order is not None else UNKNOWN
    row["deliver_by"] = order["deliver_by"] if order is not None else None
    row["promised_on"] = day_of(row["deliver_by"], zone)
    row["confirmed_on"], row["delivered_on"] = day_of(row["confirmed_at"], zone), day_of(row["delivered_at"], zone)
    row["attempted_at"] = row["first_attempt_at"] or row["delivered_at"]
    row["unit_count"] = max(1, row["units"] or 1)
    row["tracked"] = bool(row["tracking_number"]) and (bool(row["scanned"]) or row["first_scan_at"] is not None)
    arrived = min((i for i in (row["first_attempt_at"], row["delivered_at"]) if i is not None), default=None)
    left = [i for i in (row["first_scan_at"], row["confirmed_at"]) if i is not None]
    if arrived is not None and any(arrived < instant for instant in left):
        yield "delivered_before_shipped"


def _claim(row: Values, order: Values | None, zone: ZoneInfo, classify: Classify) -> Iterator[str]:
    row["opened_on"] = day_of(row["opened_at"], zone)
    if row["decided_at"] is not None and row["decided_at"] < row["opened_at"]:
        yield "decided_before_opened"


def _chargeback(row: Values, order: Values | None, zone: ZoneInfo, classify: Classify) -> Iterator[str]:
    row["filed_on"] = day_of(row["filed_at"], zone)
    if row["kind"] in (None, ChargebackKind.UNKNOWN):
        yield "chargeback_kind_unknown"


def _feedback(row: Values, order: Values | None, zone: ZoneInfo, classify: Classify) -> Iterator[str]:
    row["left_on"] = day_of(row["left_at"], zone)
    row["classification"] = None if row["rating"] is None else str(classify(row["rating"], row["comment"]))
    if row["doubled"]:
        yield "feedback_doubled"
    if row["removed_at"] is not None and row["left_at"] is not None and row["removed_at"] < row["left_at"]:
        yield "removed_before_left"


def _refund(row: Values, order: Values | None, zone: ZoneInfo, classify: Classify) -> Iterator[str]:
    row["refunded_on"] = day_of(row["refunded_at"], zone)
    yield from ()


def note_refund(row: Values, refunds: Sequence[Values], zones: Zones) -> Iterator[str]:
    """The note codes of a refund beside all of its order: one whose instant is the start of a day may be another one, by another source."""
    if len(refunds) > 1 and row["refunded_at"].astimezone(zones(row["marketplace"])).time() == dt.time():
        yield "refund_doubled"


def _message(row: Values, order: Values | None, zone: ZoneInfo, classify: Classify) -> Iterator[str]:
    row["received_on"] = day_of(row["received_at"], zone)
    answered, received = row["reported_answered_at"], row["received_at"]
    if answered is not None and received is not None and answered < received:
        yield "answered_before_received"


def _violation(row: Values, order: Values | None, zone: ZoneInfo, classify: Classify) -> Iterator[str]:
    row["detected_on"] = day_of(row["detected_at"], zone)
    if row["resolved_at"] is not None and row["detected_at"] is not None and row["resolved_at"] < row["detected_at"]:
        yield "resolved_before_detected"


_RULES: dict[type[Fact], Callable[[Values, Values | None, ZoneInfo, Classify], Iterator[str]]] = {
    Package: _package,
    Claim: _claim,
    Chargeback: _chargeback,
    Feedback: _feedback,
    Refund: _refund,
    Message: _message,
    Violation: _violation,
}
CHILDREN = tuple(_RULES)
_DAYS = {Package: "promised_on", Feedback: "left_on", Message: "received_on", Violation: "detected_on"}  # those that may be unknown


# ---------------------------------------------------------------- a conversation


def derive_answers(messages: Sequence[Values], replies: Sequence[Values]) -> None:
    """Finds the answer to each message of a conversation: the seller's first reply after it, automatic ones left out.

    See docs/spec/facts.md#answers-to-messages.
    """
    sent_by_people = sorted(r["sent_at"] for r in replies if not r["automatic"])
    for message in messages:
        received = message["received_at"]
        reported = message["reported_answered_at"]
        answers = [reported] if reported is not None and (received is None or reported >= received) else []
        if received is not None:
            answers += [sent for sent in sent_by_people if sent >= received][:1]
        message["answered_at"] = min(answers, default=None)
        message["answered_after"] = seconds_between(received, message["answered_at"])
