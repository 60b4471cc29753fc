"""Grains: which measures a rollup table can keep, and the names of its columns, which do not depend on plugins."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import visitors

from sellerhealth.metrics.aggregates import aggregate_of
from sellerhealth.metrics.expressions import SHARED_KEYS, base_table, columns_read, expressions, table_of
from sellerhealth.metrics.measures import Measure
from sellerhealth.metrics.metric import Metric
from sellerhealth.rollups.falling_due import knows_when_due
from sellerhealth.store.unit_of_work import BOOKKEEPING

_FORMAT = 1  # of the rollups: a new one makes all of them anew
_DIALECT = sqlite.dialect()  # of the texts that fingerprints are made of, on every database


@dataclass(frozen=True)
class Grain:
    """What one rollup table has a row for: an account, a marketplace, a channel, a part and a day.

    The rows that are counted are those of `table`, by the day in `on`. `part` is the column that divides them further.
    """

    table: sa.Table
    on: str
    part: str | None = None

    @property
    def name(self) -> str:
        """The name of the rollup table."""
        return "_".join(("rollup", self.table.name, self.on, *([] if self.part is None else [self.part])))


@cache
def fingerprint(measure: Measure) -> str:
    """A hash of what a measure counts: of its SQL with its values. Not of its name or plugin, so that metrics share columns."""
    statement = sa.select(aggregate_of(measure)(), measure.on).select_from(table_of(measure))
    compiled = statement.compile(dialect=_DIALECT)
    values = sorted((name, type(value).__name__, str(value)) for name, value in compiled.params.items())
    return hashlib.sha256(repr((_FORMAT, str(compiled), values)).encode()).hexdigest()[:16]


def number_column(measure: Measure) -> str:
    """The column of a rollup table with the running sum of a measure."""
    return f"n_{fingerprint(measure)}"


def due_column(measure: Measure) -> str:
    """The column of a rollup table that says until when the number of a measure holds on that day."""
    return f"until_{fingerprint(measure)}"


@cache
def can_be_rolled_up(measure: Measure, part: str | None) -> bool:
    """Whether a rollup can answer for a measure. Where it cannot, the facts do."""
    table = table_of(measure)
    has_parts = part is None or (part in table.c and not table.c[part].nullable)
    return (
        "marketplace" in table.c
        and has_parts
        and knows_when_due(measure)
        and _reads_related_rows_directly(measure)
        and not any(column.key in BOOKKEEPING for column in columns_read(measure))
    )


def _reads_related_rows_directly(measure: Measure) -> bool:
    """Whether each look-up is of rows that share a key with the counted one: an import follows no longer chain, and no second row of a table."""
    table = table_of(measure)
    for expression in expressions(measure):
        for node in visitors.iterate(expression):
            if isinstance(node, sa.Exists):
                inner = [each for each in visitors.iterate(node) if each is not node]
                others = {base_table(each) for each in inner if base_table(each) is not None} - {table}
                is_second_row = any(isinstance(each, sa.Alias) and base_table(each) is table for each in inner)
                shares = all(any(key in other.c and key in table.c for key in SHARED_KEYS) for other in others if other is not None)
                if is_second_row or not shares or any(isinstance(each, sa.Exists) for each in inner):
                    return False
    return True


def grains_of(metric: Metric, measure: Measure) -> Iterator[Grain]:
    """The grains in which a measure of a metric is kept: one for each dimension of the metric's own, or one without parts."""
    for part in own_parts(metric) or [None]:
        if can_be_rolled_up(measure, part):
            yield Grain(table_of(measure), measure.on.key, part)


def own_parts(metric: Metric) -> Sequence[str | None]:
    """The columns by which a metric is divided beside those that every grain has."""
    return [column.key for column in metric.parts.values() if column.key not in ("marketplace", "channel")]


def grain_for(metric: Metric, measure: Measure, part_column: str | None) -> Grain | None:
    """The grain that answers for a measure of a metric by a column of parts, or as a whole; None if the facts have to."""
    found = list(grains_of(metric, measure))
    if part_column in own_parts(metric):
        return next((grain for grain in found if grain.part == part_column), None)
    return found[0] if found else None
