"""Facts: the tables that metrics count. Every fact belongs to an account; a fact of an order has its `order_id`.

There are three kinds of columns. The comment of a column in the database gives its meaning and unit:

- **key**: identifies the fact within its account;
- **reported**: filled in by sources. No source knows everything, so every reported column may be empty: null, or `UNKNOWN` if metrics
  are split by it. The newest source wins; an empty cell never overwrites a value. Each column declares whether its empty cell is
  unknown, or has a meaning of its own;
- **derived**: computed in Python from reported columns when a fact is stored: days in the time zone of the marketplace, durations
  in whole seconds, what an order knows through its packages. So no query does date arithmetic.

Instants are UTC. Names and definitions follow docs/metrics.md.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlmodel import AutoString

from sellerhealth.model.tables import (
    UNKNOWN,
    Column,
    Fact,
    FactKind,
    column,
    condition,
    derived,
    index_of,
    key,
    one_of,
    relate_by_order,
    reported,
    table,
)
from sellerhealth.model.unknown_cells import index_gaps


class Channel(StrEnum):
    """Who fulfils an order: Amazon's MFN is SELLER, AFN is AMAZON."""

    SELLER = "SELLER"
    AMAZON = "AMAZON"


class OrderStatus(StrEnum):
    """The status of an order."""

    PENDING = "PENDING"
    UNSHIPPED = "UNSHIPPED"
    PARTIALLY_SHIPPED = "PARTIALLY_SHIPPED"
    SHIPPED = "SHIPPED"
    CANCELLED = "CANCELLED"
    UNFULFILLABLE = "UNFULFILLABLE"


class Party(StrEnum):
    """The party that did something."""

    BUYER = "BUYER"
    SELLER = "SELLER"
    AMAZON = "AMAZON"


class ClaimState(StrEnum):
    """The state of an A-to-z claim."""

    OPEN = "OPEN"
    GRANTED_SELLER = "GRANTED_SELLER"
    GRANTED_AMAZON = "GRANTED_AMAZON"
    SELLER_REFUNDED = "SELLER_REFUNDED"
    ORDER_CANCELLED = "ORDER_CANCELLED"
    DENIED = "DENIED"
    WITHDRAWN = "WITHDRAWN"


class ChargebackKind(StrEnum):
    """What a chargeback is about."""

    SERVICE = "SERVICE"
    FRAUD = "FRAUD"
    UNKNOWN = "UNKNOWN"


class Severity(StrEnum):
    """How bad a policy violation is."""

    CRITICAL = "CRITICAL"
    HIGH = "HIGH"
    MEDIUM = "MEDIUM"
    LOW = "LOW"


class FeedbackClass(StrEnum):
    """The class of a piece of feedback."""

    POSITIVE = "POSITIVE"
    NEUTRAL = "NEUTRAL"
    NEGATIVE = "NEGATIVE"


_ACCOUNT = "The account it belongs to."
_ORDER = "Amazon's number of its order."
_VERSIONS = "Which version each of its reported columns has: see store/merge.py."
_LISTED = "When it was last in a report, even if in nothing but its number: see store/listings.py."
_LINES_HASH = (
    "A hash of lines of a report that were read and stored as a whole, so that they need not be read again: see store/known_lines.py."
)
_REPORTED_MARKETPLACE = "The marketplace that the source named; the order's own takes precedence once it is known."
_MARKETPLACE = "The marketplace: that of its order, else the one that the source named, else UNKNOWN."


WHOLE_ORDER = "*"  # the id of an item that is the whole order
_LINE = "sku:"


def line_id(sku: str | None, occurrence: int) -> str:
    """The id of a line of an order, for sources that do not know Amazon's number of it: the nth line with this SKU."""
    return f"{_LINE}{sku or ''}:{occurrence}"


def is_line(item_id: str) -> bool:
    """Whether the id of an item was made by `line_id`."""
    return item_id.startswith(_LINE)


def items_once(items: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The items of an order, each once. What is about the order as a whole is no item.

    Flat files know an item by its line, other sources by Amazon's number of it, and nobody knows which are the same. So the lines are left
    out once as many items have a number, unless their units are known and those of the numbered ones are not.
    """
    numbered = [item for item in items if item["item_id"] != WHOLE_ORDER and not is_line(item["item_id"])]
    lines = [item for item in items if is_line(item["item_id"])]
    if len(numbered) < len(lines):
        return lines
    return lines if lines and _has_all_units(lines) and not _has_all_units(numbered) else numbered


def _has_all_units(items: Sequence[Mapping[str, Any]]) -> bool:
    return all(item["quantity"] is not None for item in items)


class FactOfOrder(Fact):
    """A fact with the number of its order: the order itself, or what belongs to one. It can look up every other of the same order."""

    if TYPE_CHECKING:  # made by `relate_by_order`; none leads from a fact to itself
        order: Column["Order"]
        items: Column[list["Item"]]
        packages: Column[list["Package"]]
        claims: Column[list["Claim"]]
        chargebacks: Column[list["Chargeback"]]
        feedback: Column[list["Feedback"]]
        messages: Column[list["Message"]]
        refunds: Column[list["Refund"]]
        violations: Column[list["Violation"]]


class Item(FactOfOrder, table=True):
    """A line of an order. The id `*` means the whole order; `sku:CUP-1:2` the second line with this SKU, of a source without numbers."""

    __tablename__ = "items"
    __table_args__ = table(one_of("cancelled_by", Party))
    fact_kind = FactKind.ORDER
    gaps = (("before_shipment", "requested"),)

    account_id: Column[int] = key(_ACCOUNT, sa_type=sa.BigInteger)
    order_id: Column[str] = key(_ORDER)
    item_id: Column[str] = key("Amazon's number of the line, or `*` for the whole order.")
    sku: Column[str | None] = reported("The seller's number of the product.", unknown=True, driver="sku")
    asin: Column[str | None] = reported("Amazon's number of the product.", unknown=True, driver="asin")
    quantity: Column[int | None] = reported("How many units were ordered.", unknown=True)
    quantity_shipped: Column[int | None] = reported("How many units were confirmed as shipped.", unknown=True)
    cancelled: Column[bool | None] = reported(
        "Whether it was cancelled while the order as a whole was not, for sources that do not say by whom."
    )
    cancelled_by: Column[str | None] = reported(
        "Who cancelled it: BUYER, SELLER or AMAZON. Null while nobody did or nobody said.", sa_type=AutoString
    )
    cancelled_at: Column[dt.datetime | None] = reported(
        "When it was cancelled. Few sources know.", unknown=lambda: Item.cancelled_at.is_(None) & Item.cancelled_by.is_not(None)
    )
    cancel_reason: Column[str | None] = reported(
        "The reason in Amazon's word.", unknown=lambda: Item.cancel_reason.is_(None) & Item.cancelled_by.is_not(None)
    )
    buyer_asked: Column[bool | None] = reported("Whether the buyer asked for the cancellation through Amazon.")
    before_shipment: Column[bool | None] = derived(
        "Whether it was cancelled, and before it was confirmed as shipped. Null while it depends on an unknown status of the order.",
        unknown=lambda: Item.before_shipment.is_(None) & Item.cancelled_by.is_not(None),
        lacks="orders.status",
    )
    requested: Column[bool | None] = derived(
        "Whether the buyer asked for its cancellation: for it, or for the whole order. Null while it depends on an unknown status of the order.",
        unknown=True,
        lacks="orders.status",
    )
    versions: Column[str] = column(_VERSIONS, default="")

    cancelled_by_seller = condition(
        "Cancelled by the seller before shipping, not at the buyer's request.",
        lambda: Item.before_shipment & (Item.cancelled_by == Party.SELLER) & Item.requested.is_not(True),
    )
    expired = condition(
        "Cancelled by Amazon because it was not confirmed, not at the buyer's request.",
        lambda: Item.before_shipment & (Item.cancelled_by == Party.AMAZON) & Item.requested.is_not(True),
    )


class Package(FactOfOrder, table=True):
    """A package of an order, confirmed as shipped or about to be."""

    __tablename__ = "packages"
    __table_args__ = table(
        one_of("channel", Channel, UNKNOWN),
        index_of("promised_on"),
        index_of("confirmed_on"),
    )
    fact_kind = FactKind.PACKAGE
    gaps = (("channel", "deliver_by"), ("category",), ("marketplace",))

    account_id: Column[int] = key(_ACCOUNT, sa_type=sa.BigInteger)
    order_id: Column[str] = key(_ORDER)
    package_id: Column[str] = key("A key of the package within the order.")
    confirmed_at: Column[dt.datetime | None] = reported(
        "When shipment was first confirmed to Amazon. A repeated confirmation does not move it.", keep="first"
    )
    carrier: Column[str | None] = reported("The carrier as the seller named it.", unknown=True, driver="carrier")
    tracking_number: Column[str | None] = reported("The tracking number.")
    category: Column[str] = reported("The product category.", absent=UNKNOWN, unknown=True, driver="category")
    units: Column[int | None] = reported("How many units are in it. Null counts as 1.")
    scanned: Column[bool | None] = reported("Whether a carrier was ever seen to scan it, for sources that give no instant.", keep="ever")
    first_scan_at: Column[dt.datetime | None] = reported("When a carrier physically scanned it first.")
    first_attempt_at: Column[dt.datetime | None] = reported("When delivery was first attempted, or the day the buyer moved it to.")
    delivered_at: Column[dt.datetime | None] = reported("When it was delivered.")
    exempt_reason: Column[str | None] = reported("Why tracking is not required. Null when it is.")
    is_protected: Column[bool | None] = reported("Whether Amazon protects the seller when it arrives late.")
    reported_marketplace: Column[str | None] = reported(_REPORTED_MARKETPLACE)
    marketplace: Column[str] = derived(_MARKETPLACE, default=UNKNOWN, through=FactKind.ORDER, unknown=True, driver="marketplace")
    channel: Column[str] = derived(
        "The channel of its order; UNKNOWN while the order has not been imported.",
        default=UNKNOWN,
        through=FactKind.ORDER,
        sa_type=AutoString,
        unknown=True,
        lacks="orders.channel",
        driver="channel",
    )
    deliver_by: Column[dt.datetime | None] = derived(
        "The deliver-by instant of its order.", through=FactKind.ORDER, unknown=True, lacks="orders.deliver_by"
    )
    promised_on: Column[dt.date | None] = derived(
        "The day of `deliver_by`. Null while that is unknown.", through=FactKind.ORDER, unknown=True, lacks="orders.deliver_by"
    )
    confirmed_on: Column[dt.date | None] = derived("The day of `confirmed_at`.")
    delivered_on: Column[dt.date | None] = derived("The day of `delivered_at`. Null while it is not delivered.")
    attempted_at: Column[dt.datetime | None] = derived(
        "The first attempt at delivery, else the delivery.", needs=(("delivered_at", "first_attempt_at"),)
    )
    unit_count: Column[int] = derived("How many units it counts for: at least 1.", default=1)
    tracked: Column[bool] = derived(
        "Whether it has a tracking number that a carrier scanned: valid tracking.",
        default=False,
        needs=(("tracking_number",), ("first_scan_at", "scanned")),
    )
    versions: Column[str] = column(_VERSIONS, default="")

    seller_fulfilled = condition("Sent by the seller, not by Amazon.", lambda: Package.channel == Channel.SELLER)
    exempt = condition("Tracking is not required of it.", lambda: Package.exempt_reason.is_not(None))
    # Tracking that was confirmed only after the delivery counts as late: see docs/spec/facts.md#what-a-package-counts-for.
    in_time = condition(
        "Delivered, or first attempted, by the promised instant, with tracking that was confirmed before the delivery.",
        lambda: (
            (Package.attempted_at <= Package.deliver_by) & (Package.confirmed_at.is_(None) | (Package.confirmed_at <= Package.attempted_at))
        ),
    )


class Claim(FactOfOrder, table=True):
    """An A-to-z guarantee claim, identified by its order and the instant at which it was opened."""

    __tablename__ = "claims"
    __table_args__ = table(one_of("state", ClaimState), index_of("opened_on"))
    fact_kind = FactKind.CLAIM

    account_id: Column[int] = key(_ACCOUNT, sa_type=sa.BigInteger)
    order_id: Column[str] = key(_ORDER)
    opened_at: Column[dt.datetime] = key("When it was opened.")
    state: Column[str | None] = reported("Where it stands: see ClaimState. Null counts as OPEN.", sa_type=AutoString)
    decided_at: Column[dt.datetime | None] = reported(
        "When it was decided.", unknown=lambda: Claim.decided_at.is_(None) & (Claim.state != ClaimState.OPEN)
    )
    reported_marketplace: Column[str | None] = reported(_REPORTED_MARKETPLACE)
    marketplace: Column[str] = derived(_MARKETPLACE, default=UNKNOWN, unknown=True, driver="marketplace")
    opened_on: Column[dt.date] = derived("The day of `opened_at`.")
    versions: Column[str] = column(_VERSIONS, default="")

    counts = condition(
        "The seller at fault, the seller refunded after it was filed, or the order cancelled. See docs/metrics.md#claims-that-count.",
        lambda: Claim.state.in_([ClaimState.GRANTED_SELLER, ClaimState.SELLER_REFUNDED, ClaimState.ORDER_CANCELLED]),
    )
    undecided = condition("Not decided yet.", lambda: Claim.state.is_(None) | (Claim.state == ClaimState.OPEN))


class Chargeback(FactOfOrder, table=True):
    """A credit card chargeback, identified by its order and the instant at which it was filed."""

    __tablename__ = "chargebacks"
    __table_args__ = table(one_of("kind", ChargebackKind), index_of("filed_on"))
    fact_kind = FactKind.CHARGEBACK

    account_id: Column[int] = key(_ACCOUNT, sa_type=sa.BigInteger)
    order_id: Column[str] = key(_ORDER)
    filed_at: Column[dt.datetime] = key("When it was filed.")
    kind: Column[str | None] = reported("What it is about: SERVICE, FRAUD or UNKNOWN. Null counts as UNKNOWN.", sa_type=AutoString)
    reported_marketplace: Column[str | None] = reported(_REPORTED_MARKETPLACE)
    marketplace: Column[str] = derived(_MARKETPLACE, default=UNKNOWN, unknown=True, driver="marketplace")
    filed_on: Column[dt.date] = derived("The day of `filed_at`.")
    versions: Column[str] = column(_VERSIONS, default="")

    counts = condition("About the service, not about fraud.", lambda: Chargeback.kind == ChargebackKind.SERVICE)


class Feedback(FactOfOrder, table=True):
    """Feedback of a buyer: at most one for an order."""

    __tablename__ = "feedback"
    __table_args__ = table(
        one_of("classification", FeedbackClass),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name="rating", info={"between": (1, 5)}),
        index_of("left_on"),
    )
    fact_kind = FactKind.FEEDBACK
    gaps = (("rating", "classification"), ("marketplace",))

    account_id: Column[int] = key(_ACCOUNT, sa_type=sa.BigInteger)
    order_id: Column[str] = key(_ORDER)
    left_at: Column[dt.datetime | None] = reported(
        "When it was left. A source that knows only the day gives the start of that day.", unknown=True
    )
    rating: Column[int | None] = reported("The stars, 1 to 5.", unknown=True)
    comment: Column[str | None] = reported("The buyer's words.")
    removed_at: Column[dt.datetime | None] = reported("When the buyer removed it. It then counts nowhere.")
    struck_through: Column[bool | None] = reported("Whether Amazon struck it through. It then counts nowhere.")
    reported_marketplace: Column[str | None] = reported(_REPORTED_MARKETPLACE)
    marketplace: Column[str] = derived(_MARKETPLACE, default=UNKNOWN, unknown=True, driver="marketplace")
    left_on: Column[dt.date | None] = derived("The day of `left_at`.", unknown=True, lacks="feedback.left_at")
    classification: Column[str | None] = derived(
        "Its class, as the classifier saw it when it was stored.", sa_type=AutoString, unknown=True, lacks="feedback.rating"
    )
    versions: Column[str] = column(_VERSIONS, default="")
    listed: Column[str | None] = column(_LISTED, default=None, sa_type=AutoString)
    doubled: Column[bool | None] = column("Whether the newest report has two different rows of it, of which one was kept.", default=False)

    counts = condition(
        "It has stars, the buyer did not remove it, and Amazon did not strike it through.",
        lambda: Feedback.rating.is_not(None) & Feedback.removed_at.is_(None) & Feedback.struck_through.is_not(True),
    )
    positive = condition("Classed as positive.", lambda: Feedback.classification == FeedbackClass.POSITIVE)
    neutral = condition("Classed as neutral.", lambda: Feedback.classification == FeedbackClass.NEUTRAL)
    negative = condition("Classed as negative.", lambda: Feedback.classification == FeedbackClass.NEGATIVE)


class Message(FactOfOrder, table=True):
    """A message from a buyer. Its text is not stored."""

    __tablename__ = "messages"
    __table_args__ = table(
        index_of("order_id"),
        index_of("thread_id"),
        index_of("received_on"),
    )
    fact_kind = FactKind.MESSAGE
    gaps = (("received_at", "answered_after"), ("marketplace",))

    account_id: Column[int] = key(_ACCOUNT, sa_type=sa.BigInteger)
    message_id: Column[str] = key("A key of the message.")
    thread_id: Column[str | None] = reported("The conversation: a reply answers every earlier message of it.")
    order_id: Column[str | None] = reported("Amazon's number of the order it is about. Null when there is none.")
    received_at: Column[dt.datetime | None] = reported("When it was received.", unknown=True, driver="hour")
    needs_answer: Column[bool | None] = reported("Whether it needs an answer. Null counts as yes.")
    reported_answered_at: Column[dt.datetime | None] = reported("When the seller answered, for sources that say so of the message itself.")
    reported_marketplace: Column[str | None] = reported(_REPORTED_MARKETPLACE)
    marketplace: Column[str] = derived(_MARKETPLACE, default=UNKNOWN, unknown=True, driver="marketplace")
    received_on: Column[dt.date | None] = derived("The day of `received_at`.", unknown=True, lacks="messages.received_at", driver="weekday")
    answered_at: Column[dt.datetime | None] = derived("When the seller first answered, automatic answers left out.")
    answered_after: Column[int | None] = derived(
        "Seconds from message to answer, rounded up. Null while there is none.",
        compares=("received_at", "answered_at"),
        unknown=lambda: Message.received_at.is_(None) & Message.answered_at.is_not(None),
        lacks="messages.received_at",
    )
    versions: Column[str] = column(_VERSIONS, default="")

    counts = condition("It needs an answer, unless a source says otherwise.", lambda: Message.needs_answer.is_not(False))


class Reply(Fact, table=True):
    """A message from the seller to a buyer, identified by the conversation and the instant."""

    __tablename__ = "replies"
    __table_args__ = table()
    fact_kind = FactKind.MESSAGE

    account_id: Column[int] = key(_ACCOUNT, sa_type=sa.BigInteger)
    thread_id: Column[str] = key("The conversation.")
    sent_at: Column[dt.datetime] = key("When it was sent.")
    automatic: Column[bool | None] = reported("Whether a machine wrote it: it then answers nothing.")
    versions: Column[str] = column(_VERSIONS, default="")


class Refund(FactOfOrder, table=True):
    """A refund or another concession to the buyer, identified by its order and the instant."""

    __tablename__ = "refunds"
    __table_args__ = table(index_of("refunded_on"))
    fact_kind = FactKind.REFUND

    account_id: Column[int] = key(_ACCOUNT, sa_type=sa.BigInteger)
    order_id: Column[str] = key(_ORDER)
    refunded_at: Column[dt.datetime] = key("When it was granted.")
    reason: Column[str | None] = reported("The reason in the source's word.", unknown=True)
    reported_marketplace: Column[str | None] = reported(_REPORTED_MARKETPLACE)
    marketplace: Column[str] = derived(_MARKETPLACE, default=UNKNOWN, unknown=True, driver="marketplace")
    refunded_on: Column[dt.date] = derived("The day of `refunded_at`.")
    versions: Column[str] = column(_VERSIONS, default="")


class Violation(FactOfOrder, table=True):
    """A policy violation."""

    __tablename__ = "violations"
    __table_args__ = table(
        one_of("severity", Severity),
        index_of("order_id"),
        index_of("detected_on"),
    )
    fact_kind = FactKind.VIOLATION

    account_id: Column[int] = key(_ACCOUNT, sa_type=sa.BigInteger)
    violation_id: Column[str] = key("A key of the violation.")
    category: Column[str] = reported(
        "Amazon's category, for example `listingPolicyViolations`.", absent=UNKNOWN, unknown=True, driver="category"
    )
    severity: Column[str | None] = reported(
        "CRITICAL, HIGH, MEDIUM or LOW. Null where Amazon does not say; it then counts as medium.", sa_type=AutoString
    )
    asin: Column[str | None] = reported("The product. Null when it concerns none.", driver="asin")
    order_id: Column[str | None] = reported("Amazon's number of the order. Null when there is none.")
    detected_at: Column[dt.datetime | None] = reported("When it was detected.", unknown=True)
    resolved_at: Column[dt.datetime | None] = reported("When it was resolved. Null while it is open.")
    reported_marketplace: Column[str | None] = reported(_REPORTED_MARKETPLACE)
    marketplace: Column[str] = derived(_MARKETPLACE, default=UNKNOWN, unknown=True, driver="marketplace")
    detected_on: Column[dt.date | None] = derived("The day of `detected_at`.", unknown=True, lacks="violations.detected_at")
    versions: Column[str] = column(_VERSIONS, default="")

    unresolved = condition("Still open.", lambda: Violation.resolved_at.is_(None))
    severe = condition("Of high or critical severity.", lambda: Violation.severity.in_([Severity.CRITICAL, Severity.HIGH]))


class Order(FactOfOrder, table=True):
    """An order."""

    __tablename__ = "orders"
    __table_args__ = table(
        one_of("channel", Channel, UNKNOWN),
        one_of("status", OrderStatus),
        one_of("cancelled_by", Party),
        index_of("placed_on"),
    )
    fact_kind = FactKind.ORDER
    gaps = (("channel", "status", "accepted", "canceller_unknown"), ("ship_by", "confirmed_at", "late_by"), ("marketplace",))

    account_id: Column[int] = key(_ACCOUNT, sa_type=sa.BigInteger)
    order_id: Column[str] = key("Amazon's number of the order, for example `702-1234567-1234567`.")
    placed_at: Column[dt.datetime | None] = reported("When it was placed.", unknown=True, driver="hour")
    marketplace: Column[str] = reported(
        "Amazon's marketplace id, or the key that an importer gave.", absent=UNKNOWN, unknown=True, driver="marketplace"
    )
    channel: Column[str] = reported("Who fulfils it: SELLER or AMAZON.", absent=UNKNOWN, sa_type=AutoString, unknown=True, driver="channel")
    status: Column[str | None] = reported("Where it stands: see OrderStatus.", sa_type=AutoString, unknown=True)
    seen_accepted: Column[bool | None] = reported("Whether a source ever showed it as more than pending.", keep="ever")
    item_cancelled: Column[bool | None] = reported("Whether an item of it was cancelled, for sources that do not say by whom.", keep="any")
    buyer_asked: Column[bool | None] = reported("Whether the buyer asked for the cancellation through Amazon.", keep="all")
    is_replacement: Column[bool | None] = reported("Whether it replaces another order.", unknown=True)
    ship_by: Column[dt.datetime | None] = reported(
        "The instant by which shipment must be confirmed. Null when Amazon sets none or no source said.", unknown=lambda: _ship_by_unknown()
    )
    deliver_by: Column[dt.datetime | None] = reported("The instant by which it must be delivered.", unknown=True)
    deliver_by_earliest: Column[dt.datetime | None] = reported("The earliest instant at which delivery was promised.")
    shipped_at: Column[dt.datetime | None] = reported(
        "When shipment of the whole order was confirmed, for sources that name no packages. Packages with a confirmation take precedence.",
        keep="first",
    )
    ship_service: Column[str | None] = reported(
        "The service by which it is to be sent, as the source names it.", unknown=True, driver="ship_service"
    )
    placed_on: Column[dt.date | None] = derived(
        "The day of `placed_at`. Null while that is unknown.", unknown=True, lacks="orders.placed_at", driver="weekday"
    )
    deliver_by_on: Column[dt.date | None] = derived(
        "The day of `deliver_by`. Null while that is unknown.", unknown=True, lacks="orders.deliver_by"
    )
    units: Column[int | None] = derived(
        "How many units were ordered: those of its items. Null while that of an item is unknown.", unknown=True, lacks="items.quantity"
    )
    accepted: Column[bool | None] = derived(
        "Whether it became an order of the seller: not pending, and not cancelled while it was. Null while it depends on an unknown status.",
        unknown=True,
        lacks="orders.status",
    )
    confirmed_at: Column[dt.datetime | None] = derived(
        "When shipment was first confirmed.",
        through=FactKind.PACKAGE,
        unknown=lambda: _confirmation_unknown(),
        lacks={"orders.status": lambda: Order.status.is_(None), "packages.confirmed_at": lambda: Order.status.is_not(None)},
    )
    late_by: Column[int | None] = derived(
        "Seconds from `ship_by` to the confirmation of the last unit, rounded up; negative when in time. Null while either is unknown.",
        through=FactKind.PACKAGE,
        compares=("ship_by", "confirmed_at"),
        unknown=lambda: _confirmation_unknown() | (Order.confirmed_at.is_not(None) & _ship_by_unknown()),
        lacks={
            "orders.status": lambda: Order.confirmed_at.is_(None) & Order.status.is_(None),
            "packages.confirmed_at": lambda: Order.confirmed_at.is_(None) & Order.status.is_not(None),
            "orders.ship_by": lambda: Order.confirmed_at.is_not(None),
        },
    )
    delivered_at: Column[dt.datetime | None] = derived(
        "When its last package was delivered. Null while one is not.", through=FactKind.PACKAGE
    )
    delivered_on: Column[dt.date | None] = derived(
        "The day of `delivered_at`. Null while a package is not delivered.", through=FactKind.PACKAGE
    )
    delivered_working_days: Column[int | None] = derived(
        "Days from Monday to Friday after the day it was placed, up to the day of delivery.", through=FactKind.PACKAGE
    )
    cancelled_at: Column[dt.datetime | None] = derived(
        "When the first item was cancelled.",
        unknown=lambda: Order.cancelled_at.is_(None) & (Order.cancelled_by.is_not(None) | Order.canceller_unknown.is_not(False)),
        lacks={
            "orders.status": lambda: Order.canceller_unknown.is_(None),
            "items.cancelled_at": lambda: Order.canceller_unknown.is_not(None),
        },
    )
    cancelled_by: Column[str | None] = derived(
        "Who cancelled it, wholly or in part: SELLER before AMAZON before BUYER.",
        sa_type=AutoString,
        unknown=lambda: Order.canceller_unknown.is_not(False) & Order.cancelled_by.is_distinct_from(Party.SELLER),
        lacks={
            "orders.status": lambda: Order.canceller_unknown.is_(None),
            "items.cancelled_by": lambda: Order.canceller_unknown.is_not(None),
        },
    )
    buyer_cancelled: Column[bool] = derived("Whether the buyer cancelled it or asked for that through Amazon.", default=False)
    canceller_unknown: Column[bool | None] = derived(
        "Whether something of it was cancelled and nobody said by whom. Null while it depends on an unknown status.",
        unknown=True,
        lacks="orders.status",
    )
    versions: Column[str] = column(_VERSIONS, default="")
    listed: Column[str | None] = column(_LISTED, default=None, sa_type=AutoString)
    lines_hash: Column[int | None] = column(_LINES_HASH, default=None, sa_type=sa.BigInteger)

    seller_fulfilled = condition("Sent by the seller.", lambda: Order.channel == Channel.SELLER)
    amazon_fulfilled = condition("Sent by Amazon.", lambda: Order.channel == Channel.AMAZON)
    replacement = condition("It replaces another order.", lambda: Order.is_replacement.is_(True))
    unconfirmed = condition(
        "Not all of it is confirmed as shipped.",
        lambda: (
            (Order.status == OrderStatus.PARTIALLY_SHIPPED)
            | (Order.confirmed_at.is_(None) & sa.func.coalesce(Order.status, "").not_in([OrderStatus.SHIPPED, OrderStatus.CANCELLED]))
        ),
    )
    lateness_unknown = condition(
        "It is unknown whether it was confirmed in time: no source reported the promise, or when it was shipped.",
        lambda: Order.ship_by.is_(None) | ((Order.status == OrderStatus.SHIPPED) & Order.confirmed_at.is_(None)),
    )
    never_shipped = condition(
        "Cancelled as a whole before anything was shipped.",
        lambda: (sa.func.coalesce(Order.status, "") == OrderStatus.CANCELLED) & Order.confirmed_at.is_(None),
    )


def _ship_by_unknown() -> sa.ColumnElement[bool]:
    return Order.ship_by.is_(None) & (Order.channel != Channel.AMAZON)


def _confirmation_unknown() -> sa.ColumnElement[bool]:
    """Of what is not shipped, a confirmation is not missing."""
    shipped = (Order.status == OrderStatus.SHIPPED) | (Order.status == OrderStatus.PARTIALLY_SHIPPED)
    return Order.confirmed_at.is_(None) & (shipped | Order.status.is_(None))


FACTS: tuple[type[Fact], ...] = (Order, Item, Package, Claim, Chargeback, Feedback, Message, Reply, Refund, Violation)
for _fact in FACTS:
    index_gaps(_fact)
relate_by_order(Order, [fact for fact in FACTS if issubclass(fact, FactOfOrder)])
