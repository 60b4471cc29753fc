"""The very rows behind a measure, newest first, page by page.

A page is found by the place of the row before it, not by counting: so pages neither repeat nor skip a row while imports run.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa

from sellerhealth.access import Viewer
from sellerhealth.engine.asks import WHOLE, Scope
from sellerhealth.engine.reading import clock_parameters, fact_of, hours_of, table_of
from sellerhealth.measures import Measure
from sellerhealth.metrics import Metric, Window
from sellerhealth.records import Account
from sellerhealth.tables import Fact

Place = tuple[Any, ...]  # of a row in the list: its day, then its key without the account


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


class EvidencePage(NamedTuple):
    """Some rows as mappings from column to value, and whether there are more on either side."""

    fact: type[Fact]
    rows: Sequence[Mapping[str, Any]]
    has_previous: bool
    has_next: bool


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
    between: tuple[Place | None, Place | None] = (None, None),
    *,
    from_end: bool = False,
) -> EvidencePage:
    """The first rows, or the last ones, between two places, which are left out themselves."""
    columns = place_columns(ask.counted)
    place = sa.tuple_(*columns)
    after, before = (None if each is None else _literal(columns, each) for each in between)
    rows = _rows(ask, viewer)
    inside = rows if after is None else rows.where(place < after)
    inside = inside if before is None else inside.where(place > before)
    order = [column.asc() if from_end else column.desc() for column in columns]
    found = [dict(row) for row in _run(connection, inside.order_by(*order).limit(size + 1), clock).mappings()]
    seen, has_more = found[:size], len(found) > size
    if from_end:
        beyond = before is not None and _run(connection, rows.where(place <= before).limit(1), clock).first() is not None
        return EvidencePage(fact_of(ask.counted), seen[::-1], has_more, beyond)
    behind = after is not None and _run(connection, rows.where(place >= after).limit(1), clock).first() is not None
    return EvidencePage(fact_of(ask.counted), seen, behind, has_more)


def number_of_rows(connection: sa.Connection, ask: EvidenceAsk, viewer: Viewer, clock: dt.datetime) -> int:
    """How many rows there are on all pages."""
    number: int = _run(connection, sa.select(sa.func.count()).select_from(_rows(ask, viewer).subquery()), clock).scalar_one()
    return number


def leaves_window_on(ask: EvidenceAsk, row: Mapping[str, Any]) -> dt.date | None:
    """The first as-of day on which a row no longer counts; None for a lifetime (domain 5)."""
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


def _literal(columns: Sequence[sa.Column[Any]], place: Place) -> Any:
    return sa.tuple_(*(sa.literal(value, column.type) for column, value in zip(columns, place, strict=True)))


def _run(connection: sa.Connection, statement: "sa.Select[*tuple[Any, ...]]", clock: dt.datetime) -> "sa.CursorResult[*tuple[Any, ...]]":
    now = {name: clock - dt.timedelta(hours=hours_of(name)) for name in clock_parameters(statement)}
    return connection.execute(statement, now)
