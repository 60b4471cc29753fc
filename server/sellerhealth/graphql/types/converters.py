"""Converts values of the core to objects of the API. Only here are exact numbers converted to floats."""

import datetime as dt
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import lru_cache

from sellerhealth.engine.queries import Part, Scope
from sellerhealth.graphql.types.coverage import DataQualityNote, FactCoverage
from sellerhealth.graphql.types.enums import Channel, FactKind, MetricUnit
from sellerhealth.graphql.types.scalars import BigInt
from sellerhealth.graphql.types.scope import Marketplace, MetricPart, MetricScope, MetricWindow
from sellerhealth.graphql.types.unproven import UnknownCell, UnprovenRows
from sellerhealth.graphql.types.values import Figure, Headroom, MetricTarget
from sellerhealth.marketplaces import MARKETPLACES
from sellerhealth.metrics import declaration, targets
from sellerhealth.metrics import result as metric_results
from sellerhealth.metrics.expressions import kind_of_table
from sellerhealth.metrics.integer_headroom import IntegerHeadroom
from sellerhealth.metrics.measures import Measure
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.quotients import Quotient
from sellerhealth.metrics.unproven import Unproven
from sellerhealth.store.derive import NOTES

BAND = "The band of the rounded score. Null when no order was scored."


def number(value: Fraction | None) -> float | None:
    """A number as a client gets it."""
    return None if value is None else float(value)


def quotient(value: Quotient | None) -> float | None:
    """A quotient as a client gets it: the nearest float, without making a fraction of it."""
    return None if value is None else value[0] / value[1]


def marketplace(key: str) -> Marketplace:
    """A marketplace by its key; one that is not Amazon's has its key as name."""
    known = MARKETPLACES.get(key)
    return Marketplace(key=key, name=known.name if known else key, country_code=known.country_code if known else None)


def scope(query_scope: Scope, part: Part | None) -> MetricScope:
    """A scope, with the part of the metric's own dimension if there is one."""
    return MetricScope(
        marketplace=None if query_scope.marketplace is None else marketplace(query_scope.marketplace),
        channel=None if query_scope.channel is None else Channel(query_scope.channel),
        part=None if part is None or part.name is None else MetricPart(dimension=part.dimension, value=part.name),
    )


@lru_cache(maxsize=1024)  # every result has one, and those of a day are few
def window(declared: declaration.Window, as_of: dt.date) -> MetricWindow:
    """The days of a window as of a day."""
    first, last = declared.span(as_of)
    return MetricWindow(as_of=as_of, days=declared.days or None, from_=first if declared.days else None, to=last)


@lru_cache(maxsize=256)  # every result has the target of its metric
def target(metric: Metric, *, enforced: bool) -> MetricTarget | None:
    """The target of a metric, and whether Amazon acts on a miss."""
    if metric.target is None:
        return None
    return MetricTarget(
        condition=metric.target.condition,
        display=metric.target.display(metric.value),
        enforced=enforced,
        limit=float(Fraction(metric.target.limit)),
        warning=None if metric.target.warn is None else float(Fraction(metric.target.warn)),
        warning_display=targets.display_warning(metric.target, metric.value),
    )


def headroom(integer: IntegerHeadroom | None) -> Headroom | None:
    """The distance to a target."""
    return (
        None if integer is None else Headroom(allowed=BigInt(integer.allowed), needed=BigInt(integer.needed), used=quotient(integer.used))
    )


def figures(result: metric_results.MetricResult) -> Iterator[Figure]:
    """Every number behind a result: the measures, then the figures, then the band."""
    for name, measure in result.metric.measures.items():
        counted = result.numbers.get(name, 0)
        yield _figure(name, measure.description, float(counted), str(counted), MetricUnit.COUNT, fact_of(measure))
    for name, figure in result.metric.figures.items():
        value = result.figures[name]
        yield _figure(name, figure.description, quotient(value.quotient), value.display, figure.value.unit, None)
    if result.metric.bands:
        yield _figure("band", BAND, None, title(result.band) if result.band else "N/A", MetricUnit.WORD, None)


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


def unproven(found: Unproven) -> UnprovenRows:
    """The unproven rows of a result."""
    cells = [UnknownCell(column=str(cell), count=count, fact=kind_of_table(cell.table)) for cell, count in found.cells.items()]
    return UnprovenRows(cells=cells, count=found.rows, rejected=found.rejected)


def note(code: str, count: int) -> DataQualityNote:
    """A kind of contradiction and how often it occurs."""
    return DataQualityNote(code=code, count=count, message=NOTES[code])
