"""The account to import into: created, found by its key, and its data quality notes."""

import datetime as dt
from collections.abc import Mapping, Sequence

from sellerhealth.access import ReadSession, Viewer
from sellerhealth.errors import NotFound
from sellerhealth.store import accounts, lookups
from sellerhealth.store.database import Database
from sellerhealth.store.writing import check_may_create


def create_account(database: Database, viewer: Viewer, key: str, name: str, time_zone: str = "UTC") -> int:
    """Creates an account and returns its id. BadInput if the key is taken or the zone is unknown.

    Raises Forbidden unless the viewer is an administrator of all accounts.
    """
    check_may_create(viewer)
    with database.writing() as connection:
        return accounts.create(connection, key, name, time_zone)


def find_account(database: Database, viewer: Viewer, key: str) -> int:
    """The id of the account with a key. NotFound if there is none that the viewer may see."""
    with database.reading() as connection:
        found = lookups.accounts_by_key(ReadSession(connection, viewer, dt.datetime.now(dt.UTC)), [key])
    if key not in found:
        raise NotFound(f"There is no account {key!r}.", argument="account")
    return found[key].account_id


def notes_of(database: Database, viewer: Viewer, account_id: int) -> Mapping[str, int]:
    """The number of data quality notes of an account by code: see docs/import.md."""
    return notes_by_account(database, viewer, [account_id]).get(account_id, {})


def notes_by_account(database: Database, viewer: Viewer, account_ids: Sequence[int]) -> Mapping[int, Mapping[str, int]]:
    """The same of several accounts, of those that have any."""
    if not account_ids:
        return {}
    with database.reading() as connection:
        return lookups.notes(ReadSession(connection, viewer, dt.datetime.now(dt.UTC)), account_ids)
