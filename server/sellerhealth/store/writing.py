"""The transaction of a viewer who writes into an account."""

import contextlib
from collections.abc import Iterator

import sqlalchemy as sa

from sellerhealth.access import Permission, Viewer
from sellerhealth.errors import Forbidden, NotFound
from sellerhealth.model.records import Account
from sellerhealth.store.database import Database


@contextlib.contextmanager
def writing_into(database: Database, viewer: Viewer, account_id: int) -> Iterator[sa.Connection]:
    """A connection in a transaction that writes into one account, and waits for others that do.

    Raises StoreBusy if others write for too long, Forbidden without the permission `WRITE`, and NotFound for an account that is not granted, as for one that does not exist.
    """
    check_may_write(viewer, account_id)
    with database.writing() as connection:
        if not lock_account(connection, account_id):
            raise NotFound("There is no such account.")
        yield connection


def lock_account(connection: sa.Connection, account_id: int) -> bool:
    """Waits for the other writers of an account, and returns whether it exists.

    On a server they wait for its row, but not those who only refer to it, such as a new API key.
    """
    own = sa.select(Account.version).where(Account.account_id == account_id).with_for_update(key_share=True)
    return connection.execute(own).first() is not None


def check_may_write(viewer: Viewer, account_id: int) -> None:
    """Raises Forbidden without the permission `WRITE`, and NotFound for an account that is not granted."""
    if not viewer.may(Permission.WRITE):
        raise Forbidden("Writing needs the permission WRITE, which the API key does not have.")
    if not viewer.sees(account_id):
        raise NotFound("There is no such account.")
