"""Each fast path of the import gives the same result as the plain way."""

import tracemalloc
from random import Random
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from hypothesis import given
from sqlalchemy.dialects import postgresql

from sellerhealth.facts import FACTS, Order
from sellerhealth.model.tables import Fact
from sellerhealth.store.bulk import BloomFilter, existing, insert, new_row, upsert
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


@pytest.mark.parametrize("fact", FACTS)
def test_whole_rows_are_updated_on_postgresql(fact: type[Fact]) -> None:
    executed: list[tuple[str, list[dict[str, object]]]] = []
    connection = SimpleNamespace(dialect=postgresql.psycopg.dialect(), exec_driver_sql=lambda *statement: executed.append(statement))
    row = blank_fact(fact, **dict.fromkeys(shape_of(fact).key, NOON))
    upsert(connection, shape_of(fact), [row])
    ((statement, parameters),) = executed
    key = ", ".join(column.name for column in shape_of(fact).table.primary_key)
    assert f"ON CONFLICT ({key}) DO UPDATE SET" in statement
    assert parameters == [row]


# ---------------------------------------------------------------- existing, and a SELECT


@pytest.mark.parametrize("count", [1, 499, 500, 501, 1201])
def test_existing_values_are_those_of_a_select(database: Database, count: int) -> None:
    one, other = account(database, "one"), account(database, "other")
    shape, values = shape_of(Order), [f"702-{number}" for number in range(count)]
    table = shape.table
    with database.writing() as connection:
        insert(connection, shape, [new_row(shape, one, {"order_id": value}, "1") for value in values[::2]])
        insert(connection, shape, [new_row(shape, other, {"order_id": value}, "1") for value in values])
        plain = sa.select(table.c.order_id).where(table.c.account_id == one, table.c.order_id.in_(values)).order_by(table.c.order_id)
        assert existing(connection, one, table, "order_id", values) == list(connection.scalars(plain))
        assert existing(connection, one, table, "order_id", []) == []


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
