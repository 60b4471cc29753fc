"""Declares the enums of the core as GraphQL enums and describes their values."""

from sellerhealth.access import Permission
from sellerhealth.engine.reported import DifferenceReason
from sellerhealth.facts import Channel, ChargebackKind, ClaimState, FeedbackClass, OrderStatus, Party, Severity
from sellerhealth.graphql.decorators import enum_type
from sellerhealth.metrics.measures import MetricUnit
from sellerhealth.metrics.result import UnavailableReason
from sellerhealth.metrics.targets import MetricStatus, TargetCondition
from sellerhealth.model.tables import FactKind
from sellerhealth.plugins.plugin import PluginState

__all__ = [
    "Channel",
    "ChargebackKind",
    "ClaimState",
    "DifferenceReason",
    "FactKind",
    "FeedbackClass",
    "MetricStatus",
    "MetricUnit",
    "OrderStatus",
    "Party",
    "Permission",
    "PluginState",
    "Severity",
    "TargetCondition",
    "UnavailableReason",
]

enum_type(
    Channel,
    "Who fulfils the order.",
    AMAZON="Amazon (`AFN`, `FBA`).",
    SELLER="The seller (Amazon's `MFN`).",
)
enum_type(
    ChargebackKind,
    "What a chargeback is about.",
    FRAUD="A stolen card. It does not count.",
    SERVICE="The seller's service. It counts.",
    UNKNOWN="Not known.",
)
enum_type(
    ClaimState,
    "The state of an A-to-z claim. Values may be added.",
    DENIED="Denied.",
    GRANTED_AMAZON="Granted, paid by Amazon.",
    GRANTED_SELLER="Granted, the seller at fault.",
    OPEN="Not decided.",
    ORDER_CANCELLED="The order was cancelled after it was opened.",
    SELLER_REFUNDED="The seller refunded after it was opened.",
    WITHDRAWN="Withdrawn by the buyer.",
)
enum_type(
    DifferenceReason,
    "The likeliest reason why Amazon's figure and ours differ. Values may be added.",
    COVERAGE="Ours does not have all facts that Amazon counts.",
    DEFINITION="Both are of the same days, and counted in another way.",
    WINDOW="They are of other days.",
)
enum_type(
    FactKind,
    "The kinds of fact. Each is an object type that implements `Fact`. Values may be added.",
    CHARGEBACK="A `Chargeback`.",
    CLAIM="A `Claim`.",
    FEEDBACK="A `Feedback`.",
    MESSAGE="A `Message`.",
    ORDER="An `Order`.",
    PACKAGE="A `Package`.",
    REFUND="A `Refund`.",
    VIOLATION="A `Violation`.",
)
enum_type(
    FeedbackClass,
    "The class of a piece of feedback.",
    NEGATIVE="1 or 2 stars, unless a plugin says otherwise. A defect of its order.",
    NEUTRAL="3 stars, unless a plugin says otherwise.",
    POSITIVE="4 or 5 stars, unless a plugin says otherwise.",
)
enum_type(
    MetricStatus,
    "How a value compares with its target. Values may be added.",
    AT_RISK="The target is met, but most of the allowance is used.",
    CRITICAL="The target is missed.",
    GOOD="The target is met, with room to spare.",
    NOT_AVAILABLE="There is nothing to measure, no source or too old a one, or too little for Amazon to judge.",
    WITHOUT_TARGET="The metric has no target.",
)
enum_type(
    MetricUnit,
    "The unit of a number. Values may be added.",
    COUNT="Whole things.",
    DAYS="Days.",
    FRACTION="A share of one: 0.01 is one percent.",
    HOURS="Hours.",
    PERCENT="Percent: 1 is one percent.",
    POINTS="Points of a score.",
    STARS="Stars, 1 to 5.",
    WORD="A word, not a number.",
)
enum_type(
    OrderStatus,
    "The status of an order. Values may be added.",
    CANCELLED="Cancelled.",
    PARTIALLY_SHIPPED="Shipped in part.",
    PENDING="Not yet an order of the seller: counted nowhere.",
    SHIPPED="Shipped.",
    UNFULFILLABLE="Amazon cannot fulfil it.",
    UNSHIPPED="To be shipped.",
)
enum_type(
    Party,
    "A party to an order.",
    AMAZON="Amazon.",
    BUYER="The buyer.",
    SELLER="The seller.",
)
enum_type(
    Permission,
    "What a viewer may do. Values may be added.",
    ADMIN="See why plugins were refused.",
    READ="Read accounts and metrics.",
    WRITE="Record facts and import reports.",
)
enum_type(
    PluginState,
    "Whether a plugin takes part.",
    ACTIVE="It takes part.",
    DISABLED="It was switched off in the settings.",
    QUARANTINED="It was refused: see `reason`.",
)
enum_type(
    Severity,
    "The severity of a violation.",
    CRITICAL="It can end the account at once.",
    HIGH="High.",
    LOW="Low.",
    MEDIUM="Medium.",
)
enum_type(
    TargetCondition,
    "How a value is compared with its limit.",
    AT_LEAST="The limit or more.",
    AT_MOST="The limit or less.",
    BELOW="Less than the limit.",
    EXACTLY="Exactly the limit.",
)
enum_type(
    UnavailableReason,
    "Why a result has no status or no value. Values may be added.",
    BELOW_MINIMUM="Too little happened for Amazon to judge: the value is shown, but not judged.",
    NOTHING_TO_MEASURE="Nothing happened in the window that could be measured.",
    SOURCE_MISSING="The facts that it counts were never imported.",
    STALE="A kind of fact that it reads is not covered far enough for this day, so a good value is not proven: see `knownThrough`.",
    UNPROVEN="A kind of fact that it reads was never imported, or unproven rows may be misses, so a good value is not proven.",
    WITHOUT_CHANNEL="The facts that it counts have no fulfilment channel, and the query names one.",
)
