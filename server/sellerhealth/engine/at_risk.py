"""Facts that are about to become misses and can still be put right, soonest first, over all metrics that declare them."""

import datetime as dt
import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

import sqlalchemy as sa

from sellerhealth.access import ReadSession
from sellerhealth.metrics.declaration import AtRisk
from sellerhealth.metrics.expressions import fact_of, table_of
from sellerhealth.metrics.metric import Metric
from sellerhealth.model.records import Account
from sellerhealth.model.tables import Fact
from sellerhealth.store.fact_queries import key_columns
from sellerhealth.store.keyset import Page, PageRequest, Position, SortColumn, SortedRows, is_after, make_page


class Risk(NamedTuple):
    """A fact that a metric will count as a miss, unless something is done by `due_at`."""

    due_at: dt.datetime
    metric: Metric
    fact: type[Fact]
    row: Mapping[str, Any]

    @property
    def position(self) -> Position:
        """Its position: the instant when it is due, the key of the metric, the key of the fact."""
        return self.due_at, self.metric.key, *(self.row[column.name] for column in key_columns(self.fact))


@dataclass(frozen=True)
class AtRiskQuery:
    """A query for the facts of an account that are due within some hours from now."""

    account_id: int
    metrics: tuple[Metric, ...]
    within_hours: int

    @property
    def declared(self) -> Sequence[tuple[Metric, AtRisk]]:
        """The metrics that declare what puts them at risk."""
        return [(metric, metric.at_risk) for metric in self.metrics if metric.at_risk is not None]


class _MetricRisks(NamedTuple):
    """The risks of one metric: a part of the whole list, in the same order."""

    metric: Metric
    declared: AtRisk
    rows: SortedRows

    def fetch(self, session: ReadSession, size: int, *, from_end: bool) -> list[Risk]:
        late, fact = dt.timedelta(hours=self.declared.hours), fact_of(self.declared.rows)
        rows = self.rows.fetch(session, size, from_end=from_end)
        return [Risk(row[self.declared.until.key] + late, self.metric, fact, row) for row in rows]


def page_of_risks(session: ReadSession, query: AtRiskQuery, request: PageRequest) -> Page[Risk]:
    """A page of the risks: the first ones of each metric, merged. Metrics are few, and so are the risks of each."""
    lists = [_MetricRisks(metric, declared, _sorted_rows(session, query, metric, declared, request)) for metric, declared in query.declared]

    def fetch(size: int) -> list[Risk]:
        each = [risks.fetch(session, size, from_end=request.from_end) for risks in lists]
        # Only across metrics: within one the database has sorted, by its own rules for text.
        return list(islice(heapq.merge(*each, key=lambda risk: risk.position[:2], reverse=request.from_end), size))

    return make_page(
        request,
        fetch,
        lambda: any(risks.rows.has_previous(session) for risks in lists),
        lambda: any(risks.rows.has_next(session) for risks in lists),
    )


def number_of_risks(session: ReadSession, query: AtRiskQuery) -> int:
    """The number of risks on all pages."""
    counts = [sa.select(sa.func.count()).select_from(_rows(session, query, declared).subquery()) for _, declared in query.declared]
    return sum(session.execute(count).scalar_one() for count in counts)


def _sorted_rows(session: ReadSession, query: AtRiskQuery, metric: Metric, declared: AtRisk, request: PageRequest) -> SortedRows:
    """The rows of a metric between the positions of a request."""
    order = [SortColumn(_until(declared)), *map(SortColumn, key_columns(fact_of(declared.rows)))]

    def comes_after(position: Position, *, or_at: bool) -> sa.ColumnElement[bool]:
        due_at, key, *fact_key = position
        until = due_at - dt.timedelta(hours=declared.hours)
        if metric.key == key:
            return is_after(order, (until, *fact_key), or_at=or_at)
        return is_after(order, (until,), or_at=metric.key > key)  # rows due at the same instant are sorted by the metric's key

    return SortedRows(
        _rows(session, query, declared),
        order,
        after=None if request.after is None else comes_after(request.after, or_at=False),
        before=None if request.before is None else ~comes_after(request.before, or_at=True),
    )


def _rows(session: ReadSession, query: AtRiskQuery, declared: AtRisk) -> "sa.Select[*tuple[Any, ...]]":
    table = table_of(declared.rows)
    start = session.clock - dt.timedelta(hours=declared.hours)
    due = _until(declared).between(start, start + dt.timedelta(hours=query.within_hours))
    visible = session.visible_accounts().where(Account.account_id == query.account_id)
    counted = declared.rows.on.is_not(None)  # a row without a day falls into no window: it will never count
    return sa.select(*table.c).where(table.c.account_id.in_(visible), due, counted, declared.rows.condition)


def _until(declared: AtRisk) -> "sa.Column[Any]":
    column: sa.Column[Any] = declared.until.property.columns[0]
    return column
