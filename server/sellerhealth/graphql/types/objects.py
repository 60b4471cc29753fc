"""The plain types of the API: values without a life of their own. Their fields are attributes, so reading one costs nothing."""

import datetime as dt
from typing import Annotated

import strawberry

from sellerhealth.graphql.context import Info
from sellerhealth.graphql.cost import LIST
from sellerhealth.graphql.decorators import field, interface, object_type, resolver
from sellerhealth.graphql.types.enums import Channel, FactKind, MetricUnit, Permission, PluginState, TargetCondition


@interface
class Node:
    """An object that can be fetched again by its `id`."""

    id: strawberry.ID = field(description="An opaque id, unique over all types. Do not take it apart: for Amazon's own numbers see `key`.")


@object_type
class Marketplace:
    """A marketplace that orders come from."""

    key: str = field(description="Amazon's marketplace id, for example `ATVPDKIKX0DER`, or the key that an importer gave.")
    name: str = field(description="The name shown to people, for example `Amazon.com`.")
    country_code: str | None = field(description="The country as ISO 3166 code, for example `US`. Null when it has none.")


@object_type
class MetricPart:
    """One part of a breakdown."""

    dimension: str = field(description="The dimension: a key from `dimensions` of the definition, for example `category`.")
    value: str = field(description="The part, for example `Books`.")


@object_type
class MetricScope:
    """The part of an account's business that a result covers. Null stands for all of it."""

    marketplace: Marketplace | None = field(description="The marketplace.")
    channel: Channel | None = field(description="The fulfilment channel.")
    part: MetricPart | None = field(description="One part of a breakdown that the metric itself offers, for example a product category.")


@object_type
class MetricWindow:
    """The days that a result covers, both ends included."""

    as_of: dt.date = field(description="The as-of day.")
    days: int | None = field(description="How many days. Null for a lifetime.")
    from_: dt.date | None = field(name="from", description="The first day. Null for a lifetime.")
    to: dt.date = field(description="The last day: the as-of day less the metric's lag.")


@object_type
class MetricTarget:
    """The target of a metric."""

    condition: TargetCondition = field(description="How the value is compared with the limit.")
    display: str = field(description="The target for people: `under 1 %`.")
    enforced: bool = field(description="Whether Amazon acts on a miss. False for an older target, or when there is too little to judge.")
    limit: float = field(description="The limit, in the unit of the metric.")
    warning: float | None = field(description="The value at which the status becomes `AT_RISK`. Null when there is no such line.")


@object_type
class Headroom:
    """The distance to a target."""

    allowed: int = field(description="How many more misses the target allows. 0 when it is missed.")
    needed: int = field(description="How many further rows without a miss bring the target back. 0 when it is met.")
    used: float | None = field(
        description="The share of the allowance that is used: 0 is perfect, 1 and more is a miss. Comparable between metrics. "
        "Null when the target allows nothing."
    )


@object_type
class Figure:
    """A number behind a metric: a measure, counted from facts, or a figure derived from measures."""

    key: str = field(description="The key of the figure, for example `negative_feedback`. The object type has it as `negativeFeedback`.")
    title: str = field(description="A short name for people.")
    description: str = field(description="What it counts, in a sentence.")
    value: float | None = field(description="The number. Null when there is nothing to measure, or when the figure is a word.")
    display: str = field(description="The figure for people: `8`, `4.4`, `Very good` or `N/A`.")
    unit: MetricUnit = field(description="The unit of the number.")
    fact: FactKind | None = field(
        description="The kind of fact that `evidence` lists for it. Null for a derived figure, which has no facts of its own."
    )


@object_type
class FactCoverage:
    """How far a kind of fact is covered."""

    fact: FactKind = field(description="The kind of fact.")
    through: dt.date | None = field(
        description="The last day that a source covers. Null when no source was ever imported, which is not the same as no facts "
        "having happened."
    )


@object_type
class DataQualityNote:
    """A kind of contradiction in the facts, and how often it occurs."""

    code: str = field(description="A stable name, for example `delivered_before_shipped`.")
    count: int = field(description="How many facts are affected.")
    message: str = field(description="What is contradictory, in a sentence.")


@object_type
class WindowDefinition:
    """A window that a metric is usually looked at."""

    days: int | None = field(description="How many days. Null for a lifetime.")
    lag: int = field(description="How many days lie between the last day of the window and the as-of day.")


@object_type
class MetricDefinition(Node):
    """What a metric is, as its plugin declares it."""

    id: strawberry.ID = field(description="An opaque id.")
    key: str = field(description="The key, for example `order_defect_rate`. Arguments take it, and the name of the field as well.")
    field_: str = field(name="field", description="The field of `AccountMetrics`, for example `orderDefectRate`.")
    title: str = field(description="A short name for people.")
    description: str = field(description="What it measures, in a sentence.")
    section: str = field(description="The section of a dashboard that it belongs to, for example `account_health`.")
    unit: MetricUnit = field(description="The unit of the value.")
    target: MetricTarget | None = field(description="The target. Null when it has none.")
    windows: list[WindowDefinition] = field(cost=LIST, description="The windows that it is usually looked at, the default one first.")
    dimensions: list[str] = field(description="What it can be split by, for example `marketplace`, `channel`, `category`.")
    plugin: Annotated["Plugin", strawberry.lazy("sellerhealth.graphql.types.objects")] = field(description="The plugin that it comes from.")
    deprecation_reason: str | None = field(
        description="Why it should no longer be used, what to use instead, and until when it stays. Null when all is well."
    )


@object_type
class Plugin:
    """A distribution that contributes metrics, importers or a classifier."""

    name: str = field(description="The name of its entry point.")
    distribution: str = field(description="The installed distribution, for example `acme-dispatch`.")
    version: str = field(description="The version of the distribution.")
    state: PluginState = field(description="Whether it takes part.")
    metrics: list[MetricDefinition] = field(cost=LIST, description="The metrics that it contributes. Empty unless it is active.")
    _reason: strawberry.Private[str | None]
    _warning: strawberry.Private[str | None]

    @resolver
    def reason(self, info: Info) -> str | None:
        """Why it does not take part, and how to fix it. Null when it does, and for viewers without the permission `ADMIN`."""
        return self._reason if Permission.ADMIN in info.context.viewer.permissions else None

    @resolver
    def warning(self, info: Info) -> str | None:
        """What is wrong with it although it takes part, and how to fix it. Null when all is well, and for viewers without the permission `ADMIN`."""
        return self._warning if Permission.ADMIN in info.context.viewer.permissions else None


@object_type
class Viewer:
    """The viewer who sends the request, and their permissions."""

    name: str = field(description="The name of the key or the person.")
    permissions: list[Permission] = field(description="What the viewer may do.")
    expires_at: dt.datetime | None = field(description="When the key ends. Null when it does not.")
