"""Backs an SQLite store up and restores it: a copy in one file, verified, and in its place at once or not at all."""

import contextlib
import datetime as dt
import os
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
import structlog

from sellerhealth.database_url import redacted
from sellerhealth.errors import BadInput, StoreBusy, StoreDamaged, StoreNotReady, StoreNotRecognised
from sellerhealth.store.database import Database
from sellerhealth.store.faults import describe, named_faults
from sellerhealth.store.migrate import reason_to_migrate, revision_of
from sellerhealth.store.sqlite_file import files_beside, sync

log = structlog.get_logger(__name__)

_CLOSING = 1.0  # seconds that another program gets to close the store that is replaced


def back_up(database: Database, target: Path, *, replace: bool = False) -> int:
    """Writes a copy of the store to a file, while others read and write the store, and returns its size in bytes.

    Raises BadInput if the file exists, unless it is to be replaced; StoreDamaged if the store is damaged.
    """
    if target.exists() and not replace:
        raise BadInput(f"{target} exists already.", argument="replace")
    if database.file is not None and target.exists() and target.samefile(database.file):
        raise BadInput(f"{target} is the database itself: name another file.")
    if not target.absolute().parent.is_dir():
        raise BadInput(f"There is no folder {target.parent}.")
    if revision_of(database) is None:
        raise StoreNotReady(f"The database {redacted(database.url)} has no tables yet: there is nothing to back up.")
    with _verified_copy(database, target, journal="DELETE") as copy:  # one file, which can also be read where nothing can be written
        size = copy.stat().st_size
        _move(copy, target, replace=replace)
    return size


def restore(database: Database, source: Path) -> Path | None:
    """Puts a copy of a backup in the place of the store, and returns where the replaced store is kept; None if there was none.

    Raises StoreNotRecognised, StoreNotReady or StoreDamaged for a file that is no intact backup of a known version; StoreBusy while another
    program has the store open. Then nothing is changed.
    """
    store = _file(database)
    if not source.is_file():
        raise BadInput(f"There is no file {source}.")
    if store.exists() and source.samefile(store):
        raise BadInput(f"{source} is the database itself: name a backup of it.")
    backup = Database(sa.URL.create("sqlite", database=str(source)).render_as_string())
    try:
        reason_to_migrate(backup)  # raises for a newer version; an older one is migrated when it is used
        if revision_of(backup) is None:
            raise describe(StoreNotRecognised, backup.url)
        with _verified_copy(backup, store, journal="WAL") as copy:
            return _replace(store, copy, database.url)
    except StoreNotRecognised as fault:
        raise StoreNotRecognised(f"{source} is not a database of sellerhealth, so it was not restored.") from fault
    except StoreDamaged as fault:
        raise StoreDamaged(f"{source} is damaged, so it was not restored. Take an older backup.") from fault
    finally:
        backup.close()


def _file(database: Database) -> Path:
    if database.file is None:
        raise BadInput("The database is not a file.")
    return database.file


@contextlib.contextmanager
def _verified_copy(database: Database, target: Path, *, journal: str) -> Iterator[Path]:
    """A copy of a store beside a file, for its owner alone, on the disk and without a fault. It is deleted at the end unless it was moved."""
    number, name = tempfile.mkstemp(prefix=f"{target.name}.", suffix=".part", dir=target.absolute().parent)
    os.close(number)
    copy = Path(name)
    try:
        with (
            database.reading() as connection,
            named_faults(sa.URL.create("sqlite", database=str(target))),
            contextlib.closing(sqlite3.connect(copy, isolation_level=None)) as written,
        ):
            source: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]  # it is SQLite's
            source.backup(written)  # all pages in one step: of one snapshot, whatever is written meanwhile
            written.execute(f"PRAGMA journal_mode={journal}")
            try:
                is_intact = written.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",)
            except sqlite3.DatabaseError:
                is_intact = False
        if not is_intact:
            raise describe(StoreDamaged, database.url)
        sync(copy)
        yield copy
    finally:
        for file in (copy, *files_beside(copy)):
            file.unlink(missing_ok=True)


def _replace(store: Path, copy: Path, url: sa.URL) -> Path | None:
    """Puts a copy in the place of a store that nobody has open, and keeps the store."""
    if not store.exists():
        _move(copy, store, replace=False)
        return None
    with _closed_by_others(store, url):
        _take_owner(copy, store)
        kept = store.with_name(f"{store.name}.replaced-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S.%f}Z")
        for file in files_beside(store):  # those of a damaged store: they must not stay beside the new one
            file.rename(file.with_name(file.name.replace(store.name, kept.name, 1)))
        _link(store, kept)
        os.replace(copy, store)
        sync(store.absolute().parent)
    return kept


@contextlib.contextmanager
def _closed_by_others(store: Path, url: sa.URL) -> Iterator[None]:
    """Keeps others from opening a store. Raises StoreBusy if one has it open: SQLite only changes the journal for a single program."""
    with contextlib.closing(sqlite3.connect(store, timeout=_CLOSING, isolation_level=None)) as connection:
        try:
            with named_faults(url):
                connection.execute("PRAGMA journal_mode=DELETE")  # also moves the log into the file, and removes it
                connection.execute("BEGIN EXCLUSIVE")
        except StoreBusy as fault:
            raise StoreBusy(f"The database {redacted(url)} is open in another program, for example a server. Stop it first.") from fault
        except (StoreDamaged, StoreNotRecognised) as fault:
            log.warning("damaged_store_replaced", reason=str(fault))  # it is of no use to anyone
        yield


def _take_owner(copy: Path, store: Path) -> None:
    """Gives a copy the owner and the mode of the store that it replaces, so that its server can open it."""
    before = store.stat()
    copy.chmod(stat.S_IMODE(before.st_mode))
    with contextlib.suppress(PermissionError):  # only the superuser can give a file away; then the copy stays the user's own
        os.chown(copy, before.st_uid, before.st_gid)


def _move(copy: Path, target: Path, *, replace: bool) -> None:
    """Renames a copy. An existing file is replaced as a whole, or not at all."""
    if replace:
        os.replace(copy, target)
    else:
        try:
            _link(copy, target)
        except FileExistsError as exists:
            raise BadInput(f"{target} exists already.", argument="replace") from exists
    sync(target.absolute().parent)


def _link(file: Path, name: Path) -> None:
    """Gives a file a second name, which must be free. Where the disk has no such links, the file is renamed."""
    try:
        os.link(file, name)
    except FileExistsError:
        raise
    except OSError:
        if name.exists():
            raise FileExistsError(name) from None
        file.rename(name)
