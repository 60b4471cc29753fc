"""The rows of an account are loaded, saved and deleted in bulk, and tables without any are not searched."""

from operator import itemgetter

import sqlalchemy as sa

from sellerhealth.facts import Claim, Order, Package
from sellerhealth.store.account_rows import AccountRows
from sellerhealth.store.bulk import new_row
from sellerhealth.store.database import Database
from sellerhealth.store.merge import shape_of
from tests.store.importing import HOUR, NOON, account


def test_a_changed_row_replaces_the_one_with_its_key_and_is_loaded_unchanged(database: Database) -> None:
    account_id, shape = account(database), shape_of(Claim)
    claims = [
        new_row(shape, account_id, {"order_id": "702-1", "opened_at": instant, "state": "OPEN"}, "1") | {"opened_on": NOON.date()}
        for instant in (NOON, NOON + HOUR)
    ]
    with database.writing() as connection:
        rows = AccountRows(connection, account_id)
        rows.save(shape, claims, [])
        rows.save(shape, [], [claims[0] | {"state": "DENIED"}])
        loaded = sorted(rows.load(shape.table, "order_id", ["702-1"]), key=itemgetter("opened_at"))
        assert loaded == [claims[0] | {"state": "DENIED"}, claims[1]]


def test_any_number_of_rows_is_loaded_and_deleted_by_a_column(database: Database) -> None:
    one, other = account(database, "one"), account(database, "other")
    shape, numbers = shape_of(Order), {f"702-{number}" for number in range(1201)}
    with database.writing() as connection:
        for account_id in (one, other):
            rows = [new_row(shape, account_id, {"order_id": number}, "1") for number in numbers]
            AccountRows(connection, account_id).save(shape, rows, [])
        some, of_one, of_other = numbers - {"702-7"}, AccountRows(connection, one), AccountRows(connection, other)
        assert {row["order_id"] for row in of_one.load(shape.table, "order_id", some)} == some
        of_one.delete(shape.table, "order_id", some)
        assert [row["order_id"] for row in of_one.load(shape.table, "order_id", numbers)] == ["702-7"]
        assert len(list(of_other.load(shape.table, "order_id", numbers))) == len(numbers)


def test_rows_that_are_listed_again_change_in_nothing_else(database: Database) -> None:
    one, other = account(database, "one"), account(database, "other")
    shape = shape_of(Order)
    with database.writing() as connection:
        known = [new_row(shape, one, {"order_id": f"702-{number}", "status": "SHIPPED"}, "1") | {"listed": "1"} for number in range(1201)]
        rows = AccountRows(connection, one)
        rows.save(shape, known, [])
        AccountRows(connection, other).save(shape, [known[0] | {"account_id": other}], [])
        rows.list_again(shape, [row | {"listed": "2"} for row in known[:-1]])
        stored = list(rows.load(shape.table, "order_id", {row["order_id"] for row in known}))
        assert sorted(stored, key=itemgetter("order_id")) == sorted(
            [*(row | {"listed": "2"} for row in known[:-1]), known[-1]], key=itemgetter("order_id")
        )
        assert [row["listed"] for row in AccountRows(connection, other).load(shape.table, "order_id", ["702-0"])] == ["1"]


def test_an_empty_table_is_not_searched(database: Database) -> None:
    account_id, shape = account(database), shape_of(Package)
    statements: list[str] = []
    with database.writing() as connection:
        rows = AccountRows(connection, account_id)
        assert rows.is_empty(shape.table)
        sa.event.listen(connection, "before_cursor_execute", lambda _, cursor, statement, *rest: statements.append(statement))
        assert list(rows.load(shape.table, "order_id", ["702-1"])) == []
        rows.delete(shape.table, "order_id", ["702-1"])
        assert statements == []
        rows.save(shape, [new_row(shape, account_id, {"order_id": "702-1", "package_id": "1"}, "1")], [])
        assert not rows.is_empty(shape.table)
        assert len(list(rows.load(shape.table, "order_id", ["702-1"]))) == 1
