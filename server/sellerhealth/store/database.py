"""Database connections: SQLite in a file, or a server. Readers cannot write; writers take turns."""

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

import sqlalchemy as sa

from sellerhealth.database_url import read_database_url
from sellerhealth.deadline import NEVER, Deadline, DeadlinePassed
from sellerhealth.errors import BadSettings, StoreFault
from sellerhealth.request_record import current_record
from sellerhealth.settings import Settings
from sellerhealth.store import postgresql_server, sqlite_file
from sellerhealth.store.bulk_postgresql import copy_rows
from sellerhealth.store.faults import fault_of, fault_of_reader
from sellerhealth.store.kept_connections import KeptConnections

T = TypeVar("T")

SUPPORTED = {"sqlite", "sqlite+pysqlite", "postgresql+psycopg"}
READERS = 8  # operations that read at once, unless the settings allow more or fewer
SHORT_READERS = 2  # threads for what must not wait for a query


class Database:
    """A database by its URL. Close it when done: it holds connections and threads. BadSettings if its URL cannot be used.

    `replica`: the URL of a standby of its server, on which `query` reads. `readers`: how many operations read at once. `named_by`: where
    a user has written the URL.
    """

    def __init__(self, url: str, replica: str | None = None, *, readers: int = READERS, named_by: str = "The setting `database`") -> None:
        self.url = _read(named_by, url)
        self._readers_at_once = readers
        if self.url.drivername not in SUPPORTED:
            raise BadSettings(
                f"{named_by} begins with {self.url.drivername}://, which is not supported. "
                "Use SQLite, as sqlite:///FILE, or PostgreSQL, as postgresql://USER:PASSWORD@HOST/NAME."
            )
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        options = {} if self.is_sqlite else postgresql_server.engine_options(self.url)
        # The message of a failed statement may be logged, so it hides the parameters: they are facts of sellers.
        make = partial(sa.create_engine, hide_parameters=True, **options)
        make_engine = partial(make, self.url)
        try:
            # One writer of a file; on a server as many as there are threads that write.
            self.writer = make_engine(pool_size=1, max_overflow=0 if self.is_sqlite else -1)
        except ImportError as missing:
            raise BadSettings(
                f"{named_by} names PostgreSQL, but its driver psycopg is not installed. "
                "Install it with `pip install 'sellerhealth[postgresql]'`."
            ) from missing
        # Not more: the large ones are kept as text, see model/statement_text.py.
        make_reader = partial(make, pool_size=readers + SHORT_READERS + 1, max_overflow=0, query_cache_size=256)
        self.reader = make_reader(self.url)
        self.replica = None if replica is None else make_reader(self._url_of_replica(replica))
        # Apart from the writer, whose only connection may be in use for minutes. Opened for each use: that is seldom.
        self._impatient = make_engine(poolclass=sa.NullPool)
        self.file = sqlite_file.file_of(self.url)  # None on a server
        self._commits = None if self.file is None or "uri" in self.url.query else sqlite_file.Commits(self.file)
        self._kept = KeptConnections(
            self.reader, partial(sqlite_file.is_usable, self.file) if self.is_sqlite else postgresql_server.is_usable
        )
        if self.is_sqlite:
            sqlite_file.open_writers(self.writer, self.url)
            sqlite_file.open_writers(self._impatient, self.url, wait=False)
            sqlite_file.open_readers(self.reader, self.url)
        else:
            postgresql_server.open_writers(self.writer)
            postgresql_server.open_writers(self._impatient, wait=False)
            for engine in (self.writer, self._impatient):
                sa.event.listen(engine, "do_execute", copy_rows)
            for engine in self._readers:
                postgresql_server.open_readers(engine)
        for engine in (self.writer, self._impatient, *self._readers):
            sa.event.listen(engine, "before_cursor_execute", _count_statement)
        # Whatever a driver raises goes through these, so faults of the database have one name everywhere.
        for engine in (self.writer, self._impatient):
            sa.event.listen(engine, "handle_error", partial(_name, self.url, fault_of))
        for engine in self._readers:
            sa.event.listen(engine, "handle_error", partial(_name, engine.url, fault_of_reader))
        self.reopen()

    @property
    def _readers(self) -> Sequence[sa.Engine]:
        return (self.reader,) if self.replica is None else (self.reader, self.replica)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The database of the settings, which all operations that may run at once can read."""
        return cls(settings.database, settings.database_replica, readers=settings.most_operations)

    @property
    def most_connections(self) -> int:
        """The connections that a process may need: those of all that read, one of the keeper of rollups, and one that writes."""
        return self._readers_at_once + SHORT_READERS + 2

    def _url_of_replica(self, replica: str) -> sa.URL:
        url = _read("The setting `database_replica`", replica)
        if self.is_sqlite or url.drivername != self.url.drivername:
            raise BadSettings(
                "The settings `database` and `database_replica` must both name PostgreSQL servers, the second a standby of the first."
            )
        return url

    def reopen(self) -> None:
        """Starts the threads, also of a closed database. Connections open when they are used, and what is remembered of statements is kept."""
        self._turns = threading.BoundedSemaphore(self._readers_at_once)
        self._threads = ThreadPoolExecutor(SHORT_READERS, thread_name_prefix="short")

    def exposed_files(self) -> Sequence[Path]:
        """The files of the database that other users of this machine can read or write."""
        return () if self.file is None else sqlite_file.exposed_files(self.file)

    def reading(self, deadline: Deadline = NEVER) -> contextlib.AbstractContextManager[sa.Connection]:
        """A read-only connection that sees one snapshot for as long as it is open.

        Raises DeadlinePassed when a statement runs past the deadline, which interrupts it. To open a connection is to wait, too.
        """
        if isinstance(self.reader.pool, sa.QueuePool) and not (self._kept.is_free or self.reader.pool.checkedin()):
            deadline.check_may_wait()
        deadline.check()
        return self._kept.transaction(partial(self._interrupted, deadline=deadline))

    @contextlib.contextmanager
    def _reading_replica(self, replica: sa.Engine, deadline: Deadline) -> Iterator[sa.Connection]:
        deadline.check()
        with replica.connect() as connection, self._interrupted(connection, deadline):
            with connection.begin():  # before the snapshot, so that it is not older than what is said of it
                until = postgresql_server.replayed_until(connection)
            if record := current_record():
                record.note_replayed(until)
            with connection.begin():
                yield connection

    def _interrupted(self, connection: sa.Connection, deadline: Deadline) -> contextlib.AbstractContextManager[None]:
        if deadline is NEVER:
            return contextlib.nullcontext()
        interrupted = sqlite_file.interrupted if self.is_sqlite else postgresql_server.interrupted
        return interrupted(connection, deadline)

    @contextlib.contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A connection in a transaction: committed at the end, rolled back by any exception."""
        with self.writer.begin() as connection:
            yield connection

    def try_writing(self, write: Callable[[sa.Connection], object]) -> Exception | None:
        """Runs a function that writes, in a transaction, unless that is not possible at once: returns why.

        For what is good to know, but not worth waiting for another who writes, such as a long import, or failing in a read-only database.
        """
        try:
            with self._impatient.begin() as connection:
                write(connection)
        except (StoreFault, sa.exc.DBAPIError) as reason:
            return reason
        return None

    def mark(self) -> object | None:
        """What is different after each commit of any program. None if it is not known: on a server it is as long a way as a query.

        It takes a few microseconds. Called by one thread at a time.
        """
        return None if self._commits is None else self._commits.mark()

    @contextlib.contextmanager
    def snapshot(self, deadline: Deadline = NEVER) -> Iterator[sa.Connection]:
        """A read-only connection that sees one snapshot, of the replica if there is one. Raises DeadlinePassed.

        It waits where too many others read, so that there is a connection for every short function.
        """
        deadline.check()
        if not self._turns.acquire(timeout=None if deadline is NEVER else deadline.remaining):
            raise DeadlinePassed
        try:
            with self.reading(deadline) if self.replica is None else self._reading_replica(self.replica, deadline) as connection:
                yield connection
        finally:
            self._turns.release()

    def read(self, read: Callable[[sa.Connection], T], deadline: Deadline = NEVER) -> T:
        """Runs a function that reads from a snapshot. Raises DeadlinePassed."""
        with self.snapshot(deadline) as connection:
            return read(connection)

    async def on_thread(self, function: Callable[[], T]) -> T:
        """Runs a short function that reads on a thread that no query can keep busy: who sends a request must be known at once."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, contextvars.copy_context().run, function)

    def close(self) -> None:
        """Stops the threads, then closes the connections."""
        self._threads.shutdown()
        if self._commits is not None:
            self._commits.close()
        self._kept.close()
        for engine in self._readers:
            engine.dispose()
        self.writer.dispose()


def _read(named_by: str, url: str) -> sa.URL:
    try:
        return read_database_url(url)
    except ValueError as unreadable:
        expected = "It is sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME."
        raise BadSettings(f"{named_by} cannot be used: {str(unreadable).removesuffix('.')}. {expected}") from None


def _name(url: sa.URL, name: Callable[..., StoreFault | None], context: sa.ExceptionContext) -> StoreFault | None:
    if context.is_pre_ping:
        return None  # the pool connects anew
    return name(context.original_exception, url, is_connected=context.connection is not None)


def _count_statement(connection: sa.Connection, cursor: Any, statement: str, *executing: Any) -> None:
    if not statement.startswith("BEGIN") and (record := current_record()):
        record.count_statement()
