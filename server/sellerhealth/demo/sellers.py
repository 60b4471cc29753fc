"""The sellers of the demo as data: their marketplaces, products, and how well each of them works."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sellerhealth.demo.calendar import CLOCK
from sellerhealth.marketplaces import MARKETPLACES, Marketplace


@dataclass(frozen=True, eq=False)  # compared with that of each order
class Market:
    """A marketplace with its time zone, currency and prefix of order numbers. There is one of each."""

    key: str
    zone: ZoneInfo
    currency: str
    order_prefix: int

    @property
    def amazon(self) -> Marketplace:
        """Its names in Amazon's reports, and how they write days."""
        return MARKETPLACES[self.key]


UNITED_STATES = Market("ATVPDKIKX0DER", ZoneInfo("America/Los_Angeles"), "USD", 111)
CANADA = Market("A2EUQ1WTGCTBG2", ZoneInfo("America/Toronto"), "CAD", 701)
UNITED_KINGDOM = Market("A1F83G8C2ARO7P", ZoneInfo("Europe/London"), "GBP", 202)
GERMANY = Market("A1PA6795UKMFR9", ZoneInfo("Europe/Berlin"), "EUR", 302)
FRANCE = Market("A13V1IB3VIYZZH", ZoneInfo("Europe/Paris"), "EUR", 402)


@dataclass(frozen=True)
class Product:
    """A product."""

    sku: str
    asin: str
    title: str
    category: str
    cents: int
    exempt_reason: str | None = None  # why it needs no tracking


PRODUCTS = (
    Product("TEA-OOL-100", "B0DEMO0001", "Oolong tea, 100 g tin", "Grocery", 1290),
    Product("TEA-KTL-01", "B0DEMO0002", 'Stovetop kettle, 1.7 litres, "whistling"', "Kitchen", 4450),
    Product("KIT-KNF-20", "B0DEMO0003", "Chef's knife, 20 cm", "Kitchen", 5990),
    Product("KIT-BRD-OAK", "B0DEMO0004", "Chopping board, oak", "Kitchen", 2790),
    Product("BOK-ATL-7", "B0DEMO0005", "Atlas of quiet places, 7th edition", "Books", 3200),
    Product("BOK-GRD-1", "B0DEMO0006", "The patient gardener", "Books", 1499),
    Product("OFF-PEN-12", "B0DEMO0007", "Fineliner pens, pack of 12", "Office Products", 1150),
    Product("OFF-NTB-A5", "B0DEMO0008", "Notebook A5, dotted, 192 pages", "Office Products", 990),
    Product("OFF-STK-50", "B0DEMO0009", "Sticker sheets, 50 pieces, sent as a letter", "Office Products", 399, "LETTER_UNDER_10"),
    Product("GAR-SED-10", "B0DEMO0010", "Meadow seeds, 10 g", "Grocery", 650),
)


@dataclass(frozen=True)
class Rates:
    """Rates of events, each a share of the orders, packages or messages to which the event can happen."""

    confirmed_late: float = 0.013
    neglected: float = 0.0  # never confirmed: overdue, and in the end cancelled by Amazon
    cancelled: float = 0.008
    item_cancelled: float = 0.003  # one product of an order with several
    cancelled_for_buyer: float = 0.012
    cancelled_while_pending: float = 0.015
    payment_failed: float = 0.006
    paid_late: float = 0.01
    split: float = 0.25  # of the orders with several products, sent in two packages
    untracked: float = 0.008
    delivered_late: float = 0.02
    protected: float = 0.3  # of the late deliveries, excused by Amazon
    first_attempt_failed: float = 0.03
    delivery_unseen: float = 0.02  # no carrier reported the delivery
    delivered_fast: float = 0.35
    positive: float = 0.12
    neutral: float = 0.004
    negative: float = 0.0022
    negative_by_amazon: float = 0.004  # of the orders that Amazon fulfils
    removed: float = 0.3  # of the negative feedback
    claim_lost: float = 0.0012
    claim_won: float = 0.003
    charged_back: float = 0.0015
    chargebacks: tuple[str, ...] = ("FRAUD", "FRAUD", "FRAUD", "SERVICE")  # their kinds, in turn
    wrote_message: float = 0.1
    no_answer_needed: float = 0.15  # of the messages
    automatic_reply: float = 0.3  # of the messages
    answered_late: float = 0.02
    never_answered: float = 0.015
    refunded: float = 0.02
    contradictory: float = 0.0  # reported in ways that cannot all be true


CAREFUL = Rates()
HURRIED = Rates(
    confirmed_late=0.037,
    neglected=0.004,
    cancelled=0.011,
    untracked=0.033,
    delivered_late=0.08,
    protected=0.2,
    delivered_fast=0.2,
    negative=0.0075,
    claim_lost=0.004,
    answered_late=0.05,
    never_answered=0.055,
    refunded=0.03,
    contradictory=0.001,
)
CARELESS = Rates(
    confirmed_late=0.09,
    neglected=0.02,
    cancelled=0.05,
    item_cancelled=0.01,
    untracked=0.1,
    delivered_late=0.22,
    protected=0.1,
    first_attempt_failed=0.06,
    delivery_unseen=0.05,
    delivered_fast=0.1,
    positive=0.06,
    neutral=0.015,
    negative=0.02,
    negative_by_amazon=0.016,
    removed=0.15,
    claim_lost=0.012,
    claim_won=0.006,
    charged_back=0.008,
    chargebacks=("SERVICE", "FRAUD", "UNKNOWN"),
    wrote_message=0.15,
    answered_late=0.15,
    never_answered=0.15,
    refunded=0.06,
    contradictory=0.004,
)


@dataclass(frozen=True)
class Violation:
    """A policy violation: its category and severity, and how many days before the last day it was detected and resolved."""

    category: str
    severity: str | None
    detected: int
    resolved: int | None = None
    asin: str | None = None

    @property
    def detected_at(self) -> dt.datetime:
        """When it was detected."""
        return CLOCK - dt.timedelta(self.detected)

    @property
    def resolved_at(self) -> dt.datetime | None:
        """When it was resolved, None if it is open."""
        return None if self.resolved is None else CLOCK - dt.timedelta(self.resolved)

    def is_open(self, now: dt.datetime) -> bool:
        """Whether it is detected and not resolved at an instant."""
        return self.detected_at <= now and (self.resolved_at is None or self.resolved_at > now)


@dataclass(frozen=True)
class Seller:
    """A seller: where, how much and how well. `recent_rates` replace `rates` from `since` on."""

    key: str
    name: str
    time_zone: str
    markets: Mapping[Market, int]  # with the weight of each
    daily: int = 0
    by_amazon: float = 0.3  # the share of the orders that Amazon fulfils
    rates: Rates = CAREFUL
    recent_rates: Rates = CAREFUL
    since: dt.date = dt.date(2025, 12, 1)
    violations: tuple[Violation, ...] = ()
    without_api: frozenset[Market] = frozenset()  # its orders are only in the flat file

    def rates_on(self, day: dt.date) -> Rates:
        """The rates on a day."""
        return self.recent_rates if day >= self.since else self.rates


SELLERS = (
    Seller(
        key="healthy",
        name="Harbour Lane Goods",
        time_zone="America/Los_Angeles",
        markets={UNITED_STATES: 7, CANADA: 3},
        daily=12,
        violations=(
            Violation("listingPolicyViolations", "LOW", detected=120, resolved=117, asin="B0DEMO0007"),
            Violation("productConditionCustomerComplaints", "MEDIUM", detected=75, resolved=70, asin="B0DEMO0003"),
            Violation("suspectedIntellectualPropertyViolations", "HIGH", detected=300, resolved=292, asin="B0DEMO0005"),
        ),
    ),
    Seller(
        key="slipping",
        name="Oak & Kettle",
        time_zone="Europe/London",
        markets={UNITED_KINGDOM: 5, GERMANY: 3, FRANCE: 2},
        daily=14,
        recent_rates=HURRIED,
        violations=(
            Violation("listingPolicyViolations", "MEDIUM", detected=12, asin="B0DEMO0002"),
            Violation("documentRequests", None, detected=20, resolved=4),
            Violation("foodAndProductSafetyIssues", "LOW", detected=90, resolved=81, asin="B0DEMO0001"),
        ),
    ),
    Seller(
        key="critical",
        name="Schnell & Günstig Versand",
        time_zone="Europe/Berlin",
        markets={GERMANY: 4, FRANCE: 1},
        daily=10,
        by_amazon=0.2,
        rates=HURRIED,
        recent_rates=CARELESS,
        violations=(
            Violation("receivedIntellectualPropertyComplaints", "CRITICAL", detected=9, asin="B0DEMO0003"),
            Violation("productAuthenticityCustomerComplaints", "HIGH", detected=33, asin="B0DEMO0003"),
            Violation("restrictedProductPolicyViolations", "MEDIUM", detected=41, resolved=30, asin="B0DEMO0010"),
            Violation("otherPolicyViolations", None, detected=66),
            Violation("customerProductReviewsPolicyViolations", "LOW", detected=210),
        ),
        without_api=frozenset({FRANCE}),
    ),
    Seller(key="new", name="Fresh Start Studio", time_zone="Europe/Paris", markets={FRANCE: 1}),
)
