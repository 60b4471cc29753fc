"""Anything that sources may tell of facts, and the slow, obvious way to see what must come of it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import sqlalchemy as sa
from sqlmodel import AutoString, UTCDateTime

from sellerhealth.facts import Channel, ChargebackKind, ClaimState, OrderStatus, Party, Severity
from sellerhealth.model.tables import UNKNOWN, Fact
from sellerhealth.store.merge import Shape, shape_of

US, GERMANY, JAPAN = "ATVPDKIKX0DER", "A1PA6795UKMFR9", "A1VC38T7YXB528"

# Around the midnights and the change to summer time of the zones in the tests, and less than a second apart.
INSTANTS = tuple(
    dt.datetime.fromisoformat(f"{text}+00:00")
    for text in (
        "2026-03-28T15:00:00",
        "2026-03-28T22:59:59",
        "2026-03-28T23:00:00",
        "2026-03-29T06:59:59.500000",
        "2026-03-29T07:00:00",
        "2026-03-29T21:59:59",
        "2026-03-29T22:00:00",
        "2026-04-03T22:00:00",
    )
)

_CHOICES: Mapping[str, Sequence[Any]] = {
    "order_id": ("702-1", "702-2"),
    "item_id": ("*", "1"),
    "package_id": ("1", "2"),
    "message_id": tuple(f"m{number}" for number in range(8)),
    "thread_id": ("t", "m0", "m1"),  # a message without a conversation is one by itself
    "violation_id": ("v1", "v2"),
    "marketplace": (US, GERMANY, JAPAN, UNKNOWN),
    "told_marketplace": (US, GERMANY, UNKNOWN),
    "channel": (*Channel, UNKNOWN),
    "status": tuple(OrderStatus),
    "state": tuple(ClaimState),
    "kind": tuple(ChargebackKind),
    "severity": tuple(Severity),
    "cancelled_by": tuple(Party),
    "category": ("Books", "Office", UNKNOWN),
    "rating": (1, 3, 5),
    "quantity": (1, 2),
    "quantity_shipped": (0, 1, 2),
    "units": (0, 1, 3),
}
_OF_TYPE: Mapping[type, Sequence[Any]] = {UTCDateTime: INSTANTS, sa.Boolean: (True, False), AutoString: ("a", "b")}


def _choices(shape: Shape, column: str) -> Sequence[Any]:
    return _CHOICES.get(column) or _OF_TYPE[type(shape.table.c[column].type)]


def told_columns(shape: Shape) -> tuple[str, ...]:
    """The columns that sources fill in."""
    return shape.newest + shape.first + shape.ever


def some_key(fact: type[Fact], chance: Random) -> dict[str, Any]:
    """A key of a fact, one of few."""
    shape = shape_of(fact)
    return {name: chance.choice(_choices(shape, name)) for name in shape.key}


def some_values(fact: type[Fact], chance: Random) -> dict[str, Any]:
    """What a source may tell of a fact besides its key: most columns, of some of them None."""
    shape = shape_of(fact)
    return {name: chance.choice((None, *_choices(shape, name))) for name in told_columns(shape) if chance.random() < 0.7}


def untold(fact: type[Fact], **values: Any) -> dict[str, Any]:
    """A row of which nobody told anything yet, but for what is given."""
    return {**dict.fromkeys(shape_of(fact).columns), **shape_of(fact).blank, "account_id": 1, **values}


def settled(shape: Shape, tellings: Sequence[tuple[Mapping[str, Any], Any]]) -> dict[str, Any]:
    """What stays in the told columns of a fact after all of what was told of it, each with its version."""

    def spoken(name: str) -> list[tuple[Any, Any]]:
        return [(version, told[name]) for told, version in tellings if told.get(name) not in (None, shape.blank[name])]

    newest = {name: max(spoken(name))[1] for name in shape.newest if spoken(name)}
    first = {name: min(value for _, value in spoken(name)) for name in shape.first if spoken(name)}
    ever = {name: any(value for _, value in spoken(name)) for name in shape.ever if spoken(name)}
    return {name: shape.blank[name] for name in told_columns(shape)} | newest | first | ever
