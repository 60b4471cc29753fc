"""Database connections: SQLite in a file, or a server. Readers cannot write; writers take turns."""

import asyncio
import contextlib
import contextvars
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

from sellerhealth.deadline import NEVER, Deadline
from sellerhealth.errors import BadSettings, StoreFault
from sellerhealth.request_record import current_record
from sellerhealth.store.faults import fault_of, fault_of_reader
from sellerhealth.store.sqlite_file import exposed_files, file_of, open_readers, open_writers

T = TypeVar("T")

SUPPORTED = {"sqlite", "sqlite+pysqlite", "postgresql", "postgresql+psycopg"}
READERS = 8  # threads that run queries, so that the event loop never waits for one
SHORT_READERS = 2  # threads for what must not wait for a query
STEPS = 20_000  # of SQLite's virtual machine between two looks at the deadline: about a millisecond


class Database:
    """A database by its URL. Close it when done: it holds connections and threads. BadSettings if its URL cannot be used."""

    def __init__(self, url: str) -> None:
        self.url = sa.make_url(url)
        if self.url.drivername not in SUPPORTED:
            raise BadSettings(
                f"The setting `database` begins with {self.url.drivername}://, which is not supported. "
                "Use SQLite, as sqlite:///FILE, or PostgreSQL, as postgresql+psycopg://USER@HOST/NAME."
            )
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        one_writer = {"pool_size": 1, "max_overflow": 0} if self.is_sqlite else {}
        # The message of a failed statement may be logged, so it hides the parameters: they are facts of sellers.
        make_engine = partial(sa.create_engine, self.url, hide_parameters=True)
        try:
            self.writer = make_engine(**one_writer)
        except ImportError as missing:
            raise BadSettings(
                "The setting `database` names PostgreSQL, but its driver psycopg is not installed. "
                "Install it with `pip install 'sellerhealth[postgresql]'`."
            ) from missing
        # A reader sees one snapshot until it is done. In SQLite every transaction is like that.
        server_only = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ", "execution_options": {"postgresql_readonly": True}}
        self.reader = make_engine(pool_size=READERS + SHORT_READERS, max_overflow=0, **server_only)
        # Apart from the writer, whose only connection may be in use for minutes. Opened for each use: that is seldom.
        self._impatient = make_engine(poolclass=sa.NullPool)
        self.file = file_of(self.url)  # None on a server
        if self.is_sqlite:
            open_writers(self.writer, self.url)
            open_writers(self._impatient, self.url, wait=False)
            open_readers(self.reader, self.url)
        for engine in (self.writer, self._impatient, self.reader):
            sa.event.listen(engine, "before_cursor_execute", _count_statement)
        # Whatever a driver raises goes through these, so faults of the database have one name everywhere.
        for engine in (self.writer, self._impatient):
            sa.event.listen(engine, "handle_error", lambda context: fault_of(context.original_exception, self.url))
        sa.event.listen(self.reader, "handle_error", lambda context: fault_of_reader(context.original_exception, self.url))
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="query")
        self._short = ThreadPoolExecutor(SHORT_READERS, thread_name_prefix="short")

    def exposed_files(self) -> Sequence[Path]:
        """The files of the database that other users of this machine can read or write."""
        return () if self.file is None else exposed_files(self.file)

    @contextlib.contextmanager
    def reading(self, deadline: Deadline = NEVER) -> Iterator[sa.Connection]:
        """A read-only connection that sees one snapshot for as long as it is open.

        Raises DeadlinePassed when a statement runs past the deadline, which interrupts it on SQLite.
        """
        deadline.check()
        with self.reader.connect() as connection, self._interrupted(connection, deadline), connection.begin():
            yield connection

    @contextlib.contextmanager
    def _interrupted(self, connection: sa.Connection, deadline: Deadline) -> Iterator[None]:
        if not self.is_sqlite or deadline is NEVER:
            yield
            return
        driver: Any = connection.connection.driver_connection
        driver.set_progress_handler(lambda: deadline.has_passed, STEPS)
        try:
            yield
        except sa.exc.OperationalError:
            deadline.check()  # the statement was interrupted
            raise
        finally:
            driver.set_progress_handler(None, 0)

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

    def analyse(self) -> None:
        """Lets SQLite sample the tables: otherwise it picks the wrong index for a look-up by order. A server does so by itself."""
        if self.is_sqlite:
            with self.writing() as connection:
                connection.exec_driver_sql("PRAGMA analysis_limit=1000")
                connection.exec_driver_sql("ANALYZE")

    async def query(self, read: Callable[[sa.Connection], T], deadline: Deadline = NEVER) -> T:
        """Runs a function that reads, on a thread of the pool. Raises DeadlinePassed."""

        def run() -> T:
            with self.reading(deadline) as connection:
                return read(connection)

        return await self._on(self._threads, run)

    async def on_thread(self, function: Callable[[], T]) -> T:
        """Runs a short function that reads on a thread that no query can keep busy: who sends a request must be known at once."""
        return await self._on(self._short, function)

    @staticmethod
    async def _on(threads: ThreadPoolExecutor, function: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(threads, contextvars.copy_context().run, function)

    def close(self) -> None:
        """Stops the threads, then closes the connections."""
        self._threads.shutdown()
        self._short.shutdown()
        self.reader.dispose()
        self.writer.dispose()


def _count_statement(*executing: Any) -> None:
    if record := current_record():
        record.count_statement()
