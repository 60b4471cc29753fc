"""Examines the database: its file, its tables and its content, the room on its disk, and who may read it through the server."""

import datetime as dt
import os
import shlex
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sellerhealth.doctor.finding import Finding, ok, problem, warning
from sellerhealth.doctor.postgresql import examine_server
from sellerhealth.errors import StoreDamaged, StoreFault, StoreNotReady
from sellerhealth.settings import Settings
from sellerhealth.store import api_keys
from sellerhealth.store.database import Database
from sellerhealth.store.migrate import reason_to_migrate
from sellerhealth.store.sqlite_file import is_immutable, log_of

MIGRATIONS, CURRENT = "migrations", "The database has the tables of this version."

_OLDEST_SQLITE = (3, 35, 0)  # the first with everything that our statements use
_LARGE_LOG = 1_000_000_000  # bytes
_LITTLE = 200_000_000  # bytes: less is soon full


def examine_store(database: Database) -> Iterator[Finding]:
    """The findings about the database. After a problem nothing more of it is examined."""
    file = database.file
    if file is not None:
        yield from _examine_disk(file)
        if not file.exists() and file.absolute().parent.is_dir():
            yield warning(
                "database", f"There is no file {file} yet.", "The first command that uses it creates it, or run `sellerhealth migrate`."
            )
            return
        yield from _examine_permissions(database, file)
    try:
        yield from _examine_sqlite(database) if database.is_sqlite else examine_server(database)
        yield from _examine_migrations(database)
        if database.is_sqlite:
            yield _examine_content(database)
    except StoreFault as fault:
        yield problem("database", f"{fault.code}: {fault}")


def examine_access(settings: Settings, database: Database) -> Iterator[Finding]:
    """Whether strangers are let in."""
    try:
        with database.reading() as connection:
            has_keys = api_keys.any_valid(connection, dt.datetime.now(dt.UTC))
    except StoreFault as fault:
        yield problem("access", f"{fault.code}: {fault}")
        return
    if has_keys or settings.oidc is not None:
        yield ok("access", "The API asks for a key or a token.")
    elif settings.is_loopback:
        yield ok("access", "There is no valid API key: `serve` makes one for its process, and only this machine reaches it.")
    else:
        yield problem(
            "access",
            f"There is no valid API key, so `serve` refuses to start: others can reach {settings.host}.",
            "Create a key with `sellerhealth token create`, or listen on 127.0.0.1.",
        )


def _examine_disk(file: Path) -> Iterator[Finding]:
    folder = file.absolute().parent
    if not folder.is_dir():
        return  # opening the file says so
    free, size = shutil.disk_usage(folder).free, file.stat().st_size if file.is_file() else 0
    space = f"{_megabytes(free)} are free where the database is, which has {_megabytes(size)}."
    if free < _LITTLE:
        yield problem("disk", space, "Make room: an import that does not fit is not stored.")
    elif free < size:
        yield warning("disk", space, "Make room: a backup on this disk, or a migration that writes every row, would not fit.")
    else:
        yield ok("disk", space)


def _examine_permissions(database: Database, file: Path) -> Iterator[Finding]:
    folder = file.absolute().parent
    exposed = " ".join(shlex.quote(str(each)) for each in database.exposed_files())
    if file.is_file() and not (os.access(file, os.W_OK) and os.access(folder, os.W_OK)):
        how = "as a file that nobody writes" if is_immutable(file) else "beside its writers"
        yield warning(
            "permissions",
            f"This user can read {file}, {how}, but not import into it.",
            "If that is not intended, run commands as the owner of the file and its folder.",
        )
    elif exposed:
        yield warning("permissions", "Other users of this machine can read or write the database.", f"Run `chmod 600 {exposed}`.")
    else:
        yield ok("permissions", "Only this user can read and write the database.")


def _examine_sqlite(database: Database) -> Iterator[Finding]:
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        oldest = ".".join(map(str, _OLDEST_SQLITE))
        yield problem(
            "sqlite", f"Python has SQLite {version}, but at least {oldest} is needed.", "Install a newer Python, or a newer SQLite."
        )
    else:
        yield ok("sqlite", f"SQLite {version}.")
    with database.reading() as connection:
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
    log = log_of(database.file) if database.file is not None else None
    size = log.stat().st_size if log is not None and log.exists() else 0
    if mode != "wal":
        yield warning(
            "log", f"The journal is {mode!r}, so readers and writers wait for each other.", "The next import changes it by itself."
        )
    elif size > _LARGE_LOG:
        yield warning(
            "log",
            f"The write-ahead log has {_megabytes(size)}: something has been reading the same snapshot for long, or was killed.",
            "Restart what uses the database. The last program to close it empties the log.",
        )
    else:
        yield ok("log", f"The write-ahead log has {_megabytes(size)}.")


def _examine_migrations(database: Database) -> Iterator[Finding]:
    try:
        reason = reason_to_migrate(database)
    except StoreNotReady as fault:
        yield problem(MIGRATIONS, str(fault))
        return
    if reason is None:
        yield ok(MIGRATIONS, CURRENT)
    elif database.is_sqlite:
        yield warning(
            MIGRATIONS,
            f"The database {reason}.",
            "The next command that uses it migrates it. Make a backup before: `sellerhealth backup`.",
        )
    else:
        yield problem(MIGRATIONS, f"The database {reason}.", "Run `sellerhealth migrate`.")


def _examine_content(database: Database) -> Finding:
    try:
        with database.reading() as connection:
            faults = connection.exec_driver_sql("PRAGMA quick_check(3)").scalars().all()
    except StoreDamaged as fault:
        faults = [str(fault.__cause__)]
    if faults == ["ok"]:
        return ok("content", "Every page of the database can be read and fits the others.")
    return problem(
        "content", f"The database is damaged: {'; '.join(faults)}.", "Stop what uses it, and restore a backup with `sellerhealth restore`."
    )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
