"""Amazon's own figures beside ours, for people: in a sentence, or in the rows of a table."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

from sellerhealth.access import ReadSession
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.queries import MetricQuery, QueryResult
from sellerhealth.engine.reported import Comparison, compare, figure_for, figures_for, query_for
from sellerhealth.engine.results import read_results
from sellerhealth.marketplaces import MARKETPLACES
from sellerhealth.metrics.measures import half_up
from sellerhealth.metrics.metric import Metric
from sellerhealth.model.records import FigureUnit
from sellerhealth.store.lookups import markets
from sellerhealth.store.reported_figures import ReportedFigure, display, last_figures

COLUMNS = ("marketplace", "figure", "channel", "Amazon", "of", "status", "target", "from", "to", "ours", "difference", "reason")


def amazon_says(session: ReadSession, account_id: int, query: MetricQuery, ours: QueryResult) -> Iterator[str]:
    """What Amazon says of the metric of a query: beside our result, or of each marketplace and channel if Amazon has no figure for the whole."""
    figures = last_figures(session, [account_id], query.as_of).get(account_id, ())
    figure = figure_for(query, figures, markets(session, [account_id]).get(account_id, ()))
    if figure is not None:
        comparison = compare(figure, query, ours)
        apart = "" if comparison.reason is None or not comparison.difference else f" That is {_difference(figure, comparison)} than ours."
        yield f"Amazon says: {_said(figure)}.{apart} {comparison.explanation}"
        return
    of_parts = any(each.part is not None for each in query.metric.reported)
    for each in figures_for(query.metric, figures):
        if of_parts and not each.value:
            continue  # Amazon lists each category, also those without any
        part = ", ".join((_market(each), *([each.channel] if each.channel else ()), *([each.figure] if of_parts else ())))
        yield f"Amazon says of {part}: {_said(each)}."


def table(session: ReadSession, account_id: int, metrics: Iterable[Metric], as_of: dt.date) -> Sequence[Sequence[object]]:
    """The cells of each figure of the last reports, with ours of the same meaning beside it."""
    declared = list(metrics)
    figures = last_figures(session, [account_id], as_of).get(account_id, ())
    queries = {figure: query for figure in figures if (query := query_for(figure, declared)) is not None}
    results = read_results(session, list(dict.fromkeys(queries.values())), AccountFilter(account_ids=(account_id,))) if queries else None
    return [
        _cells(
            figure,
            None
            if results is None or (query := queries.get(figure)) is None
            else compare(figure, query, results.result(account_id, query)),
        )
        for figure in figures
    ]


def _said(figure: ReportedFigure) -> str:
    counted = _counted(figure)
    counts = f" ({counted})" if counted else ""
    window = "" if figure.first_on is None else f" for {figure.first_on} to {figure.last_on}"
    status = "" if figure.status is None else f", {figure.status}"
    return f"{figure.display}{counts}{status}{window}, as of {figure.taken_on}"


def _difference(figure: ReportedFigure, comparison: Comparison) -> str:
    """By how much Amazon's value is more or less than ours: of a rate in percentage points."""
    difference = comparison.difference or Fraction(0)
    more = "more" if difference > 0 else "less"
    if figure.unit is FigureUnit.FRACTION:
        return f"{half_up(abs(difference) * 100, 2)} percentage points {more}"
    return f"{display(abs(difference), figure.unit)} {more}"


def _cells(figure: ReportedFigure, comparison: Comparison | None) -> Sequence[object]:
    target = "" if figure.target is None else f"{figure.target_condition or ''} {display(figure.target, figure.unit)}".strip()
    ours = None if comparison is None else comparison.result.display
    apart = None if comparison is None or comparison.reason is None or not comparison.difference else _difference(figure, comparison)
    reason = None if comparison is None else comparison.reason
    days = figure.first_on, figure.last_on
    return [
        _market(figure),
        figure.figure,
        figure.channel,
        figure.display,
        _counted(figure),
        figure.status,
        target,
        *days,
        ours,
        apart,
        reason,
    ]


def _counted(figure: ReportedFigure) -> str:
    return " of ".join(f"{each:,}" for each in (figure.numerator, figure.denominator) if each is not None)


def _market(figure: ReportedFigure) -> str:
    market = MARKETPLACES.get(figure.marketplace)
    return figure.marketplace if market is None else market.name
