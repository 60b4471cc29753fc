"""Amazon's own figures beside ours, with the difference and its likeliest reason."""

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Annotated

import strawberry

from sellerhealth.engine.queries import MetricQuery, QueryResult
from sellerhealth.engine.reported import compare, figure_for
from sellerhealth.graphql import ids, key_codec, paging
from sellerhealth.graphql.arguments import unset_to_none
from sellerhealth.graphql.context import Context, Info
from sellerhealth.graphql.cost import Cost, mean_work
from sellerhealth.graphql.decorators import displayed, field, object_type, resolver
from sellerhealth.graphql.reading import Reading
from sellerhealth.graphql.types import converters
from sellerhealth.graphql.types.catalog import MetricDefinition, definition_of
from sellerhealth.graphql.types.enums import Channel, DifferenceReason, MetricUnit
from sellerhealth.graphql.types.scalars import BigInt
from sellerhealth.graphql.types.scope import Marketplace, MetricWindow
from sellerhealth.store import reported_figures
from sellerhealth.store.keyset import PageRequest
from sellerhealth.store.reported_figures import POSITION_COLUMNS, FigureList

FIGURES = Cost(items=30, work=paging.READ)  # of the last reports of an account
FIGURE = Cost(work=20)  # found with those of other results
COMPARISON = Cost(work=lambda arguments: mean_work(arguments, arguments.work.value))

OneFigure = Annotated[
    str | None, strawberry.argument(description="Amazon's name of a figure, for example `lateShipmentRate`. Default: all.")
]


@object_type
class ReportedComparison:
    """Our value beside Amazon's."""

    difference: float | None = field(description="Amazon's value less ours. Null when either is missing.")
    display: str = displayed(description="Our value for people.")
    explanation: str = field(description="Why both differ, in a sentence for people.")
    reason: DifferenceReason | None = field(description="The likeliest reason. Null when both agree, or Amazon gave no value.")
    value: float | None = field(description="Our value, in our unit. Null when there is nothing to measure.")
    window: MetricWindow = field(description="The days that ours covers.")


@object_type
class ReportedFigure:
    """A figure that Amazon itself reported."""

    channel: Channel | None = field(description="The channel that it is about. Null when Amazon does not split the figure.")
    definition: MetricDefinition | None = field(description="Our metric of the same meaning. Null when there is none.")
    denominator: BigInt | None = field(description="What Amazon divided it by. Null when it gave no count.")
    display: str = displayed(description="The value for people.")
    format: str = field(description="The format of the report, for example `GET_V2_SELLER_PERFORMANCE_REPORT`.")
    from_: dt.date | None = field(name="from", description="The first day covered. Null when the report does not say.")
    key: str = field(description="Amazon's name of the figure, for example `lateShipmentRate`.")
    marketplace: Marketplace = field(description="The marketplace that it is about.")
    numerator: BigInt | None = field(description="What Amazon divided. Null when it gave no count.")
    status: str | None = field(
        description="Amazon's verdict in its own word, for example `GOOD`. It does not always follow from the value. Null when it gave none."
    )
    taken_at: dt.datetime = field(description="The instant as of which the report is true.")
    target: float | None = field(description="Amazon's target, in the unit of the value. Null when it gave none.")
    target_condition: str | None = field(
        description="How Amazon compares the value with its target, in its own word, for example `LESS_THAN`. Null when it gave none."
    )
    to: dt.date | None = field(description="The last day covered. Null when the report does not say.")
    unit: MetricUnit = field(description="The unit of the value. `WORD` when the figure is a status alone.")
    value: float | None = field(description="The value; a rate is a fraction. Null when Amazon gave none.")
    _figure: strawberry.Private[reported_figures.ReportedFigure]
    _query: strawberry.Private[MetricQuery | None]

    @resolver(cost=COMPARISON)
    def comparison(self, info: Info) -> Reading[ReportedComparison | None] | None:
        """Our value beside it, the difference, and its likeliest reason. Null without a metric of ours.

        Beside a result it is that result, else our metric as of the day of the report.
        """
        if self._query is None:
            return None
        return info.context.measuring(self._figure.account_id, [self._query], partial(_comparison, self._figure, self._query))


def _comparison(figure: reported_figures.ReportedFigure, query: MetricQuery, ours: QueryResult) -> ReportedComparison:
    found = compare(figure, query, ours)
    return ReportedComparison(
        difference=converters.number(found.difference),
        display=found.result.display,
        explanation=found.explanation,
        reason=found.reason,
        value=converters.quotient(found.result.quotient),
        window=converters.window(query.window, query.as_of),
    )


@object_type
class ReportedFigureEdge:
    """An item on a page of figures that Amazon reported."""

    cursor: str = field(description=paging.CURSOR)
    node: ReportedFigure = field(description=paging.NODE)


@object_type
class ReportedFigureConnection(paging.Connection):
    """A page of figures that Amazon reported."""

    edges: list[ReportedFigureEdge] = field(description=paging.EDGES)
    nodes: list[ReportedFigure] = field(description=paging.NODES)


def reported_figure(figure: reported_figures.ReportedFigure, query: MetricQuery | None) -> ReportedFigure:
    """A figure of Amazon as an object of the API. `query`: that of our result of the same meaning."""
    numerator, denominator = (None if each is None else BigInt(each) for each in (figure.numerator, figure.denominator))
    return ReportedFigure(
        channel=Channel(figure.channel) if figure.channel else None,
        definition=None if query is None else definition_of(query.metric),
        denominator=denominator,
        display=figure.display,
        format=figure.format,
        from_=figure.first_on,
        key=figure.figure,
        marketplace=converters.marketplace(figure.marketplace),
        numerator=numerator,
        status=figure.status,
        taken_at=figure.taken_at,
        target=converters.number(figure.target),
        target_condition=figure.target_condition,
        to=figure.last_on,
        unit=MetricUnit(figure.unit),
        value=converters.number(figure.value),
        _figure=figure,
        _query=query,
    )


def figure_beside(context: Context, account_id: int, query: MetricQuery) -> Reading[ReportedFigure | None]:
    """Amazon's own figure for the query of a result. None when there is none."""

    def closest(figures: Sequence[reported_figures.ReportedFigure], markets: Collection[str] | None) -> ReportedFigure | None:
        figure = figure_for(query, figures, markets or ())
        return None if figure is None else reported_figure(figure, query)

    def of_markets(figures: Sequence[reported_figures.ReportedFigure] | None) -> Reading[ReportedFigure | None] | None:
        if not figures or not query.metric.reported:
            return None
        return context.markets.reading(account_id, partial(closest, figures))

    return context.reported.reading((account_id, query.as_of), of_markets)


def history_of(
    context: Context,
    figures: FigureList,
    arguments: paging.Arguments,
    query_of: Callable[[reported_figures.ReportedFigure], MetricQuery | None],
) -> ReportedFigureConnection:
    """A page of the figures of an account, newest first."""
    request: PageRequest = paging.page_request(context, arguments, lambda parts: key_codec.decode(parts, POSITION_COLUMNS))
    page = context.read(lambda session: reported_figures.page_of_figures(session, figures, request))
    edges = [
        ReportedFigureEdge(cursor=ids.write(key_codec.encode(each.position)), node=reported_figure(each, query_of(each)))
        for each in page.rows
    ]
    return ReportedFigureConnection(
        _count=lambda session: reported_figures.number_of_figures(session, figures),
        edges=edges,
        nodes=[edge.node for edge in edges],
        page_info=paging.page_info(page, [edge.cursor for edge in edges]),
    )


def only(key: str | None, marketplace: str | None, channel: Channel | None) -> dict[str, str]:
    """The columns by which a list is narrowed, with their values."""
    columns = {"figure": key, "marketplace": marketplace, "channel": channel}
    return {name: str(value) for name, each in columns.items() if (value := unset_to_none(each)) is not None}
