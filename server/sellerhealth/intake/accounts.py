"""The account to import into: created, found by its key, and its data quality notes."""

import sqlalchemy as sa

from sellerhealth.errors import NotFound
from sellerhealth.model.records import DataNote
from sellerhealth.store import accounts
from sellerhealth.store.database import Database


def create_account(database: Database, key: str, name: str, time_zone: str = "UTC") -> int:
    """Creates an account and returns its id. BadInput if the key is taken or the zone is unknown."""
    with database.writing() as connection:
        return accounts.create(connection, key, name, time_zone)


def find_account(database: Database, key: str) -> int:
    """The id of the account with a key. NotFound if there is none."""
    with database.reading() as connection:
        account_id = accounts.find(connection, key)
    if account_id is None:
        raise NotFound(f"There is no account {key!r}.", argument="account")
    return account_id


def notes_of(database: Database, account_id: int) -> dict[str, int]:
    """The number of data quality notes of an account by code: see docs/import.md."""
    counts = sa.select(DataNote.code, sa.func.count()).where(DataNote.account_id == account_id)
    with database.reading() as connection:
        return dict(iter(connection.execute(counts.group_by(DataNote.code).order_by(DataNote.code))))
