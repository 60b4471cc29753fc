"""Drivers: the values of a column that hold most of the misses of a result."""

from typing import Annotated, TypeAlias

import strawberry

from sellerhealth.engine import drivers as engine
from sellerhealth.engine.queries import MetricQuery, QueryResult
from sellerhealth.engine.work import Work
from sellerhealth.errors import BadInput
from sellerhealth.graphql.arguments import unset_to_none
from sellerhealth.graphql.context import Context
from sellerhealth.graphql.cost import Cost, FieldArguments, mean_work
from sellerhealth.graphql.decorators import field, object_type
from sellerhealth.graphql.results.what_if import WhatIf, hypothetical
from sellerhealth.graphql.types.scalars import BigInt
from sellerhealth.metrics.result import MetricResult

DEFAULT_LIMIT = 10

By: TypeAlias = Annotated[
    str,
    strawberry.argument(
        description="One of `drivers` of the definition, for example `carrier` or `sku`: a column of the fact that is counted, or of its "
        "order, its items or its packages. `weekday` and `hour` are of the instant at which the order was placed, or the message received: "
        "the day in the time zone of the marketplace, the hour in UTC."
    ),
]
OfMeasure: TypeAlias = Annotated[
    str | None, strawberry.argument(description="The key of a measure from `figures`. Default: the misses of the target.")
]
Limit: TypeAlias = Annotated[
    int | None, strawberry.argument(description="How many values to return, those with the most misses: 1 to {limits.page_size}.")
]


def _number(arguments: FieldArguments) -> int:
    limit = arguments.get("limit")
    return min(max(limit, 1), arguments.limits.page_size) if isinstance(limit, int) else DEFAULT_LIMIT


# The rows of all measures are looked at twice: for what there is in all, and by value, with those of items or packages.
DRIVERS = Cost(items=_number, work=lambda arguments: Work.total((Work(750), mean_work(arguments, arguments.work.drivers))))


@object_type
class Driver:
    """A value of a column, and the misses that it holds. An order with several values, for example several products, counts for each of them."""

    misses: BigInt = field(description="How many misses have the value.")
    rate: float | None = field(description="The share of the rows with the value that are misses. Null where `rows` is.")
    rows: BigInt | None = field(
        description="How many rows have the value, of those that the misses are a share of. Null where they are no share."
    )
    share: float | None = field(
        description="The share of all misses. Rows with several values count for each, so shares may add up to more than 1. Null without misses."
    )
    value: str | None = field(description="The value. Null for all rows without one: no source reported it.")
    without: WhatIf = field(
        description="What the metric would be without the rows with the value. Unproven rows stay, since it is not known whose they are."
    )


@object_type
class Drivers:
    """The values of a column that hold most of the misses of a metric."""

    misses: BigInt = field(description="How many misses there are with any value, each counted once.")
    nodes: list[Driver] = field(
        cost=Cost(), description="The values, the most misses first. Of as many misses, the fewest rows come first."
    )
    rate: float | None = field(description="The share of all rows that are misses. Null where `rows` is, or without rows.")
    rows: BigInt | None = field(description="How many rows there are that the misses are a share of. Null where they are no share.")
    total_count: int = field(description="How many values there are, those that are not returned included.")


def drivers_of(
    context: Context,
    account_id: int,
    query: MetricQuery,
    result: MetricResult,
    query_result: QueryResult,
    by: str,
    measure: str | None,
    limit: int | None,
) -> Drivers:
    """The drivers of a result. Raises BadInput for a column or a measure that it does not have, and for a limit out of range."""
    number, most = DEFAULT_LIMIT if limit is None else limit, context.limits.page_size
    if not 1 <= number <= most:
        raise BadInput(f"`limit` must be 1 to {most}, found {number}.")
    requested = engine.checked(account_id, query, by, unset_to_none(measure))
    found = context.read(lambda session: engine.read_drivers(session, requested, result, query_result, number))
    return Drivers(
        misses=BigInt(found.misses),
        nodes=[_driver(each, found.misses) for each in found.drivers],
        rate=_share(found.misses, found.rows),
        rows=None if found.rows is None else BigInt(found.rows),
        total_count=found.number_of_values,
    )


def _driver(driver: engine.Driver, all_misses: int) -> Driver:
    return Driver(
        misses=BigInt(driver.misses),
        rate=_share(driver.misses, driver.rows),
        rows=None if driver.rows is None else BigInt(driver.rows),
        share=_share(driver.misses, all_misses),
        value=driver.value,
        without=hypothetical(driver.without),
    )


def _share(part: int, whole: int | None) -> float | None:
    return part / whole if whole else None
