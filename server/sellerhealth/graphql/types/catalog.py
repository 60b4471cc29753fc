"""The catalog: the definitions of metrics and the plugins that they come from."""

from functools import lru_cache
from pathlib import PurePath

import strawberry

from sellerhealth.engine.driver_columns import driver_names
from sellerhealth.engine.results import dimensions
from sellerhealth.graphql import ids
from sellerhealth.graphql.context import Info
from sellerhealth.graphql.cost import LIST
from sellerhealth.graphql.decorators import field, object_type, resolver
from sellerhealth.graphql.types import converters
from sellerhealth.graphql.types.enums import MetricUnit, Permission, PluginState
from sellerhealth.graphql.types.node import Node
from sellerhealth.graphql.types.values import MetricTarget
from sellerhealth.graphql_names import field_name
from sellerhealth.metrics.metric import Metric
from sellerhealth.plugins.plugin import Plugin as LoadedPlugin


@object_type
class WindowDefinition:
    """A window that a metric is usually looked at."""

    days: int | None = field(description="How many days. Null for a lifetime.")
    lag: int = field(description="How many days lie between the last day of the window and the as-of day.")


@object_type
class MetricDefinition(Node):
    """The definition of a metric, as its plugin declares it."""

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
    drivers: list[str] = field(description="The columns by which misses can be grouped: see `MetricResult.drivers`.")
    deprecation_reason: str | None = field(
        description="Why it should no longer be used, what to use instead, and until when it stays. Null when all is well."
    )

    @resolver
    def plugin(self, info: Info) -> "Plugin":
        """The plugin that it comes from."""
        return plugin_of(info.context.loaded.plugin_of(self.key))


@object_type
class Plugin:
    """A distribution that contributes metrics, importers or a classifier."""

    name: str = field(description="The name of its entry point.")
    distribution: str = field(description="The installed distribution, for example `acme-dispatch`.")
    version: str = field(description="The version of the distribution.")
    state: PluginState = field(description="Whether it takes part.")
    _loaded: strawberry.Private[LoadedPlugin]

    @resolver(cost=LIST)
    def metrics(self, info: Info) -> list[MetricDefinition]:
        """The metrics that it contributes. Empty unless it is active."""
        return [definition_of(metric) for key, metric in info.context.metrics.items() if key in self._loaded.metrics]

    @resolver(requires=Permission.ADMIN)
    def reason(self) -> str | None:
        """Why it does not take part, and how to fix it. Null when it does."""
        return self._loaded.reason

    @resolver(requires=Permission.ADMIN)
    def warning(self) -> str | None:
        """What is wrong with it although it takes part, and how to fix it. Null when all is well."""
        return self._loaded.warning


@lru_cache(maxsize=256)  # every result has the definition of its metric
def definition_of(metric: Metric) -> MetricDefinition:
    """The definition of a metric."""
    return MetricDefinition(
        id=strawberry.ID(ids.write(["definition", metric.key])),
        key=metric.key,
        field_=field_name(metric.key),
        title=metric.title,
        description=metric.description,
        section=metric.section,
        unit=metric.value.unit,
        target=converters.target(metric, enforced=metric.target is not None and metric.target.enforced),
        windows=[WindowDefinition(days=window.days or None, lag=window.lag) for window in metric.windows],
        dimensions=list(dimensions(metric)),
        drivers=list(driver_names(metric)),
        deprecation_reason=metric.deprecated,
    )


def plugin_of(plugin: LoadedPlugin) -> Plugin:
    """A plugin as an object of the API."""
    return Plugin(
        name=plugin.name,
        distribution=PurePath(plugin.distribution).name,  # of a plugin file: its path on the server is not for clients
        version=plugin.version,
        state=plugin.state,
        _loaded=plugin,
    )
