"""Rows go into the tables and come back, many at a time, as SQLAlchemy would have written and read them."""

import tracemalloc
from random import Random
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from sellerhealth.facts import FACTS, Claim, Order, Package
from sellerhealth.model.tables import Fact
from sellerhealth.store.bulk import AccountRows, BloomFilter
from sellerhealth.store.database import Database
from sellerhealth.store.merge import begin, shape_of
from tests.store.importing import HOUR, NOON, account, contents
from tests.store.tellings import some_key, some_values, untold


@pytest.mark.parametrize("fact", FACTS)
def test_rows_are_stored_as_sqlalchemy_would(database: Database, fact: type[Fact]) -> None:
    shape, days = shape_of(fact), {name: NOON.date() for name in shape_of(fact).columns if name.endswith("_on")}
    tellings = [some_key(fact, chance) | some_values(fact, chance) for chance in map(Random, range(20))]
    told = {tuple(values[name] for name in shape.key): values for values in tellings}.values()
    one, other = account(database, "one"), account(database, "other")
    with database.writing() as connection:
        connection.execute(sa.insert(shape.table), [begin(shape, one, values, "1") | days for values in told])
        AccountRows(connection, other).save(shape, [begin(shape, other, values, "1") | days for values in told], [])
    assert contents(database, one) == contents(database, other)


def test_a_row_takes_the_place_of_one_with_its_key_and_comes_back_as_it_was(database: Database) -> None:
    account_id, shape = account(database), shape_of(Claim)
    claims = [
        begin(shape, account_id, {"order_id": "702-1", "opened_at": instant, "state": "OPEN"}, "1") for instant in (NOON, NOON + HOUR)
    ]
    claims = [claim | {"opened_on": NOON.date()} for claim in claims]
    with database.writing() as connection:
        rows = AccountRows(connection, account_id)
        rows.save(shape, claims, [])
        rows.save(shape, [], [claims[0] | {"state": "DENIED"}])
        assert list(rows.load(shape.table, "order_id", ["702-1"])) == [claims[0] | {"state": "DENIED"}, claims[1]]


def test_any_number_of_rows_is_found_and_deleted_by_a_column(database: Database) -> None:
    one, other = account(database, "one"), account(database, "other")
    shape, numbers = shape_of(Order), {f"702-{number}" for number in range(1201)}
    with database.writing() as connection:
        for account_id in (one, other):
            rows = [begin(shape, account_id, {"order_id": number}, "1") for number in numbers]
            AccountRows(connection, account_id).save(shape, rows, [])
        some, of_one, of_other = numbers - {"702-7"}, AccountRows(connection, one), AccountRows(connection, other)
        assert {row["order_id"] for row in of_one.load(shape.table, "order_id", some)} == some
        of_one.delete(shape.table, "order_id", some)
        assert [row["order_id"] for row in of_one.load(shape.table, "order_id", numbers)] == ["702-7"]
        assert len(list(of_other.load(shape.table, "order_id", numbers))) == len(numbers)


def test_a_table_is_not_searched_in_vain(database: Database) -> None:
    account_id = account(database)
    statements: list[str] = []
    with database.writing() as connection:
        rows, table = AccountRows(connection, account_id), shape_of(Package).table
        assert rows.is_empty(table)
        sa.event.listen(database.writer, "before_cursor_execute", lambda _, cursor, statement, *rest: statements.append(statement))
        assert list(rows.load(table, "order_id", ["702-1"])) == []
        rows.delete(table, "order_id", ["702-1"])
        assert statements == []
        rows.save(shape_of(Package), [begin(shape_of(Package), account_id, {"order_id": "702-1", "package_id": "1"}, 1)], [])
        assert not rows.is_empty(table)
        assert len(list(rows.load(table, "order_id", ["702-1"]))) == 1


@pytest.mark.parametrize("fact", FACTS)
def test_whole_rows_are_stored_on_postgresql(fact: type[Fact]) -> None:
    stored: list[tuple[str, list[dict[str, object]]]] = []
    connection = SimpleNamespace(dialect=postgresql.psycopg.dialect(), exec_driver_sql=lambda *sent: stored.append(sent))
    row = untold(fact, **dict.fromkeys(shape_of(fact).key, NOON))
    AccountRows(connection, 1).save(shape_of(fact), [], [row])
    ((statement, parameters),) = stored
    key = ", ".join(column.name for column in shape_of(fact).table.primary_key)
    assert f"ON CONFLICT ({key}) DO UPDATE SET" in statement
    assert parameters == [row]


def test_a_bloom_filter_has_no_false_negatives_and_few_false_positives() -> None:
    held, added = BloomFilter(), list[str]()
    for count in (10, 10_000, 40_000):  # few enough to be held as they are, still so, and more than that
        values = [f"702-{len(added) + number:07}" for number in range(count)]
        held.add(values)
        added += values
        assert held.among(added) == added
        assert len(held.among([f"303-{number:07}" for number in range(1000)])) < 20


def test_a_bloom_filter_of_few_values_takes_kilobytes() -> None:
    values = [f"702-{number:07}" for number in range(100)]
    tracemalloc.start()
    try:
        held = BloomFilter()
        held.add(values)
        assert tracemalloc.get_traced_memory()[1] < 16 * 1024
    finally:
        tracemalloc.stop()
    assert held.among(values) == values
