"""Accounts as rows: found by key, created, erased with all that belongs to them."""

import hashlib
from collections.abc import Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa

from sellerhealth.errors import BadInput
from sellerhealth.facts import FACTS
from sellerhealth.model.records import Account, DataNote, ImportBatch, Market, Source
from sellerhealth.model.tables import Table


def account_id_of(key: str) -> int:
    """The id of the account with a key: 63 bits of its SHA-256, so that every store gives it the same one."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") >> 1


def create(connection: sa.Connection, key: str, name: str, time_zone: str = "UTC") -> int:
    """Stores a new account and returns its id. The zone, an IANA name, is fixed for good: its days are cut in it."""
    if not key or key != key.strip():
        raise BadInput(f"An account's key may be neither empty nor begin or end with a space: got {key!r}.")
    if find(connection, key) is not None:
        raise BadInput(f"There is an account {key!r} already.")
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError) as unknown:
        raise BadInput(f"{time_zone!r} is not a time zone: give an IANA name such as Europe/Berlin.") from unknown
    account_id = account_id_of(key)
    connection.execute(sa.insert(Account), {"account_id": account_id, "key": key, "name": name, "time_zone": time_zone, "version": 0})
    return account_id


def find(connection: sa.Connection, key: str) -> int | None:
    """The id of the account with a key, if there is one."""
    return connection.scalar(sa.select(Account.account_id).where(Account.account_id == account_id_of(key), Account.key == key))


def erase(connection: sa.Connection, account_id: int) -> int:
    """Deletes an account with its facts and imports, and returns how many rows that were."""
    owned: Sequence[type[Table]] = (*FACTS, DataNote, Source, ImportBatch, Market, Account)
    tables: list[sa.Table] = [table.__table__ for table in owned]
    return sum(connection.execute(sa.delete(table).where(table.c.account_id == account_id)).rowcount for table in tables)
