"""The very rows behind a measure, newest first, page by page."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from sellerhealth.access import Viewer
from sellerhealth.engine.queries import WHOLE, Scope
from sellerhealth.metrics.declaration import Window
from sellerhealth.metrics.expressions import clock_parameters, hours_of, table_of
from sellerhealth.metrics.measures import Measure
from sellerhealth.metrics.metric import Metric
from sellerhealth.model.records import Account
from sellerhealth.store.keyset import Between, Slice, newest_first


@dataclass(frozen=True)
class EvidenceAsk:
    """The rows that a measure of a metric counts for an account; with `part`, (dimension, part), those of one part alone."""

    account_id: int
    metric: Metric
    measure: str
    window: Window
    as_of: dt.date
    scope: Scope = WHOLE
    part: tuple[str, str] | None = None

    @property
    def counted(self) -> Measure:
        """The measure itself."""
        return self.metric.all_measures[self.measure]


def place_columns(measure: Measure) -> Sequence[sa.Column[Any]]:
    """What the rows are ordered by, descending: the day on which they count, then their key."""
    table = table_of(measure)
    return [table.c[measure.on.key], *(column for column in table.primary_key if column.name != "account_id")]


def page_of_evidence(
    connection: sa.Connection,
    ask: EvidenceAsk,
    viewer: Viewer,
    clock: dt.datetime,
    size: int,
    between: Between = (None, None),
    *,
    from_end: bool = False,
) -> Slice:
    """The first rows, or the last ones, between two places, which are left out themselves."""
    rows = _rows(ask, viewer)
    now = _clock_values(rows, clock)
    return newest_first(connection, rows, place_columns(ask.counted), size, between, from_end=from_end, parameters=now)


def number_of_rows(connection: sa.Connection, ask: EvidenceAsk, viewer: Viewer, clock: dt.datetime) -> int:
    """How many rows there are on all pages."""
    counted = sa.select(sa.func.count()).select_from(_rows(ask, viewer).subquery())
    number: int = connection.execute(counted, _clock_values(counted, clock)).scalar_one()
    return number


def leaves_window_on(ask: EvidenceAsk, row: Mapping[str, Any]) -> dt.date | None:
    """The first as-of day on which a row no longer counts; None for a lifetime. See docs/spec/rules.md#leaving-the-window."""
    day: dt.date = row[ask.counted.on.key]
    return day + dt.timedelta(ask.window.lag + ask.window.days) if ask.window.days else None


def _rows(ask: EvidenceAsk, viewer: Viewer) -> "sa.Select[*tuple[Any, ...]]":
    """The rows of the fact itself, unaliased: only so does a condition on related facts belong to each of them."""
    measure = ask.counted
    table = table_of(measure)
    first, last = ask.window.span(ask.as_of)
    limits: dict[str, str | None] = {"marketplace": ask.scope.marketplace, "channel": ask.scope.channel}
    where = [table.c[name] == value for name, value in limits.items() if value is not None]
    if ask.part is not None:
        dimension, part = ask.part
        column = ask.metric.parts[dimension].key if dimension in ask.metric.parts else dimension
        where.append(table.c[column] == part)
    asked = viewer.accounts().where(Account.account_id == ask.account_id)
    return sa.select(*table.c).where(table.c.account_id.in_(asked), table.c[measure.on.key].between(first, last), measure.condition, *where)


def _clock_values(statement: "sa.Select[*tuple[Any, ...]]", clock: dt.datetime) -> Mapping[str, dt.datetime]:
    return {name: clock - dt.timedelta(hours=hours_of(name)) for name in clock_parameters(statement)}
