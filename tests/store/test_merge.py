"""What several sources tell becomes one fact, by the rule of each column, whatever the order in which they are heard."""

import datetime as dt
from collections.abc import Mapping, Sequence
from itertools import permutations
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellerhealth.facts import FACTS, Claim, Order, OrderStatus, Package
from sellerhealth.model.tables import UNKNOWN, Fact
from sellerhealth.store.merge import begin, in_file, merge, shape_of, version_of
from tests.store.tellings import settled, some_values, told_columns, untold

NOON = dt.datetime(2026, 3, 31, 12, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)
VERSIONS = tuple("01234")  # texts that sort; what stands in them does not matter
Tellings = Sequence[tuple[Mapping[str, Any], int]]


def merged(fact: type[Fact], *tellings: tuple[Mapping[str, Any], int]) -> dict[str, Any]:
    """The row that comes of tellings, heard one after the other."""
    row = untold(fact)
    for values, version in tellings:
        merge(shape_of(fact), row, values, VERSIONS[version])
    return row


@st.composite
def what_was_told(draw: st.DrawFn) -> tuple[type[Fact], Tellings]:
    """A kind of fact, and what was told of one such fact, in few versions, so that some are the same."""
    fact = draw(st.sampled_from(FACTS))
    values = st.integers(0, 2**32).map(lambda seed: some_values(fact, Random(seed)))
    return fact, draw(st.lists(st.tuples(values, st.integers(1, 3)), max_size=6))


def test_a_version_is_the_instant_then_the_rank() -> None:
    versions = [version_of(NOON, 1), version_of(NOON, 2), version_of(NOON + SECOND / 1_000_000, 0)]
    assert versions == sorted(set(versions))


def test_the_newest_telling_stays_whatever_comes_last() -> None:
    older, newer = ({"status": "UNSHIPPED"}, 1), ({"status": "SHIPPED"}, 2)
    assert merged(Order, older, newer)["status"] == merged(Order, newer, older)["status"] == "SHIPPED"


def test_of_two_tellings_of_one_version_the_greater_stays() -> None:
    one, other = ({"category": "Books", "is_protected": True}, 1), ({"category": "Office", "is_protected": False}, 1)
    rows = [merged(Package, one, other), merged(Package, other, one)]
    assert [(row["category"], row["is_protected"]) for row in rows] == [("Office", True)] * 2


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_of_rows_that_share_the_instant_of_their_file_one_stays_as_a_whole(order: Sequence[int]) -> None:
    rows = [
        {"state": "OPEN", "decided_at": None},
        {"state": "DENIED", "decided_at": NOON + SECOND},
        {"state": "GRANTED_SELLER", "decided_at": NOON},
    ]
    row = untold(Claim)
    for number in order:
        merge(shape_of(Claim), row, rows[number], in_file(version_of(NOON, 1), rows[number]))
    assert (row["state"], row["decided_at"]) == ("DENIED", NOON + SECOND)


def test_the_first_instant_stays_even_if_a_newer_source_tells_a_later_one() -> None:
    assert merged(Package, ({"confirmed_at": NOON}, 1), ({"confirmed_at": NOON + SECOND}, 2))["confirmed_at"] == NOON
    assert merged(Package, ({"confirmed_at": NOON}, 2), ({"confirmed_at": NOON - SECOND}, 1))["confirmed_at"] == NOON - SECOND


def test_a_yes_that_was_ever_told_stays() -> None:
    assert merged(Package, ({"scanned": False}, 1))["scanned"] is False
    assert merged(Package, ({"scanned": True}, 1), ({"scanned": False}, 2))["scanned"] is True


@pytest.mark.parametrize("silence", [{}, {"status": None, "channel": None, "seen_accepted": None}, {"channel": UNKNOWN}])
def test_silence_takes_the_place_of_nothing(silence: Mapping[str, Any]) -> None:
    told = {"status": "SHIPPED", "channel": "SELLER", "seen_accepted": True}, 1
    assert merged(Order, told, (silence, 2)) == merged(Order, (silence, 2), told) == merged(Order, told)


@pytest.mark.parametrize("fact", FACTS)
def test_silence_alone_tells_nothing(fact: type[Fact]) -> None:
    shape = shape_of(fact)
    row, silence = untold(fact), {name: shape.blank[name] for name in told_columns(shape)}
    assert not merge(shape, row, silence, VERSIONS[1])
    assert row == begin(shape, 1, dict.fromkeys(shape.key) | silence, VERSIONS[1]) == untold(fact)


def test_sources_complete_each_other_column_by_column() -> None:
    flat_file, api = ({"status": "UNSHIPPED", "placed_at": NOON}, 1), ({"status": "SHIPPED", "ship_by": NOON + SECOND}, 2)
    row = merged(Order, flat_file, api)
    assert (row["status"], row["placed_at"], row["ship_by"]) == ("SHIPPED", NOON, NOON + SECOND)


def test_it_is_said_whether_a_value_changed() -> None:
    shape, row = shape_of(Order), untold(Order)
    assert merge(shape, row, {"status": "UNSHIPPED"}, VERSIONS[2])
    assert not merge(shape, row, {"status": "UNSHIPPED"}, VERSIONS[2])
    assert not merge(shape, row, {"status": "PENDING"}, VERSIONS[1])
    assert not merge(shape, row, {"status": "UNSHIPPED"}, VERSIONS[3])  # said again: only the version is another
    assert not merge(shape, row, {"status": "SHIPPED"}, VERSIONS[2])
    assert merge(shape, row, {"status": OrderStatus.SHIPPED}, VERSIONS[4])


@pytest.mark.parametrize(
    ("column", "told"),
    [
        ("scanned", [(False, True), (False, False), (True, True), (False, False), (True, False)]),
        ("confirmed_at", [(NOON, True), (NOON + SECOND, False), (NOON, False), (NOON - SECOND, True)]),
    ],
)
def test_it_is_said_whether_a_first_instant_or_a_yes_changed(column: str, told: Sequence[tuple[Any, bool]]) -> None:
    row = untold(Package)
    assert [merge(shape_of(Package), row, {column: value}, VERSIONS[1]) for value, _ in told] == [changed for _, changed in told]


def test_the_versions_are_told_once_for_all_columns_that_share_the_highest() -> None:
    row = merged(Order, ({"status": "PENDING", "channel": "SELLER", "placed_at": NOON}, 1))
    assert row["told"] == "1"
    merge(shape_of(Order), row, {"status": "SHIPPED", "channel": "SELLER"}, VERSIONS[2])
    assert row["told"] == '{"*":"2","placed_at":"1"}'
    merge(shape_of(Order), row, {"ship_by": NOON, "is_replacement": False}, VERSIONS[1])
    assert row["told"] == '{"*":"2","is_replacement":"1","placed_at":"1","ship_by":"1"}'
    merge(shape_of(Order), row, {"ship_by": NOON, "is_replacement": False, "placed_at": NOON}, VERSIONS[2])
    assert row["told"] == "2"


def test_columns_of_the_other_rules_have_no_version() -> None:
    assert merged(Package, ({"confirmed_at": NOON, "scanned": True}, 1))["told"] == ""


@given(what_was_told())
def test_what_stays_is_what_the_rules_say(told: tuple[type[Fact], Tellings]) -> None:
    fact, tellings = told
    shape, row = shape_of(fact), merged(fact, *tellings)
    assert {name: row[name] for name in told_columns(shape)} == settled(shape, tellings)


@given(what_was_told(), st.data())
def test_neither_order_nor_repetition_matters(told: tuple[type[Fact], Tellings], data: st.DataObject) -> None:
    fact, tellings = told
    again = data.draw(st.lists(st.sampled_from(tellings))) if tellings else []
    assert merged(fact, *data.draw(st.permutations([*tellings, *again]))) == merged(fact, *tellings)


@given(what_was_told())
def test_a_fact_begins_as_if_its_first_telling_were_merged_into_nothing(told: tuple[type[Fact], Tellings]) -> None:
    fact, tellings = told
    for values, version in tellings:
        key = dict.fromkeys(shape_of(fact).key, "a key")
        assert begin(shape_of(fact), 1, key | values, VERSIONS[version]) == merged(fact, (values, version)) | key


def test_a_column_that_a_fact_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="orders have no column price"):
        begin(shape_of(Order), 1, {"order_id": "702-1", "price": 1}, VERSIONS[1])


@given(what_was_told())
def test_the_told_column_is_canonical(told: tuple[type[Fact], Tellings]) -> None:
    fact, tellings = told
    shape, row = shape_of(fact), merged(fact, *tellings)
    heard = {
        name: max(VERSIONS[version] for values, version in tellings if values.get(name) not in (None, shape.blank[name]))
        for name in shape.newest
        if row[name] != shape.blank[name]
    }
    highest = max(heard.values(), default="")
    others = {name: version for name, version in sorted(heard.items()) if version < highest}
    assert row["told"] == (orjson.dumps({"*": highest, **others}).decode() if others else highest)
