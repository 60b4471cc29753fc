"""What is about to become a miss and can still be put right, soonest first, over all metrics that declare it."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from sellerhealth.access import ReadSession, visible_accounts
from sellerhealth.metrics.declaration import AtRisk
from sellerhealth.metrics.expressions import fact_of, table_of
from sellerhealth.metrics.metric import Metric
from sellerhealth.model.records import Account
from sellerhealth.model.tables import Fact

Place = tuple[dt.datetime, str, *tuple[Any, ...]]  # of a risk in the list: when it is due, its metric, the key of the fact


class Risk(NamedTuple):
    """A fact that a metric will count as a miss, unless something is done by `due_at`."""

    due_at: dt.datetime
    metric: Metric
    fact: type[Fact]
    row: Mapping[str, Any]

    @property
    def place(self) -> Place:
        """Where it stands in the list."""
        return self.due_at, self.metric.key, *(self.row[column.name] for column in _key(_declared(self.metric)))


class RiskPage(NamedTuple):
    """Some risks, and whether there are more on either side."""

    risks: Sequence[Risk]
    has_previous: bool
    has_next: bool


@dataclass(frozen=True)
class AtRiskQuery:
    """What is due for an account from now on, within so many hours."""

    account_id: int
    metrics: tuple[Metric, ...]
    within_hours: int

    @property
    def declared(self) -> Iterable[tuple[Metric, AtRisk]]:
        """The metrics that say what puts them at risk."""
        return [(metric, metric.at_risk) for metric in self.metrics if metric.at_risk is not None]


def page_of_risks(
    session: ReadSession,
    query: AtRiskQuery,
    size: int,
    between: tuple[Place | None, Place | None] = (None, None),
    *,
    from_end: bool = False,
) -> RiskPage:
    """The first risks, or the last ones, between two places, which are left out themselves."""
    after, before = between
    found = _between(session, query, size + 1, after, before, from_end=from_end)
    seen, has_more = found[:size], len(found) > size
    if from_end:
        last = _between(session, query, 1, None, None, from_end=True)
        return RiskPage(seen[::-1], has_more, before is not None and any(risk.place >= before for risk in last))
    first = _between(session, query, 1, None, None, from_end=False)
    return RiskPage(seen, after is not None and any(risk.place <= after for risk in first), has_more)


def number_of_risks(session: ReadSession, query: AtRiskQuery) -> int:
    """How many risks there are on all pages."""
    counts = [sa.select(sa.func.count()).select_from(_rows(query, declared, session.clock).subquery()) for _, declared in query.declared]
    return sum(session.execute(count).scalar_one() for count in counts)


def _between(
    session: ReadSession, query: AtRiskQuery, size: int, after: Place | None, before: Place | None, *, from_end: bool
) -> list[Risk]:
    """Each metric's own first rows, then the first of them all: metrics are few, and so are the rows of each."""
    risks: list[Risk] = []
    for metric, declared in query.declared:
        columns = [declared.until, *_key(declared)]
        rows = _rows(query, declared, session.clock)
        for place, beyond in ((after, True), (before, False)):
            if place is not None:
                rows = rows.where(_beside(columns, metric, declared, place, beyond=beyond))
        order = [column.desc() if from_end else column.asc() for column in columns]
        for row in session.execute(rows.order_by(*order).limit(size)).mappings():
            due_at = row[declared.until.key] + dt.timedelta(hours=declared.hours)
            risks.append(Risk(due_at, metric, fact_of(declared.rows), dict(row)))
    return sorted(risks, key=lambda risk: risk.place, reverse=from_end)[:size]


def _beside(columns: Sequence[Any], metric: Metric, declared: AtRisk, place: Place, *, beyond: bool) -> sa.ColumnElement[bool]:
    """That a row of a metric stands after a place, or before it. Of two due at one instant the metric's key decides."""
    due_at, key, *fact_key = place
    instant = due_at - dt.timedelta(hours=declared.hours)
    if metric.key == key:
        here = sa.tuple_(*columns)
        there = sa.tuple_(
            sa.literal(instant, columns[0].type), *(sa.literal(value, c.type) for value, c in zip(fact_key, columns[1:], strict=True))
        )
        return here > there if beyond else here < there
    until: sa.Column[Any] = declared.until.property.columns[0]
    if beyond:
        return until >= instant if metric.key > key else until > instant
    return until <= instant if metric.key < key else until < instant


def _rows(query: AtRiskQuery, declared: AtRisk, clock: dt.datetime) -> "sa.Select[*tuple[Any, ...]]":
    table = table_of(declared.rows)
    start = clock - dt.timedelta(hours=declared.hours)
    until: sa.Column[Any] = declared.until.property.columns[0]
    due = until.between(start, start + dt.timedelta(hours=query.within_hours))
    visible = visible_accounts().where(Account.account_id == query.account_id)
    counted = declared.rows.on.is_not(None)  # a row without a day falls into no window: it will never count
    return sa.select(*table.c).where(table.c.account_id.in_(visible), due, counted, declared.rows.condition)


def _key(declared: AtRisk) -> Sequence[sa.Column[Any]]:
    return [column for column in table_of(declared.rows).primary_key if column.name != "account_id"]


def _declared(metric: Metric) -> AtRisk:
    if metric.at_risk is None:
        raise ValueError(f"{metric.key} declares no risk")
    return metric.at_risk
