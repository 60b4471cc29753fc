"""Rows that are compared with stored ones by column: as by comparing each with its own."""

from random import Random
from typing import Any

import pytest

from sellerhealth.facts import Item, Order
from sellerhealth.store.compared_rows import ComparedRows
from sellerhealth.store.merge import shape_of

SHAPE = shape_of(Item)
VALUES: dict[str, tuple[Any, ...]] = {
    "versions": ("1", "2", "3", '{"*":"1"}'),
    "sku": ("A", None),
    "asin": ("B", None),
    "quantity": (1, 2, None),
}


def rows(chance: Random, number: int) -> list[dict[str, Any]]:
    return [dict.fromkeys(SHAPE.columns) | {name: chance.choice(values) for name, values in VALUES.items()} for _ in range(number)]


def replaces(new: dict[str, Any], old: dict[str, Any], same: tuple[str, ...]) -> bool:
    """The plain way."""
    return (
        old["versions"] < new["versions"]
        and not old["versions"].startswith("{")
        and all(new[name] is not None for name in SHAPE.columns if old[name] is not None)
        and all(new[name] == old[name] for name in same)
    )


@pytest.mark.parametrize("seed", range(100))
def test_rows_are_compared_by_column_as_each_by_itself(seed: int) -> None:
    chance = Random(seed)
    number = chance.choice((0, 1, 2, 20))
    new, stored = rows(chance, number), rows(chance, number)
    same = chance.choice(((), ("sku",), ("sku", "quantity")))
    columns = {name: [row[name] for row in new] for name in VALUES if name != "asin" or any(row["asin"] for row in new)}
    compared = ComparedRows(SHAPE, columns, [tuple(row.values()) for row in stored])
    pairs = list(zip(new, stored, strict=True))
    assert compared.replace(same) == [replaces(*each, same) for each in pairs]
    assert compared.differ(["sku", "asin"]) == [(row["sku"], row["asin"]) != (old["sku"], old["asin"]) for row, old in pairs]
    assert compared.differing == {name for name in SHAPE.columns if any(row[name] != old[name] for row, old in pairs)}


def test_what_a_newer_report_lists_is_not_replaced() -> None:
    shape = shape_of(Order)
    stored = [tuple({**dict.fromkeys(shape.columns), "versions": "1", "listed": listed}.values()) for listed in (None, "2", "3")]
    compared = ComparedRows(shape, {"versions": ["2"] * 3, "listed": ["2"] * 3}, stored)
    assert compared.replace(()) == [True, True, False]
