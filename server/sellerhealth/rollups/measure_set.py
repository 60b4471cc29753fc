"""The measures that are kept in rollups, by the table that keeps them; and the columns' names, which do not depend on plugins."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

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
    for part in _own_parts(metric) or [None]:
        if can_be_rolled_up(measure, part):
            yield Grain(table_of(measure), measure.on.key, part)


def _own_parts(metric: Metric) -> Sequence[str | None]:
    """The columns by which a metric is divided beside those that every grain has."""
    return [column.key for column in metric.parts.values() if column.key not in ("marketplace", "channel")]


def grain_for(metric: Metric, measure: Measure, part_column: str | None) -> Grain | None:
    """The grain that answers for a measure of a metric by a column of parts, or as a whole; None if the facts have to."""
    found = list(grains_of(metric, measure))
    if part_column in _own_parts(metric):
        return next((grain for grain in found if grain.part == part_column), None)
    return found[0] if found else None


@dataclass(frozen=True)
class MeasureSet:
    """The measures of some metrics, by grain and by the name of their column."""

    grains: Mapping[Grain, Mapping[str, Measure]]

    @cached_property
    def members(self) -> frozenset[str]:
        """Each measure as the table and the column of its rollup."""
        return frozenset(member(grain, measure) for grain, measures in self.grains.items() for measure in measures.values())

    @cached_property
    def tables_read(self) -> Mapping[Grain, set[sa.Table]]:
        """The tables of facts that the measures of each grain read."""
        return {grain: _tables_read(measures.values()) for grain, measures in self.grains.items()}

    @cached_property
    def set_id(self) -> str:
        """A hash of the members."""
        return hashlib.sha256("\n".join(sorted(self.members)).encode()).hexdigest()[:16]


def _tables_read(measures: Iterable[Measure]) -> set[sa.Table]:
    """The tables of facts that measures read."""
    nodes = (node for measure in measures for each in expressions(measure) for node in visitors.iterate(each))
    tables = (base_table(node.table if isinstance(node, sa.Column) else node) for node in nodes)
    return {table for table in tables if table is not None}


def member(grain: Grain, measure: Measure) -> str:
    """The name of a measure in a set."""
    return f"{grain.name}.{number_column(measure)}"


def measure_set(metrics: Iterable[Metric]) -> MeasureSet:
    """The measures of metrics that rollups can answer for."""
    grains: dict[Grain, dict[str, Measure]] = {}
    for metric in metrics:
        for measure in metric.all_measures.values():
            for grain in grains_of(metric, measure):
                grains.setdefault(grain, {}).setdefault(number_column(measure), measure)
    return MeasureSet(grains)
