"""Writes a seller's own data in our CSV formats, one for each kind of fact. docs/import.md has the columns."""

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sellerhealth.demo.calendar import CLOCK
from sellerhealth.demo.history import History

Rows = Iterator[Sequence[object]]  # the header first


def own_file(name: str, history: History) -> bytes:
    """The file of a kind of fact, as of the present."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows(map(_cells, FILES[name](history)))
    return text.getvalue().encode()


def _cells(row: Sequence[object]) -> Sequence[object]:
    return [_WRITE[kind](value) if (kind := type(value)) in _WRITE else value for value in row]


# csv writes None as an empty cell. Empty is also what has not happened yet.
_WRITE: Mapping[type, Callable[[Any], str]] = {
    dt.datetime: lambda instant: f"{instant.isoformat()[:19]}Z" if instant <= CLOCK else "",
    bool: lambda value: "yes" if value else "no",
}


def _packages(history: History) -> Rows:
    yield (
        "order_id package_id confirmed_at carrier tracking_number category units "
        "first_scan_at first_attempt_at delivered_at exempt_reason is_protected"
    ).split()
    for order in history.orders:
        for package in () if order.by_amazon else order.packages:
            if package.confirmed_at <= CLOCK:
                identity = (order.order_id, package.package_id, package.confirmed_at, package.carrier, package.tracking_number)
                content = (package.items[0].product.category, sum(item.quantity for item in package.items))
                journey = (package.scanned_at, package.attempted_at, package.delivered_at, package.exempt_reason, package.protected)
                yield identity + content + journey


def _cancellations(history: History) -> Rows:
    yield "order_id item_id cancelled_by cancelled_at reason buyer_asked".split()
    for order in history.orders:
        for item in () if order.market in history.seller.without_api else order.items:
            cancelled = item.cancellation
            if cancelled is not None and cancelled.at <= CLOCK:
                yield order.order_id, item.item_id, cancelled.by, cancelled.at, cancelled.reason, cancelled.requested_by_buyer


def _claims(history: History) -> Rows:
    yield "order_id opened_at state decided_at".split()
    for claim in history.claims:
        if claim.opened_at <= CLOCK:
            yield claim.order.order_id, claim.opened_at, claim.state(CLOCK), claim.decided_at


def _chargebacks(history: History) -> Rows:
    yield "order_id filed_at kind".split()
    for chargeback in history.chargebacks:
        if chargeback.filed_at <= CLOCK:
            yield chargeback.order.order_id, chargeback.filed_at, chargeback.kind


def _feedback(history: History) -> Rows:
    yield "order_id left_at rating comment removed_at struck_through".split()
    for each in history.feedback:
        if each.left_at <= CLOCK:
            yield each.order.order_id, each.left_at, each.stars, each.comment, each.removed_at, each.struck_through


def _messages(history: History) -> Rows:
    yield "thread_id message_id from sent_at order_id needs_answer automatic marketplace".split()
    for message in history.messages:
        if message.written_at <= CLOCK:
            sender, needs_answer, automatic = (
                ("SELLER", None, message.automatic) if message.by_seller else ("BUYER", message.needs_answer, None)
            )
            yield (
                message.thread_id,
                message.message_id,
                sender,
                message.written_at,
                message.order_id,
                needs_answer,
                automatic,
                message.market.key,
            )


def _refunds(history: History) -> Rows:
    yield "order_id refunded_at reason".split()
    for refund in history.refunds:
        if refund.refunded_at <= CLOCK:
            yield refund.order.order_id, refund.refunded_at, refund.reason


def _violations(history: History) -> Rows:
    yield "violation_id detected_at category severity asin resolved_at marketplace".split()
    (home, *_) = history.seller.markets
    for number, violation in enumerate(history.seller.violations, start=1):
        detected, resolved = violation.detected_at, violation.resolved_at
        yield f"PV-{number:04}", detected, violation.category, violation.severity, violation.asin, resolved, home.key


FILES: Mapping[str, Callable[[History], Rows]] = {
    "packages": _packages,
    "cancellations": _cancellations,
    "claims": _claims,
    "chargebacks": _chargebacks,
    "feedback": _feedback,
    "messages": _messages,
    "refunds": _refunds,
    "violations": _violations,
}
