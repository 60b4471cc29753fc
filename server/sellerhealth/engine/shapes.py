"""Queries by their shape: with numbers in place of their days and scopes, which are parameters. Queries of the same shape share a statement."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sellerhealth.engine.queries import MetricQuery, Scope
from sellerhealth.engine.rolled_up_unproven import tally_lookup
from sellerhealth.metrics.expressions import table_of
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.result import UnavailableReason
from sellerhealth.rollups.tally import tallies_for
from sellerhealth.unproven.alike import Lookup, alike_measures

_DAY = dt.timedelta(days=1)


def unavailable_reason(query: MetricQuery) -> UnavailableReason | None:
    """Why a query can have no result for any account: it names a channel, and some of its facts have none."""
    needs_channel = query.scope.channel is not None or (query.part is not None and query.part.dimension == "channel")
    if needs_channel and any("channel" not in table_of(m).c for m in query.metric.all_measures.values()):
        return UnavailableReason.WITHOUT_CHANNEL
    return None


@dataclass(frozen=True)
class QueryShape:
    """A query with numbers in place of its days and its scope. The shapes decide the text of the statement."""

    metric: Metric
    part_column: str | None
    is_daily: bool
    span: int
    scope: int
    restricted: tuple[str, ...]  # the columns that the scope restricts

    @property
    def named(self) -> tuple[str, ...]:
        """The columns of the scope and the part."""
        return self.restricted if self.part_column is None else (*self.restricted, self.part_column)

    def lookups(self, *, from_rollups: bool) -> Iterable[Lookup]:
        """The rows whose unknown cells matter to the query, or the tallies of such rows."""
        if from_rollups:
            return map(tally_lookup, tallies_for(self.metric, self.part_column))
        return (lookup for alike in alike_measures(self.metric.all_measures.values(), self.named) for lookup in alike.lookups)


@dataclass(frozen=True)
class NumberedShapes:
    """Queries by their shape, and the parameters for the days and scopes that the shapes number."""

    shapes: Mapping[QueryShape, Sequence[MetricQuery]]
    days: Sequence[tuple[dt.date, dt.date]]
    parameters: Mapping[str, Any]


def number_shapes(queries: Iterable[MetricQuery]) -> NumberedShapes:
    """The shapes of queries. Those without a possible result are left out."""
    spans: dict[tuple[dt.date, dt.date], int] = {}
    scopes: dict[Scope, int] = {}
    shapes: dict[QueryShape, list[MetricQuery]] = {}
    for query in dict.fromkeys(query.of_each_part for query in queries):
        if unavailable_reason(query) is not None:
            continue
        span = spans.setdefault(query.span, len(spans))
        scope = scopes.setdefault(query.scope, len(scopes))
        restricted = tuple(name for name in ("marketplace", "channel") if getattr(query.scope, name) is not None)
        shape = QueryShape(query.metric, query.part_column, query.is_daily, span, scope, restricted)
        shapes.setdefault(shape, []).append(query)
    parameters: dict[str, Any] = {}
    for (first, last), number in spans.items():
        before = first - _DAY if first > dt.date.min else first
        parameters |= {f"query_before_{number}": before, f"query_first_{number}": first, f"query_last_{number}": last}
    for scope_value, number in scopes.items():
        parameters |= {f"query_marketplace_{number}": scope_value.marketplace, f"query_channel_{number}": scope_value.channel}
    return NumberedShapes(shapes, list(spans), parameters)
