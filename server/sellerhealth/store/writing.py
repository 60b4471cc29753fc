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
    if not viewer.may(Permission.WRITE):
        raise Forbidden("Writing needs the permission WRITE, which the API key does not have.")
    if not viewer.sees(account_id):
        raise NotFound("There is no such account.")
    with database.writing() as connection:
        # On a server two writers of one account wait for its row, but not those who only refer to it, such as a new API key.
        own = sa.select(Account.version).where(Account.account_id == account_id).with_for_update(key_share=True)
        if connection.execute(own).first() is None:
            raise NotFound("There is no such account.")
        yield connection
