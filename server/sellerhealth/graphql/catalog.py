"""The catalog: the metrics and plugins of a server as its schema knows them. A value, made by `build`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sellerhealth.graphql.arguments import one_of
from sellerhealth.graphql.types.objects import MetricDefinition, MetricTarget, Plugin
from sellerhealth.graphql.types.results import MetricResult
from sellerhealth.metrics.metric import Metric
from sellerhealth.plugins.classifier import Classifier


@dataclass(frozen=True, eq=False)
class Entry:
    """A metric with its GraphQL type. `targets` tells the target where Amazon acts on a miss, and where it does not."""

    metric: Metric
    definition: MetricDefinition
    kind: type[MetricResult]
    targets: Mapping[bool, MetricTarget | None]


@dataclass(frozen=True, eq=False)
class Catalog:
    """Metrics by key, in the order of section and key; plugins, the built-in ones first; how feedback is classed."""

    entries: Mapping[str, Entry]
    plugins: Sequence[Plugin]
    classify: Classifier

    def choose(self, keys: Iterable[str] | None = None, section: str | None = None) -> list[Entry]:
        """The metrics with these keys, in their order, or all; of one section, or of any. Raises BadInput for what does not exist."""
        chosen = self.entries if keys is None else dict.fromkeys(one_of(key, self.entries, "metric") for key in keys)
        entries = [self.entries[key] for key in chosen]
        if section is None:
            return entries
        one_of(section, sorted({entry.metric.section for entry in self.entries.values()}), "section")
        return [entry for entry in entries if entry.metric.section == section]
