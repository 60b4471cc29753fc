"""How an SQLite file is opened: to write, to read beside writers, or to read where nothing can be written."""

import contextlib
import os
import sqlite3
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa

from sellerhealth.deadline import Deadline
from sellerhealth.errors import StoreBusy

UNDECODABLE = "Could not decode to UTF-8"  # how the driver's message about a text begins
_WAIT, _NO_WAIT = "PRAGMA busy_timeout=30000", "PRAGMA busy_timeout=0"  # ms
_STATEMENTS = 64  # that a connection keeps prepared, up to half a megabyte each; the driver would keep 128
_STEPS = 20_000  # of SQLite's virtual machine between two looks at the deadline: about a millisecond


def file_of(url: sa.URL) -> Path | None:
    """The file of a database, which its URL may name by another URL. None for a database on a server or in memory."""
    name = (url.database or "") if url.get_backend_name() == "sqlite" else ""
    if name in ("", ":memory:") or url.query.get("mode") == "memory":
        return None
    return Path(unquote(urlsplit(name).path) if name.startswith("file:") else name)


def exposed_files(file: Path) -> Sequence[Path]:
    """A file and those beside it, as far as other users of this machine can read or write them."""
    if os.name != "posix":
        return ()
    return [each for each in (file, *files_beside(file)) if each.exists() and each.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]


def files_beside(file: Path) -> Sequence[Path]:
    """The files that SQLite has made beside a file: its log and the index of the log, or its journal."""
    return [each for suffix in ("-wal", "-shm", "-journal") if (each := file.with_name(f"{file.name}{suffix}")).exists()]


class _Snapshot(NamedTuple):
    """What shows that a file was not written since."""

    inode: int
    size: int
    modified: int
    has_log: bool


def log_of(file: Path) -> Path:
    """The write-ahead log of a file: what was written since the last checkpoint. The last program to close the file removes it."""
    return file.with_name(f"{file.name}-wal")


def is_immutable(file: Path) -> bool:
    """Whether a file is read as one that nobody writes: nothing can be created in its folder, and no writer has a log there.

    Otherwise SQLite needs its log and the log's index to read, and creates them. See docs/errors.md#a-database-that-can-only-be-read.
    """
    return not os.access(file.parent, os.W_OK) and not log_of(file).exists()


def open_writers(engine: sa.Engine, url: sa.URL, *, wait: bool = True) -> None:
    """Sets up the connections of an engine to write. They create the file. Writers take turns: a connection waits for its turn, or fails at once."""
    if (file := file_of(url)) is not None and "mode" not in url.query:
        sa.event.listen(engine, "do_connect", lambda *connecting: create_private(file))
    sa.event.listen(engine, "connect", _set_up)
    if not wait:
        sa.event.listen(engine, "connect", _do_not_wait)
    sa.event.listen(engine, "begin", _begin_immediate)


def open_readers(engine: sa.Engine, url: sa.URL) -> None:
    """Sets up the connections of an engine to read. They create no file, and wait for no writer."""
    if (file := file_of(url)) is not None and "uri" not in url.query:  # else it has parameters of its own
        sa.event.listen(engine, "do_connect", _connect_to(file))
        sa.event.listen(engine, "checkout", _refuse_if_changed(file))
    sa.event.listen(engine, "connect", _set_up_read_only)
    sa.event.listen(engine, "begin", _begin)


def is_usable(file: Path | None, connection: sa.Connection, idle: float) -> bool:
    """Whether a connection of a reader can still be used: a file that nobody wrote when it was opened is still the same."""
    return file is None or _is_unchanged(file, connection.info)


@contextlib.contextmanager
def interrupted(connection: sa.Connection, deadline: Deadline) -> Iterator[None]:
    """Interrupts the running statement when a deadline passes. One that does not wait passes as soon as another program has locked the file."""
    driver: Any = connection.connection.driver_connection
    driver.set_progress_handler(lambda: deadline.has_passed, _STEPS)
    if not deadline.waits:  # SQLite looks at no deadline while it waits for a lock
        driver.execute(_NO_WAIT)
    try:
        yield
    except sa.exc.OperationalError:
        deadline.check()  # the statement was interrupted
        raise
    except StoreBusy:
        deadline.check_may_wait()
        raise
    finally:
        driver.set_progress_handler(None, 0)
        if not deadline.waits:
            driver.execute(_WAIT)


class Commits:
    """A connection that knows whether others have written to a file since. Close it when done."""

    def __init__(self, file: Path) -> None:
        self._file, self._opened = file, 0
        self._cursor: sqlite3.Cursor | None = None

    def mark(self) -> tuple[int, int] | None:
        """What is different after each commit. None if it is not known.

        It waits for nobody and reads no page: SQLite looks whether the index of its log has changed.
        """
        try:
            if self._cursor is None and not is_immutable(self._file):
                self._cursor = _connection_of(self._file).cursor()
                self._opened += 1  # the numbers of another connection are not comparable
            return None if self._cursor is None else (self._opened, self._cursor.execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.Error:
            self.close()
            return None

    def close(self) -> None:
        """Closes the connection. It is opened again when it is used."""
        if self._cursor is not None:
            self._cursor.connection.close()
            self._cursor = None


def _connection_of(file: Path) -> sqlite3.Connection:
    uri = f"{file.absolute().as_uri()}?mode=rw"
    return sqlite3.connect(uri, uri=True, timeout=0, isolation_level=None, check_same_thread=False)


def create_private(file: Path) -> None:
    """Creates a file for its owner alone, unless it is there. SQLite would create it as the umask says, and gives its other files the same mode."""
    with contextlib.suppress(OSError):  # it is there already, or cannot be created: SQLite then says why
        os.close(os.open(file, os.O_CREAT | os.O_EXCL, 0o600))


def sync(path: Path) -> None:
    """Waits until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _connect_to(file: Path) -> Callable[..., Any]:
    def connect(dialect: Any, record: Any, arguments: Any, options: dict[str, Any]) -> Any:
        immutable = is_immutable(file)
        record.info["snapshot"] = _snapshot(file) if immutable else None
        uri = f"{file.absolute().as_uri()}?{'mode=ro&immutable=1' if immutable else 'mode=rw'}"
        return dialect.connect(uri, **options, uri=True, cached_statements=_STATEMENTS)

    return connect


def _refuse_if_changed(file: Path) -> Callable[..., None]:
    def check_out(connection: Any, record: Any, proxy: Any) -> None:
        if not _is_unchanged(file, record.info):
            raise sa.exc.DisconnectionError  # the pool opens a new connection

    return check_out


def _is_unchanged(file: Path, info: Mapping[str, Any]) -> bool:
    # SQLite does not look whether an immutable file changes after all.
    return (snapshot := info.get("snapshot")) is None or snapshot == _snapshot(file)


def _snapshot(file: Path) -> _Snapshot | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return _Snapshot(found.st_ino, found.st_size, found.st_mtime_ns, log_of(file).exists())


@contextlib.contextmanager
def _legible() -> Iterator[None]:
    """Makes an error of the driver of what Python cannot decode: SQLite's message about a damaged schema quotes what is damaged."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise sqlite3.DatabaseError(UNDECODABLE) from error


@_legible()
def _set_up(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # the driver's own transactions begin too late: see _begin_immediate
    connection.execute(_WAIT)
    connection.execute("PRAGMA page_size=16384")  # for a new file: rows come in random order, and fewer pages are split than with 4096
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    # 64 MiB: a large import writes to many pages repeatedly. With 256 MiB a million orders take as long, a newer report of them a sixth less, and
    # 560 MB in place of 320: a sort may use as much again.
    connection.execute("PRAGMA cache_size=-65536")


def _do_not_wait(connection: Any, record: Any) -> None:
    connection.execute(_NO_WAIT)
    connection.execute("PRAGMA synchronous=NORMAL")  # a commit does not wait for the disk either: it may be lost with the power


@_legible()
def _set_up_read_only(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # the driver begins no transaction for reads: see _begin
    connection.execute(_WAIT)
    connection.execute("PRAGMA query_only=ON")
    connection.execute("PRAGMA cache_size=-16384")  # 16 MiB: the pages are large, so the default would hold few of them
    # SQLite's own `lower` only handles ASCII: a search for "bär" would not find "BÄR".
    connection.create_function("lower", 1, lambda text: text if text is None else str(text).lower(), deterministic=True)


def _begin_immediate(connection: sa.Connection) -> None:
    # A deferred transaction that reads first and then writes fails, instead of waiting, if another has written meanwhile.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin(connection: sa.Connection) -> None:
    # Without a transaction each statement of a reader would see a snapshot of its own. This one begins with the first statement.
    connection.connection.driver_connection.execute("BEGIN")  # type: ignore[union-attr]  # it is there while connected
