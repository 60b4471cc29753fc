"""Converts values of the core to objects of the API. Only here are exact numbers converted to floats."""

import datetime as dt
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import lru_cache

from sellerhealth.engine.queries import Part, Scope
from sellerhealth.graphql.types.coverage import DataQualityNote, FactCoverage
from sellerhealth.graphql.types.enums import Channel, FactKind, MetricUnit
from sellerhealth.graphql.types.scope import Marketplace, MetricPart, MetricScope, MetricWindow
from sellerhealth.graphql.types.values import Figure, Headroom, MetricTarget
from sellerhealth.marketplaces import MARKETPLACES
from sellerhealth.metrics import declaration, targets
from sellerhealth.metrics import result as metric_results
from sellerhealth.metrics.measures import Measure
from sellerhealth.metrics.metric import Metric
from sellerhealth.store.derive import NOTES

BAND = "The band of the rounded score. Null when no order was scored."


def number(value: Fraction | None) -> float | None:
    """A number as a client gets it."""
    return None if value is None else float(value)


def marketplace(key: str) -> Marketplace:
    """A marketplace by its key; one that is not Amazon's has its key as name."""
    known = MARKETPLACES.get(key)
    return Marketplace(key=key, name=known.name if known else key, country_code=known.country_code if known else None)


def scope(of: Scope, part: Part | None) -> MetricScope:
    """A scope, with the part of the metric's own dimension if there is one."""
    return MetricScope(
        marketplace=None if of.marketplace is None else marketplace(of.marketplace),
        channel=None if of.channel is None else Channel(of.channel),
        part=None if part is None or part.name is None else MetricPart(dimension=part.dimension, value=part.name),
    )


def window(of: declaration.Window, as_of: dt.date) -> MetricWindow:
    """The days of a window as of a day."""
    first, last = of.span(as_of)
    return MetricWindow(as_of=as_of, days=of.days or None, from_=first if of.days else None, to=last)


@lru_cache(maxsize=256)  # every result has the target of its metric
def target(of: Metric, *, enforced: bool) -> MetricTarget | None:
    """The target of a metric, and whether Amazon acts on a miss."""
    if of.target is None:
        return None
    return MetricTarget(
        condition=of.target.condition,
        display=of.target.display(of.value),
        enforced=enforced,
        limit=float(Fraction(of.target.limit)),
        warning=None if of.target.warn is None else float(Fraction(of.target.warn)),
    )


def headroom(of: targets.Headroom) -> Headroom:
    """The distance to a target."""
    return Headroom(allowed=of.allowed, needed=of.needed, used=number(of.used))


def figures(of: metric_results.MetricResult) -> Iterator[Figure]:
    """Every number behind a result: the measures, then the figures, then the band."""
    for name, measure in of.metric.measures.items():
        counted = of.numbers.get(name, 0)
        yield _figure(name, measure.description, float(counted), str(counted), MetricUnit.COUNT, fact_of(measure))
    for name, figure in of.metric.figures.items():
        value = of.figures[name]
        yield _figure(name, figure.description, number(value.value), value.display, figure.value.unit, None)
    if of.metric.bands:
        yield _figure("band", BAND, None, title(of.band) if of.band else "N/A", MetricUnit.WORD, None)


def _figure(key: str, description: str, value: float | None, display: str, unit: MetricUnit, fact: FactKind | None) -> Figure:
    return Figure(key=key, title=title(key), description=description, value=value, display=display, unit=unit, fact=fact)


def fact_of(measure: Measure) -> FactKind | None:
    """The kind of fact that a measure counts."""
    kind: FactKind | None = measure.on.class_.fact_kind
    return kind


def title(name: str) -> str:
    """A name for people: `negative_feedback` gives `Negative feedback`."""
    return name.replace("_", " ").capitalize()


def coverage(covered: Mapping[FactKind, dt.date | None]) -> list[FactCoverage]:
    """The last covered day of each kind of fact."""
    return [FactCoverage(fact=fact, through=through) for fact, through in covered.items()]


def note(code: str, count: int) -> DataQualityNote:
    """A kind of contradiction and how often it occurs."""
    return DataQualityNote(code=code, count=count, message=NOTES[code])
