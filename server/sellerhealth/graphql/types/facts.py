"""The object types of facts, made from rows of the store. Facts that belong to others are read for many at once."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, TypeVar

import strawberry

from sellerhealth import facts as stored
from sellerhealth.graphql import ids, key_codec
from sellerhealth.graphql.context import Context, Info
from sellerhealth.graphql.cost import SHORT_LIST
from sellerhealth.graphql.decorators import field, interface, object_type, resolver
from sellerhealth.graphql.reading import Reading
from sellerhealth.graphql.types import converters
from sellerhealth.graphql.types.enums import Channel, ChargebackKind, ClaimState, FeedbackClass, OrderStatus, Party, Severity
from sellerhealth.graphql.types.node import Node
from sellerhealth.graphql.types.order_items import OrderItem, order_items
from sellerhealth.graphql.types.scope import Marketplace
from sellerhealth.model.tables import UNKNOWN
from sellerhealth.model.tables import Fact as StoredFact
from sellerhealth.store import fact_queries
from sellerhealth.store.fact_queries import key_columns
from sellerhealth.store.keyset import Row

K = TypeVar("K", bound="_OfAccount")
T = TypeVar("T")


class Owner(NamedTuple):
    """The account that a fact belongs to."""

    account_id: int
    key: str


@interface
class Fact(Node):
    """Something that happened, as it was imported."""

    id: strawberry.ID = field(description="An opaque id.")
    label: str = field(
        description="A name for people that distinguishes it from others of its kind, for example `Order 702-1234567-1234567`."
    )
    marketplace: Marketplace | None = field(description="The marketplace. Null when it belongs to none.")
    occurred_at: dt.datetime = field(description="When it happened.")


@object_type
class _OfAccount(Fact):
    """Base of the types of facts. Not a type of the schema itself."""

    label: str = field(description="A name for people.")
    marketplace: Marketplace | None = field(description="The marketplace.")
    _owner: strawberry.Private[Owner]
    _order_id: strawberry.Private[str | None]

    _stored: ClassVar[type[StoredFact]]
    _essential: ClassVar[Sequence[str]] = ("occurred_at",)  # without these a fact is not returned

    @staticmethod
    def _read(row: Row) -> dict[str, Any]:
        """The fields of the type itself, from a row."""
        raise NotImplementedError  # each kind of fact has its own


def _order_of(self: Any, info: Info) -> Reading["Order | None"] | None:
    if self._order_id is None:
        return None
    return _fact(info.context, Order, self._owner, (self._owner.account_id, self._order_id))


@object_type
class Package(_OfAccount):
    """A package of an order."""

    carrier: str | None = field(description="The carrier as the seller named it.")
    category: str | None = field(description="The product category.")
    delivered_at: dt.datetime | None = field(description="When it was delivered.")
    exempt_reason: str | None = field(description="Why tracking is not required. Null when it is.")
    first_attempt_at: dt.datetime | None = field(description="When delivery was first attempted.")
    first_scan_at: dt.datetime | None = field(description="When a carrier scanned it first.")
    is_protected: bool = field(description="Whether Amazon protects the seller when it arrives late.")
    occurred_at: dt.datetime = field(description="When shipment was confirmed.")
    order: "Order | None" = field(resolver=_order_of, description="Its order. Null while the order has not been imported.")
    tracking_number: str | None = field(description="The tracking number.")
    units: int = field(description="How many units are in it.")

    _stored = stored.Package

    @staticmethod
    def _read(row: Row) -> dict[str, Any]:
        names = "carrier", "delivered_at", "exempt_reason", "first_attempt_at", "first_scan_at", "tracking_number"
        # A package that was never confirmed has another instant: at least the promise, on whose day it counts.
        instants = "confirmed_at", "first_scan_at", "first_attempt_at", "delivered_at", "deliver_by"
        return {
            **{name: row[name] for name in names},
            "category": _known(row["category"]),
            "is_protected": bool(row["is_protected"]),
            "label": f"Package {row['package_id']} of order {row['order_id']}",
            "occurred_at": next((row[name] for name in instants if row[name] is not None), None),
            "units": row["unit_count"],
        }


@object_type
class Claim(_OfAccount):
    """An A-to-z guarantee claim."""

    decided_at: dt.datetime | None = field(description="When it was decided.")
    occurred_at: dt.datetime = field(description="When it was opened.")
    order: "Order | None" = field(resolver=_order_of, description="Its order. Null while the order has not been imported.")
    state: ClaimState = field(description="The state.")

    _stored = stored.Claim

    @staticmethod
    def _read(row: Row) -> dict[str, Any]:
        return {
            "decided_at": row["decided_at"],
            "label": f"Claim of {_instant(row['opened_at'])} on order {row['order_id']}",
            "occurred_at": row["opened_at"],
            "state": ClaimState(row["state"] or ClaimState.OPEN),
        }


@object_type
class Chargeback(_OfAccount):
    """A credit card chargeback."""

    kind: ChargebackKind = field(description="What it is about.")
    occurred_at: dt.datetime = field(description="When it was filed.")
    order: "Order | None" = field(resolver=_order_of, description="Its order. Null while the order has not been imported.")

    _stored = stored.Chargeback

    @staticmethod
    def _read(row: Row) -> dict[str, Any]:
        return {
            "kind": ChargebackKind(row["kind"] or ChargebackKind.UNKNOWN),
            "label": f"Chargeback of {_instant(row['filed_at'])} on order {row['order_id']}",
            "occurred_at": row["filed_at"],
        }


@object_type
class Feedback(_OfAccount):
    """Feedback that a buyer left."""

    classification: FeedbackClass = field(description="Its class, decided when it was imported.")
    comment: str | None = field(description="The buyer's comment.")
    is_struck_through: bool = field(description="Whether Amazon struck it through. It then counts nowhere.")
    occurred_at: dt.datetime = field(description="When it was left.")
    order: "Order | None" = field(resolver=_order_of, description="Its order. Null while the order has not been imported.")
    rating: int = field(description="The stars, 1 to 5.")
    removed_at: dt.datetime | None = field(description="When the buyer removed it. It then counts nowhere.")

    _stored = stored.Feedback
    _essential = "occurred_at", "rating", "classification"

    @staticmethod
    def _read(row: Row) -> dict[str, Any]:
        return {
            "classification": None if row["classification"] is None else FeedbackClass(row["classification"]),
            "comment": row["comment"],
            "is_struck_through": bool(row["struck_through"]),
            "label": f"Feedback on order {row['order_id']}",
            "occurred_at": row["left_at"],
            "rating": row["rating"],
            "removed_at": row["removed_at"],
        }


@object_type
class Message(_OfAccount):
    """A message from a buyer. Its text is not stored."""

    answered_at: dt.datetime | None = field(description="When the seller answered.")
    needs_answer: bool = field(description="Whether it needs an answer.")
    occurred_at: dt.datetime = field(description="When it was received.")
    order: "Order | None" = field(resolver=_order_of, description="Its order. Null when there is none, or while it has not been imported.")

    _stored = stored.Message

    @staticmethod
    def _read(row: Row) -> dict[str, Any]:
        return {
            "answered_at": row["answered_at"],
            "label": f"Message {row['message_id']}",
            "needs_answer": row["needs_answer"] is not False,
            "occurred_at": row["received_at"],
        }


@object_type
class Refund(_OfAccount):
    """A refund or another concession to the buyer."""

    occurred_at: dt.datetime = field(description="When it was granted.")
    order: "Order | None" = field(resolver=_order_of, description="Its order. Null while the order has not been imported.")
    reason: str | None = field(description="The reason as the source states it.")

    _stored = stored.Refund

    @staticmethod
    def _read(row: Row) -> dict[str, Any]:
        return {
            "label": f"Refund of {_instant(row['refunded_at'])} on order {row['order_id']}",
            "occurred_at": row["refunded_at"],
            "reason": row["reason"],
        }


@object_type
class Violation(_OfAccount):
    """A policy violation."""

    asin: str | None = field(description="The product. Null when it concerns none.")
    category: str = field(description="Amazon's category, for example `listingPolicyViolations`.")
    occurred_at: dt.datetime = field(description="When it was detected.")
    order: "Order | None" = field(resolver=_order_of, description="Its order. Null when there is none.")
    resolved_at: dt.datetime | None = field(description="When it was resolved.")
    severity: Severity | None = field(description="The severity. Null when Amazon does not state it.")

    _stored = stored.Violation

    @staticmethod
    def _read(row: Row) -> dict[str, Any]:
        return {
            "asin": row["asin"],
            "category": row["category"],
            "label": f"Violation {row['violation_id']}",
            "occurred_at": row["detected_at"],
            "resolved_at": row["resolved_at"],
            "severity": None if row["severity"] is None else Severity(row["severity"]),
        }


@object_type
class Order(_OfAccount):
    """An order."""

    cancelled_at: dt.datetime | None = field(description="When it was cancelled.")
    cancelled_by: Party | None = field(description="Who cancelled it, wholly or in part. Null when nobody did.")
    channel: Channel = field(description="Who fulfils it.")
    confirmed_at: dt.datetime | None = field(description="When shipment was confirmed first.")
    deliver_by: dt.datetime | None = field(description="The instant by which it must be delivered.")
    is_buyer_cancellation: bool = field(description="Whether the buyer requested the cancellation through Amazon.")
    key: str = field(description="Amazon's number of the order, for example `702-1234567-1234567`.")
    occurred_at: dt.datetime = field(description="When it was placed.")
    ship_by: dt.datetime | None = field(description="The instant by which shipment must be confirmed. Null when Amazon sets none.")
    ship_service: str | None = field(description="The service by which it is to be sent, as the source names it.")
    status: OrderStatus = field(description="The status.")

    _stored = stored.Order

    @staticmethod
    def _read(row: Row) -> dict[str, Any]:
        names = "cancelled_at", "confirmed_at", "deliver_by", "ship_by", "ship_service"
        return {
            **{name: row[name] for name in names},
            "cancelled_by": None if row["cancelled_by"] is None else Party(row["cancelled_by"]),
            # Every order report has these two. Until one is imported, an order is the seller's own (see docs/metrics.md#seller-rating) and pending.
            "channel": Channel(_known(row["channel"]) or Channel.SELLER),
            "status": OrderStatus(row["status"] or OrderStatus.PENDING),
            "is_buyer_cancellation": row["buyer_cancelled"],
            "key": row["order_id"],
            "label": f"Order {row['order_id']}",
            "occurred_at": row["placed_at"],
        }

    @resolver(cost=SHORT_LIST)
    def chargebacks(self, info: Info) -> Reading[list[Chargeback]]:
        """Its chargebacks."""
        return _belonging(Chargeback, self, info, list)

    @resolver(cost=SHORT_LIST)
    def claims(self, info: Info) -> Reading[list[Claim]]:
        """Its A-to-z claims."""
        return _belonging(Claim, self, info, list)

    @resolver
    def feedback(self, info: Info) -> Reading[Feedback | None]:
        """Its feedback. Null when there is none."""
        return _belonging(Feedback, self, info, lambda found: next(iter(found), None))

    @resolver(cost=SHORT_LIST)
    def items(self, info: Info) -> Reading[list[OrderItem]]:
        """Its items. Empty when no source reported them."""
        return info.context.facts_of_orders[stored.Item].reading((self._owner.account_id, self.key), lambda rows: order_items(rows or ()))

    @resolver(cost=SHORT_LIST)
    def messages(self, info: Info) -> Reading[list[Message]]:
        """Its messages from the buyer."""
        return _belonging(Message, self, info, list)

    @resolver(cost=SHORT_LIST)
    def packages(self, info: Info) -> Reading[list[Package]]:
        """Its packages."""
        return _belonging(Package, self, info, list)

    @resolver(cost=SHORT_LIST)
    def refunds(self, info: Info) -> Reading[list[Refund]]:
        """Its refunds and other concessions."""
        return _belonging(Refund, self, info, list)


KINDS: Mapping[type[StoredFact], type[_OfAccount]] = {
    kind._stored: kind for kind in (Chargeback, Claim, Feedback, Message, Order, Package, Refund, Violation)
}


def fact_object(kind: type[K], owner: Owner, row: Row) -> K | None:
    """A fact as an object of its type. None when an essential column is not known yet, as if it had not been imported."""
    values = kind._read(row)
    if any(values[name] is None for name in kind._essential):
        return None
    marketplace = _known(row["marketplace"])
    key = key_codec.encode(row[column.name] for column in key_columns(kind._stored))
    return kind(
        _owner=owner,
        _order_id=row["order_id"],
        id=strawberry.ID(ids.write([kind.__name__.lower(), owner.key, *key])),
        marketplace=None if marketplace is None else converters.marketplace(marketplace),
        **values,
    )


def fetch_fact(context: Context, kind: type[K], owner: Owner, key_parts: Sequence[Any]) -> Reading[K | None] | None:
    """The fact whose key an id encodes."""
    key = key_codec.decode(key_parts, key_columns(kind._stored))
    return None if key is None else _fact(context, kind, owner, (owner.account_id, *key))


def _fact(context: Context, kind: type[K], owner: Owner, key: fact_queries.Key) -> Reading[K | None]:
    return context.facts[kind._stored].reading(key, lambda row: None if row is None else fact_object(kind, owner, row))


def _belonging(kind: type[K], order: Order, info: Info, make: Callable[[Sequence[K]], T]) -> Reading[T]:
    """The facts of a kind that belong to an order, of which a function makes the value of a field."""

    def of_rows(rows: Sequence[Row] | None) -> T:
        return make([fact for row in rows or () if (fact := fact_object(kind, order._owner, row)) is not None])

    return info.context.facts_of_orders[kind._stored].reading((order._owner.account_id, order.key), of_rows)


def _known(value: str) -> str | None:
    return None if value == UNKNOWN else value


def _instant(instant: dt.datetime) -> str:
    return instant.strftime("%Y-%m-%d %H:%M:%S")
