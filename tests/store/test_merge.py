"""Observations of several sources are merged into one fact, by the rule of each column, in any order."""

import datetime as dt
from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellerhealth.facts import FACTS, Claim, Order, OrderStatus, Package
from sellerhealth.model.tables import UNKNOWN, Fact
from sellerhealth.store.bulk import new_row
from sellerhealth.store.merge import is_known, merge, shape_of, version_in_file, version_of
from tests.store.observations import Observations, blank_fact, merged_by_definition, observed_facts, told_columns

NOON = dt.datetime(2026, 3, 31, 12, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)


def merged(fact: type[Fact], *observations: tuple[Mapping[str, Any], str]) -> dict[str, Any]:
    """The row after observations, each of them values and a version, merged one after the other. Versions need only sort."""
    row = blank_fact(fact)
    for values, version in observations:
        merge(shape_of(fact), row, values, version)
    return row


def test_a_version_is_the_instant_then_the_rank() -> None:
    versions = [version_of(NOON, 1), version_of(NOON, 2), version_of(NOON + SECOND / 1_000_000, 0)]
    assert versions == sorted(set(versions))


def test_the_newest_observation_wins_in_any_order() -> None:
    older, newer = ({"status": "UNSHIPPED"}, "1"), ({"status": "SHIPPED"}, "2")
    assert merged(Order, older, newer)["status"] == merged(Order, newer, older)["status"] == "SHIPPED"


def test_of_two_values_with_the_same_version_the_greater_wins() -> None:
    one, other = ({"category": "Books", "is_protected": True}, "1"), ({"category": "Office", "is_protected": False}, "1")
    rows = [merged(Package, one, other), merged(Package, other, one)]
    assert [(row["category"], row["is_protected"]) for row in rows] == [("Office", True)] * 2


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_of_rows_with_the_instant_of_their_file_one_wins_as_a_whole(order: Sequence[int]) -> None:
    rows = [
        {"state": "OPEN", "decided_at": None},
        {"state": "DENIED", "decided_at": NOON + SECOND},
        {"state": "GRANTED_SELLER", "decided_at": NOON},
    ]
    row = blank_fact(Claim)
    for index in order:
        merge(shape_of(Claim), row, rows[index], version_in_file(version_of(NOON, 1), rows[index]))
    assert (row["state"], row["decided_at"]) == ("DENIED", NOON + SECOND)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_rows_of_one_report_say_together_whether_an_item_was_cancelled(order: Sequence[int]) -> None:
    """Rows without an instant of their own: of the newer report's two rows one says yes, which wins; nothing of the older report is left."""

    def report(instant: dt.datetime, *cancelled: bool) -> list[tuple[dict[str, Any], str]]:
        lines = [{"item_cancelled": value, "ship_by": NOON + number * SECOND} for number, value in enumerate(cancelled)]
        return [(line, version_in_file(version_of(instant, 1), line)) for line in lines]

    def stored(*observations: tuple[Mapping[str, Any], str]) -> object:
        return merged(Order, *(observations[index] for index in order))["item_cancelled"]

    assert stored(*report(NOON, False), *report(NOON + SECOND, True, False)) is True
    assert stored(*report(NOON, True), *report(NOON + SECOND, False, False)) is False


def test_the_first_instant_wins_even_if_a_newer_source_reports_a_later_one() -> None:
    assert merged(Package, ({"confirmed_at": NOON}, "1"), ({"confirmed_at": NOON + SECOND}, "2"))["confirmed_at"] == NOON
    assert merged(Package, ({"confirmed_at": NOON}, "2"), ({"confirmed_at": NOON - SECOND}, "1"))["confirmed_at"] == NOON - SECOND


def test_a_reported_yes_stays() -> None:
    assert merged(Package, ({"scanned": False}, "1"))["scanned"] is False
    assert merged(Package, ({"scanned": True}, "1"), ({"scanned": False}, "2"))["scanned"] is True


@pytest.mark.parametrize("empty", [{}, {"status": None, "channel": None, "seen_accepted": None}, {"channel": UNKNOWN}])
def test_an_empty_cell_never_overwrites_a_value(empty: Mapping[str, Any]) -> None:
    full = {"status": "SHIPPED", "channel": "SELLER", "seen_accepted": True}, "1"
    assert merged(Order, full, (empty, "2")) == merged(Order, (empty, "2"), full) == merged(Order, full)


@pytest.mark.parametrize("fact", FACTS)
def test_an_observation_without_values_changes_nothing(fact: type[Fact]) -> None:
    shape = shape_of(fact)
    row, empty = blank_fact(fact), {name: shape.blank[name] for name in told_columns(shape)}
    assert not merge(shape, row, empty, "1")
    assert row == new_row(shape, 1, dict.fromkeys(shape.key) | empty, "1") == blank_fact(fact)


def test_sources_complement_each_other_column_by_column() -> None:
    flat_file, api = ({"status": "UNSHIPPED", "placed_at": NOON}, "1"), ({"status": "SHIPPED", "ship_by": NOON + SECOND}, "2")
    row = merged(Order, flat_file, api)
    assert (row["status"], row["placed_at"], row["ship_by"]) == ("SHIPPED", NOON, NOON + SECOND)


def test_merge_returns_whether_a_value_changed() -> None:
    shape, row = shape_of(Order), blank_fact(Order)
    assert merge(shape, row, {"status": "UNSHIPPED"}, "2")
    assert not merge(shape, row, {"status": "UNSHIPPED"}, "2")
    assert not merge(shape, row, {"status": "PENDING"}, "1")
    assert not merge(shape, row, {"status": "UNSHIPPED"}, "3")  # the same value: only the version is new
    assert not merge(shape, row, {"status": "SHIPPED"}, "2")
    assert merge(shape, row, {"status": OrderStatus.SHIPPED}, "4")


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("scanned", [(False, True), (False, False), (True, True), (False, False), (True, False)]),
        ("confirmed_at", [(NOON, True), (NOON + SECOND, False), (NOON, False), (NOON - SECOND, True)]),
    ],
)
def test_merge_returns_whether_a_first_instant_or_a_yes_changed(column: str, values: Sequence[tuple[Any, bool]]) -> None:
    row = blank_fact(Package)
    assert [merge(shape_of(Package), row, {column: value}, "1") for value, _ in values] == [changed for _, changed in values]


def test_columns_with_the_highest_version_share_it() -> None:
    row = merged(Order, ({"status": "PENDING", "channel": "SELLER", "placed_at": NOON}, "1"))
    assert row["versions"] == "1"
    merge(shape_of(Order), row, {"status": "SHIPPED", "channel": "SELLER"}, "2")
    assert row["versions"] == '{"*":"2","placed_at":"1"}'
    merge(shape_of(Order), row, {"ship_by": NOON, "is_replacement": False}, "1")
    assert row["versions"] == '{"*":"2","is_replacement":"1","placed_at":"1","ship_by":"1"}'
    merge(shape_of(Order), row, {"ship_by": NOON, "is_replacement": False, "placed_at": NOON}, "2")
    assert row["versions"] == "2"


def test_columns_of_the_other_rules_have_no_version() -> None:
    assert merged(Package, ({"confirmed_at": NOON, "scanned": True}, "1"))["versions"] == ""


@given(observed_facts())
def test_the_merged_values_are_those_of_the_rules(observed: tuple[type[Fact], Observations]) -> None:
    fact, observations = observed
    shape, row = shape_of(fact), merged(fact, *observations)
    assert {name: row[name] for name in told_columns(shape)} == merged_by_definition(shape, observations)


@given(observed_facts(), st.data())
def test_neither_order_nor_repetition_matters(observed: tuple[type[Fact], Observations], data: st.DataObject) -> None:
    fact, observations = observed
    again = data.draw(st.lists(st.sampled_from(observations))) if observations else []
    assert merged(fact, *data.draw(st.permutations([*observations, *again]))) == merged(fact, *observations)


@given(observed_facts())
def test_the_column_told_is_canonical(observed: tuple[type[Fact], Observations]) -> None:
    fact, observations = observed
    shape, row = shape_of(fact), merged(fact, *observations)
    versions = {
        name: max(version for values, version in observations if values.get(name) not in (None, shape.blank[name]))
        for name in shape.newest
        if row[name] != shape.blank[name]
    }
    highest = max(versions.values(), default="")
    others = {name: version for name, version in sorted(versions.items()) if version < highest}
    assert row["versions"] == (orjson.dumps({"*": highest, **others}).decode() if others else highest)


@given(observed_facts())
def test_what_is_known_changes_nothing(observed: tuple[type[Fact], Observations]) -> None:
    fact, observations = observed
    row = merged(fact, *observations)
    for values, version in observations:
        again = dict(row)
        assert not (merge(shape_of(fact), again, values, version) and is_known(row, values, version))
        assert again == row or not is_known(row, values, version)


def test_the_only_observation_of_a_fact_is_known() -> None:
    values = {"status": "SHIPPED", "placed_at": NOON, "ship_by": None}
    row = new_row(shape_of(Order), 1, {"order_id": "702-1", **values}, "1")
    assert is_known(row, values, "1")
    assert not is_known(row, values, "2")
    assert not is_known(row, values | {"status": "CANCELLED"}, "1")
