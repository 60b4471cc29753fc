"""The fields of a result of a metric that are no resolvers. They are worked out when they are read: few clients select all of them."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Protocol

import strawberry

from sellerhealth.engine.queries import MetricQuery, QueryResult
from sellerhealth.graphql import ids
from sellerhealth.graphql.types import converters
from sellerhealth.graphql.types.catalog import definition_of
from sellerhealth.graphql.types.scalars import BigInt
from sellerhealth.metrics.result import MetricResult


class Measured(Protocol):
    """What the fields are read from: an object of the API for a result of the engine."""

    account: Any
    _code: ClassVar[str]
    _query: MetricQuery
    _result: MetricResult
    _query_result: QueryResult


def _part_of_fraction(result: Measured, part: int) -> BigInt | None:
    fraction = result._result.fraction
    return None if fraction is None else BigInt(fraction[part])


def _id(result: Measured) -> strawberry.ID:
    """The id of a result. It encodes the query: see nodes.py."""
    query = result._query
    part = () if query.part is None else (query.part.dimension, query.part.name)
    where = result.account.key, query.as_of.isoformat(), query.scope.marketplace, query.scope.channel
    return strawberry.ID(ids.write([result._code, *where, query.metric.key, query.window.days, query.window.lag, *part]))


PLAIN_FIELDS: Mapping[str, Callable[[Measured], Any]] = {  # by attribute
    "definition": lambda result: definition_of(result._query.metric),
    "denominator": lambda result: _part_of_fraction(result, 1),
    "display": lambda result: result._result.display,
    "headroom": lambda result: converters.headroom(result._result.integer_headroom),
    "id": _id,
    "known_through": lambda result: result._query_result.known_through,
    "numerator": lambda result: _part_of_fraction(result, 0),
    "scope": lambda result: converters.scope(result._query.scope, result._query.part),
    "status": lambda result: result._result.status,
    "target": lambda result: converters.target(result._query.metric, enforced=result._result.enforced),
    "unavailable_reason": lambda result: result._result.reason,
    "unproven_rows": lambda result: converters.unproven(result._result.unproven),
    "value": lambda result: converters.quotient(result._result.quotient),
    "window": lambda result: converters.window(result._query.window, result._query.as_of),
}
