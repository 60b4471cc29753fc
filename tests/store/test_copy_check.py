"""Whatever a copy lacks or has too much of is named, with its account and its table."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from sellerhealth.model.records import Account, ApiKey
from sellerhealth.store.accounts import account_id_of, erase
from sellerhealth.store.copy_check import Difference, row_differences
from sellerhealth.store.copying import copy_store
from sellerhealth.store.database import Database
from sellerhealth.testing.empty_store import open_empty_store
from tests.store.filled import ROWS, TABLES, add, fill


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Database]:
    """A file with two accounts."""
    database = open_empty_store(tmp_path / "source.db")
    fill(database, "one", "two")
    yield database
    database.close()


@pytest.fixture
def copied(source: Database, database: Database) -> Database:
    copy_store(source, database)
    return database


def differences(source: Database, target: Database) -> list[Difference]:
    with source.reading() as here, target.reading() as there:
        return list(row_differences(here, there))


def test_a_copy_differs_in_nothing(source: Database, copied: Database) -> None:
    assert differences(source, copied) == []


def test_a_missing_row_of_any_table_is_found(source: Database, copied: Database) -> None:
    tables = [table for table in TABLES if table is not Account.__table__]
    with copied.writing() as connection:
        for table in tables:
            of_one = table.c.account_id == account_id_of("one") if table.info["of_an_account"] else sa.true()
            first = connection.execute(sa.select(*table.primary_key).where(of_one).limit(1)).one()
            connection.execute(sa.delete(table).where(*(column == value for column, value in zip(table.primary_key, first, strict=True))))
    found = {each for each in differences(source, copied) if each.what.startswith("rows of")}
    accounts = {table.name: "one" if table.info["of_an_account"] else None for table in tables}
    assert found == {(account, f"rows of the table {name}", ROWS, ROWS - 1) for name, account in accounts.items()}


def test_an_account_that_only_one_of_them_has_is_found(source: Database, copied: Database) -> None:
    with copied.writing() as connection:
        erase(connection, account_id_of("two"))
        connection.execute(sa.delete(ApiKey))
    found = differences(source, copied)
    assert found[0] == ("two", "the account", "present", "missing")
    assert ("two", "rows of the table orders", ROWS, 0) in found
    assert (None, "rows of the table api_keys", ROWS, 0) in found
    assert {each.account for each in found} == {"two", None}
    assert differences(copied, source)[0] == ("two", "the account", "missing", "present")


def test_an_account_that_was_imported_into_since_is_found(source: Database, copied: Database) -> None:
    with source.writing() as connection:
        add(connection, account_id_of("one"), first=ROWS)
        connection.execute(sa.update(Account).where(Account.key == "one").values(version=Account.version + 1))
    found = {each.what: each for each in differences(source, copied)}
    assert found["version"].source == found["version"].target + 1
    assert found["imports"] == ("one", "imports", 2 * ROWS, ROWS)
