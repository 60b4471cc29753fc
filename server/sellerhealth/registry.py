"""What plugins contributed, by name: metrics and importers, the names that each takes, and who may not take which."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from sellerhealth.errors import NotFound, did_you_mean
from sellerhealth.metrics import Metric
from sellerhealth.sources import Importer

T = TypeVar("T")

# The types of the GraphQL schema that belong to no metric, those that a later version brings included.
CORE_TYPES = frozenset(
    """
    Account AccountConnection AccountEdge AccountFilter AccountMetrics AccountSort AccountSortField AnyMetric AtRiskConnection AtRiskEdge
    Boolean Channel Chargeback ChargebackInput ChargebackKind Claim ClaimInput ClaimState ComparedInstant DataQualityNote Date DateTime
    ErrorCode EvidenceConnection EvidenceEdge Fact FactCoverage FactKind Feedback FeedbackClass FeedbackConnection FeedbackEdge
    FeedbackFilter FeedbackInput Figure Float Headroom ID ImportBatch ImportReportInput ImportReportPayload ImportState Int Marketplace
    MeasureChange Message MessageInput MetricDefinition MetricPart MetricPoint MetricResult MetricScope MetricStatus MetricStatusChange
    MetricStatusChangeConnection MetricStatusChangeEdge MetricTarget MetricUnit MetricWindow Mutation Node Order OrderConnection OrderEdge
    OrderFilter OrderInput OrderStatus Package PackageInput PageInfo Party Permission Plugin PluginState Query RecordFactsInput
    RecordFactsPayload Refund ReportedFigure ResolveViolationInput ResolveViolationPayload Severity SortDirection String Subscription
    TargetCondition Timeline TimelineSeries UnavailableReason Upload UserError Viewer Violation ViolationInput WhatIf WindowDefinition
    """.split()
)

# The fields that every result has, so that no measure or figure can be called so.
RESULT_FIELDS = frozenset(
    """
    account band breakdown coverage definition denominator display evidence figures forecast headroom history id numerator overallStatus
    reported scope status target unavailableReason value whatIf window windows
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
    """A name as databases and careless readers see it: without case, underscores and dashes. Names that fold alike collide."""
    return name.casefold().replace("_", "").replace("-", "")


_CORE = {fold(name) for name in CORE_TYPES}
_RESULT = {fold(name) for name in RESULT_FIELDS}


def claimed_types(metric: Metric) -> tuple[str, ...]:
    """The GraphQL types that a metric brings."""
    return (type_name(metric.key), *([band_name(metric.key)] if metric.bands else []))


def name_problems(metric: Metric) -> Iterator[tuple[str, str]]:
    """What is wrong with the names of one metric, whoever else there is, each with the name that it is about."""
    for name in claimed_types(metric):
        if fold(name) in _CORE:
            yield (
                f"the metric {metric.key!r} would bring the GraphQL type {name}, which the core has. Give the metric another key",
                metric.key,
            )
    fields: dict[str, str] = {}
    for name in (*metric.measures, *metric.figures):
        if fold(name) in _RESULT:
            yield (
                (
                    f"the metric {metric.key!r} calls a measure or figure {name!r}, but every result has a field {field_name(name)}. "
                    "Give it another name"
                ),
                name,
            )
        elif fold(name) in fields:
            yield (
                (
                    f"the metric {metric.key!r} has {fields[fold(name)]!r} and {name!r}, which differ only in underscores. "
                    "Give one of them another name"
                ),
                name,
            )
        fields.setdefault(fold(name), name)


@dataclass(frozen=True)
class Origin:
    """Where something comes from: the name of an entry point, and the installed distribution with its version."""

    name: str
    distribution: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} ({self.distribution} {self.version})"


class _Register(Mapping[str, T]):
    """Things by name, in a given order, each with the plugin that it comes from. Never changes."""

    word: ClassVar[str]

    def __init__(self, things: Iterable[tuple[str, T, Origin]]) -> None:
        self._things: dict[str, T] = {}
        self._origins: dict[str, Origin] = {}
        for name, thing, origin in things:
            self._things[name], self._origins[name] = thing, origin

    def __getitem__(self, name: str) -> T:
        return self._things[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._things)

    def __len__(self) -> int:
        return len(self._things)

    def origin(self, name: str) -> Origin:
        """The plugin that it comes from."""
        return self._origins[name]

    def find(self, name: str) -> T:
        """A thing by its name. Raises NotFound, which offers what was perhaps meant."""
        if name not in self:
            raise NotFound(f"There is no {self.word} {name!r}.{did_you_mean(name, self)}")
        return self[name]


class MetricRegistry(_Register[Metric]):
    """The metrics that take part, by key, in the order of section and key."""

    word = "metric"

    def __init__(self, metrics: Iterable[tuple[Metric, Origin]]) -> None:
        ordered = sorted(metrics, key=lambda each: (each[0].section, each[0].key))
        super().__init__((metric.key, metric, origin) for metric, origin in ordered)
        self._keys = {field_name(key): key for key in self}

    def find(self, name: str) -> Metric:
        """A metric by its key or its GraphQL field. Raises NotFound, which offers what was perhaps meant."""
        return super().find(self._keys.get(name, name))


class Importers(_Register[Importer]):
    """The formats that can be imported, by name, in the order of names."""

    word = "format"

    def __init__(self, importers: Iterable[tuple[Importer, Origin]]) -> None:
        super().__init__((importer.name, importer, origin) for importer, origin in sorted(importers, key=lambda each: each[0].name))
