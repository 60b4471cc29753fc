"""The transaction of a viewer who writes into an account, and the version of the account that it raises."""

import contextlib
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa

from sellerhealth.access import Permission, Viewer
from sellerhealth.errors import Forbidden, NotFound
from sellerhealth.model.records import Account, RollupState
from sellerhealth.store.accounts import NewAccount, create_all
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


@contextlib.contextmanager
def writing_into_new(database: Database, viewer: Viewer, accounts: Sequence[NewAccount]) -> Iterator[sa.Connection]:
    """A connection in a transaction that creates accounts and writes into them. BadInput if the key of one is taken or cannot be one.

    Raises Forbidden unless the viewer is an administrator of all accounts.
    """
    check_may_create(viewer)
    with database.writing() as connection:
        create_all(connection, accounts)
        yield connection


def check_may_create(viewer: Viewer) -> None:
    """Raises Forbidden unless the viewer is an administrator of all accounts."""
    if not (viewer.sees_all and viewer.may(Permission.ADMIN)):
        raise Forbidden("Creating an account needs the permission ADMIN for all accounts, which the API key does not have.")


def lock_account(connection: sa.Connection, account_id: int) -> bool:
    """Waits for the other writers of an account, and returns whether it exists.

    On a server they wait for its row, but not those who only refer to it, such as a new API key.
    """
    own = sa.select(Account.version).where(Account.account_id == account_id).with_for_update(key_share=True)
    return connection.execute(own).first() is not None


def note_change(connection: sa.Connection, account_id: int, *, of_facts: bool) -> None:
    """Raises the version of an account whose answers may be others now: after every change of its facts, coverage or rejected rows.

    If no fact changed, rollups that agreed with the facts still do.
    """
    if not of_facts:
        states = sa.update(RollupState).where(RollupState.account_id == account_id)
        agreed = RollupState.version == sa.select(Account.version).where(Account.account_id == account_id).scalar_subquery()
        connection.execute(states.where(agreed).values(version=RollupState.version + 1))
    connection.execute(*raised_version(account_id, of_facts=of_facts))


def raised_version(account_id: int, *, of_facts: bool) -> tuple[sa.Update, Mapping[str, Any]]:
    """The statement that raises the version of an account without rollups, and its parameters."""
    instant = {"now": dt.datetime.now(dt.UTC)} if of_facts else {}
    return _raise_version(of_facts=of_facts), {"of_account": account_id, **instant}


@cache  # every import sends it: to build it takes longer than to run it
def _raise_version(*, of_facts: bool) -> sa.Update:
    instant: dict[str, Any] = {"updated_at": sa.bindparam("now")} if of_facts else {}
    return sa.update(Account).where(Account.account_id == sa.bindparam("of_account")).values(version=Account.version + 1, **instant)


def check_permission(viewer: Viewer) -> None:
    """Raises Forbidden without the permission `WRITE`."""
    if not viewer.may(Permission.WRITE):
        raise Forbidden("Writing needs the permission WRITE, which the API key does not have.")


def check_may_write(viewer: Viewer, account_id: int) -> None:
    """Raises Forbidden without the permission `WRITE`, and NotFound for an account that is not granted."""
    check_permission(viewer)
    if not viewer.sees(account_id):
        raise NotFound("There is no such account.")
