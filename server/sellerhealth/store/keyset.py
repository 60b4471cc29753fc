"""Pages of sorted rows, found by positions instead of offsets: so they neither repeat nor skip a row while imports run."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

import sqlalchemy as sa

from sellerhealth.access import ReadSession

T = TypeVar("T")
Position: TypeAlias = tuple[Any, ...]  # of a row in a list: the values that the list is sorted by
Row: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class PageRequest:
    """A page request: how many of the rows between two positions, both excluded, from the beginning or from the end."""

    size: int
    after: Position | None = None
    before: Position | None = None
    from_end: bool = False


class Page(NamedTuple, Generic[T]):
    """Some rows of a list, and whether the list has more on either side."""

    rows: Sequence[T]
    has_previous: bool
    has_next: bool


class SortColumn(NamedTuple):
    """A column that rows are sorted by. It is never null."""

    column: Any
    descending: bool = False


def newest_first(columns: Sequence["sa.Column[Any]"]) -> list[SortColumn]:
    """The descending order by all of these columns."""
    return [SortColumn(column, descending=True) for column in columns]


def is_after(order: Sequence[SortColumn], position: Position, *, or_at: bool = False) -> sa.ColumnElement[bool]:
    """The condition that a row comes after a position; with `or_at` also at it.

    A position may have fewer values than the order has columns: all rows with these values are at it. Columns of one direction are
    compared as a tuple, for which databases use an index.
    """
    pairs = list(zip(order, position, strict=False))
    runs = [list(run) for _, run in groupby(pairs, lambda pair: pair[0].descending)]
    alternatives: list[sa.ColumnElement[bool]] = []
    for index, run in enumerate(runs):
        equal = [column.column == value for earlier in runs[:index] for column, value in earlier]
        here = sa.tuple_(*(column.column for column, _ in run))
        there: Any = sa.tuple_(*(sa.literal(value, column.column.type) for column, value in run))
        at_the_end = or_at and index == len(runs) - 1
        if run[0][0].descending:
            alternatives.append(sa.and_(*equal, here <= there if at_the_end else here < there))
        else:
            alternatives.append(sa.and_(*equal, here >= there if at_the_end else here > there))
    return sa.or_(*alternatives)


@dataclass(frozen=True)
class SortedRows:
    """The rows of a statement in a unique order, between two conditions. None stands for an end of the list."""

    select: "sa.Select[*tuple[Any, ...]]"
    order: Sequence[SortColumn]
    after: sa.ColumnElement[bool] | None = None
    before: sa.ColumnElement[bool] | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def fetch(self, session: ReadSession, size: int, *, from_end: bool) -> list[Row]:
        """The first rows, or the last ones from the end."""
        order = [column.desc() if descending is not from_end else column.asc() for column, descending in self.order]
        inside = self.select.where(*(bound for bound in (self.after, self.before) if bound is not None))
        return [dict(row) for row in session.execute(inside.order_by(*order).limit(size), self.parameters).mappings()]

    def has_previous(self, session: ReadSession) -> bool:
        """Whether there are rows that do not meet the condition `after`."""
        return self.after is not None and self._any(session, ~self.after)

    def has_next(self, session: ReadSession) -> bool:
        """Whether there are rows that do not meet the condition `before`."""
        return self.before is not None and self._any(session, ~self.before)

    def _any(self, session: ReadSession, condition: sa.ColumnElement[bool]) -> bool:
        return session.execute(self.select.where(condition).limit(1), self.parameters).first() is not None


def fetch_page(
    session: ReadSession,
    select: "sa.Select[*tuple[Any, ...]]",
    order: Sequence[SortColumn],
    request: PageRequest,
    parameters: Mapping[str, Any] | None = None,
) -> Page[Row]:
    """A page of the rows of a statement in a unique order."""
    after = None if request.after is None else is_after(order, request.after)
    before = None if request.before is None else ~is_after(order, request.before, or_at=True)
    rows = SortedRows(select, order, after, before, parameters or {})
    return make_page(
        request,
        lambda size: rows.fetch(session, size, from_end=request.from_end),
        lambda: rows.has_previous(session),
        lambda: rows.has_next(session),
    )


def make_page(
    request: PageRequest, fetch: Callable[[int], Sequence[T]], has_previous: Callable[[], bool], has_next: Callable[[], bool]
) -> Page[T]:
    """A page from a function that fetches rows in the direction of the request.

    One row more than the page holds is fetched, to know whether there are more in that direction. The other two functions return
    whether there are rows outside the positions of the request.
    """
    rows = fetch(request.size + 1)
    has_more = len(rows) > request.size
    rows = rows[: request.size]
    if request.from_end:
        return Page(rows[::-1], has_more or has_previous(), has_next())
    return Page(rows, has_previous(), has_more or has_next())


def page_of_sorted(rows: Sequence[T], rank: Callable[[T], Any], rank_of: Callable[[Position], Any], request: PageRequest) -> Page[T]:
    """A page of rows in memory that are sorted by a rank, which both rows and positions have."""
    start = 0 if request.after is None else bisect_right(rows, rank_of(request.after), key=rank)
    end = len(rows) if request.before is None else bisect_left(rows, rank_of(request.before), key=rank)
    inside = range(start, end)[::-1] if request.from_end else range(start, end)
    return make_page(request, lambda size: [rows[index] for index in inside[:size]], lambda: start > 0, lambda: end < len(rows))
