"""Fetches objects by their ids, which may be malformed or forged."""

import datetime as dt
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from strawberry.types.base import StrawberryObjectDefinition

from sellerhealth.engine.queries import MetricQuery, Part, Scope
from sellerhealth.engine.work import Work
from sellerhealth.graphql import ids
from sellerhealth.graphql.accounts.account import Account, account_of, metrics_of
from sellerhealth.graphql.arguments import EARLIEST, window_named
from sellerhealth.graphql.context import Context, Info
from sellerhealth.graphql.cost import Cost, FieldArguments, Measured, Size, window_days
from sellerhealth.graphql.reading import Reading
from sellerhealth.graphql.results.metric_result import AnyMetric, MetricResult, measure
from sellerhealth.graphql.types.catalog import definition_of
from sellerhealth.graphql.types.enums import Channel
from sellerhealth.graphql.types.facts import KINDS, fetch_fact
from sellerhealth.graphql.types.node import Node
from sellerhealth.graphql_names import type_name
from sellerhealth.metrics.metric import Metric
from sellerhealth.sources.cells import LONGEST_KEY

_FACTS = {kind.__name__.lower(): kind for kind in KINDS.values()}


def _given(arguments: FieldArguments, name: str) -> list[Any]:
    """The ids in an argument. More than are allowed do not raise the cost."""
    value = arguments.get(name)
    return value[: arguments.limits.ids] if isinstance(value, list) else [value]  # GraphQL reads a single value as a list of one


def _measured(name: str) -> Callable[[FieldArguments], Measured]:
    """The metrics whose results the ids in an argument name, each over the window that the id names."""

    def measured(arguments: FieldArguments) -> Measured:
        named = ((ids.read(each) or () if isinstance(each, str) else ()) for each in _given(arguments, name))
        return tuple(
            (arguments.metrics[key], window_days(days))
            for kind, *parts in (each for each in named if each)
            if kind in ("metric", "any") and len(parts) >= 6
            for key, days in [parts[4:6]]
            if isinstance(key, str) and key in arguments.metrics and type(days) is int  # not a bool
        )

    return measured


def _cost(name: str, items: Size) -> Cost:
    measured = _measured(name)
    return Cost(
        items=items, work=lambda arguments: Work.total(arguments.work.value(*each) for each in measured(arguments)), measures=measured
    )


NODE, NODES = _cost("id", 1), _cost("ids", lambda arguments: len(_given(arguments, "ids")))


def fetch(info: Info, node_id: str) -> Node | Reading[Node | None] | None:
    """The object with an id. None when the id is malformed, or what it names does not exist or is not visible."""
    context = info.context
    match ids.read(node_id):
        case ["definition", str(key)]:
            metric = context.metrics.get(key)
            return definition_of(metric) if metric else None
        case ["account", str(key)]:
            return _of_account(context, key, lambda account: account)
        case [str(kind), str(key), *rest] if kind in _FACTS:
            return _of_account(context, key, lambda account: fetch_fact(context, _FACTS[kind], account._owner, rest))
        case ["metrics" | "metric" | "any" as code, str(key), str(as_of), marketplace, channel, *rest]:
            day, scope = _day(context, as_of), _scope(marketplace, channel)
            if day is None or scope is None:
                return None
            if code == "metrics":
                return None if rest else _of_account(context, key, partial(metrics_of, as_of=day, scope=scope))
            return _of_account(context, key, lambda account: _result(info, code, account, day, scope, rest))
    return None


def _of_account(
    context: Context, key: str, make: Callable[[Account], Node | Reading[Node | None] | None]
) -> Node | Reading[Node | None] | None:
    return context.accounts.reading(key, lambda row: make(account_of(row)) if row else None)


def _day(context: Context, text: str) -> dt.date | None:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return day if EARLIEST <= day <= context.today and day.isoformat() == text else None


def _scope(marketplace: Any, channel: Any) -> Scope | None:
    # What is computed for a scope is remembered by it.
    if isinstance(marketplace, str | None) and len(marketplace or "") <= LONGEST_KEY and (channel is None or channel in list(Channel)):
        return Scope(marketplace, channel)
    return None


def _result(info: Info, code: str, account: Account, day: dt.date, scope: Scope, rest: Sequence[Any]) -> Reading[MetricResult] | None:
    match rest:
        case [str(key), int(days), int(lag)]:
            part = None
        case [str(key), int(days), int(lag), str(dimension), str(value)]:
            part = Part(dimension, value)
        case _:
            return None
    metric = info.context.metrics.get(key)
    if metric is None or (part and part.dimension not in metric.parts) or (window := window_named(metric, days, lag)) is None:
        return None
    kind = AnyMetric if code == "any" else _type_of(info, metric)
    return measure(kind, info, account, MetricQuery(metric, window, day, scope, part))


def _type_of(info: Info, metric: Metric) -> type[MetricResult]:
    """The type that the schema has for the results of a metric."""
    definition = info.schema.get_type_by_name(type_name(metric.key))
    if not isinstance(definition, StrawberryObjectDefinition):
        raise TypeError(f"the schema has no type for {metric.key}")
    return definition.origin
