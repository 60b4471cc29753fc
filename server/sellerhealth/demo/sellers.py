"""Who sells in the demo: marketplaces, products and how well each seller works, as data."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sellerhealth.marketplaces import MARKETPLACES, Marketplace


@dataclass(frozen=True)
class Market:
    """A marketplace with its clock, its money, and how its order numbers begin."""

    key: str
    zone: ZoneInfo
    currency: str
    order_prefix: int

    @property
    def amazon(self) -> Marketplace:
        """What Amazon's reports call it, and how they write days."""
        return MARKETPLACES[self.key]


UNITED_STATES = Market("ATVPDKIKX0DER", ZoneInfo("America/Los_Angeles"), "USD", 111)
CANADA = Market("A2EUQ1WTGCTBG2", ZoneInfo("America/Toronto"), "CAD", 701)
UNITED_KINGDOM = Market("A1F83G8C2ARO7P", ZoneInfo("Europe/London"), "GBP", 202)
GERMANY = Market("A1PA6795UKMFR9", ZoneInfo("Europe/Berlin"), "EUR", 302)
FRANCE = Market("A13V1IB3VIYZZH", ZoneInfo("Europe/Paris"), "EUR", 402)


@dataclass(frozen=True)
class Product:
    """Something that is sold."""

    sku: str
    asin: str
    title: str
    category: str
    cents: int
    exempt_reason: str | None = None  # why it may be sent without tracking


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
class Conduct:
    """How a seller works: how often each thing happens, as a share of the orders, packages or messages that it can happen to."""

    confirmed_late: float = 0.013
    neglected: float = 0.0  # never confirmed: overdue, and in the end cancelled by Amazon
    cancelled: float = 0.008
    line_cancelled: float = 0.003  # one product of an order with several
    cancelled_for_buyer: float = 0.012
    cancelled_while_pending: float = 0.015
    payment_failed: float = 0.006
    paid_late: float = 0.01
    split: float = 0.25  # of the orders with several products, sent in two packages
    untracked: float = 0.008
    delivered_late: float = 0.02
    protected: float = 0.3  # of the late deliveries, excused by Amazon
    first_attempt_failed: float = 0.03
    delivery_unseen: float = 0.02  # no carrier told of the delivery
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
    asked: float = 0.1  # wrote a message
    thanked: float = 0.15  # of the messages, need no answer
    greeted: float = 0.3  # of the messages, met by an automatic reply
    answered_late: float = 0.02
    silent: float = 0.015
    refunded: float = 0.02
    contradictory: float = 0.0  # told of in ways that cannot all be true


CAREFUL = Conduct()
HURRIED = Conduct(
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
    silent=0.055,
    refunded=0.03,
    contradictory=0.001,
)
CARELESS = Conduct(
    confirmed_late=0.09,
    neglected=0.02,
    cancelled=0.05,
    line_cancelled=0.01,
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
    asked=0.15,
    answered_late=0.15,
    silent=0.15,
    refunded=0.06,
    contradictory=0.004,
)


@dataclass(frozen=True)
class Breach:
    """A policy violation: what, how bad, and how many days before the demo's last day it was found and, perhaps, put right."""

    category: str
    severity: str | None
    found: int
    resolved: int | None = None
    asin: str | None = None


@dataclass(frozen=True)
class Seller:
    """A seller: where, how much and how well. `lately` takes the place of `conduct` from `since` on."""

    key: str
    name: str
    time_zone: str
    markets: Mapping[Market, int]  # with the weight of each
    daily: int = 0
    by_amazon: float = 0.3  # the share of the orders that Amazon fulfils
    conduct: Conduct = CAREFUL
    lately: Conduct = CAREFUL
    since: dt.date = dt.date(2025, 12, 1)
    breaches: tuple[Breach, ...] = ()
    without_api: frozenset[Market] = frozenset()  # where only the flat file tells of orders

    def conduct_on(self, day: dt.date) -> Conduct:
        """How the seller works on a day."""
        return self.lately if day >= self.since else self.conduct


SELLERS = (
    Seller(
        key="healthy",
        name="Harbour Lane Goods",
        time_zone="America/Los_Angeles",
        markets={UNITED_STATES: 7, CANADA: 3},
        daily=12,
        breaches=(
            Breach("listingPolicyViolations", "LOW", found=120, resolved=117, asin="B0DEMO0007"),
            Breach("productConditionCustomerComplaints", "MEDIUM", found=75, resolved=70, asin="B0DEMO0003"),
            Breach("suspectedIntellectualPropertyViolations", "HIGH", found=300, resolved=292, asin="B0DEMO0005"),
        ),
    ),
    Seller(
        key="slipping",
        name="Oak & Kettle",
        time_zone="Europe/London",
        markets={UNITED_KINGDOM: 5, GERMANY: 3, FRANCE: 2},
        daily=14,
        lately=HURRIED,
        breaches=(
            Breach("listingPolicyViolations", "MEDIUM", found=12, asin="B0DEMO0002"),
            Breach("documentRequests", None, found=20, resolved=4),
            Breach("foodAndProductSafetyIssues", "LOW", found=90, resolved=81, asin="B0DEMO0001"),
        ),
    ),
    Seller(
        key="critical",
        name="Schnell & Günstig Versand",
        time_zone="Europe/Berlin",
        markets={GERMANY: 4, FRANCE: 1},
        daily=10,
        by_amazon=0.2,
        conduct=HURRIED,
        lately=CARELESS,
        breaches=(
            Breach("receivedIntellectualPropertyComplaints", "CRITICAL", found=9, asin="B0DEMO0003"),
            Breach("productAuthenticityCustomerComplaints", "HIGH", found=33, asin="B0DEMO0003"),
            Breach("restrictedProductPolicyViolations", "MEDIUM", found=41, resolved=30, asin="B0DEMO0010"),
            Breach("otherPolicyViolations", None, found=66),
            Breach("customerProductReviewsPolicyViolations", "LOW", found=210),
        ),
        without_api=frozenset({FRANCE}),
    ),
    Seller(key="new", name="Fresh Start Studio", time_zone="Europe/Paris", markets={FRANCE: 1}),
)
