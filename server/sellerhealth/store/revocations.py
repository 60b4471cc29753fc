"""Revocations of API keys, which wait for no other program that writes.

An import writes to SQLite for minutes, and until it is finished nobody else can. So a revocation is first an empty file beside the
database, which every server looks for, and goes when the table of keys says the same. A database on a server needs no such file.
"""

import contextlib
import datetime as dt
import os
from collections.abc import Mapping
from pathlib import Path

from sellerhealth.store import api_keys
from sellerhealth.store.database import Database
from sellerhealth.store.sqlite_file import sync


def revoke(database: Database, key_id: str, now: dt.datetime) -> None:
    """Revokes a key of the database for good, and at once."""
    if database.file is not None:
        file = _file(database.file, key_id)
        with contextlib.suppress(OSError):  # where no file can be made, the table has to say it
            os.close(os.open(file, os.O_CREAT, 0o600))
            sync(file.parent)
            return
    with database.writing() as connection:
        api_keys.revoke(connection, key_id, now)


def is_pending(database: Database, key_id: str) -> bool:
    """Whether a key is revoked that the table does not know to be. Ask before you read the table: in between it may be stored."""
    return database.file is not None and _file(database.file, key_id).exists()


def pending(database: Database) -> Mapping[str, dt.datetime]:
    """When keys were revoked that the table does not know to be. Ask before you read the table."""
    found: dict[str, dt.datetime] = {}
    if database.file is not None:
        prefix = _file(database.file, "")
        for file in prefix.parent.iterdir():
            if file.name.startswith(prefix.name):
                with contextlib.suppress(FileNotFoundError):  # another program has stored it meanwhile
                    found[file.name.removeprefix(prefix.name)] = dt.datetime.fromtimestamp(file.stat().st_mtime, dt.UTC)
    return found


def settle(database: Database) -> None:
    """Stores what is pending, and waits for others who write. Raises StoreFault; then it stays pending."""
    revoked = pending(database)
    if database.file is None or not revoked:
        return
    with database.writing() as connection:
        for key_id, at in revoked.items():
            api_keys.revoke(connection, key_id, at)
    for key_id in revoked:
        with contextlib.suppress(OSError):  # it is gone already; or it stays, and says nothing new
            _file(database.file, key_id).unlink()


def _file(database: Path, key_id: str) -> Path:
    database = database.resolve()  # as SQLite does for its own files
    return database.with_name(f"{database.name}-revoked-{key_id}")
