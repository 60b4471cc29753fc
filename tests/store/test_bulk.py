"""Each fast path of the import gives the same result as the plain way."""

import tracemalloc
from operator import itemgetter
from random import Random

import pytest
import sqlalchemy as sa
from hypothesis import given

from sellerhealth.facts import FACTS, Message, Order
from sellerhealth.model.tables import Fact
from sellerhealth.store.bulk import BloomFilter, as_stored, insert, new_row, rows_with, set_column, stored_cells, upsert, upsert_columns
from sellerhealth.store.database import Database
from sellerhealth.store.merge import merge, shape_of
from tests.store.importing import NOON, account, contents
from tests.store.observations import Observations, blank_fact, observed_facts, some_key, some_values

# ---------------------------------------------------------------- new_row, and merge into a blank row


@given(observed_facts())
def test_a_new_row_is_the_first_observation_merged_into_a_blank_row(observed: tuple[type[Fact], Observations]) -> None:
    fact, observations = observed
    shape = shape_of(fact)
    key = dict.fromkeys(shape.key, "a key")
    for values, version in observations:
        plain = blank_fact(fact, **key)
        merge(shape, plain, values, version)
        assert new_row(shape, 1, key | values, version) == plain


def test_a_column_that_a_fact_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="orders have no column price"):
        new_row(shape_of(Order), 1, {"order_id": "702-1", "price": 1}, "1")


# ---------------------------------------------------------------- insert, upsert, and SQLAlchemy


@pytest.mark.parametrize("fact", FACTS)
def test_rows_are_inserted_and_updated_as_sqlalchemy_would(database: Database, fact: type[Fact]) -> None:
    shape, days = shape_of(fact), {name: NOON.date() for name in shape_of(fact).columns if name.endswith("_on")}
    several = [some_key(fact, chance) | some_values(fact, chance) for chance in map(Random, range(20))]
    by_key = {tuple(values[name] for name in shape.key): values for values in several}.values()
    plain, fast = account(database, "plain"), account(database, "fast")
    with database.writing() as connection:
        connection.execute(sa.insert(shape.table), [new_row(shape, plain, values, "1") | days for values in by_key])
        insert(connection, shape, [new_row(shape, fast, values, "1") | days for values in by_key])
    assert contents(database, plain) == contents(database, fast)
    with database.writing() as connection:
        changed = [new_row(shape, fast, {name: values[name] for name in shape.key}, "2") | days for values in by_key]
        upsert(connection, shape, changed)
        connection.execute(sa.delete(shape.table).where(shape.table.c.account_id == plain))
        connection.execute(sa.insert(shape.table), [row | {"account_id": plain} for row in changed])
    assert contents(database, plain) == contents(database, fast)


def test_of_known_rows_only_the_columns_with_new_values_are_stored(database: Database) -> None:
    account_id, shape = account(database), shape_of(Order)
    rows = [new_row(shape, account_id, {"order_id": f"702-{number}", "status": "SHIPPED"}, "1") for number in range(3)]
    changed = [
        row | {"versions": "2", "channel": channel, "ship_by": NOON} for row, channel in zip(rows, ("SELLER", "AMAZON"), strict=False)
    ]
    columns = {name: [row[name] for row in changed] for name in shape.columns} | {"status": ["CANCELLED", "CANCELLED"]}
    with database.writing() as connection:
        insert(connection, shape, rows)
        upsert_columns(connection, shape, columns, {"versions", "channel", "ship_by"})
        found = rows_with(connection, account_id, shape.table, "order_id", [row["order_id"] for row in rows], shape.columns)
        assert sorted((dict(zip(shape.columns, row, strict=True)) for row in found), key=itemgetter("order_id")) == [*changed, rows[2]]


@pytest.mark.parametrize("text", ["a\tb\nc\rd", r"\N", "\\", r"\t", '"', "'", "{NULL}", "NULL", "a,b", " ", "ß 日本 😀", "%s %(a)s :a"])
def test_any_text_is_stored_as_it_is(database: Database, text: str) -> None:
    shape, account_id = shape_of(Message), account(database)
    row = new_row(shape, account_id, {"message_id": "1", "thread_id": text}, "1")
    with database.writing() as connection:
        insert(connection, shape, [row])
        upsert(connection, shape, [row | {"order_id": text}])
        (found,) = rows_with(connection, account_id, shape.table, "thread_id", [text], shape.columns)
        assert dict(zip(shape.columns, found, strict=True)) == row | {"order_id": text}


def test_an_instant_without_a_time_zone_is_refused(database: Database) -> None:
    shape, account_id = shape_of(Order), account(database)
    with pytest.raises(ValueError, match="2026-03-31 12:00:00 has no time zone"), database.writing() as connection:
        insert(connection, shape, [new_row(shape, account_id, {"order_id": "702-1", "placed_at": NOON.replace(tzinfo=None)}, "1")])


def test_a_row_that_the_database_refuses_leaves_nothing_behind(database: Database) -> None:
    shape, account_id = shape_of(Order), account(database)
    for write in (insert, upsert):
        with pytest.raises(sa.exc.DatabaseError), database.writing() as connection:
            write(connection, shape, [new_row(shape, account_id, {"order_id": "702-1", "channel": "PIGEON"}, "1")])
    assert contents(database, account_id) == contents(database, account(database, "another"))


# ---------------------------------------------------------------- rows_with, set_column, and a SELECT and an UPDATE


@pytest.mark.parametrize("count", [1, 499, 500, 501, 1201])
def test_rows_are_found_and_changed_as_by_a_plain_statement(database: Database, count: int) -> None:
    one, other = account(database, "one"), account(database, "other")
    shape, values = shape_of(Order), [f"702-{number}" for number in range(count)]
    table = shape.table
    with database.writing() as connection:
        insert(connection, shape, [new_row(shape, one, {"order_id": value, "placed_at": NOON}, "1") for value in values[::2]])
        insert(connection, shape, [new_row(shape, other, {"order_id": value}, "1") for value in values])
        plain = sa.select(table).where(table.c.account_id == one, table.c.order_id.in_(values)).order_by(table.c.order_id)
        before = [dict(row) for row in connection.execute(plain).mappings()]
        found = rows_with(connection, one, table, "order_id", values, shape.columns)
        assert sorted((dict(zip(shape.columns, row, strict=True)) for row in found), key=itemgetter("order_id")) == before
        assert sorted(rows_with(connection, one, table, "order_id", values, ("order_id",))) == [(row["order_id"],) for row in before]
        assert list(rows_with(connection, one, table, "order_id", [], shape.columns)) == []
        set_column(connection, one, shape, "listed", "2", values[1:])  # of which every second exists
        assert [dict(row) for row in connection.execute(plain).mappings()] == [
            row | {"listed": "2"} if row["order_id"] in values[1:] else row for row in before
        ]
        assert set(connection.scalars(sa.select(table.c.listed).where(table.c.account_id == other))) == {None}


# ---------------------------------------------------------------- stored_cells and as_stored, and rows_with


def test_stored_cells_are_those_of_the_rows_as_they_were_stored(database: Database) -> None:
    account_id = account(database)
    with database.writing() as connection:
        for fact in FACTS:
            shape, first = shape_of(fact), shape_of(fact).key[0]
            several = [some_key(fact, chance) | some_values(fact, chance) for chance in map(Random, range(20))]
            days = {name: NOON.date() for name in shape.columns if name.endswith("_on")}
            by_key = {tuple(values[name] for name in shape.key): new_row(shape, account_id, values, "1") | days for values in several}
            insert(connection, shape, list(by_key.values()))
            columns = {name: [row[name] for row in by_key.values()] for name in shape.columns}
            keys = sorted({*columns[first], "absent"})
            stored = list(stored_cells(connection, account_id, shape.table, first, keys, shape.columns))
            assert sorted(stored, key=repr) == sorted(zip(*as_stored(connection, shape.table, columns), strict=True), key=repr)


# ---------------------------------------------------------------- BloomFilter, and a set


def test_a_bloom_filter_has_no_false_negatives_and_few_false_positives() -> None:
    bloom, added = BloomFilter(), list[str]()
    for count in (10, 10_000, 40_000):  # an exact set, still one, and a filter
        values = [f"702-{len(added) + number:07}" for number in range(count)]
        bloom.add(values)
        added += values
        assert bloom.among(added) == added
        assert len(bloom.among([f"303-{number:07}" for number in range(1000)])) < 20


def test_a_bloom_filter_of_few_values_takes_kilobytes() -> None:
    values = [f"702-{number:07}" for number in range(100)]
    tracemalloc.start()
    try:
        bloom = BloomFilter()
        bloom.add(values)
        assert tracemalloc.get_traced_memory()[1] < 16 * 1024
    finally:
        tracemalloc.stop()
    assert bloom.among(values) == values
