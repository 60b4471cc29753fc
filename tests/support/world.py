"""Additions to the testing kit for our own tests: the built-in metrics by key, several queries at once, accounts, and coverage."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any

import sqlalchemy as sa

from sellerhealth import Metric
from sellerhealth.access import OWNER
from sellerhealth.engine.account_status import health_queries, judged_queries, overall_status
from sellerhealth.engine.batch import MetricBatch
from sellerhealth.engine.queries import MetricQuery, QueryResult
from sellerhealth.metrics.targets import MetricStatus
from sellerhealth.model.records import Source
from sellerhealth.model.tables import FactKind
from sellerhealth.testing import DAY, HOUR, Account, World


def built_in(key: str, **settings: Any) -> Metric:
    """A built-in metric. Raises ValidationError for settings that it does not have."""
    module = import_module(f"sellerhealth_metrics.{key}")
    declared = getattr(module, key)
    return declared if isinstance(declared, Metric) else declared(module.Settings.model_validate(settings, extra="forbid"))


def measure_all(world: World, *queries: tuple[int, MetricQuery]) -> Sequence[QueryResult]:
    """The results of queries about accounts, all of one batch."""

    found: Mapping[Any, Any] = MetricBatch(world.database, OWNER, world.clock).results(queries)
    return [found[query] for query in queries]


def overall(batch: MetricBatch, account_id: int, query: MetricQuery) -> MetricStatus:
    """The overall status of a metric of an account."""
    return overall_status(batch.measure(account_id, *judged_queries(query)))


def health(batch: MetricBatch, account_id: int, metrics: Iterable[Metric], as_of: dt.date) -> MetricStatus:
    """The health status of an account in some metrics."""
    return overall_status(batch.measure(account_id, *health_queries(tuple(metrics), as_of)))


def three_sellers(world: World, metrics: Sequence[Metric]) -> list[int]:
    """The ids of three accounts with rollups of some metrics. Of the first an order falls due in an hour."""
    world.roll_up(metrics)
    sellers = [world.account() for _ in range(3)]
    sellers[0].order("waits", placed_at=world.clock - DAY, ship_by=world.clock + HOUR)
    for seller in sellers:
        seller.confirm(seller.order("sent"), seller.when)
        seller.save()
    return [seller.account_id for seller in sellers]


def cover(world: World, seller: Account, through: Mapping[FactKind, dt.date], *, complete: bool = True) -> None:
    """Records that sources cover kinds of fact through these days, instead of all that was recorded for sources of this completeness."""
    name = "complete" if complete else "incomplete"
    rows = [
        {"account_id": seller.account_id, "fact": kind, "format": name, "complete": complete, "through": day}
        for kind, day in through.items()
    ]
    with world.database.writing() as connection:
        connection.execute(sa.delete(Source).where(Source.account_id == seller.account_id, Source.complete == complete))
        if rows:
            connection.execute(sa.insert(Source), rows)
