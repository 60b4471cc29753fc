"""GraphQL names of metrics: of their types, fields and enums; and the names that are reserved for the core."""

from collections.abc import Iterator

from sellerhealth.metrics.metric import Metric

# The types of the schema that belong to no metric, including those of later versions.
CORE_TYPES = frozenset(
    """
    Account AccountConnection AccountEdge AccountFilter AccountHealth AccountMetrics AccountSort AccountSortField AnyMetric
    AtRiskConnection AtRiskEdge BigInt Boolean Channel Chargeback ChargebackInput ChargebackKind Claim ClaimInput ClaimState
    ComparedInstant DataQualityNote Date DateTime DifferenceReason Driver Drivers ErrorCode EvidenceConnection EvidenceEdge Fact
    FactCoverage FactKind Feedback FeedbackClass FeedbackConnection FeedbackEdge FeedbackFilter FeedbackInput Figure Float
    Headroom ID ImportBatch ImportReportInput ImportReportPayload ImportState Int Marketplace MeasureChange Message MessageInput
    Locale MetricDefinition MetricPart MetricPoint MetricResult MetricScope MetricStatus MetricStatusChange
    MetricStatusChangeConnection MetricStatusChangeEdge MetricTarget MetricUnit MetricWindow Mutation NextImport Node Order OrderConnection
    OrderEdge OrderFilter OrderInput OrderItem OrderStatus Package PackageInput PageInfo Party Permission Plugin PluginState Query
    RecordFactsInput RecordFactsPayload Refund ReportedComparison ReportedFigure ReportedFigureConnection ReportedFigureEdge
    ResolveViolationInput ResolveViolationPayload Severity SortDirection String Subscription TargetCondition Timeline
    TimelineSeries TimelineStep UnavailableReason UnknownCell UnprovenRows Upload UserError Viewer Violation ViolationInput
    WhatIf WindowDefinition
    """.split()
)

# The fields of every result. No measure or figure can have one of these names.
RESULT_FIELDS = frozenset(
    """
    account band breakdown coverage definition denominator display drivers evidence explanation figures forecast headroom
    history id knownThrough numerator overallStatus reported scope status target unavailableReason unprovenRows value whatIf
    window windows
    """.split()
)


def type_name(key: str) -> str:
    """The name of a metric's GraphQL type: `late_shipment_rate` gives `LateShipmentRate`."""
    return "".join(word.capitalize() for word in key.split("_"))


def band_name(key: str) -> str:
    """The name of the GraphQL enum of a metric's bands: `seller_rating` gives `SellerRatingBand`."""
    return f"{type_name(key)}Band"


def field_name(key: str) -> str:
    """The name of a GraphQL field: `late_shipment_rate` gives `lateShipmentRate`."""
    return key[0] + type_name(key)[1:]


def fold(name: str) -> str:
    """A name without case, underscores and dashes. Names that are equal when folded are too easily confused: they collide."""
    return name.casefold().replace("_", "").replace("-", "")


_CORE = {fold(name) for name in CORE_TYPES}
_RESULT = {fold(name) for name in RESULT_FIELDS}


def claimed_types(metric: Metric) -> tuple[str, ...]:
    """The names of the GraphQL types that a metric adds."""
    return (type_name(metric.key), *([band_name(metric.key)] if metric.bands else []))


def name_problems(metric: Metric) -> Iterator[str]:
    """Names of a metric that GraphQL cannot have, with or without other metrics."""
    for name in claimed_types(metric):
        if fold(name) in _CORE:
            yield f"the metric {metric.key!r} would add the GraphQL type {name}, which the core has. Give the metric another key"
    fields: dict[str, str] = {}
    for name in (*metric.measures, *metric.figures):
        if fold(name) in _RESULT:
            yield (
                f"the metric {metric.key!r} calls a measure or figure {name!r}, but every result has a field {field_name(name)}. "
                "Give it another name"
            )
        elif fold(name) in fields:
            yield (
                f"the metric {metric.key!r} has {fields[fold(name)]!r} and {name!r}, which differ only in underscores. "
                "Give one of them another name"
            )
        fields.setdefault(fold(name), name)
