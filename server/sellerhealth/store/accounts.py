"""Accounts: looked up by key, created, and erased with all their rows."""

import hashlib
import re
from collections.abc import Sequence
from functools import cache
from operator import itemgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from sellerhealth.errors import BadInput
from sellerhealth.model.records import Account, Grant
from sellerhealth.store.every_table import metadata
from sellerhealth.store.rollup_tables import erase_rollups

ALL = "all"  # stands for every account where accounts are granted by their keys
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")  # a terminal would obey them, and no database stores NUL


class NewAccount(NamedTuple):
    """An account to create: its key, the name to show, and the IANA zone of its days, which cannot change later."""

    key: str
    name: str
    time_zone: str = "UTC"

    @property
    def account_id(self) -> int:
        """The id that it will have."""
        return account_id_of(self.key)


def account_id_of(key: str) -> int:
    """The id of the account with a key: 63 bits of its SHA-256, so that it is the same in every database."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") >> 1


def create(connection: sa.Connection, key: str, name: str, time_zone: str = "UTC") -> int:
    """Stores a new account and returns its id. `time_zone` is the IANA zone of its days and cannot change later."""
    create_all(connection, [NewAccount(key, name, time_zone)])
    return account_id_of(key)


def create_all(connection: sa.Connection, accounts: Sequence[NewAccount]) -> None:
    """Stores new accounts. BadInput if one of them cannot be created, or is there already."""
    for each in accounts:
        check_new(each)
    # In one order, so that none of two who create the same waits for the other. Of several at once only one stores an account, whichever comes first.
    new = sorted(({**each._asdict(), "account_id": each.account_id, "version": 0} for each in accounts), key=itemgetter("account_id"))
    created = set(connection.scalars(_insert(connection.dialect.name), new))
    for each in accounts:
        if each.account_id not in created:
            raise BadInput(f"There is an account {each.key!r} already.")


@cache  # to build it takes longer than to run it
def _insert(dialect: str) -> sa.Executable:
    insert = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(Account).on_conflict_do_nothing()
    return insert.returning(Account.account_id)


def check_new(account: NewAccount) -> None:
    """Raises BadInput for an account that cannot be created."""
    key, name, time_zone = account
    for text in (key, name):
        if _CONTROL.search(text):
            raise BadInput(f"An account's key and name must not have control characters or line breaks: got {text!r}.")
    if not key or any(map(str.isspace, key)):
        raise BadInput(f"An account's key must not be empty, and not have spaces: got {key!r}. Its name may have them.")
    if key == ALL:
        raise BadInput(f"No account can have the key {ALL!r}: API keys and tokens grant every account by it.")
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError) as unknown:
        raise BadInput(f"{time_zone!r} is not a time zone: use an IANA name such as Europe/Berlin.") from unknown


def find(connection: sa.Connection, key: str) -> int | None:
    """The id of the account with a key, or None."""
    return connection.scalar(sa.select(Account.account_id).where(Account.account_id == account_id_of(key), Account.key == key))


def erase(connection: sa.Connection, account_id: int) -> int:
    """Deletes an account with its facts, imports, grants and rollups, and returns the number of deleted rows without those of rollups."""
    erase_rollups(connection, account_id)
    owned = [table for table in metadata.sorted_tables if table.info["of_an_account"]]
    # Grants last: whoever makes a key for the account has done so by now, or finds no account.
    tables: list[sa.Table] = [*owned, Account.__table__, Grant.__table__]
    return sum(connection.execute(sa.delete(table).where(table.c.account_id == account_id)).rowcount for table in tables)
