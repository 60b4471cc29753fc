"""Empty stores for tests. Migrating takes longer than most tests, so it is done once in a process and its file is copied."""

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from sellerhealth.store.database import Database
from sellerhealth.store.migrate import upgrade


def open_empty_store(path: Path) -> Database:
    """A new store in a file. Its commits do not wait for the disk, because the file is not needed after a crash."""
    path.write_bytes(empty_store())
    database = Database(f"sqlite:///{path}")
    sa.event.listen(database.writer, "connect", _do_not_wait)
    return database


@cache
def empty_store() -> bytes:
    """The content of the file of a migrated database."""
    with tempfile.TemporaryDirectory(prefix="sellerhealth-") as folder:
        store = Path(folder) / "store.db"
        database = Database(f"sqlite:///{store}")
        upgrade(database)
        database.close()  # the last connection to close moves the write-ahead log into the file
        return store.read_bytes()


def _do_not_wait(connection: Any, record: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF")
