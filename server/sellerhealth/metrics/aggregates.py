"""The SQL aggregates of measures over the rows of their table."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from sellerhealth.metrics.measures import Measure

Aggregate = Callable[..., sa.ColumnElement[Any]]  # of further conditions, which are joined with AND


def aggregate_of(measure: Measure) -> Aggregate:
    """The count or the sum of a measure."""

    def aggregate(*inside: sa.ColumnElement[bool]) -> sa.ColumnElement[Any]:
        counted: sa.Function[Any] = sa.func.count() if measure.summed is None else sa.func.sum(measure.summed)
        return counted.filter(sa.and_(*inside, measure.condition))

    return aggregate


def split_key(measure: Measure) -> int | None:
    """What the classes of one split share: they are counted together. None for a measure that is counted alone."""
    return None if measure.split_class is None or measure.summed is not None else id(measure.split_class.class_name)


def classified_once(
    columns: Mapping[str, sa.ColumnElement[Any]],
    measures: Sequence[Measure],
    where: Sequence[sa.ColumnElement[bool]],
    source: Any = None,
) -> tuple[sa.Subquery, list[Aggregate]]:
    """The rows by their class of one `Measure.split` and by some columns, and the aggregate of each measure over them.

    An inner GROUP BY classifies each row once. A CASE in every FILTER would be run for every class. `source`: the table with what is
    joined to it.
    """
    split_class = measures[0].split_class
    assert split_class is not None  # noqa: S101 - the caller grouped the measures by it
    select = (
        sa.select(
            *(column.label(name) for name, column in columns.items()),
            split_class.class_name.label("in_class"),
            sa.func.count().label("counted"),
        )
        .where(*where, split_class.rows)
        .group_by(*columns, "in_class")
    )
    inner = (select if source is None else select.select_from(source)).subquery()

    def total_of(name: str) -> Aggregate:
        return lambda *inside: sa.func.sum(inner.c.counted).filter(sa.and_(*inside, inner.c.in_class == name))

    return inner, [total_of(measure.split_class.name) for measure in measures if measure.split_class is not None]
