"""Reads Amazon's own figures: those of the last reports, and page by page. Every statement starts from the visible accounts."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sqlalchemy as sa

from sellerhealth.access import ReadSession
from sellerhealth.metrics.measures import half_up
from sellerhealth.model.records import Account, FigureUnit
from sellerhealth.model.records import ReportedFigure as Stored
from sellerhealth.store.keyset import Page, PageRequest, Row, SortColumn, fetch_page

_TABLE: sa.Table = Stored.__table__
_ORDER = [
    SortColumn(_TABLE.c.taken_on, descending=True),
    *(SortColumn(_TABLE.c[each]) for each in ("marketplace", "figure", "channel", "days", "format")),
]
POSITION_COLUMNS: Sequence["sa.Column[Any]"] = [each.column for each in _ORDER]  # that a list is sorted by


@dataclass(frozen=True)
class ReportedFigure:
    """A figure that Amazon itself reported."""

    account_id: int
    marketplace: str
    format: str
    taken_on: dt.date
    figure: str
    channel: str  # empty where Amazon does not split the figure
    days: int
    taken_at: dt.datetime
    value: Fraction | None
    places: int  # behind the point of the value, as Amazon wrote it
    unit: FigureUnit
    numerator: int | None
    denominator: int | None
    status: str | None
    first_on: dt.date | None
    last_on: dt.date | None
    target: Fraction | None
    target_condition: str | None

    @property
    def display(self) -> str:
        """The value for people."""
        return "N/A" if self.value is None else display(self.value, self.unit)

    @property
    def position(self) -> Sequence[Any]:
        """The position in a list of figures."""
        return [getattr(self, column.name) for column in POSITION_COLUMNS]


def display(value: Fraction, unit: FigureUnit) -> str:
    """A value for people, rounded half up as Amazon does."""
    if unit is FigureUnit.FRACTION:
        return f"{half_up(value * 100, 2)} %"
    return str(value) if value.denominator == 1 else str(half_up(value, 2))


def last_figures(session: ReadSession, account_ids: Iterable[int], as_of: dt.date) -> Mapping[int, Sequence[ReportedFigure]]:
    """The figures of the last report of each format and marketplace that was taken by a day, by account."""
    of_accounts = _of(account_ids)
    last = sa.func.max(_TABLE.c.taken_on).label("last")
    report = _TABLE.c.account_id, _TABLE.c.marketplace, _TABLE.c.format
    reports = _visible(session, of_accounts, *report, last).where(_TABLE.c.taken_on <= as_of).group_by(*report).subquery()
    same = sa.and_(*(column == reports.c[column.name] for column in report), _TABLE.c.taken_on == reports.c.last)
    figures: defaultdict[int, list[ReportedFigure]] = defaultdict(list)
    for row in session.execute(
        _visible(session, of_accounts).join(reports, same).order_by(*(each.column for each in _ORDER[1:]))
    ).mappings():
        figures[row["account_id"]].append(_figure(row))
    return figures


def last_figures_by_day(
    session: ReadSession, requested: Iterable[tuple[int, dt.date]]
) -> Mapping[tuple[int, dt.date], Sequence[ReportedFigure]]:
    """The same of several accounts, each by a day of its own."""
    by_day: defaultdict[dt.date, list[int]] = defaultdict(list)
    for account_id, as_of in requested:
        by_day[as_of].append(account_id)
    return {
        (account_id, as_of): figures for as_of, ids in by_day.items() for account_id, figures in last_figures(session, ids, as_of).items()
    }


@dataclass(frozen=True)
class FigureList:
    """The figures of an account, newest first; only those whose columns have these values."""

    account_id: int
    only: Mapping[str, Any]

    def rows(self, session: ReadSession) -> "sa.Select[*tuple[Any, ...]]":
        """The visible rows."""
        return _visible(session, _of([self.account_id])).where(*(_TABLE.c[name] == value for name, value in self.only.items()))


def page_of_figures(session: ReadSession, figures: FigureList, request: PageRequest) -> Page[ReportedFigure]:
    """A page of a list of figures."""
    page = fetch_page(session, figures.rows(session), _ORDER, request)
    return Page([_figure(row) for row in page.rows], page.has_previous, page.has_next)


def number_of_figures(session: ReadSession, figures: FigureList) -> int:
    """The number of figures on all pages of a list."""
    number: int = session.execute(sa.select(sa.func.count()).select_from(figures.rows(session).subquery())).scalar_one()
    return number


def _of(account_ids: Iterable[int]) -> sa.ColumnElement[bool]:
    """The condition that names accounts. All SELECTs of a statement share it, so that a cluster sends it to their shards alone."""
    return Account.account_id.in_(sa.bindparam("of_account_ids", list(account_ids), expanding=True))


def _visible(session: ReadSession, of_accounts: sa.ColumnElement[bool], *columns: Any) -> "sa.Select[*tuple[Any, ...]]":
    rows = session.visible_accounts(*(columns or _TABLE.c)).join(_TABLE, _TABLE.c.account_id == Account.account_id)
    return rows.where(of_accounts)


def _figure(row: Row | sa.RowMapping) -> ReportedFigure:
    exact = {name: None if row[name] is None else Fraction(row[name]) for name in ("value", "target")}
    places = len((row["value"] or "").partition(".")[2])
    return ReportedFigure(**{**row, **exact, "unit": FigureUnit(row["unit"]), "places": places})
