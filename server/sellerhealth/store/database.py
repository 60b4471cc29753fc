"""Database connections: SQLite in a file, or a server. Readers cannot write; writers take turns."""

import asyncio
import contextlib
import contextvars
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa

from sellerhealth.deadline import NEVER, Deadline
from sellerhealth.errors import BadSettings

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
        try:
            self.writer = sa.create_engine(self.url, pool_size=1, max_overflow=0) if self.is_sqlite else sa.create_engine(self.url)
        except ImportError as missing:
            raise BadSettings(
                "The setting `database` names PostgreSQL, but its driver psycopg is not installed. "
                "Install it with `pip install 'sellerhealth[postgresql]'`."
            ) from missing
        # A reader sees one snapshot until it is done. In SQLite every transaction is like that.
        server_only = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ", "execution_options": {"postgresql_readonly": True}}
        self.reader = sa.create_engine(self.url, pool_size=READERS + SHORT_READERS, max_overflow=0, **server_only)
        self.file = _file(self.url) if self.is_sqlite else None
        if self.is_sqlite:
            for engine in (self.writer, self.reader):
                sa.event.listen(engine, "do_connect", self._create_file)
            sa.event.listen(self.writer, "connect", _set_up)
            sa.event.listen(self.writer, "begin", _begin_immediate)
            sa.event.listen(self.reader, "connect", _set_up_read_only)
            sa.event.listen(self.reader, "begin", _begin)
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="query")
        self._short = ThreadPoolExecutor(SHORT_READERS, thread_name_prefix="short")

    def exposed_files(self) -> Sequence[Path]:
        """The files of the database that other users of this machine can read or write."""
        if self.file is None or os.name != "posix":
            return ()
        files = (self.file.with_name(self.file.name + suffix) for suffix in ("", "-wal", "-shm"))
        return [file for file in files if file.exists() and file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]

    def _create_file(self, *connecting: Any) -> None:
        # SQLite would create it as the umask says. It gives its other files the mode of this one.
        if self.file is not None and "mode" not in self.url.query:
            with contextlib.suppress(OSError):  # it is there already, or cannot be created: SQLite then says why
                os.close(os.open(self.file, os.O_CREAT | os.O_EXCL, 0o600))

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


def _file(url: sa.URL) -> Path:
    """The file of an SQLite database, which its URL may name by another URL."""
    name = url.database or ""
    return Path(unquote(urlsplit(name).path) if name.startswith("file:") else name)


def _set_up(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # the driver's own transactions begin too late: see _begin_immediate
    connection.execute("PRAGMA page_size=16384")  # for a new file: rows come in random order, and fewer pages are split than with 4096
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA busy_timeout=30000")
    connection.execute("PRAGMA cache_size=-262144")  # 256 MiB: a large import writes to many pages repeatedly


def _set_up_read_only(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # the driver begins no transaction for reads: see _begin
    connection.execute("PRAGMA busy_timeout=30000")
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
