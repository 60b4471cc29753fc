"""Series: the points of one metric over time, or several metrics in columns."""

import datetime as dt
from collections.abc import Callable, Sequence, Set
from dataclasses import replace
from enum import StrEnum
from functools import partial

import strawberry

from sellerhealth.engine.queries import MetricQuery, Scope, Series
from sellerhealth.engine.work import Work
from sellerhealth.errors import BadInput
from sellerhealth.graphql.arguments import EARLIEST
from sellerhealth.graphql.context import Context
from sellerhealth.graphql.cost import Cost, FieldArguments, Measured, mean_work, metrics_named, own_windows
from sellerhealth.graphql.decorators import enum_type, field, object_type, resolver
from sellerhealth.graphql.reading import Reading
from sellerhealth.graphql.types import converters
from sellerhealth.graphql.types.catalog import MetricDefinition, definition_of
from sellerhealth.graphql.types.enums import MetricStatus
from sellerhealth.metrics.metric import Metric

MAX_DAYS = 1100  # from the first day to the last
MAX_FORECAST, DEFAULT_FORECAST = 365, 30  # days

Days = tuple[dt.date, dt.date]  # the first and the last, both included


class TimelineStep(StrEnum):
    """How far the days of a timeline are apart."""

    DAY = "DAY"
    MONTH = "MONTH"
    WEEK = "WEEK"

    def ends_on(self, day: dt.date) -> bool:
        """Whether a day is the last of its day, week or month."""
        match self:
            case TimelineStep.DAY:
                return True
            case TimelineStep.WEEK:
                return day.isoweekday() == 7
            case TimelineStep.MONTH:
                return (day + dt.timedelta(1)).day == 1


enum_type(
    TimelineStep,
    "How far the days of a timeline are apart. Values may be added.",
    DAY="Every day.",
    MONTH="The last day of each month, and the last day of the timeline.",
    WEEK="Each Sunday, the last day of an ISO week, and the last day of the timeline.",
)


@object_type
class MetricPoint:
    """A value as of a day."""

    date: dt.date = field(description="The as-of day.")
    is_settled: bool = field(description="Whether every day of the window is past. If not, the value assumes that nothing more happens.")
    status: MetricStatus = field(description="How the value compares with the target.")
    value: float | None = field(description="The value. Null when there is nothing to measure.")


@object_type
class TimelineSeries:
    """A metric over time."""

    definition: MetricDefinition = field(description="What the metric is.")
    statuses: list[MetricStatus] = field(description="The status of each day.")
    values: list[float | None] = field(description="The value of each day. Null when there is nothing to measure.")


@object_type
class Timeline:
    """Several metrics over time. The lists of all series are as long as `dates`."""

    dates: list[dt.date] = field(description="The as-of days, oldest first.")
    _series: strawberry.Private[Sequence[Reading[TimelineSeries | None]]]

    @resolver(cost=Cost(items=lambda arguments: max(len(arguments.measured), 1)))
    def series(self) -> list[TimelineSeries | None]:
        """One series for each metric. Null for a metric that failed, with an error that names it."""
        return list(self._series)  # type: ignore[arg-type]  # each item is read


def past_days(context: Context, first: dt.date, last: dt.date) -> Days:
    """The as-of days from the first to the last. Raises BadInput for days of the future, and for too many."""
    for name, day in (("from", first), ("to", last)):
        if not EARLIEST <= day <= context.today:
            raise BadInput(f"`{name}` must be a day from {EARLIEST} to today, {context.today} in UTC, found {day}.")
    if first > last:
        raise BadInput(f"`from` must not be after `to`, found {first} and {last}.")
    if (last - first).days > MAX_DAYS:
        raise BadInput(f"`to` must be at most {MAX_DAYS} days after `from`, found {(last - first).days}.")
    return first, last


def coming_days(as_of: dt.date, days: int) -> Days:
    """The as-of days after a day. Raises BadInput if there are none or too many."""
    if not 1 <= days <= MAX_FORECAST:
        raise BadInput(f"`days` must be 1 to {MAX_FORECAST}, found {days}.")
    return as_of + dt.timedelta(1), as_of + dt.timedelta(days)


def _days_between(arguments: FieldArguments) -> int:
    """From `from` to `to`, or to today."""
    try:
        first, last = arguments.get("from"), arguments.get("to")
        days = ((dt.date.fromisoformat(last) if last else arguments.today) - dt.date.fromisoformat(first)).days + 1
    except (TypeError, ValueError):  # not days: the field reports it
        return MAX_DAYS + 1
    return min(max(days, 1), MAX_DAYS + 1)


def _days_ahead(arguments: FieldArguments) -> int:
    days = arguments.get("days")
    return min(max(days, 1), MAX_FORECAST) if isinstance(days, int) else DEFAULT_FORECAST


def _series_work(length: Callable[[FieldArguments], int]) -> Callable[[FieldArguments], Work]:
    return lambda arguments: mean_work(arguments, partial(arguments.work.series, length=length(arguments)))


def _timeline_metrics(arguments: FieldArguments) -> Measured:
    return own_windows(metrics_named(arguments, "keys"))


HISTORY = Cost(items=_days_between, work=_series_work(_days_between))
FORECAST = Cost(items=_days_ahead, work=_series_work(_days_ahead))
# A timeline has columns: its days are plain values, which are no fields.
TIMELINE = Cost(
    work=lambda arguments: Work.total(arguments.work.series(*each, _days_between(arguments)) for each in _timeline_metrics(arguments)),
    measures=_timeline_metrics,
)


def points(context: Context, account_id: int, query: MetricQuery, days: Days) -> Reading[list[MetricPoint] | None]:
    """The results of a query as of each of the days."""
    first, last = days

    def make(series: Series) -> list[MetricPoint] | None:
        return [
            MetricPoint(
                date=day,
                is_settled=query.window.span(day)[1] < context.today,
                status=verdict.status,
                value=converters.quotient(verdict.quotient),
            )
            for day, verdict in zip(series.days, series.verdicts, strict=True)
        ]

    return context.measuring(account_id, [replace(query, since=first, as_of=last)], make)


def timeline(context: Context, account_id: int, metrics: Sequence[Metric], days: Days, scope: Scope, step: TimelineStep) -> Timeline:
    """Several metrics of an account over time, each over its default window."""
    first, last = days
    queries = [MetricQuery(metric, metric.windows[0], last, scope, since=first) for metric in metrics]
    every_day = (first + dt.timedelta(number) for number in range((last - first).days + 1))
    dates = [day for day in every_day if day == last or step.ends_on(day)]
    return Timeline(
        dates=dates,
        _series=[context.measuring(account_id, [query], partial(_column, query.metric, frozenset(dates))) for query in queries],
    )


def _column(metric: Metric, dates: Set[dt.date], series: Series) -> TimelineSeries | None:
    verdicts = [verdict for day, verdict in zip(series.days, series.verdicts, strict=True) if day in dates]
    return TimelineSeries(
        definition=definition_of(metric),
        statuses=[verdict.status for verdict in verdicts],
        values=[converters.quotient(verdict.quotient) for verdict in verdicts],
    )
