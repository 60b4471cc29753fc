"""Readers cannot write, writers take turns, and queries do not block the event loop."""

import asyncio
import contextlib
import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from sellerhealth.deadline import Deadline, DeadlinePassed
from sellerhealth.errors import StoreBusy
from sellerhealth.facts import Order
from sellerhealth.model.records import Account
from sellerhealth.settings import Settings
from sellerhealth.store import accounts
from sellerhealth.store.database import READERS, Database
from sellerhealth.store.migrate import upgrade
from sellerhealth.testing.empty_store import open_empty_store
from tests.store.importing import account, one_of


@pytest.fixture
def other(database: Database) -> Iterator[Database]:
    """The same database as in another process."""
    other = Database(database.url.render_as_string())
    yield other
    other.close()


def number_of_accounts(connection: sa.Connection) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(Account)) or 0


def test_a_reader_cannot_write(database: Database) -> None:
    account(database)
    with database.reading() as connection, pytest.raises(sa.exc.DBAPIError, match=r"read-?only"):
        connection.execute(sa.update(Account).values(name="Another name"))


def test_a_reader_sees_one_snapshot_and_never_waits_for_a_writer(database: Database) -> None:
    with database.reading() as connection:
        before = number_of_accounts(connection)
        account(database)
        assert number_of_accounts(connection) == before
    with database.reading() as connection:
        assert number_of_accounts(connection) == before + 1


def test_an_exception_rolls_back(database: Database) -> None:
    def fail() -> None:
        with database.writing() as connection:
            accounts.create(connection, "key", "A seller")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.reading() as connection:
        assert number_of_accounts(connection) == 0


@pytest.mark.sqlite_file  # on a server those of an account do: tests/store/test_writing.py
def test_writers_that_read_first_take_turns(database: Database, other: Database) -> None:
    account_id, times = account(database), 25

    def count_up(store: Database) -> None:
        for _ in range(times):
            with store.writing() as connection:
                version = connection.scalar(sa.select(Account.version)) or 0
                connection.execute(sa.update(Account).values(version=version + 1))

    with ThreadPoolExecutor() as threads:
        list(threads.map(count_up, [database, database, other, other]))
    assert one_of(database, account_id, Account)["version"] == 4 * times


def test_a_writer_waits_for_another_process(database: Database, other: Database) -> None:
    begun, account_id = threading.Event(), account(database)

    def rename() -> None:
        begun.set()
        with other.writing() as connection:
            connection.execute(sa.update(Account).values(name=Account.name + " again"))

    with ThreadPoolExecutor() as threads:
        with database.writing() as connection:
            waiting = threads.submit(rename)
            assert begun.wait(timeout=10)
            connection.execute(sa.update(Account).values(name="Renamed"))
            assert not waiting.done()
        waiting.result(timeout=10)
    assert one_of(database, account_id, Account)["name"] == "Renamed again"


@pytest.mark.sqlite_file  # on a server only if they write the same rows
def test_a_write_that_is_only_tried_does_not_wait_for_another_process(database: Database, other: Database) -> None:
    account_id = account(database)

    def rename(connection: sa.Connection) -> None:
        connection.execute(sa.update(Account).values(name="Renamed"))

    for holder in (database, other):
        with holder.writing():
            reason = database.try_writing(rename)
        assert isinstance(reason, StoreBusy)
    assert one_of(database, account_id, Account)["name"] != "Renamed"
    assert database.try_writing(rename) is None
    assert one_of(database, account_id, Account)["name"] == "Renamed"


def test_a_fact_needs_its_account(database: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError, match=r"(?i)foreign key"), database.writing() as connection:
        connection.execute(sa.insert(Order), {"account_id": 1, "order_id": "702-1"})


def test_commits_survive_a_power_failure(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'store.db'}")  # not one of the fixtures, whose commits wait for no disk
    with database.writing() as connection:
        pragmas = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")}
    database.close()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2}  # 2 is FULL


def test_threads_read_beside_each_other(database: Database) -> None:
    together = threading.Barrier(READERS)

    def ask(connection: sa.Connection) -> int:
        together.wait(timeout=10)
        return number_of_accounts(connection)

    with ThreadPoolExecutor(READERS) as threads:
        assert list(threads.map(database.read, [ask] * READERS)) == [0] * READERS


def test_the_database_of_the_settings_lets_all_operations_read_that_may_run_at_once(database: Database) -> None:
    url = database.url.render_as_string(hide_password=False)
    other = Database.of(settings := Settings(database=url, operations_at_once=6))
    together = threading.Barrier(settings.most_operations)
    with contextlib.closing(other), ThreadPoolExecutor(12) as threads:
        assert sorted(threads.map(other.read, [lambda connection: together.wait(timeout=30)] * 12)) == list(range(12))
        assert other.most_connections == 16


def test_who_reads_on_a_thread_of_its_own_waits_for_others_and_leaves_connections_for_short_functions(database: Database) -> None:
    release, begun = threading.Event(), threading.Semaphore(0)

    def block(connection: sa.Connection) -> None:
        begun.release()
        release.wait(30)

    with ThreadPoolExecutor(READERS + 1) as threads:
        reading = [threads.submit(database.read, block) for _ in range(READERS)]
        assert all(begun.acquire(timeout=10) for _ in reading)
        with pytest.raises(DeadlinePassed):
            database.read(number_of_accounts, Deadline(0.05))
        with database.reading() as connection:  # a short function
            assert number_of_accounts(connection) == 0
        waiting = threads.submit(database.read, number_of_accounts)
        release.set()
        assert waiting.result(30) == 0


def test_an_exception_in_a_query_reaches_the_caller(database: Database) -> None:
    def ask(connection: sa.Connection) -> None:
        connection.execute(sa.text("SELECT nothing"))

    with pytest.raises(sa.exc.DBAPIError, match="nothing"):
        database.read(ask)


def test_closing_stops_threads_and_connections(tmp_path: Path) -> None:
    others = set(threading.enumerate())  # a database that another test shares may have threads too
    database = open_empty_store(tmp_path / "store.db")
    asyncio.run(database.on_thread(lambda: database.read(number_of_accounts)))
    assert set(threading.enumerate()) > others
    database.close()
    assert set(threading.enumerate()) <= others
    assert (database.reader.pool.checkedout(), database.writer.pool.checkedout()) == (0, 0)
    with pytest.raises(RuntimeError, match="shutdown"):
        asyncio.run(database.on_thread(lambda: None))


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such modes")
@pytest.mark.parametrize("url", ["sqlite:///{}/new.db", "sqlite:///file:{}/new.db?uri=true"])
def test_a_new_file_and_those_beside_it_are_for_its_owner_alone(tmp_path: Path, url: str) -> None:
    before = os.umask(0)
    try:
        database = Database(url.format(tmp_path))
        upgrade(database)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
        assert modes == {"new.db": 0o600, "new.db-wal": 0o600, "new.db-shm": 0o600}
        assert database.exposed_files() == []
        database.close()
    finally:
        os.umask(before)


@pytest.mark.sqlite_file
@pytest.mark.skipif(os.name != "posix", reason="other systems have no such modes")
def test_files_that_others_can_open_are_listed_and_left_as_they_are(database: Database) -> None:
    account(database)
    assert database.file is not None
    folder = database.file.parent
    for path in folder.iterdir():
        path.chmod(0o600)
    assert database.exposed_files() == []
    folder.joinpath("store.db").chmod(0o640)
    folder.joinpath("store.db-wal").chmod(0o602)
    assert [path.name for path in database.exposed_files()] == ["store.db", "store.db-wal"]
    assert stat.S_IMODE(folder.joinpath("store.db").stat().st_mode) == 0o640


def test_a_short_function_never_waits_for_queries(database: Database) -> None:
    """Who sends a request must be known even while all others read."""
    release, begun = threading.Event(), threading.Semaphore(0)

    def block(connection: sa.Connection) -> None:
        begun.release()
        release.wait(30)

    def one_of_the_store() -> int:
        with database.reading() as connection:
            return number_of_accounts(connection)

    with ThreadPoolExecutor(READERS) as threads:
        reading = [threads.submit(database.read, block) for _ in range(READERS)]
        try:
            assert all(begun.acquire(timeout=10) for _ in reading)
            assert asyncio.run(database.on_thread(one_of_the_store)) == 0
        finally:
            release.set()


@pytest.mark.sqlite_file
def test_a_deadline_that_does_not_wait_passes_where_another_program_has_locked_the_file(database: Database, tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(str(database.file))) as connection:
        connection.execute("VACUUM INTO ?", [str(tmp_path / "copy.db")])  # without a write-ahead log, as a backup is
    with (
        contextlib.closing(Database(f"sqlite:///{tmp_path / 'copy.db'}")) as copy,
        contextlib.closing(sqlite3.connect(tmp_path / "copy.db", isolation_level=None)) as other,
    ):
        for is_connected in (False, True):  # to open a connection is to wait, too
            assert copy.reader.pool.checkedout() == is_connected  # which stays open
            other.execute("BEGIN EXCLUSIVE")
            deadline = Deadline(60, waits=False)
            with pytest.raises(DeadlinePassed):
                copy.read(number_of_accounts, deadline)
            assert deadline.has_passed
            other.rollback()
            assert copy.read(number_of_accounts) == 0
        with copy.reading() as reader:
            assert reader.exec_driver_sql("PRAGMA busy_timeout").scalar() == 30_000  # the next one waits
        assert copy.read(number_of_accounts, Deadline(60, waits=False)) == 0
