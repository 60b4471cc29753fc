"""The simulated history of a seller: events with their instants. A report contains those that lie in its past.

Events are named tuples: there are tens of thousands, and frozen dataclasses take four times as long to make.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import NamedTuple

from sellerhealth.demo.sellers import Market, Product, Seller
from sellerhealth.facts import OrderStatus


class Cancellation(NamedTuple):
    """Who cancelled, when and why, and whether the buyer had requested it through Amazon."""

    at: dt.datetime
    by: str
    reason: str
    requested_by_buyer: bool = False


class Item(NamedTuple):
    """A product of an order."""

    item_id: str
    product: Product
    quantity: int
    cancellation: Cancellation | None = None

    def is_cancelled(self, now: dt.datetime) -> bool:
        """Whether it is cancelled at an instant."""
        return self.cancellation is not None and self.cancellation.at <= now


class Package(NamedTuple):
    """A package and its journey. None: it never happened, or nobody recorded it."""

    package_id: str
    items: tuple[Item, ...]
    confirmed_at: dt.datetime
    carrier: str
    tracking_number: str | None
    scanned_at: dt.datetime | None
    attempted_at: dt.datetime | None
    delivered_at: dt.datetime | None
    exempt_reason: str | None
    protected: bool


class Order(NamedTuple):
    """An order. `accepted_at` is when it stopped being pending, None if it never did."""

    order_id: str
    market: Market
    by_amazon: bool
    placed_at: dt.datetime
    accepted_at: dt.datetime | None
    ship_by: dt.datetime
    deliver_by: dt.datetime
    deliver_by_earliest: dt.datetime
    items: tuple[Item, ...]
    packages: tuple[Package, ...] = ()
    is_replacement: bool = False

    def is_accepted(self, now: dt.datetime) -> bool:
        """Whether it is no longer pending."""
        return self.accepted_at is not None and self.accepted_at <= now

    def status(self, now: dt.datetime) -> OrderStatus:
        """Its status at an instant."""
        for item in self.items:
            if not item.is_cancelled(now):
                break
        else:
            return OrderStatus.CANCELLED
        if not self.is_accepted(now):
            return OrderStatus.PENDING
        confirmed = [package.confirmed_at <= now for package in self.packages]
        if True not in confirmed:
            return OrderStatus.UNSHIPPED
        return OrderStatus.PARTIALLY_SHIPPED if False in confirmed else OrderStatus.SHIPPED

    def updated_at(self, now: dt.datetime) -> dt.datetime:
        """The last instant up to `now` at which it changed."""
        instants = [self.placed_at, self.accepted_at]
        instants += [item.cancellation.at for item in self.items if item.cancellation is not None]
        instants += [package.confirmed_at for package in self.packages]
        return max([instant for instant in instants if instant is not None and instant <= now])


class Feedback(NamedTuple):
    """Feedback of a buyer."""

    order: Order
    left_at: dt.datetime
    stars: int
    comment: str
    removed_at: dt.datetime | None = None
    struck_through: bool = False


class Claim(NamedTuple):
    """An A-to-z claim."""

    order: Order
    opened_at: dt.datetime
    decided_at: dt.datetime
    outcome: str

    def state(self, now: dt.datetime) -> str:
        """Its state at an instant."""
        return self.outcome if self.decided_at <= now else "OPEN"


class Chargeback(NamedTuple):
    """A chargeback."""

    order: Order
    filed_at: dt.datetime
    kind: str


class Message(NamedTuple):
    """A message of the buyer, or of the seller with `by_seller`, in a conversation."""

    message_id: str
    thread_id: str
    market: Market
    order_id: str | None
    written_at: dt.datetime
    by_seller: bool = False
    needs_answer: bool = True
    automatic: bool = False


class Refund(NamedTuple):
    """A refund."""

    order: Order
    refunded_at: dt.datetime
    reason: str


@dataclass
class History:
    """Everything that happens to one seller."""

    seller: Seller
    orders: list[Order] = field(default_factory=list)
    feedback: list[Feedback] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    chargebacks: list[Chargeback] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
