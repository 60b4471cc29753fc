"""What a seller's own systems tell, as our CSVs: one a fact. docs/import.md has the columns."""

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterator, Mapping, Sequence

from sellerhealth.demo.calendar import CLOCK
from sellerhealth.demo.history import History

Rows = Iterator[Sequence[object]]  # the names of the columns first


def own_file(name: str, history: History) -> bytes:
    """The file of a fact, as of the present."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([_cell(value) for value in row] for row in FILES[name](history))
    return text.getvalue().encode()


def _cell(value: object) -> object:
    """Empty for what is not known, and for what has not happened yet."""
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ") if value <= CLOCK else ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else value


def _packages(history: History) -> Rows:
    yield (
        "order_id package_id confirmed_at carrier tracking_number category units "
        "first_scan_at first_attempt_at delivered_at exempt_reason is_protected"
    ).split()
    for sale in history.sales:
        for parcel in () if sale.by_amazon else sale.parcels:
            if parcel.confirmed_at <= CLOCK:
                named = (sale.order_id, parcel.parcel_id, parcel.confirmed_at, parcel.carrier, parcel.tracking_number)
                content = (parcel.lines[0].product.category, sum(line.quantity for line in parcel.lines))
                journey = (parcel.scanned_at, parcel.attempted_at, parcel.delivered_at, parcel.exempt_reason, parcel.protected)
                yield named + content + journey


def _cancellations(history: History) -> Rows:
    yield "order_id item_id cancelled_by cancelled_at reason buyer_asked".split()
    for sale in history.sales:
        for line in () if sale.market in history.seller.without_api else sale.lines:
            told = line.cancellation
            if told is not None and told.at <= CLOCK:
                yield sale.order_id, line.line_id, told.by, told.at, told.reason, told.asked


def _claims(history: History) -> Rows:
    yield "order_id opened_at state decided_at".split()
    for claim in history.disputes:
        if claim.opened_at <= CLOCK:
            yield claim.sale.order_id, claim.opened_at, claim.state(CLOCK), claim.decided_at


def _chargebacks(history: History) -> Rows:
    yield "order_id filed_at kind".split()
    for chargeback in history.reversals:
        if chargeback.filed_at <= CLOCK:
            yield chargeback.sale.order_id, chargeback.filed_at, chargeback.kind


def _feedback(history: History) -> Rows:
    yield "order_id left_at rating comment removed_at struck_through".split()
    for rating in history.ratings:
        if rating.left_at <= CLOCK:
            yield rating.sale.order_id, rating.left_at, rating.stars, rating.comment, rating.removed_at, rating.struck_through


def _messages(history: History) -> Rows:
    yield "thread_id message_id from sent_at order_id needs_answer automatic marketplace".split()
    for letter in history.letters:
        if letter.written_at <= CLOCK:
            about = ("SELLER", None, letter.automatic) if letter.by_seller else ("BUYER", letter.needs_answer, None)
            by, needs_answer, automatic = about
            yield letter.thread_id, letter.letter_id, by, letter.written_at, letter.order_id, needs_answer, automatic, letter.market.key


def _refunds(history: History) -> Rows:
    yield "order_id refunded_at reason".split()
    for refund in history.repayments:
        if refund.refunded_at <= CLOCK:
            yield refund.sale.order_id, refund.refunded_at, refund.reason


def _violations(history: History) -> Rows:
    yield "violation_id detected_at category severity asin resolved_at marketplace".split()
    (home, *_) = history.seller.markets
    for number, breach in enumerate(history.seller.breaches, start=1):
        found = CLOCK - dt.timedelta(breach.found)
        resolved = None if breach.resolved is None else CLOCK - dt.timedelta(breach.resolved)
        yield f"PV-{number:04}", found, breach.category, breach.severity, breach.asin, resolved, home.key


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
