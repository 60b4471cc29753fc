"""Accounts and their metrics."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Annotated, TypeVar

import strawberry
from strawberry import UNSET

from sellerhealth.describe.next_imports import next_imports
from sellerhealth.engine.coverage import AccountCoverage
from sellerhealth.engine.queries import Scope, query_of
from sellerhealth.engine.reported import query_for
from sellerhealth.engine.work import Work
from sellerhealth.graphql import ids, paging
from sellerhealth.graphql.accounts.at_risk import DEFAULT_HOURS, MAX_HOURS, AtRiskConnection, at_risk_of
from sellerhealth.graphql.accounts.fact_lists import (
    FeedbackConnection,
    FeedbackFilter,
    OrderConnection,
    OrderFilter,
    feedback_of,
    orders_of,
)
from sellerhealth.graphql.accounts.health import HEALTH, AccountHealth, health_of, health_status_of, health_work
from sellerhealth.graphql.arguments import (
    AsOf,
    EachMarketplace,
    OneChannel,
    OneMarketplace,
    day_of,
    marketplace_key,
    scope_of,
    select_metrics,
    unset_to_none,
    window_of,
)
from sellerhealth.graphql.context import Context, Info
from sellerhealth.graphql.cost import LIST, Cost, FieldArguments, Measured, metrics_named, over
from sellerhealth.graphql.decorators import field, object_type, resolver
from sellerhealth.graphql.lazy import make_instance, make_lazy
from sellerhealth.graphql.reading import Reading
from sellerhealth.graphql.results.metric_result import AnyMetric, measure, of_part
from sellerhealth.graphql.results.reported import (
    FIGURES,
    OneFigure,
    ReportedFigure,
    ReportedFigureConnection,
    history_of,
    only,
    reported_figure,
)
from sellerhealth.graphql.results.series import MAX_DAYS, TIMELINE, Timeline, TimelineStep, past_days, timeline
from sellerhealth.graphql.types import converters
from sellerhealth.graphql.types.coverage import DataQualityNote, FactCoverage
from sellerhealth.graphql.types.enums import Channel, FactKind, MetricStatus
from sellerhealth.graphql.types.facts import Owner
from sellerhealth.graphql.types.next_imports import NEXT_IMPORTS, NextImport, next_import
from sellerhealth.graphql.types.node import Node
from sellerhealth.graphql.types.scope import Marketplace
from sellerhealth.store.lookups import AccountRow
from sellerhealth.store.reported_figures import FigureList
from sellerhealth.store.reported_figures import ReportedFigure as StoredFigure

T = TypeVar("T")


def _selected(arguments: FieldArguments) -> Measured:
    """The metrics that `keys` and `section` select, over the window that `days` says."""
    section, selected = arguments.get("section"), metrics_named(arguments, "keys")
    return over(arguments.get("days"), (metric for metric in selected if section in (None, metric.section)))


METRIC_RESULTS = Cost(
    items=lambda arguments: len(_selected(arguments)),
    work=lambda arguments: Work.total(arguments.work.value(*each) for each in _selected(arguments)),
    measures=_selected,
)


# The fields of an account that follow from numbers which are kept of it, by default.
OF_METRICS = frozenset({"health", "healthStatus", "metricResults", "metrics"})


@object_type
class AccountMetrics(Node):
    """One field for each registered metric, computed for one day, marketplace and channel. A plugin adds its metric here."""

    id: strawberry.ID = field(
        description="An opaque id. It names the account, the day, the marketplace and the channel, so that caches keep them apart."
    )
    # The schema adds a field for each metric: see build.py. The key of a metric never begins with an underscore.
    _account: strawberry.Private["Account"]
    _as_of: strawberry.Private[dt.date]
    _scope: strawberry.Private[Scope]

    @staticmethod
    def _follows(name: str) -> bool:
        return name != "id"  # which names the account


@object_type
class Account(Node):
    """A seller account."""

    id: strawberry.ID = field(description="An opaque id.")
    key: str = field(description="The seller's own id of the account.")
    name: str = field(description="The display name.")
    updated_at: dt.datetime | None = field(description="When the facts last changed. Null before the first import.")
    _account_id: strawberry.Private[int]

    @resolver(cost=LIST)
    def marketplaces(self, info: Info) -> Reading[list[Marketplace]]:
        """The marketplaces with at least one fact."""

        def make(keys: Iterable[str] | None) -> list[Marketplace]:
            return sorted(map(converters.marketplace, keys or ()), key=lambda each: each.name)

        return info.context.markets.reading(self._account_id, make)

    @resolver(cost=LIST)
    def coverage(self, info: Info) -> Reading[list[FactCoverage]]:
        """For each kind of fact, the last day that a source covers."""

        def make(covered: AccountCoverage) -> list[FactCoverage]:
            return converters.coverage({kind: covered.through.get(kind) for kind in sorted(FactKind)})

        return self._covered(info.context, make)

    @resolver(cost=NEXT_IMPORTS)
    def next_imports(self, info: Info) -> Reading[list[NextImport]]:
        """What to import next, best first, until each metric has the facts that it reads, as of today. Empty when none lacks any."""
        context = info.context
        metrics, importers = context.loaded.registry.values(), context.loaded.importers.values()

        def make(covered: AccountCoverage) -> list[NextImport]:
            return [next_import(each) for each in next_imports(metrics, importers, covered, context.today, context.batch.stale_after)]

        return self._covered(context, make)

    @resolver(cost=LIST)
    def data_quality(self, info: Info) -> Reading[list[DataQualityNote]]:
        """Contradictions in the imported facts, such as a delivery before its shipment, and how often each occurs."""

        def make(counts: Mapping[str, int] | None) -> list[DataQualityNote]:
            return [converters.note(code, count) for code, count in (counts or {}).items()]

        return info.context.notes.reading(self._account_id, make)

    @resolver(cost=Cost(work=health_work))
    def health_status(
        self, info: Info, as_of: AsOf = UNSET, channel: OneChannel = UNSET, marketplace: OneMarketplace = UNSET
    ) -> MetricStatus | Reading[MetricStatus | None] | None:
        """The worst `overallStatus` in the section `account_health`. Null when it cannot be computed."""
        context = info.context
        scope, day = scope_of(context, marketplace, channel), day_of(context, as_of)
        return info.following(self._account_id, day, scope, (), lambda: health_status_of(context, self._account_id, day, scope))

    @resolver(cost=HEALTH)
    def health(
        self, info: Info, as_of: AsOf = UNSET, channel: OneChannel = UNSET, marketplace: OneMarketplace = UNSET
    ) -> Reading[AccountHealth | None]:
        """The health status and what decides it. Null when it cannot be computed."""
        context = info.context
        day, scope = day_of(context, as_of), scope_of(context, marketplace, channel)
        return health_of(context, self._account_id, day, scope, partial(of_part, AnyMetric, self))

    @resolver
    def metrics(
        self, info: Info, as_of: AsOf = UNSET, channel: OneChannel = UNSET, marketplace: OneMarketplace = UNSET
    ) -> AccountMetrics | Reading[AccountMetrics]:
        """The metrics, each in a field of its own type.

        Several fields are computed together at the cost of one. A past day moves the windows; the facts are those known now.
        """
        day, scope = day_of(info.context, as_of), scope_of(info.context, marketplace, channel)
        return info.following(self._account_id, day, scope, (), lambda: metrics_of(self, day, scope))

    @resolver(cost=METRIC_RESULTS)
    def metric_results(
        self,
        info: Info,
        as_of: AsOf = UNSET,
        channel: OneChannel = UNSET,
        days: Annotated[
            int | None,
            strawberry.argument(description="The length of the window in days, 0 for the lifetime. Default: each metric's own."),
        ] = UNSET,
        keys: Annotated[list[str] | None, strawberry.argument(description="Only metrics with these keys, in this order.")] = UNSET,
        marketplace: OneMarketplace = UNSET,
        section: Annotated[str | None, strawberry.argument(description="Only metrics of this section.")] = UNSET,
    ) -> list[AnyMetric | None] | Reading[list[AnyMetric | None] | None] | None:
        """The same results as a list, third-party metrics included, ordered by section and key.

        A metric that failed is null, with an error that names it.
        """
        context = info.context
        day, scope = day_of(context, as_of), scope_of(context, marketplace, channel)
        metrics = select_metrics(context.metrics, unset_to_none(keys), unset_to_none(section))
        queries = [query_of(metric, window_of(metric, days), day, scope) for metric in metrics]

        def make() -> list[AnyMetric | None] | None:
            return [measure(AnyMetric, info, self, query) for query in queries]  # type: ignore[misc]  # each item is read

        return info.following(self._account_id, day, scope, tuple(queries), make)

    @resolver(cost=TIMELINE)
    def timeline(
        self,
        info: Info,
        first: Annotated[dt.date, strawberry.argument(name="from", description="The first day.")],
        last: Annotated[
            dt.date | None,
            strawberry.argument(name="to", description=f"The last day, at most {MAX_DAYS} days after the first. Default: today in UTC."),
        ] = UNSET,
        keys: Annotated[list[str] | None, strawberry.argument(description="The keys of the metrics. Default: every metric.")] = UNSET,
        channel: OneChannel = UNSET,
        marketplace: OneMarketplace = UNSET,
        step: Annotated[TimelineStep | None, strawberry.argument(description="How far the days are apart.")] = TimelineStep.DAY,
    ) -> Timeline | None:
        """Several metrics over time, in columns, ready for a chart. For one metric see `history`."""
        context = info.context
        days = past_days(context, first, unset_to_none(last) or context.today)
        scope = scope_of(context, marketplace, channel)
        metrics = select_metrics(context.metrics, unset_to_none(keys))
        return timeline(context, self._account_id, metrics, days, scope, TimelineStep(step or TimelineStep.DAY))

    @resolver(cost=paging.SORTED_PAGE)
    def at_risk(
        self,
        info: Info,
        after: paging.After = UNSET,
        before: paging.Before = UNSET,
        first: paging.First = UNSET,
        last: paging.Last = UNSET,
        within_hours: Annotated[
            int | None, strawberry.argument(description=f"Only facts that are due within this many hours, 1 to {MAX_HOURS}.")
        ] = DEFAULT_HOURS,
    ) -> AtRiskConnection | None:
        """Facts that will become a defect unless the seller acts, soonest first."""
        hours = DEFAULT_HOURS if within_hours is None else within_hours
        return at_risk_of(info.context, self._owner, hours, paging.Arguments(first, last, after, before))

    @resolver(cost=paging.SORTED_PAGE)
    def orders(
        self,
        info: Info,
        after: paging.After = UNSET,
        before: paging.Before = UNSET,
        order_filter: Annotated[
            OrderFilter | None, strawberry.argument(name="filter", description="Only orders that meet this filter. Default: all.")
        ] = UNSET,
        first: paging.First = UNSET,
        last: paging.Last = UNSET,
    ) -> OrderConnection | None:
        """The orders, newest first."""
        return orders_of(info.context, self._owner, order_filter, paging.Arguments(first, last, after, before))

    @resolver(cost=paging.SORTED_PAGE)
    def feedback(
        self,
        info: Info,
        after: paging.After = UNSET,
        before: paging.Before = UNSET,
        feedback_filter: Annotated[
            FeedbackFilter | None, strawberry.argument(name="filter", description="Only feedback that meets this filter. Default: all.")
        ] = UNSET,
        first: paging.First = UNSET,
        last: paging.Last = UNSET,
    ) -> FeedbackConnection | None:
        """The feedback, newest first, including feedback that was removed or struck through."""
        return feedback_of(info.context, self._owner, feedback_filter, paging.Arguments(first, last, after, before))

    @resolver(cost=FIGURES)
    def reported(
        self,
        info: Info,
        as_of: Annotated[
            dt.date | None, strawberry.argument(description="The last reports taken on or before this day. Default: today in UTC.")
        ] = UNSET,
        marketplace: EachMarketplace = UNSET,
    ) -> Reading[list[ReportedFigure] | None]:
        """Amazon's own figures from its last performance reports, also those that have no metric here. Never mixed into ours."""
        context, key = info.context, marketplace_key(marketplace)

        def make(figures: Sequence[StoredFigure] | None) -> list[ReportedFigure] | None:
            own = (each for each in figures or () if key in (None, each.marketplace))
            return [reported_figure(each, query_for(each, context.metrics.values())) for each in own]

        return context.reported.reading((self._account_id, day_of(context, as_of)), make)

    @resolver(cost=paging.SORTED_PAGE)
    def reported_history(
        self,
        info: Info,
        after: paging.After = UNSET,
        before: paging.Before = UNSET,
        channel: Annotated[Channel | None, strawberry.argument(description="Only figures of this channel. Default: all.")] = UNSET,
        first: paging.First = UNSET,
        key: OneFigure = UNSET,
        last: paging.Last = UNSET,
        marketplace: EachMarketplace = UNSET,
    ) -> ReportedFigureConnection | None:
        """Amazon's own figures of all imported reports, newest first: one snapshot a day."""
        context = info.context
        figures = FigureList(self._account_id, only(key, marketplace_key(marketplace), channel))
        page = paging.Arguments(first, last, after, before)
        return history_of(context, figures, page, lambda figure: query_for(figure, context.metrics.values()))

    def _covered(self, context: Context, make: Callable[[AccountCoverage], T]) -> Reading[T]:
        return context.sources.reading(self._account_id, lambda sources: make(AccountCoverage.of(sources or (), {})))

    @property
    def _owner(self) -> Owner:
        return Owner(self._account_id, self.key)


def account_of(seen: AccountRow) -> Account:
    """An account as an object of the API."""
    return make_instance(Account, key=seen.key, name=seen.name, updated_at=seen.updated_at, _account_id=seen.account_id)


def metrics_of(account: Account, as_of: dt.date, scope: Scope) -> AccountMetrics:
    """The metrics of an account as of a day, for a part of its business."""
    return make_instance(AccountMetrics, _account=account, _as_of=as_of, _scope=scope)


def _id_of_metrics(metrics: AccountMetrics) -> strawberry.ID:
    scope = metrics._scope
    return strawberry.ID(ids.write(["metrics", metrics._account.key, metrics._as_of.isoformat(), scope.marketplace, scope.channel]))


make_lazy(Account, id=lambda account: strawberry.ID(ids.write(["account", account.key])))
make_lazy(AccountMetrics, id=_id_of_metrics)
