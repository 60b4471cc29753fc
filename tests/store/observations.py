"""Random observations of facts, and the slow, obvious way to merge them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st
from sqlmodel import AutoString, UTCDateTime

from sellerhealth.facts import FACTS, Channel, ChargebackKind, ClaimState, OrderStatus, Party, Severity
from sellerhealth.model.tables import UNKNOWN, Fact
from sellerhealth.store.merge import Shape, shape_of

US, GERMANY, JAPAN = "ATVPDKIKX0DER", "A1PA6795UKMFR9", "A1VC38T7YXB528"

# Around midnight and the change to summer time in the zones of the tests, and less than a second apart.
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
    "thread_id": ("t", "m0", "m1"),  # a message without a conversation is its own conversation
    "violation_id": ("v1", "v2"),
    "marketplace": (US, GERMANY, JAPAN, UNKNOWN),
    "reported_marketplace": (US, GERMANY, UNKNOWN),
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
    """Values that a source reports about a fact besides its key: most columns, some of them None."""
    shape = shape_of(fact)
    return {name: chance.choice((None, *_choices(shape, name))) for name in told_columns(shape) if chance.random() < 0.7}


def blank_fact(fact: type[Fact], **values: Any) -> dict[str, Any]:
    """A row of account 1 without any observation, except for these values."""
    return {**dict.fromkeys(shape_of(fact).columns), **shape_of(fact).blank, "account_id": 1, **values}


Observations = Sequence[tuple[Mapping[str, Any], Any]]  # values, each with its version


def merged_by_definition(shape: Shape, observations: Observations) -> dict[str, Any]:
    """The reported columns of a fact after all its observations, by the rules of docs/spec/facts.md#merging-sources."""

    def reported(name: str) -> list[tuple[Any, Any]]:
        return [(version, values[name]) for values, version in observations if values.get(name) not in (None, shape.blank[name])]

    newest = {name: max(reported(name))[1] for name in shape.newest if reported(name)}
    for name, combine in shape.combine.items():  # the rows of the newest instant and rank, together
        latest = max((version[:2] for version, _ in reported(name)), default=None)
        if latest is not None:
            newest[name] = combine(value for version, value in reported(name) if version[:2] == latest)
    first = {name: min(value for _, value in reported(name)) for name in shape.first if reported(name)}
    ever = {name: any(value for _, value in reported(name)) for name in shape.ever if reported(name)}
    return {name: shape.blank[name] for name in told_columns(shape)} | newest | first | ever


@st.composite
def observed_facts(draw: st.DrawFn) -> tuple[type[Fact], Observations]:
    """A kind of fact, and observations of one such fact in few versions, so that some are the same."""
    fact = draw(st.sampled_from(FACTS))
    values = st.integers(0, 2**32).map(lambda seed: some_values(fact, Random(seed)))
    return fact, draw(st.lists(st.tuples(values, st.sampled_from("123")), max_size=6))
