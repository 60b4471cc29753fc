"""What happens to a seller of the demo, with the instant of everything; a report tells the part that lies in its past."""

import datetime as dt
from dataclasses import dataclass, field

from sellerhealth.demo.sellers import Market, Product, Seller
from sellerhealth.facts import OrderStatus


@dataclass(frozen=True)
class Cancellation:
    """Who cancelled, when and why, and whether the buyer had asked for it through Amazon."""

    at: dt.datetime
    by: str
    reason: str
    asked: bool = False


@dataclass(frozen=True)
class Line:
    """A product of an order."""

    line_id: str
    product: Product
    quantity: int
    cancellation: Cancellation | None = None

    def is_cancelled(self, now: dt.datetime) -> bool:
        """Whether it is cancelled by an instant."""
        return self.cancellation is not None and self.cancellation.at <= now


@dataclass(frozen=True)
class Parcel:
    """A package and its journey; None is what never happened, or what nobody saw."""

    parcel_id: str
    lines: tuple[Line, ...]
    confirmed_at: dt.datetime
    carrier: str
    tracking_number: str | None
    scanned_at: dt.datetime | None
    attempted_at: dt.datetime | None
    delivered_at: dt.datetime | None
    exempt_reason: str | None
    protected: bool


@dataclass(frozen=True)
class Sale:
    """An order. `accepted_at` is when it ceased to be pending, None if it never did."""

    order_id: str
    market: Market
    by_amazon: bool
    placed_at: dt.datetime
    accepted_at: dt.datetime | None
    ship_by: dt.datetime
    deliver_by: dt.datetime
    deliver_by_earliest: dt.datetime
    lines: tuple[Line, ...]
    parcels: tuple[Parcel, ...] = ()
    is_replacement: bool = False

    def is_accepted(self, now: dt.datetime) -> bool:
        """Whether it has become the seller's."""
        return self.accepted_at is not None and self.accepted_at <= now

    def status(self, now: dt.datetime) -> OrderStatus:
        """Where it stands at an instant."""
        if all(line.is_cancelled(now) for line in self.lines):
            return OrderStatus.CANCELLED
        if not self.is_accepted(now):
            return OrderStatus.PENDING
        confirmed = [parcel.confirmed_at <= now for parcel in self.parcels]
        if not any(confirmed):
            return OrderStatus.UNSHIPPED
        return OrderStatus.SHIPPED if all(confirmed) else OrderStatus.PARTIALLY_SHIPPED

    def updated_at(self, now: dt.datetime) -> dt.datetime:
        """The last instant up to `now` at which something happened to it."""
        instants = [self.placed_at, self.accepted_at]
        instants += [line.cancellation.at for line in self.lines if line.cancellation is not None]
        instants += [parcel.confirmed_at for parcel in self.parcels]
        return max(instant for instant in instants if instant is not None and instant <= now)


@dataclass(frozen=True)
class Rating:
    """Feedback of a buyer."""

    sale: Sale
    left_at: dt.datetime
    stars: int
    comment: str
    removed_at: dt.datetime | None = None
    struck_through: bool = False


@dataclass(frozen=True)
class Dispute:
    """An A-to-z claim."""

    sale: Sale
    opened_at: dt.datetime
    decided_at: dt.datetime
    outcome: str

    def state(self, now: dt.datetime) -> str:
        """Where it stands at an instant."""
        return self.outcome if self.decided_at <= now else "OPEN"


@dataclass(frozen=True)
class Reversal:
    """A chargeback."""

    sale: Sale
    filed_at: dt.datetime
    kind: str


@dataclass(frozen=True)
class Letter:
    """What a buyer, or with `by_seller` the seller, wrote in a conversation."""

    letter_id: str
    thread_id: str
    market: Market
    order_id: str | None
    written_at: dt.datetime
    by_seller: bool = False
    needs_answer: bool = True
    automatic: bool = False


@dataclass(frozen=True)
class Repayment:
    """A refund."""

    sale: Sale
    refunded_at: dt.datetime
    reason: str


@dataclass
class History:
    """All that happens to one seller."""

    seller: Seller
    sales: list[Sale] = field(default_factory=list)
    ratings: list[Rating] = field(default_factory=list)
    disputes: list[Dispute] = field(default_factory=list)
    reversals: list[Reversal] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    repayments: list[Repayment] = field(default_factory=list)
