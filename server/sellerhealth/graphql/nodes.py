"""Objects by their ids. Ids are made where the objects are; here they are taken apart again, with suspicion."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sellerhealth.engine.queries import MetricQuery, Part, Scope
from sellerhealth.graphql import ids
from sellerhealth.graphql.arguments import EARLIEST, window_named
from sellerhealth.graphql.context import Context
from sellerhealth.graphql.types.account import Account, account_of, metrics_of
from sellerhealth.graphql.types.enums import Channel
from sellerhealth.graphql.types.facts import KINDS, fetch_fact
from sellerhealth.graphql.types.measurement import Measurement
from sellerhealth.graphql.types.objects import Node
from sellerhealth.graphql.types.results import AnyMetric, MetricResult, measure

_FACTS = {kind.__name__.lower(): kind for kind in KINDS.values()}


async def fetch(context: Context, node_id: str) -> Node | None:
    """The object with an id. None when the id is malformed, or what it names does not exist or is not visible."""
    match ids.read(node_id):
        case ["definition", str(key)]:
            entry = context.catalog.entries.get(key)
            return entry.definition if entry else None
        case ["account", str(key)]:
            return await _account(context, key)
        case [str(kind), str(key), *rest] if kind in _FACTS:
            account = await _account(context, key)
            return await fetch_fact(context, _FACTS[kind], account._owner, rest) if account else None
        case ["metrics" | "metric" | "any" as code, str(key), str(as_of), marketplace, channel, *rest]:
            account, day, scope = await _account(context, key), _day(context, as_of), _scope(marketplace, channel)
            if account is None or day is None or scope is None:
                return None
            if code == "metrics":
                return None if rest else metrics_of(account, day, scope)
            return await _result(context, code, account, day, scope, rest)
    return None


async def _account(context: Context, key: str) -> Account | None:
    seen = await context.accounts.load(key)
    return account_of(seen) if seen else None


def _day(context: Context, text: str) -> dt.date | None:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return day if EARLIEST <= day <= context.today and day.isoformat() == text else None


def _scope(marketplace: Any, channel: Any) -> Scope | None:
    if isinstance(marketplace, str | None) and (channel is None or channel in list(Channel)):
        return Scope(marketplace, channel)
    return None


async def _result(context: Context, code: str, account: Account, day: dt.date, scope: Scope, words: Sequence[Any]) -> MetricResult | None:
    match words:
        case [str(key), int(days), int(lag)]:
            part = None
        case [str(key), int(days), int(lag), str(dimension), str(value)]:
            part = Part(dimension, value)
        case _:
            return None
    entry = context.catalog.entries.get(key)
    if entry is None or (part and part.dimension not in entry.metric.parts) or (window := window_named(entry.metric, days, lag)) is None:
        return None
    query = MetricQuery(entry.metric, window, day, scope, part)
    return await measure(AnyMetric if code == "any" else entry.kind, context, Measurement(account, entry, query))
