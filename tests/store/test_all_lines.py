"""The lines of all orders in memory: known and listed is what a look-up of each finds and lists."""

from random import Random
from typing import Any, cast

import pytest
import sqlalchemy as sa

from sellerhealth.facts import Order
from sellerhealth.store.account_rows import AccountRows
from sellerhealth.store.all_lines import AllLines, _list_again
from sellerhealth.store.bulk import insert, new_row
from sellerhealth.store.database import Database
from sellerhealth.store.known_lines import KnownOrders
from sellerhealth.store.listings import Listings
from sellerhealth.store.merge import shape_of
from tests.store.importing import account
from tests.support.stores import Kind, Stores

_BEFORE, _NOW, _LATER = "000000000000001", "000000000000002", "000000000000003"
_VERSIONS = (_BEFORE, _NOW, _LATER, f'{{"*":"{_BEFORE}","status":"{_BEFORE}"}}', f'{{"*":"{_LATER}","status":"{_BEFORE}"}}')


class _Listings:
    listed, is_newest = _NOW, True

    def gone(self, fact: object) -> frozenset[str]:
        return frozenset({"702-3"})


def _orders(account_id: int, chance: Random) -> list[dict[str, Any]]:
    hashes = (None, -(2**63), 2**63 - 1)
    return [
        new_row(shape_of(Order), account_id, {"order_id": f"702-{number}"}, "")
        | {"versions": chance.choice(_VERSIONS), "listed": chance.choice((None, _BEFORE, _NOW, _LATER))}
        | {"lines_hash": hashes[number] if number < len(hashes) else chance.randrange(-(2**63), 2**63)}
        for number in range(chance.choice((4, 60)))
    ]


def _listed(connection: sa.Connection, account_id: int) -> dict[str, str | None]:
    table = shape_of(Order).table
    own = sa.select(table.c.order_id, table.c.listed).where(table.c.account_id == account_id)
    return dict(iter(connection.execute(own)))


@pytest.mark.parametrize("seed", range(12))
def test_known_and_listed_is_what_a_look_up_of_each_finds_and_lists(database: Database, seed: int) -> None:
    chance, listings = Random(seed), cast("Listings", _Listings())
    one, other = account(database, "one"), account(database, "other")
    orders, in_file = _orders(one, chance), chance.random()
    hashes = {row["order_id"]: row["lines_hash"] or 1 for row in orders if chance.random() < in_file} | {"702-new": 7}
    hashes |= {order_id: 5 for order_id in hashes if order_id.endswith("4")}  # other lines
    first = {order_id: lines_hash for order_id, lines_hash in hashes.items() if chance.random() < 0.2}
    later = {order_id: lines_hash for order_id, lines_hash in hashes.items() if order_id not in first}
    with database.writing() as connection:
        insert(connection, shape_of(Order), [*orders, *(row | {"account_id": other} for row in orders)])
        rows = AccountRows(connection, one)
        known, known_later = (KnownOrders(rows, listings, _NOW)._among(some) for some in (first, later))
        expected = {
            order_id: _NOW if order_id in known | known_later and (before or "") < _NOW else before
            for order_id, before in _listed(connection, one).items()
        }
        every = AllLines(connection, one, _NOW, [hashes[order_id] for order_id in known])
        assert (
            every.among({order_id: lines_hash for order_id, lines_hash in later.items() if order_id not in listings.gone(Order)})
            == known_later
        )
        every.list_again(_NOW)
        assert _listed(connection, one) == expected
        assert _listed(connection, other) == {row["order_id"]: row["listed"] for row in orders}


def test_the_lines_of_more_orders_than_memory_is_for_are_looked_up(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sellerhealth.store.known_lines._FEWEST", 1)
    account_id, shape = account(database), shape_of(Order)
    orders = [new_row(shape, account_id, {"order_id": f"702-{number}"}, "1") | {"lines_hash": number} for number in range(4, 8)]
    with database.writing() as connection:
        insert(connection, shape, orders)
        for most in (4, 3):
            monkeypatch.setattr("sellerhealth.store.known_lines._MOST", most)
            known = KnownOrders(AccountRows(connection, account_id), cast("Listings", _Listings()), _NOW)
            assert known._among({"702-4": 4, "702-5": 50}) == {"702-4"}
            assert known.are_most is (most == 4)


def test_all_lines_are_loaded_once_a_part_of_the_orders_was_looked_up(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sellerhealth.store.known_lines._FEWEST", 3)
    account_id, shape = account(database), shape_of(Order)
    orders = [new_row(shape, account_id, {"order_id": f"702-{number}"}, "1") | {"lines_hash": number} for number in range(80)]
    with database.writing() as connection:
        insert(connection, shape, orders)
        known = KnownOrders(AccountRows(connection, account_id), cast("Listings", _Listings()), _NOW)
        for number in range(8):
            assert known.are_most is (number > 5)  # a sixteenth of 80 were looked up, and one more
            assert known._among({f"702-{number + 10}": number + 10}) == {f"702-{number + 10}"}
        known.finish()
        listed = _listed(connection, account_id)
        assert sorted(order_id for order_id in listed if listed[order_id] == _NOW) == [f"702-{number}" for number in range(10, 18)]


def test_of_many_others_a_server_makes_a_hash_table(stores: Stores) -> None:
    statement = _list_again("postgresql", has_others=True)
    with stores.open(Kind.POSTGRESQL) as database, database.reading() as connection:
        compiled = statement.compile(dialect=connection.dialect)
        connection.exec_driver_sql("SET LOCAL work_mem = '64kB'")  # with that a few thousand are as many as 300,000 are with its default
        parameters = {**compiled.params, "of_account": 1, "latest": _NOW, "listed": _NOW, "others": list(range(1, 8_000))}
        plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {compiled}", parameters).scalars())
    assert "NOT (hashed SubPlan" in plan
