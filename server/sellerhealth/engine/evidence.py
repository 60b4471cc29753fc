"""Evidence: the rows behind a measure, newest first, page by page."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from sellerhealth.access import ReadSession
from sellerhealth.engine.queries import MetricQuery
from sellerhealth.errors import BadInput, did_you_mean
from sellerhealth.metrics.expressions import cells_needed, clock_parameters, clock_values, in_days, table_of
from sellerhealth.metrics.measures import Measure
from sellerhealth.metrics.metric import Metric
from sellerhealth.model.records import Account
from sellerhealth.store.keyset import Page, PageRequest, Row, fetch_page, newest_first


@dataclass(frozen=True)
class EvidenceQuery:
    """The rows of an account that a measure of a metric query counts."""

    account_id: int
    query: MetricQuery
    measure_key: str

    @property
    def measure(self) -> Measure:
        """The measure itself."""
        return self.query.metric.all_measures[self.measure_key]

    @property
    def of_same_fact(self) -> Mapping[str, Measure]:
        """The measures of the metric that count facts of the same kind, by key, hidden ones left out."""
        table = table_of(self.measure)
        return {key: measure for key, measure in self.query.metric.measures.items() if table_of(measure) is table}


def checked_measure(metric: Metric, key: str) -> str:
    """The key of a measure that has evidence. Raises BadInput for a figure and for what the metric does not have."""
    if key in metric.figures:
        raise BadInput(f"`{key}` is computed from measures and has no facts of its own. Choose one of {', '.join(metric.measures)}.")
    if key not in metric.measures:
        raise BadInput(f"There is no measure of {metric.key} called {key!r}.{did_you_mean(key, metric.measures)}")
    return key


def position_columns(measure: Measure) -> Sequence[sa.Column[Any]]:
    """The columns that the rows are sorted by, descending: the day on which they count, then their key."""
    table = table_of(measure)
    return [table.c[measure.on.key], *(column for column in table.primary_key if column.name != "account_id")]


_COUNTS = "counts_towards_"  # before the key of a measure, in the columns of a page


def page_of_evidence(session: ReadSession, evidence: EvidenceQuery, request: PageRequest) -> Page[Row]:
    """A page of the evidence. Its rows say which measures count them: see `measures_of`."""
    first, last = evidence.query.window.span(evidence.query.as_of)
    table = table_of(evidence.measure)
    also = [
        sa.case((sa.and_(in_days(table.c[measure.on.key], first, last), measure.condition), 1), else_=0).label(_COUNTS + key)
        for key, measure in evidence.of_same_fact.items()
    ]
    rows = _rows(session, evidence).add_columns(*also)
    return fetch_page(session, rows, newest_first(position_columns(evidence.measure)), request, _clock(session, rows))


def number_of_rows(session: ReadSession, evidence: EvidenceQuery) -> int:
    """The number of rows on all pages."""
    counted = sa.select(sa.func.count()).select_from(_rows(session, evidence).subquery())
    number: int = session.execute(counted, _clock(session, counted)).scalar_one()
    return number


def _clock(session: ReadSession, statement: "sa.Select[*tuple[Any, ...]]") -> Mapping[str, dt.datetime]:
    parameters = clock_parameters(statement)
    return clock_values(parameters, session.clock) if parameters else {}


def measures_of(evidence: EvidenceQuery, row: Mapping[str, Any]) -> list[str]:
    """The keys of the metric's measures that count a row of a page, in their order."""
    return [key for key in evidence.of_same_fact if row[_COUNTS + key]]


def missing_cells(evidence: EvidenceQuery, row: Mapping[str, Any]) -> list[str]:
    """The columns of the fact that the measure looks at and that are empty, where no other column says the same."""
    return [names[0] for names in cells_needed(evidence.measure) if not any(row[name] for name in names)]


def leaves_window_on(evidence: EvidenceQuery, row: Mapping[str, Any]) -> dt.date | None:
    """The first as-of day on which a row no longer counts; None for a lifetime. See docs/spec/rules.md#leaving-the-window."""
    day: dt.date = row[evidence.measure.on.key]
    window = evidence.query.window
    return day + dt.timedelta(window.lag + window.days) if window.days else None


def _rows(session: ReadSession, evidence: EvidenceQuery) -> "sa.Select[*tuple[Any, ...]]":
    """The rows of the fact itself, without an alias: a condition on related facts refers to the table."""
    query, measure = evidence.query, evidence.measure
    table = table_of(measure)
    first, last = query.window.span(query.as_of)
    part = (query.part_column, query.part.name) if query.part else (None, None)
    columns = [("marketplace", query.scope.marketplace), ("channel", query.scope.channel), part]
    where = [table.c[name] == value for name, value in columns if name is not None and value is not None]
    visible = session.visible_accounts().where(Account.account_id == evidence.account_id)
    return sa.select(*table.c).where(
        table.c.account_id.in_(visible), in_days(table.c[measure.on.key], first, last), measure.condition, *where
    )
