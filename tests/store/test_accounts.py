"""Accounts are found by their key, and have the same id in every database."""

import pytest

from sellerhealth.errors import BadInput
from sellerhealth.model.records import Account
from sellerhealth.store import accounts
from sellerhealth.store.database import Database
from tests.store.importing import one_of


def test_the_id_of_an_account_is_a_hash_of_its_key() -> None:
    ids = [accounts.account_id_of(str(number)) for number in range(1000)]
    assert len(set(ids)) == 1000
    assert all(0 <= number < 2**63 for number in ids)
    assert accounts.account_id_of("A3EXAMPLE") == 2331268553704019385  # it may never change: facts are stored under it


def test_an_account_is_found_by_its_key(database: Database) -> None:
    with database.writing() as connection:
        account_id = accounts.create(connection, "A3EXAMPLE", "A seller", "Europe/Berlin")
        assert accounts.find(connection, "A3EXAMPLE") == account_id == accounts.account_id_of("A3EXAMPLE")
        assert accounts.find(connection, "a3example") is None
    stored = one_of(database, account_id, Account)
    assert (stored["key"], stored["name"], stored["time_zone"], stored["version"]) == ("A3EXAMPLE", "A seller", "Europe/Berlin", 0)


@pytest.mark.parametrize(
    ("key", "zone", "says"),
    [
        ("", "UTC", "got ''"),
        (" A3EXAMPLE", "UTC", "got ' A3EXAMPLE'"),
        ("a\x1b[31mb", "UTC", r"got 'a\\x1b\[31mb'"),
        ("a\nb", "UTC", r"got 'a\\nb'"),
        ("all", "UTC", "No account can have the key 'all'"),
        ("A3EXAMPLE", "Europe/Bärlin", "'Europe/Bärlin' is not a time zone"),
        ("A3EXAMPLE", "../UTC", "is not a time zone"),
        ("A3\0", "UTC", r"got 'A3\\x00'"),
        ("taken", "UTC", "There is an account 'taken' already"),
    ],
)
def test_an_invalid_account_is_refused(database: Database, key: str, zone: str, says: str) -> None:
    with database.writing() as connection:
        accounts.create(connection, "taken", "A seller")
        with pytest.raises(BadInput, match=says):
            accounts.create(connection, key, "A seller", zone)


def test_a_name_that_cannot_be_shown_is_refused(database: Database) -> None:
    with database.writing() as connection, pytest.raises(BadInput, match=r"control characters or line breaks: got 'A\\x1b seller'"):
        accounts.create(connection, "A3EXAMPLE", "A\x1b seller")


def test_a_name_may_have_any_space(database: Database) -> None:
    with database.writing() as connection:
        accounts.create(connection, "A3EXAMPLE", "店\u3000一号\u00a0店")
