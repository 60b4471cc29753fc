"""Names the faults of a database: what its driver raises when the disk is full, a page is damaged or another program writes."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

import sqlalchemy as sa

from sellerhealth.database_url import redacted
from sellerhealth.errors import (
    StoreBusy,
    StoreDamaged,
    StoreFault,
    StoreFull,
    StoreNotRecognised,
    StoreReadOnly,
    StoreUnreachable,
)
from sellerhealth.store import postgresql_faults
from sellerhealth.store.sqlite_file import UNDECODABLE, file_of, log_of

# By the names of SQLite's result codes: https://www.sqlite.org/rescode.html. A code that is not listed counts as its family.
_SQLITE: Mapping[str, type[StoreFault]] = {
    "SQLITE_AUTH": StoreUnreachable,
    "SQLITE_BUSY": StoreBusy,
    "SQLITE_CANTOPEN": StoreUnreachable,
    "SQLITE_CORRUPT": StoreDamaged,
    "SQLITE_FULL": StoreFull,
    "SQLITE_IOERR": StoreFault,
    "SQLITE_IOERR_SHMSIZE": StoreFull,  # a limit of the size of files, or a quota, looks like a failing disk
    "SQLITE_IOERR_WRITE": StoreFull,
    "SQLITE_LOCKED": StoreBusy,
    "SQLITE_NOTADB": StoreNotRecognised,
    "SQLITE_PERM": StoreUnreachable,
    "SQLITE_READONLY": StoreReadOnly,
}

_REMEDIES: Mapping[type[StoreFault], str] = {
    StoreBusy: "is being written by another program, and was not free in time. Wait until its import is finished, and try again.",
    StoreDamaged: "is damaged. Stop what uses it, and restore a backup with `sellerhealth restore`.",
    StoreFault: "cannot be read or written, because its disk fails. Look into the system's log, and copy what can still be read.",
    StoreFull: "cannot grow: its disk is full, or a quota or a limit of the size of files is reached. Nothing was stored. Make room, and try again.",
    StoreNotRecognised: "is not a database of sellerhealth. Correct the setting `database`, or restore a backup with `sellerhealth restore`.",
    StoreReadOnly: "can only be read: this user may not write the file or its folder, or the disk is mounted read-only. "
    "Run the command as their owner, or mount the disk to be written.",
    StoreUnreachable: "cannot be opened. Check the setting `database`.",
}


def fault_of(error: BaseException, url: sa.URL, *, is_connected: bool = True) -> StoreFault | None:
    """The fault of a database that an error of its driver is, with a remedy. None if the statement is at fault."""
    if url.get_backend_name() == "sqlite":
        kind = _kind(error)
        if kind is StoreUnreachable and _can_only_be_read(url):  # on a disk that is mounted read-only, a file "cannot be opened" to write
            kind = StoreReadOnly
        return None if kind is None else describe(kind, url)
    of_server = postgresql_faults.kind_of(error, is_connected=is_connected)
    return None if of_server is None else of_server(f"The database {redacted(url)} {postgresql_faults.explain(of_server, error)}")


def fault_of_reader(error: BaseException, url: sa.URL, *, is_connected: bool = True) -> StoreFault | None:
    """The same for one that only reads. None also if it tried to write: then its statement is at fault."""
    fault = fault_of(error, url, is_connected=is_connected)
    if not isinstance(fault, StoreReadOnly):
        return fault
    # The other codes of the family say that the log of the file, or the index of the log, cannot be created.
    return describe(StoreUnreachable, url) if getattr(error, "sqlite_errorname", "SQLITE_READONLY") != "SQLITE_READONLY" else None


@contextlib.contextmanager
def named_faults(url: sa.URL) -> Iterator[None]:
    """Names the faults of what is done with SQLite's own connections."""
    try:
        yield
    except sqlite3.Error as error:
        if (fault := fault_of(error, url)) is not None:
            raise fault from error
        raise


def describe(kind: type[StoreFault], url: sa.URL) -> StoreFault:
    """A fault of a kind, in words for the operator of an SQLite file."""
    file = file_of(url) if kind is StoreUnreachable else None
    cause = None if file is None else _why_not_opened(file)
    return kind(f"The database {redacted(url)} {cause or _REMEDIES[kind]}")


def _kind(error: BaseException) -> type[StoreFault] | None:
    if name := getattr(error, "sqlite_errorname", None):
        family = "_".join(name.split("_")[:2])
        return _SQLITE.get(name, _SQLITE.get(family))
    if isinstance(error, sqlite3.Error) and str(error).startswith(UNDECODABLE):
        return StoreDamaged  # all that we store is UTF-8
    return None


def _can_only_be_read(url: sa.URL) -> bool:
    file = file_of(url)
    if file is None or not file.is_file() or not os.access(file, os.R_OK):
        return False
    return not (os.access(file, os.W_OK) and os.access(file.absolute().parent, os.W_OK))


def _why_not_opened(file: Path) -> str | None:
    """Why a file cannot be opened, if that can be seen."""
    folder = file.absolute().parent
    if file.is_dir():
        return "is a folder. Name a file in the setting `database`."
    if not folder.exists():
        return f"cannot be opened, because there is no folder {folder}. Create it, or correct the setting `database`."
    if not folder.is_dir():
        return f"cannot be opened, because {folder} is not a folder. Correct the setting `database`."
    if not os.access(folder, os.X_OK) or (file.exists() and not os.access(file, os.R_OK)):
        return (
            "cannot be opened, because this user may not read it. Run the command as its owner, or grant access to the file and its folder."
        )
    if file.exists() and log_of(file).exists() and not os.access(folder, os.W_OK):
        return (
            f"cannot be read, because the last program that wrote it did not close it, and its log {log_of(file).name} can only be read "
            "where its folder can be written. Let this user write into the folder, or run a command as its owner, for example `sellerhealth migrate`."
        )
    if not file.exists():
        return "does not exist, and cannot be created. Correct the setting `database`, or let this user write into the folder."
    return None
