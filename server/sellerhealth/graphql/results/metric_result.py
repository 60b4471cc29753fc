"""The interface that the type of every metric implements, and its objects, made from results of the engine."""

import copy
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar

import strawberry
from strawberry import UNSET
from strawberry.annotation import StrawberryAnnotation
from strawberry.types import get_object_definition

from sellerhealth.describe.why import why
from sellerhealth.engine.account_status import JudgedResult, judged_queries, overall_status
from sellerhealth.engine.queries import MetricQuery, Part, QueryResult
from sellerhealth.engine.work import Work
from sellerhealth.errors import BadInput, did_you_mean
from sellerhealth.graphql import paging
from sellerhealth.graphql.arguments import unset_to_none
from sellerhealth.graphql.context import Info
from sellerhealth.graphql.cost import ASSUMED_SIZE, LIST, Cost, FieldArguments, Measured, mean_work, own_windows
from sellerhealth.graphql.decorators import displayed, field, interface, object_type, resolver
from sellerhealth.graphql.lazy import make_instance, make_lazy
from sellerhealth.graphql.reading import Reading, raise_exceptions
from sellerhealth.graphql.results.drivers import DEFAULT_LIMIT, DRIVERS, By, Drivers, Limit, OfMeasure, drivers_of
from sellerhealth.graphql.results.evidence import EvidenceConnection, evidence_of
from sellerhealth.graphql.results.plain_fields import PLAIN_FIELDS
from sellerhealth.graphql.results.reported import FIGURE, ReportedFigure, figure_beside
from sellerhealth.graphql.results.series import (
    DEFAULT_FORECAST,
    FORECAST,
    HISTORY,
    MAX_DAYS,
    MAX_FORECAST,
    MetricPoint,
    coming_days,
    past_days,
    points,
)
from sellerhealth.graphql.results.what_if import MeasureChange, WhatIf, what_if
from sellerhealth.graphql.types import converters
from sellerhealth.graphql.types.catalog import MetricDefinition
from sellerhealth.graphql.types.coverage import FactCoverage
from sellerhealth.graphql.types.enums import MetricStatus, UnavailableReason
from sellerhealth.graphql.types.node import Node
from sellerhealth.graphql.types.scalars import BigInt
from sellerhealth.graphql.types.scope import MetricScope, MetricWindow
from sellerhealth.graphql.types.unproven import UnprovenRows
from sellerhealth.graphql.types.values import Figure, Headroom, MetricTarget
from sellerhealth.metrics import result as metric_results
from sellerhealth.metrics.result import worst_first
from sellerhealth.model.tables import UNKNOWN

if TYPE_CHECKING:
    from sellerhealth.graphql.accounts.account import Account

R = TypeVar("R", bound="MetricResult")


def _windows(arguments: FieldArguments) -> Measured:
    """Each metric over each of its windows, once."""
    measured = arguments.measured or own_windows(arguments.metrics.values())
    return tuple(dict.fromkeys((metric, window.days) for metric, _ in measured for window in metric.windows))


WINDOWS = Cost(
    items=lambda arguments: mean_work(arguments, lambda metric, days: Work(len(metric.windows))).each,
    work=lambda arguments: mean_work(arguments, arguments.work.windows),
    measures=_windows,
    once_per_path=True,
)
BREAKDOWN = Cost(
    items=ASSUMED_SIZE,
    work=lambda arguments: mean_work(arguments, arguments.work.value),
    once_per_path=True,
)
OVERALL = Cost(work=lambda arguments: mean_work(arguments, arguments.work.judged))


@interface
class MetricResult(Node):
    """A metric of an account, measured over a window.

    Everything here works alike for every metric, third-party ones included. Each metric's own type adds a field for each
    figure; `AnyMetric` has none. A field that reads the store is nullable, and fails without the others.
    """

    account: Annotated["Account", strawberry.lazy("sellerhealth.graphql.accounts.account")] = field(description="The account measured.")
    definition: MetricDefinition = field(description="What the metric is: its key, title, unit and origin.")
    denominator: BigInt | None = field(
        description="The denominator, for example all orders. Null unless the value is one count divided by another."
    )
    display: str = displayed(description="The value for people, rounded half up: `0.40 %`, `97.00` or `N/A`.")
    headroom: Headroom | None = field(description="The distance to the target in whole misses. Null without a target or without a value.")
    id: strawberry.ID = field(
        description="An opaque id. It names the account, the metric, the day, the window and the scope: fetched again, it is the "
        "same measurement on the facts known by then."
    )
    known_through: dt.date | None = field(
        description="The last as-of day on which every kind of fact that the metric reads was covered far enough to prove a good "
        "value, today at most. Null when a kind was never imported."
    )
    numerator: BigInt | None = field(
        description="The numerator, for example the orders with a defect. Null unless the value is one count divided by another."
    )
    scope: MetricScope = field(description="The part of the account's business that was measured.")
    status: MetricStatus = field(description="How the value compares with the target: exactly, before any rounding.")
    target: MetricTarget | None = field(description="The target. Null when the metric has none.")
    unavailable_reason: UnavailableReason | None = field(description="Why there is no status or no value. Null when there is.")
    unproven_rows: UnprovenRows = field(description="The rows of which it is not known what they count in.")
    value: float | None = field(
        description="The value in the unit of the definition; a rate is a fraction. Null when there is nothing to measure: "
        "never 0, never 1."
    )
    window: MetricWindow = field(description="The days that were measured.")

    # The name of a measure cannot begin with an underscore, so it cannot collide with these.
    _query: strawberry.Private[MetricQuery]
    _result: strawberry.Private[metric_results.MetricResult]
    _query_result: strawberry.Private[QueryResult]
    # The results that make the overall status, if it was read with it.
    _judged: strawberry.Private[Sequence[QueryResult | Exception] | None]
    _code: ClassVar[str]  # the first part of its ids
    _added_fields: ClassVar[
        Mapping[str, Callable[[metric_results.MetricResult], Any]]
    ] = {}  # readers of the fields that the type adds, by attribute

    @classmethod
    def _follows(cls, name: str) -> bool:
        """Whether an attribute follows from the query and from what is read for it. An id does not: it names the account."""
        return name != "id" and (name in PLAIN_FIELDS or name in cls._added_fields or name == "overall_status")

    @resolver(cost=LIST)
    def figures(self) -> list[Figure]:
        """Every measure and figure of the metric, for clients that do not know its type."""
        return list(converters.figures(self._result))

    @resolver(cost=LIST)
    def coverage(self) -> list[FactCoverage]:
        """The kinds of fact that the metric reads, and the last covered day of each. Without a source of claims, 0 % claims proves nothing."""
        return converters.coverage(self._query_result.coverage)

    @resolver
    def explanation(self) -> str:
        """Why the result has its status or none, in sentences for people, and what to import if that settles it."""
        return why(self._result, self._query_result)

    @resolver(cost=OVERALL)
    def overall_status(self, info: Info) -> MetricStatus | Reading[MetricStatus]:
        """The worst status over the windows and the parts that Amazon judges, for example both windows of late shipment, or each channel of order defects.

        `NOT_AVAILABLE` only if all are.
        """
        if self._judged is not None:
            return overall_status(raise_exceptions(self._judged))
        return info.context.measuring(self.account._account_id, judged_queries(self._query), lambda *found: overall_status(found))

    @resolver(cost=WINDOWS)
    def windows(self, info: Info) -> Reading[list["MetricResult"] | None]:
        """This metric for each of its windows, the default one first, with the same day and scope."""  # noqa: D404 - "this" is the metric
        queries = [replace(self._query, window=window) for window in self._query.metric.windows]
        return measure_each(type(self), info, self.account, queries)

    @resolver(cost=BREAKDOWN)
    def breakdown(
        self,
        info: Info,
        by: Annotated[
            str,
            strawberry.argument(
                description="What to split by: `marketplace`, `channel` where the facts have one, or another key from `dimensions` of "
                "the definition."
            ),
        ],
    ) -> Reading[list["MetricResult"] | None]:
        """This metric for each part of its scope, for example each marketplace, the worst first. Parts with nothing to measure are left out.

        An error when the definition does not list the dimension.
        """  # noqa: D404 - "this" is the metric
        dimensions = self.definition.dimensions
        if by not in dimensions:
            raise BadInput(
                f"{self.definition.key} cannot be split by {by!r}, only by {', '.join(dimensions)}.{did_you_mean(by, dimensions)}"
            )
        query = self._query
        if query.part:
            raise BadInput(f"A {query.part.dimension} cannot be split further. Split the metric as a whole by {by!r}.")
        of_parts = replace(query, part=Part(by))

        def make(result: QueryResult) -> list["MetricResult"] | None:
            # Facts of an unknown channel count only in the whole: no scope can name them.
            parts = sorted((worst_first(each), part) for part, each in result.by_part.items() if (by, part) != ("channel", UNKNOWN))
            return [of_part(type(self), self.account, JudgedResult(of_parts, part, result)) for _, part in parts]

        return info.context.measuring(self.account._account_id, [of_parts], make)

    @resolver(cost=paging.EVIDENCE_PAGE)
    def evidence(
        self,
        info: Info,
        measure: Annotated[str, strawberry.argument(description="The key of a measure from `figures`.")],
        after: paging.After = UNSET,
        before: paging.Before = UNSET,
        first: paging.First = UNSET,
        last: paging.Last = UNSET,
    ) -> EvidenceConnection | None:
        """The facts that a measure counts, newest first. All pages together have exactly as many as the measure says."""
        return evidence_of(info.context, self.account._owner, self._query, measure, paging.Arguments(first, last, after, before))

    @resolver(cost=DRIVERS)
    def drivers(self, info: Info, by: By, measure: OfMeasure = UNSET, limit: Limit = DEFAULT_LIMIT) -> Drivers | None:
        """The values of a column that hold most of the misses, for example the carrier of most late packages, the worst first."""
        account_id = self.account._account_id
        return drivers_of(info.context, account_id, self._query, self._result, self._query_result, by, measure, limit)

    @resolver(cost=HISTORY)
    def history(
        self,
        info: Info,
        first: Annotated[dt.date, strawberry.argument(name="from", description="The first as-of day.")],
        last: Annotated[
            dt.date | None,
            strawberry.argument(
                name="to",
                description=f"The last as-of day, at most {MAX_DAYS} days after the first. Default: the as-of day of this result.",
            ),
        ] = UNSET,
    ) -> Reading[list[MetricPoint] | None]:
        """The value as of each day from the first to the last, oldest first."""
        days = past_days(info.context, first, unset_to_none(last) or self._query.as_of)
        return points(info.context, self.account._account_id, self._query, days)

    @resolver(cost=FORECAST)
    def forecast(
        self,
        info: Info,
        days: Annotated[int | None, strawberry.argument(description=f"For how many days, 1 to {MAX_FORECAST}.")] = DEFAULT_FORECAST,
    ) -> Reading[list[MetricPoint] | None]:
        """The value as of each coming day if nothing more happens, while facts leave the window."""
        coming = coming_days(self._query.as_of, DEFAULT_FORECAST if days is None else days)
        return points(info.context, self.account._account_id, self._query, coming)

    @resolver(cost=FIGURE)
    def reported(self, info: Info) -> Reading[ReportedFigure | None]:
        """Amazon's own figure for the same metric and scope, from the last report taken by the as-of day, with the window that comes closest.

        Null when there is none. Amazon reports each marketplace by itself, and order defects by channel.
        """
        return figure_beside(info.context, self.account._account_id, self._query)

    @resolver
    def what_if(
        self, changes: Annotated[list[MeasureChange], strawberry.argument(description="The changes, applied together.")]
    ) -> WhatIf | None:
        """What the value would be if measures were different."""
        return what_if(self._query.metric, self._result, self._query.window, changes, self._query_result)


def complete_type(kind: type[R]) -> type[R]:
    """Makes the fields of a type lazy, and its windows and its breakdown lists of that type, so that clients need no fragments for them."""
    make_lazy(kind, **PLAIN_FIELDS, **{name: partial(_of_result, read) for name, read in kind._added_fields.items()})
    definition = get_object_definition(kind, strict=True)
    for index, inherited in enumerate(definition.fields):
        if inherited.python_name in ("windows", "breakdown"):
            own = copy.copy(inherited)  # the inherited field is shared by every type that implements the interface
            own.type_annotation = StrawberryAnnotation(list[kind] | None)  # type: ignore[valid-type]  # a type only at run time
            definition.fields[index] = own
    return kind


@complete_type
@object_type
class AnyMetric(MetricResult):
    """Any metric, without fields of its own: the type of results in lists.

    So no client receives a type that its copy of the schema lacks, with any plugins on the server.
    """

    _code = "any"


def measure(kind: type[R], info: Info, account: "Account", query: MetricQuery) -> Reading[R]:
    """The result of a query for an account, as an object of a type. `info` is of the field that returns it.

    What `overallStatus` needs is read with it where that is selected.
    """
    judged = judged_queries(query) if "overallStatus" in info.selected else ()
    others = [each for each in judged if each is not query]
    made_for = None if query.metric.has_own_classes else query  # code of a plugin may compute something else the next time

    def make(found: QueryResult, *of_others: QueryResult | Exception) -> R:
        of_judged = of_others if len(others) == len(judged) else (found, *of_others)
        return _object(kind, account, query, found.result, found, of_judged if judged else None)

    keys = [(account._account_id, each) for each in (query, *others)]
    return Reading(info.context.batch, keys, make, len(others), made_for)


def measure_each(kind: type[R], info: Info, account: "Account", queries: Sequence[MetricQuery]) -> Reading[list[R]]:
    """The results of queries for an account. If one of them cannot be computed, none is there."""

    def make(*found: QueryResult) -> list[R]:
        return [_object(kind, account, query, each.result, each) for query, each in zip(queries, found, strict=True)]

    return info.context.measuring(account._account_id, queries, make)


def _object(
    kind: type[R],
    account: "Account",
    query: MetricQuery,
    result: metric_results.MetricResult,
    query_result: QueryResult,
    judged: Sequence[QueryResult | Exception] | None = None,
) -> R:
    """A result of the engine as an object of a type. `query_result` contains it. `judged`: what makes its overall status, if that was read."""
    return make_instance(kind, _query=query, _result=result, _query_result=query_result, _judged=judged, account=account)


def _of_result(read: Callable[[metric_results.MetricResult], Any], made: MetricResult) -> Any:
    return read(made._result)


def of_part(kind: type[R], account: "Account", judged: JudgedResult) -> R:
    """One of the results of a query, as an object of a type. Marketplaces and channels are parts of the scope."""
    query, name = judged.query, judged.part
    if query.part is not None and query.part.dimension in ("marketplace", "channel"):
        query = replace(query, part=None, scope=replace(query.scope, **{query.part.dimension: name}))
    elif query.part is not None:
        query = replace(query, part=Part(query.part.dimension, name))
    return _object(kind, account, query, judged.result, judged.found)
