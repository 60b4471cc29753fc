"""Empty stores for tests. Migrating takes longer than most tests, so it is done once in a process and its file is copied."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from sellerhealth.store.database import Database
from sellerhealth.store.migrate import upgrade

_NAME = "store.db"
_closed: list[tuple[Path, Database]] = []  # stores of earlier tests, and their folders


@contextmanager
def empty_database() -> Iterator[Database]:
    """An empty store in a folder of its own, which is removed at the end.

    Its engines are those of an earlier test, if one is done with them: they remember the text of their statements, and to write it
    again takes longer than to run them.
    """
    if _closed:
        folder, database = _closed.pop()
        folder.mkdir(mode=0o700)
        folder.joinpath(_NAME).write_bytes(empty_store())
        database.reopen()
    else:
        folder = Path(tempfile.mkdtemp(prefix="sellerhealth-"))
        database = open_empty_store(folder / _NAME)
    try:
        yield database
    finally:
        database.close()
        shutil.rmtree(folder)
        _closed.append((folder, database))


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
