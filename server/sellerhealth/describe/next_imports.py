"""What to import next: the formats that cover what an account lacks, and the metrics that each would settle."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sellerhealth.engine.coverage import AccountCoverage, metric_coverage
from sellerhealth.engine.queries import MetricQuery
from sellerhealth.metrics.expressions import kinds_read
from sellerhealth.metrics.metric import Metric
from sellerhealth.model.tables import FactKind
from sellerhealth.settings import StaleAfter
from sellerhealth.sources import Importer


class Need(NamedTuple):
    """A kind of fact that a metric lacks a source of. `complete`: it needs a source of all of them, not just of those that hurt."""

    kind: FactKind
    complete: bool


@dataclass(frozen=True)
class NextImport:
    """A step: the best format for it, the others that would do as well, the kinds that it covers, and the metrics that then lack nothing."""

    importer: Importer
    others: tuple[Importer, ...]
    facts: tuple[FactKind, ...]
    settles: tuple[Metric, ...]


def needs_of(metric: Metric) -> frozenset[Need]:
    """What the metric needs sources of."""
    counted, read = kinds_read(metric)
    return frozenset(Need(kind, kind in counted) for kind in read)


def next_imports(
    metrics: Iterable[Metric], importers: Iterable[Importer], coverage: AccountCoverage, today: dt.date, stale_after: StaleAfter
) -> tuple[NextImport, ...]:
    """What to import, best first: each step is the format that settles most metrics then, else that covers most of what they need.

    A metric is settled once each kind that it reads is covered far enough. Kinds that no format covers are left out.
    """
    lacking = {metric: missing for metric in metrics if (missing := _missing(metric, coverage, today, stale_after))}
    covers = {each: frozenset(Need(kind, complete) for kind in each.covers for complete in {False, each.complete}) for each in importers}
    steps = []
    while useful := {each: needs & frozenset().union(*lacking.values()) for each, needs in covers.items()}:
        best = min(useful, key=lambda each: (*_gain(useful[each], lacking), each.rank, each.name))
        if not (covered := useful[best]):
            break
        settled = tuple(metric for metric, missing in lacking.items() if missing <= covered)
        others = tuple(each for each, needs in useful.items() if each is not best and covered <= needs)
        steps.append(NextImport(best, others, tuple(sorted({need.kind for need in covered})), settled))
        lacking = {metric: missing - covered for metric, missing in lacking.items() if metric not in settled}
    return tuple(steps)


def _missing(metric: Metric, coverage: AccountCoverage, today: dt.date, stale_after: StaleAfter) -> frozenset[Need]:
    known = metric_coverage(MetricQuery(metric, metric.windows[0], today), coverage, today, stale_after)
    stale = known.stale(today)
    return frozenset(need for need in needs_of(metric) if need.kind not in known.covered or need.kind in stale)


def _gain(covered: frozenset[Need], lacking: Mapping[Metric, frozenset[Need]]) -> Sequence[int]:
    """How much a step brings, the most first: the metrics that it settles, then what it covers of what the others need."""
    settled = sum(missing <= covered for missing in lacking.values())
    return -settled, -sum(len(missing & covered) for missing in lacking.values())
