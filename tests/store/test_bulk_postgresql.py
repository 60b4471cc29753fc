"""Look-ups on PostgreSQL take the index of their column, also without statistics of the table."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from sellerhealth.facts import Message, Order
from sellerhealth.model.tables import Fact
from sellerhealth.store.bulk import insert, new_row
from sellerhealth.store.bulk_postgresql import look_up
from sellerhealth.store.database import Database
from sellerhealth.store.merge import shape_of
from tests.store.importing import DAY, NOON, account
from tests.support.stores import Kind, Stores

MANY = 3_000  # rows: enough for the wrong index to look as good as the right one, and to be read when it is not


@pytest.fixture
def server(stores: Stores) -> Iterator[Database]:
    """A store on a server."""
    with stores.open(Kind.POSTGRESQL) as database:
        yield database


def fill(database: Database, account_id: int, fact: type[Fact], count: int = MANY) -> None:
    """Adds rows to an account."""
    shape, day = shape_of(fact), "placed_on" if fact is Order else "received_on"
    rows = [
        new_row(shape, account_id, {shape.key[0]: f"702-{number}"}, "1") | {day: (NOON + number % 60 * DAY).date()}
        for number in range(count)
    ]
    with database.writing() as connection:
        insert(connection, shape, [row | {"thread_id": row["message_id"]} for row in rows] if fact is Message else rows)


def analyse(database: Database) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql("ANALYZE")


def plan(database: Database, account_id: int, fact: type[Fact], column: str) -> str:
    """How the server looks up rows."""
    with database.writing() as connection:
        statement = look_up(shape_of(fact).table, column, shape_of(fact).columns).compile(dialect=connection.dialect)
        parameters = {"of_account": account_id, "values": [f"702-{number}" for number in range(MANY)]}
        return "\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars())


@pytest.mark.parametrize(("fact", "key"), [(Order, "order_id"), (Message, "message_id")])
def test_rows_are_looked_up_by_their_key(server: Database, fact: type[Fact], key: str) -> None:
    index, first, second, third = (shape_of(fact).table.primary_key.name, *(account(server, name) for name in ("first", "second", "third")))

    def check(account_id: int) -> None:
        (how,) = [step for step in plan(server, account_id, fact, key).split("->") if str(index) in step]
        assert f"{key})::text = (keys.value)::text" in how.partition("Index Cond:")[2].partition("Filter:")[0]

    fill(server, first, fact)
    check(first)  # in a table of which nothing is known
    analyse(server)
    check(first)
    fill(server, second, fact)
    check(second)  # in an account of which it is known that it has no rows
    with server.writing() as connection:
        connection.execute(sa.delete(shape_of(fact).table))
    for number in range(5):
        fill(server, account(server, f"small-{number}"), fact, 1)
    analyse(server)
    fill(server, third, fact)
    check(third)  # where every account is known to have one row


def test_rows_that_are_looked_up_by_another_column_are_read_once(server: Database) -> None:
    account_id = account(server)
    for number in range(5):
        fill(server, account(server, f"small-{number}"), Message, 1)
    analyse(server)
    fill(server, account_id, Message)
    assert "Loop" not in plan(server, account_id, Message, "thread_id")
