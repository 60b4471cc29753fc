"""The measures that are kept in rollups, by the table that keeps them, and the tallies of their unproven rows."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import sqlalchemy as sa
from sqlalchemy.sql import visitors

from sellerhealth.metrics.expressions import base_table, expressions
from sellerhealth.metrics.measures import Measure
from sellerhealth.metrics.metric import Metric
from sellerhealth.rollups.grain import Grain, grains_of, number_column
from sellerhealth.rollups.tally import Tally, tallies_of
from sellerhealth.rollups.tally_blocks import all_keys


@dataclass(frozen=True)
class MeasureSet:
    """The measures of some metrics, by grain and by the name of their column, and the tallies of their unproven rows."""

    grains: Mapping[Grain, Mapping[str, Measure]]
    tallies: tuple[Tally, ...] = ()

    @cached_property
    def members(self) -> frozenset[str]:
        """Each measure as the table and the column of its rollup, each tally, and its blocks: what a process that knows no blocks would delete."""
        measures = {member(grain, measure) for grain, measures in self.grains.items() for measure in measures.values()}
        return frozenset(measures.union(all_keys(tally.member for tally in self.tallies)))

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
    tallies: dict[str, Tally] = {}
    for metric in metrics:
        for measure in metric.all_measures.values():
            for grain in grains_of(metric, measure):
                grains.setdefault(grain, {}).setdefault(number_column(measure), measure)
        for tally in tallies_of(metric):
            tallies.setdefault(tally.key, tally)
    return MeasureSet(grains, tuple(tallies.values()))
