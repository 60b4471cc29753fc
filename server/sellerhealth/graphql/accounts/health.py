"""The health of an account: its status, and the result that makes it."""

import datetime as dt
from collections.abc import Callable, Mapping

from sellerhealth.engine.account_status import (
    JudgedResult,
    allowance_used,
    enforced_metrics,
    health_queries,
    judged_results,
    overall_status,
    worst_of,
)
from sellerhealth.engine.queries import QueryResult, Scope
from sellerhealth.engine.work import Work
from sellerhealth.graphql.context import Context
from sellerhealth.graphql.cost import Cost, FieldArguments, own_windows
from sellerhealth.graphql.decorators import field, object_type
from sellerhealth.graphql.reading import Reading
from sellerhealth.graphql.results.metric_result import AnyMetric
from sellerhealth.graphql.types import converters
from sellerhealth.graphql.types.enums import MetricStatus
from sellerhealth.metrics.metric import Metric

ACCOUNT_HEALTH = "account_health"  # its metrics make the health status: see docs/spec/rules.md#overall-and-health-status


def health_metrics(metrics: Mapping[str, Metric]) -> tuple[Metric, ...]:
    """The metrics that make the health status of an account."""
    return enforced_metrics(metric for metric in metrics.values() if metric.section == ACCOUNT_HEALTH)


def health_work(arguments: FieldArguments) -> Work:
    """The work for the health status of an account."""
    return Work.total(map(arguments.work.judged, health_metrics(arguments.metrics)))


HEALTH = Cost(work=health_work, measures=lambda arguments: own_windows(health_metrics(arguments.metrics)))


@object_type
class AccountHealth:
    """The health of an account: what its place in a list by `HEALTH` comes from."""

    allowance_used: float | None = field(
        description="The largest share of an allowance that is used: 0 is perfect, 1 and more is a miss. Null when nothing has an allowance."
    )
    status: MetricStatus = field(description="The worst `overallStatus` in the section `account_health`.")
    worst_result: AnyMetric | None = field(
        description="The result that makes the status, in the window and the part that are judged worst. Of several, the one that uses most "
        "of its allowance. Null when nothing can be measured."
    )


def health_of(
    context: Context, account_id: int, as_of: dt.date, scope: Scope, as_object: Callable[[JudgedResult], AnyMetric]
) -> Reading[AccountHealth | None]:
    """The health of an account as of a day, in a part of its business."""
    queries = health_queries(health_metrics(context.metrics), as_of, scope)

    def make(*found: QueryResult) -> AccountHealth | None:
        judged = judged_results(queries, found)
        worst = worst_of(judged)
        return AccountHealth(
            allowance_used=converters.number(allowance_used(each.result for each in judged)),
            status=overall_status(found),
            worst_result=None if worst is None else as_object(worst),
        )

    return context.measuring(account_id, queries, make)


def health_status_of(context: Context, account_id: int, as_of: dt.date, scope: Scope) -> Reading[MetricStatus | None]:
    """The worst overall status of the metrics that make the health of an account."""
    queries = health_queries(health_metrics(context.metrics), as_of, scope)
    return context.measuring(account_id, queries, lambda *found: overall_status(found))
