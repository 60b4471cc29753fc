"""Whether a metric looks at nothing but the account and the order of the row that it counts, whatever stands in others."""

import datetime as dt
import itertools
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import visitors
from sqlmodel import UTCDateTime

from sellerhealth.facts import FACTS, Order
from sellerhealth.metrics.expressions import expressions, fact_of
from sellerhealth.metrics.metric import Metric
from sellerhealth.model.tables import Fact
from sellerhealth.sources import Row
from sellerhealth.testing.clock import DAY
from sellerhealth.testing.subject import EVER, LIFETIME, Subject
from sellerhealth.testing.world import Account, World, new_world

_TIES = ("order_id", "message_id", "thread_id", "violation_id")  # columns that tie facts together
_REMEDY = (
    "Find related facts by a relationship, as in Order.claims.any(...), with columns of that fact alone in it. A further fact of the same "
    "order takes a relationship of its own: Order.claims.any(...) & Order.refunds.any(...)."
)


def others_counted(subject: Subject) -> Iterator[str]:
    """Numbers that change with what another account has: orders of the same numbers, and every kind of fact in every state."""
    told = _told(subject)
    orders = [row.values["order_id"] for row in told if row.fact is Order]
    others = [*told, *_odds(subject), *_odds(subject, orders)]
    found = set[str]()
    for tried, rows in _variants(subject, told).items():
        with new_world() as world:
            account = _account(world, subject, rows)
            alone = _numbers(world, subject, account)
            _account(world, subject, others)
            beside = _numbers(world, subject, account)
        for name in _differing(beside, alone, found):
            yield (
                f"the measure {name!r} is {alone[name]} for an account alone, but {beside[name]} beside another one with orders of the same "
                f"numbers{tried}: it looks at facts of all accounts. {_REMEDY}"
            )


def other_orders_counted(subject: Subject) -> Iterator[str]:
    """Numbers that change with what other orders of the same account have, so that those of some and of the others do not add up."""
    told = _told(subject)
    others = [*_renamed(told), *_odds(subject)]
    with new_world() as world:
        of_others = _numbers(world, subject, _account(world, subject, others))
    found = set[str]()
    for tried, rows in _variants(subject, told).items():
        with new_world() as world:
            account = _account(world, subject, rows)
            of_some = _numbers(world, subject, account)
            _add(account, others)
            of_all = _numbers(world, subject, account)
        for name in _differing(of_all, {name: number + of_others[name] for name, number in of_some.items()}, found):
            yield (
                f"the measure {name!r} is {of_some[name]} for some orders and {of_others[name]} for others of the same account, but "
                f"{of_all[name]} for all of them{tried}: it looks at facts of other orders. {_REMEDY}"
            )


def _differing(numbers: Mapping[str, int], expected: Mapping[str, int], found: set[str]) -> list[str]:
    """The measures whose number is another, without those that were found before, which are added."""
    new = [name for name, number in numbers.items() if number != expected[name] and name not in found]
    found.update(new)
    return new


def _variants(subject: Subject, told: list[Row]) -> dict[str, list[Row]]:
    """What was told; of its first order alone; without each kind of fact, and without all that are not counted: only others have these."""
    counted = {fact_of(measure) for measure in subject.metric.all_measures.values()}
    kinds = list(dict.fromkeys(row.fact for row in told))
    related = [fact for fact in kinds if fact not in counted]
    first = [row.values["order_id"] for row in told if row.fact is Order][:1]
    lacking = {*((fact,) for fact in kinds if len(kinds) > 1), *([tuple(related)] if related else [])}
    variants = {"": told}
    if first:
        variants[" (with the first order alone)"] = [row for row in told if row.values.get("order_id") in first]
    for facts in sorted(lacking, key=lambda facts: [fact.__name__ for fact in facts]):
        names = " or ".join(fact.__name__ for fact in facts)
        variants[f" (with no {names} told of the former)"] = [row for row in told if row.fact not in facts]
    return variants


def _told(subject: Subject) -> list[Row]:
    """What the author tells of an account."""
    with new_world() as world:
        return subject.account(world).unsaved


def _account(world: World, subject: Subject, rows: Iterable[Row]) -> Account:
    """A further account of which rows are told."""
    account = world.account(when=subject.when)
    _add(account, rows)
    return account


def _add(account: Account, rows: Iterable[Row]) -> None:
    account.unsaved += [row._replace(values=dict(row.values)) for row in rows]  # the same rows are told of several accounts


def _numbers(world: World, subject: Subject, account: Account) -> Mapping[str, int]:
    """What each measure counts, ever."""
    world.save()
    return subject.numbers(world, account, LIFETIME, as_of=EVER)


def _renamed(rows: Iterable[Row]) -> Iterator[Row]:
    """The same facts of other orders and conversations."""
    for row in rows:
        ties = {name: f"other-{value}" for name, value in row.values.items() if name in _TIES and value is not None}
        yield row._replace(values=row.values | ties)


def _odds(subject: Subject, orders: Iterable[str] = ()) -> list[Row]:
    """Facts of every kind in every state, each of the next of these orders, or of one of its own."""
    named = _named(subject.metric)
    numbers = itertools.cycle(orders) if orders else None
    return [
        Row(fact, row | ({"order_id": next(numbers)} if numbers and "order_id" in row else {}), None, 1)
        for fact in FACTS
        for row in _states(fact, named, subject.when + DAY)
    ]


def _states(fact: type[Fact], named: Set[str], when: dt.datetime) -> Iterator[dict[str, Any]]:
    """Rows in which each column takes each value that it can have: the words of a list, and what the metric names."""
    table: sa.Table = fact.__table__
    told = [column for column in table.c if "told" in column.info]
    values = {column.name: _values(column, table, named, when) for column in told if column.name not in _TIES}
    keys = [column for column in table.c if column.name in _TIES or (column.primary_key and column.name != "account_id")]
    for number in range(max([3, *map(len, values.values())])):
        key = {column.name: when + number * DAY if isinstance(column.type, UTCDateTime) else f"odd-{number}" for column in keys}
        yield key | {name: choice[number % len(choice)] for name, choice in values.items()}


def _values(column: "sa.Column[Any]", table: sa.Table, named: Set[str], when: dt.datetime) -> list[Any]:
    limits = next((each.info for each in table.constraints if str(each.name) == f"ck_{table.name}_{column.name}"), {})
    if isinstance(column.type, UTCDateTime):
        return [when, None]
    if isinstance(column.type, sa.Boolean):
        return [True, False, None]
    if isinstance(column.type, sa.Integer):
        low, high = limits.get("between", (1, 3))
        return [*range(low, high + 1), None]
    return [*limits.get("among", (*sorted(named), "odd")), None]


def _named(metric: Metric) -> set[str]:
    """The words that the conditions of a metric name."""
    found = list[Any]()
    for expression in itertools.chain.from_iterable(map(expressions, metric.all_measures.values())):
        for node in visitors.iterate(expression):
            if isinstance(node, sa.BindParameter):
                found += node.value if isinstance(node.value, list | tuple) else [node.value]
    return {word for word in found if isinstance(word, str) and word}
