"""Pages of rows, newest first, each found by the place of the row before it: so they neither repeat nor skip a row while imports run."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from sellerhealth.access import ReadSession

Place = tuple[Any, ...]  # of a row in the list: its values of the columns that order it
Between = tuple[Place | None, Place | None]  # the rows after the one and before the other place, which are left out themselves


class Slice(NamedTuple):
    """Some rows as mappings from column to value, and whether there are more on either side."""

    rows: Sequence[Mapping[str, Any]]
    has_previous: bool
    has_next: bool


def newest_first(
    session: ReadSession,
    rows: "sa.Select[*tuple[Any, ...]]",
    columns: Sequence[sa.Column[Any]],
    size: int,
    between: Between = (None, None),
    *,
    from_end: bool = False,
    parameters: Mapping[str, Any] | None = None,
) -> Slice:
    """The first rows, or the last ones, in descending order of columns that together are never null and never alike."""
    place = sa.tuple_(*columns)
    after, before = (None if each is None else _literal(columns, each) for each in between)
    inside = rows if after is None else rows.where(place < after)
    inside = inside if before is None else inside.where(place > before)
    order = [column.asc() if from_end else column.desc() for column in columns]
    found = [dict(row) for row in session.execute(inside.order_by(*order).limit(size + 1), parameters).mappings()]

    def any_where(beyond: sa.ColumnElement[bool]) -> bool:
        return session.execute(rows.where(beyond).limit(1), parameters).first() is not None

    seen, has_more = found[:size], len(found) > size
    if from_end:
        return Slice(seen[::-1], has_more, before is not None and any_where(place <= before))
    return Slice(seen, after is not None and any_where(place >= after), has_more)


def _literal(columns: Sequence[sa.Column[Any]], place: Place) -> Any:
    return sa.tuple_(*(sa.literal(value, column.type) for column, value in zip(columns, place, strict=True)))
