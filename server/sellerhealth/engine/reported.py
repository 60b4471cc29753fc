"""Amazon's own figures beside ours: which figure belongs to a result, how far both are apart, and the likeliest reason."""

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from sellerhealth.engine.queries import MetricQuery, Part, QueryResult, Scope
from sellerhealth.metrics.declaration import Window
from sellerhealth.metrics.measures import MetricUnit, rounded_units
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.result import MetricResult, UnavailableReason
from sellerhealth.model.records import FigureUnit
from sellerhealth.store.reported_figures import ReportedFigure

_PLACES = 4  # of a value that has fewer in a report: 0.01 may stand for 0.0100, and 0.0102 is another rate


class DifferenceReason(StrEnum):
    """The likeliest reason why Amazon's figure and ours differ."""

    COVERAGE = "COVERAGE"
    DEFINITION = "DEFINITION"
    WINDOW = "WINDOW"


@dataclass(frozen=True)
class Comparison:
    """Our result beside a figure of Amazon. `difference` is Amazon's value less ours, None without either; `reason` is None if they agree."""

    query: MetricQuery
    result: MetricResult
    difference: Fraction | None
    reason: DifferenceReason | None
    explanation: str


def figure_for(query: MetricQuery, figures: Collection[ReportedFigure], marketplaces: Collection[str]) -> ReportedFigure | None:
    """Amazon's figure for a query among those of the last reports: the one whose window comes closest.

    Amazon judges each marketplace by itself. So for all of them together there is one only if the account, whose facts are of
    these `marketplaces`, has no more than the one of the reports.
    """
    if query.scope.marketplace is None and len({*marketplaces, *(each.marketplace for each in figures)}) > 1:
        return None
    own = [each for each in figures if query.scope.marketplace in (None, each.marketplace)]
    part, channel = None if query.part is None else query.part.name, query.scope.channel
    if query.part is not None and query.part.dimension == "channel":
        part, channel = None, query.part.name
    names = [each.figure for each in query.metric.reported if each.part == part]
    for name in names:
        named = _of_channel([each for each in own if each.figure == name], channel)
        if any(each.value is not None for each in named) or name == names[-1]:
            return min(named, key=lambda each: (each.value is None, _distance(query, each), each.format), default=None)
    return None


def figures_for(metric: Metric, figures: Iterable[ReportedFigure]) -> Iterator[ReportedFigure]:
    """All figures of the last reports that mean the same as a metric, of any marketplace and channel."""
    names = {each.figure for each in metric.reported}
    return (each for each in figures if each.figure in names)


def query_for(figure: ReportedFigure, metrics: Iterable[Metric]) -> MetricQuery | None:
    """The query whose result means the same as a figure, over the window that comes closest. None if no metric does."""
    for metric in metrics:
        for each in metric.reported:
            if each.figure == figure.figure:
                part = None if each.part is None else Part(next(iter(metric.parts)), each.part)
                scope = Scope(figure.marketplace, figure.channel or None)
                queries = (MetricQuery(metric, window, figure.taken_on, scope, part) for window in metric.windows if window.days)
                return min(queries, key=lambda query: _distance(query, figure), default=None)
    return None


def compare(figure: ReportedFigure, query: MetricQuery, ours: QueryResult) -> Comparison:
    """A figure of Amazon beside the result of a query. Values are compared exactly, to the places that Amazon gives."""
    result = ours.result
    value = _in_unit_of(result, figure)
    difference = None if value is None or result.value is None else value - result.value
    reason, explanation = _reason(figure, query, ours, difference)
    return Comparison(query, result, difference, reason, explanation)


def _of_channel(named: Sequence[ReportedFigure], channel: str | None) -> Sequence[ReportedFigure]:
    """The figures of a channel. All together are those of the only channel that has any orders, where Amazon splits the figure."""
    if channel is not None:
        return [each for each in named if each.channel == channel]
    with_values = [each for each in named if each.value is not None and each.denominator != 0]
    channels = {each.channel for each in with_values} if all(each.channel for each in named) else {""}
    return [each for each in named if each.channel in channels] if len(channels) == 1 else []


def _distance(query: MetricQuery, figure: ReportedFigure) -> int:
    """By how many days the windows of a query and of a figure differ. A figure without a window comes last."""
    if figure.first_on is None or figure.last_on is None:
        return dt.date.max.toordinal()
    first, last = query.span
    return abs((first - figure.first_on).days) + abs((last - figure.last_on).days)


def _in_unit_of(result: MetricResult, figure: ReportedFigure) -> Fraction | None:
    in_percent = figure.unit is FigureUnit.FRACTION and result.metric.value.unit is MetricUnit.PERCENT
    return figure.value * 100 if in_percent and figure.value is not None else figure.value


def _agrees(figure: ReportedFigure, result: MetricResult) -> bool:
    """Whether both have the same value, and the same denominator where both have one: 0 of 5 is not 0 of 500."""
    theirs = _in_unit_of(result, figure)
    if theirs is None or result.value is None:
        return False
    places = max(figure.places, _PLACES)
    same_whole = figure.denominator is None or result.fraction is None or result.fraction[1] == figure.denominator
    return same_whole and rounded_units(result.value, places) == rounded_units(theirs, places)


def _reason(
    figure: ReportedFigure, query: MetricQuery, ours: QueryResult, difference: Fraction | None
) -> tuple[DifferenceReason | None, str]:
    result, (first, last) = ours.result, query.span
    if figure.value is None:
        return None, "Amazon gives no value."
    if _agrees(figure, result):
        return None, "Both agree."
    if missing := list(_not_covered(query, ours)):
        return DifferenceReason.COVERAGE, f"Ours lacks facts: {'; '.join(missing)}. Import what is missing."
    has_nothing = result.reason is UnavailableReason.NOTHING_TO_MEASURE
    if has_nothing and figure.value == 0 and figure.unit is FigureUnit.COUNT:
        return None, "Both have none."  # of a category, of which ours has no row
    if _is_known(figure) and (figure.first_on, figure.last_on) != (first, last):
        windows = f"Amazon's figure covers {figure.first_on} to {figure.last_on}, ours {first} to {last}"
        return DifferenceReason.WINDOW, f"{windows}. Look at ours as of {_as_of(figure, query.window)}."
    if has_nothing:
        return DifferenceReason.COVERAGE, "Ours has nothing to measure in these days. Import what is missing."
    counted = result.fraction[1] if result.fraction else None
    edge = Fraction(1, max(figure.days, 1))  # a day of the window, which begins at another hour
    if counted is not None and figure.denominator and Fraction(counted, figure.denominator) < 1 - edge:
        return (
            DifferenceReason.COVERAGE,
            f"Ours counts {counted:,} of the {figure.denominator:,} that Amazon counts. Import what is missing.",
        )
    source = f" See {query.metric.source}." if query.metric.source else ""
    return DifferenceReason.DEFINITION, f"Both cover the same days, so Amazon counts otherwise.{source}"


def _is_known(figure: ReportedFigure) -> bool:
    return figure.first_on is not None and figure.last_on is not None


def _as_of(figure: ReportedFigure, window: Window) -> dt.date | None:
    """The as-of day on which a window ends with that of a figure."""
    return None if figure.last_on is None else figure.last_on + dt.timedelta(window.lag)


def _not_covered(query: MetricQuery, ours: QueryResult) -> Iterator[str]:
    """What keeps our value from resting on all facts of its window."""
    if never := [kind.plural for kind, through in ours.coverage.items() if through is None]:
        yield f"{', '.join(never)} were never imported"
    _, last = query.span
    yield from (f"{kind.plural} only up to {through}" for kind, through in ours.coverage.items() if through is not None and through < last)
    if (rows := ours.result.unproven.rows) > 0:
        yield "of 1 row it is not known what it counts in" if rows == 1 else f"of {rows:,} rows it is not known what they count in"
