"""Accounts are sorted and searched in the same way on every database: by their names and keys without differences of case."""

import datetime as dt

import pytest

from sellerhealth.access import OWNER, ReadSession
from sellerhealth.engine.account_filter import AccountFilter
from sellerhealth.engine.portfolio import AccountOrder, AccountSortField, SortDirection, page_by_name
from sellerhealth.intake import create_account
from sellerhealth.store.database import Database
from sellerhealth.store.keyset import PageRequest

# In the order of code points, which no language has: capital letters, then accents, are not apart.
NAMES = ("10 % off", "apple", "Banana", "banana-split", "BÄR & Co", "straße", "zebra", "Äpfel", "äther", "日本")

EVERY = AccountFilter()


@pytest.fixture
def database(database: Database) -> Database:
    for number, name in enumerate(reversed(NAMES)):
        create_account(database, OWNER, f"Key_{number}", name)
    return database


def names(database: Database, order: AccountOrder, request: PageRequest, accounts: AccountFilter = EVERY) -> list[str]:
    with database.reading() as connection:
        session = ReadSession(connection, OWNER, dt.datetime(2026, 3, 31, tzinfo=dt.UTC))
        return [listed.account.name for listed in page_by_name(session, accounts, order, request).rows]


@pytest.mark.parametrize("direction", list(SortDirection))
def test_accounts_are_sorted_by_their_names_without_differences_of_case(database: Database, direction: SortDirection) -> None:
    expected = NAMES if direction is SortDirection.ASC else NAMES[::-1]
    assert names(database, AccountOrder(direction=direction), PageRequest(100)) == list(expected)


def test_a_page_continues_where_the_one_before_ended(database: Database) -> None:
    order, found, after = AccountOrder(AccountSortField.NAME), list[str](), None
    with database.reading() as connection:
        session = ReadSession(connection, OWNER, dt.datetime(2026, 3, 31, tzinfo=dt.UTC))
        for _ in NAMES:
            (listed,) = page_by_name(session, AccountFilter(), order, PageRequest(1, after=after)).rows
            found.append(listed.account.name)
            after = listed.position
    assert found == list(NAMES)


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("ÄPF", ["Äpfel"]),
        ("a\u0308pf", ["Äpfel"]),  # its letter and its dots as two characters
        ("STRASSE", ["straße"]),
        ("banana", ["Banana", "banana-split"]),
        ("bär", ["BÄR & Co"]),
        ("本", ["日本"]),
        ("%", ["10 % off"]),
        ("/", []),
        ("key_9", ["10 % off"]),
        ("y_", list(NAMES)),
    ],
)
def test_accounts_are_found_by_a_part_of_their_name_or_key(database: Database, search: str, found: list[str]) -> None:
    assert names(database, AccountOrder(), PageRequest(100), AccountFilter(search=search)) == found


def test_names_that_differ_in_case_alone_are_sorted_by_key_in_both_directions(database: Database) -> None:
    for key in ("a-2", "a-10", "B-1", "b-0"):
        create_account(database, OWNER, key, "SAME" if key == "a-10" else "same")
    for direction in SortDirection:
        with database.reading() as connection:
            session = ReadSession(connection, OWNER, dt.datetime(2026, 3, 31, tzinfo=dt.UTC))
            page = page_by_name(session, AccountFilter(search="same"), AccountOrder(direction=direction), PageRequest(100))
        assert [listed.account.key for listed in page.rows] == ["B-1", "a-10", "a-2", "b-0"]
