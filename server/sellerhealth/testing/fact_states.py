"""Rows of every kind of fact in every state: each column takes each of its values."""

import datetime as dt
import itertools
from collections.abc import Iterable, Iterator, Set
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import visitors
from sqlmodel import UTCDateTime

from sellerhealth.facts import FACTS
from sellerhealth.metrics.expressions import expressions
from sellerhealth.metrics.metric import Metric
from sellerhealth.model.tables import Fact
from sellerhealth.sources import Row
from sellerhealth.testing.clock import DAY

LINK_COLUMNS = ("order_id", "message_id", "thread_id", "violation_id")  # columns that relate facts to each other


def facts_in_every_state(metric: Metric, when: dt.datetime, orders: Iterable[str] = ()) -> list[Row]:
    """Rows of every kind of fact. Each belongs to the next of these orders, cyclically, or to an order of its own."""
    constants = _string_constants(metric)
    order_ids = itertools.cycle(orders) if orders else None
    return [
        Row(fact, values | ({"order_id": next(order_ids)} if order_ids and "order_id" in values else {}), None, 1)
        for fact in FACTS
        for values in _states(fact, constants, when)
    ]


def _states(fact: type[Fact], constants: Set[str], when: dt.datetime) -> Iterator[dict[str, Any]]:
    table: sa.Table = fact.__table__
    columns = [column for column in table.c if "merge" in column.info and column.name not in LINK_COLUMNS]
    values = {column.name: _values(column, table, constants, when) for column in columns}
    keys = [column for column in table.c if column.name in LINK_COLUMNS or (column.primary_key and column.name != "account_id")]
    for number in range(max([3, *map(len, values.values())])):
        key = {column.name: when + number * DAY if isinstance(column.type, UTCDateTime) else f"odd-{number}" for column in keys}
        yield key | {name: choices[number % len(choices)] for name, choices in values.items()}


def _values(column: "sa.Column[Any]", table: sa.Table, constants: Set[str], when: dt.datetime) -> list[Any]:
    """The values of a column: those that its check constraint allows, or the texts that the metric compares it with."""
    limits = next((each.info for each in table.constraints if str(each.name) == f"ck_{table.name}_{column.name}"), {})
    if isinstance(column.type, UTCDateTime):
        return [when, None]
    if isinstance(column.type, sa.Boolean):
        return [True, False, None]
    if isinstance(column.type, sa.Integer):
        low, high = limits.get("between", (1, 3))
        return [*range(low, high + 1), None]
    return [*limits.get("among", (*sorted(constants), "odd")), None]


def _string_constants(metric: Metric) -> set[str]:
    """The texts that the conditions of a metric compare with."""
    constants = list[Any]()
    for expression in itertools.chain.from_iterable(map(expressions, metric.all_measures.values())):
        for node in visitors.iterate(expression):
            if isinstance(node, sa.BindParameter):
                constants += node.value if isinstance(node.value, list | tuple) else [node.value]
    return {constant for constant in constants if isinstance(constant, str) and constant}
