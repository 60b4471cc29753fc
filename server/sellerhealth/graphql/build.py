"""Builds the types of metrics at run time: for each, a GraphQL type and a field of AccountMetrics. All other types are written out."""

from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from functools import partial
from types import new_class
from typing import Any, NamedTuple

import strawberry
from strawberry import UNSET
from strawberry.types.field import StrawberryField

from sellerhealth.engine.queries import query_of
from sellerhealth.engine.work import Work
from sellerhealth.graphql.accounts.account import AccountMetrics
from sellerhealth.graphql.arguments import WindowDays, window_of
from sellerhealth.graphql.context import Info
from sellerhealth.graphql.cost import Cost, FieldArguments, Measured, metadata, over
from sellerhealth.graphql.decorators import enum_type, object_type
from sellerhealth.graphql.results.metric_result import MetricResult, complete_type, measure
from sellerhealth.graphql.types import converters
from sellerhealth.graphql.types.scalars import BigInt
from sellerhealth.graphql_names import band_name, field_name, type_name
from sellerhealth.metrics import result as metric_results
from sellerhealth.metrics.metric import Metric
from sellerhealth.metrics.quotients import whole
from sellerhealth.metrics.targets import Bands
from sellerhealth.metrics.values import Count, Percent


def metric_field(metric: Metric, kind: type[MetricResult]) -> StrawberryField:
    """The field of AccountMetrics for a metric whose results have a type."""

    def resolve(self: AccountMetrics, info, days=UNSET):  # type: ignore[no-untyped-def]  # its annotations are made below
        return measure(kind, info, self._account, query_of(metric, window_of(metric, days), self._as_of, self._scope))

    # Strawberry reads annotations as objects or as names in a module, and this type is in none.
    resolve.__annotations__ = {"info": Info, "days": WindowDays, "return": kind | None}
    # Strawberry names a field after its resolver: without distinct names, the fields would replace each other.
    resolve.__name__ = metric.key
    field: StrawberryField = strawberry.field(
        resolver=resolve,
        name=field_name(metric.key),
        description=f"{metric.description} Null when it cannot be computed; an error then says why.",
        deprecation_reason=metric.deprecated,
        metadata=metadata(_cost(metric)),
    )
    return field


def _cost(metric: Metric) -> Cost:
    def measured(arguments: FieldArguments) -> Measured:
        return over(arguments.get("days"), [metric])

    return Cost(work=lambda arguments: Work.total(arguments.work.value(*each) for each in measured(arguments)), measures=measured)


class AddedField(NamedTuple):
    """A field that a metric's type adds to those of MetricResult, and the reader of its value."""

    name: str
    type: Any
    description: str
    read: Callable[[metric_results.MetricResult], Any]


def metric_type(metric: Metric) -> type[MetricResult]:
    """The object type of a metric's results: MetricResult with a field for each measure and figure, and for the band."""
    # The underscore keeps measures apart from keywords of Python and from attributes of MetricResult.
    added = {f"{field.name}_": field for field in (*_measures(metric), *_figures(metric), *_band(metric))}

    def body(namespace: dict[str, Any]) -> None:
        namespace["__module__"] = __name__
        namespace["__doc__"] = metric.description
        namespace["__annotations__"] = {attribute: field.type for attribute, field in added.items()}
        namespace["_code"] = "metric"
        namespace["_added_fields"] = {attribute: field.read for attribute, field in added.items()}
        for attribute, field in added.items():
            namespace[attribute] = strawberry.field(name=field_name(field.name), description=field.description)

    # The name is unique among metrics: if two types have the same module and name, Strawberry silently uses one of them.
    return complete_type(object_type(new_class(type_name(metric.key), (MetricResult,), exec_body=body)))


def _measures(metric: Metric) -> Iterator[AddedField]:
    for name, counted in metric.measures.items():
        # No account has 2^31 rows, but the sum of a column over its rows can exceed the 32 bits of Int.
        yield AddedField(name, int if counted.summed is None else BigInt, counted.description, partial(_number, name))


def _figures(metric: Metric) -> Iterator[AddedField]:
    for name, figure in metric.figures.items():
        if isinstance(figure.value, Count | Percent):
            has_sums = any(measure.summed is not None for measure in figure.value.measures)
            yield AddedField(name, (BigInt if has_sums else int) | None, figure.description, partial(_whole_figure, name))
        else:
            yield AddedField(name, float | None, figure.description, partial(_figure, name))


def _number(name: str, result: metric_results.MetricResult) -> int:
    return result.numbers.get(name, 0)


def _figure(name: str, result: metric_results.MetricResult) -> float | None:
    return converters.quotient(result.figures[name].quotient)


def _whole_figure(name: str, result: metric_results.MetricResult) -> int | None:
    quotient = result.figures[name].quotient
    return None if quotient is None else whole(quotient)


def _band(metric: Metric) -> Iterator[AddedField]:
    if metric.bands is not None:
        name = band_name(metric.key)
        bands = Enum(name, {band: band for band in metric.bands.lower_ends}, module=__name__)  # type: ignore[misc]  # a dynamic enum
        enum_type(bands, f"Which band a {metric.title.lower()} falls into.", **_band_descriptions(metric.bands))
        yield AddedField("band", bands | None, converters.BAND, lambda result: result.band)


def _band_descriptions(bands: Bands) -> Mapping[str, str]:
    """The description of each band: where it begins."""
    (lowest, _), *higher = bands.lower_ends.items()
    descriptions = {name: f"{float(end):g} and more." for name, end in higher}
    return {lowest: f"Under {float(higher[0][1]):g}." if higher else "Every score.", **descriptions}
