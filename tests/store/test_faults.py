"""Each way in which a database fails has a name, whatever the driver calls it; a statement that is wrong has none."""

import math
import os
import sqlite3
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from sellerhealth.database_url import redacted
from sellerhealth.deadline import Deadline
from sellerhealth.errors import (
    StoreBusy,
    StoreDamaged,
    StoreFault,
    StoreForbidden,
    StoreFull,
    StoreInterrupted,
    StoreNotReady,
    StoreNotRecognised,
    StoreReadOnly,
    StoreUnreachable,
)
from sellerhealth.model.records import Account
from sellerhealth.store import accounts
from sellerhealth.store.database import Database
from sellerhealth.store.faults import fault_of, fault_of_reader
from sellerhealth.store.migrate import reason_to_migrate
from sellerhealth.testing.empty_store import open_empty_store
from tests.store.importing import account
from tests.support.broken_stores import damage

FILE, SERVER = sa.make_url("sqlite:///store.db"), sa.make_url("postgresql+psycopg://owner:secret@host/shop")


def sqlite(name: str) -> Exception:
    error = sqlite3.OperationalError("with /a/path and SELECT secret FROM it")
    error.sqlite_errorname = name
    return error


class DriverError(Exception):
    """As psycopg raises it."""

    __module__, __qualname__ = "psycopg", "Error"
    diag = SimpleNamespace(message_primary=None)


class OperationalError(DriverError):
    __module__, __qualname__ = "psycopg", "OperationalError"


def postgresql(state: str | None, message: str = "the server says why", kind: type[DriverError] = OperationalError) -> Exception:
    error = kind(message)
    error.sqlstate = state
    return error


@pytest.mark.parametrize(
    ("error", "url", "kind"),
    [
        (sqlite("SQLITE_FULL"), FILE, StoreFull),
        (sqlite("SQLITE_IOERR_WRITE"), FILE, StoreFull),
        (sqlite("SQLITE_IOERR_READ"), FILE, StoreFault),
        (sqlite("SQLITE_CORRUPT"), FILE, StoreDamaged),
        (sqlite("SQLITE_CORRUPT_INDEX"), FILE, StoreDamaged),
        (sqlite("SQLITE_NOTADB"), FILE, StoreNotRecognised),
        (sqlite("SQLITE_READONLY"), FILE, StoreReadOnly),
        (sqlite("SQLITE_READONLY_DIRECTORY"), FILE, StoreReadOnly),
        (sqlite("SQLITE_BUSY_SNAPSHOT"), FILE, StoreBusy),
        (sqlite("SQLITE_CANTOPEN"), FILE, StoreUnreachable),
        (postgresql("53100"), SERVER, StoreFull),
        (postgresql("53300"), SERVER, StoreUnreachable),
        (postgresql("53200"), SERVER, StoreFault),
        (postgresql("57014"), SERVER, StoreInterrupted),
        (postgresql("57P01"), SERVER, StoreInterrupted),
        (postgresql("57P03"), SERVER, StoreUnreachable),
        (postgresql("25006"), SERVER, StoreReadOnly),
        (postgresql("42501"), SERVER, StoreForbidden),
        (postgresql("XX001"), SERVER, StoreDamaged),
        (postgresql("40P01"), SERVER, StoreBusy),
        (postgresql("55P03"), SERVER, StoreBusy),
        (postgresql(None), SERVER, StoreInterrupted),
    ],
)
def test_a_fault_has_a_name_a_remedy_and_no_secret(error: Exception, url: sa.URL, kind: type[StoreFault]) -> None:
    fault = fault_of(error, url)
    assert type(fault) is kind
    assert str(fault).startswith(f"The database {redacted(url)} ")
    assert str(fault).count(". ") >= 1 or ":" in str(fault).removeprefix(f"The database {redacted(url)}")
    assert ("the server says why" in str(fault)) == (url is SERVER)
    assert "secret" not in str(fault)
    assert "/" not in fault.for_clients


@pytest.mark.parametrize(
    ("error", "url"),
    [
        (sqlite("SQLITE_ERROR"), FILE),
        (sqlite("SQLITE_CONSTRAINT_UNIQUE"), FILE),
        (ValueError("secret"), FILE),
        (postgresql("42601"), SERVER),
        (postgresql(None, kind=DriverError), SERVER),
        (ValueError("secret"), SERVER),
    ],
)
def test_a_statement_or_a_program_that_is_wrong_is_no_fault_of_the_database(error: Exception, url: sa.URL) -> None:
    assert fault_of(error, url) is None


@pytest.mark.parametrize(
    ("reason", "remedy"),
    [
        ('FATAL: password authentication failed for user "owner"', "@ as %40"),
        ('FATAL: database "shop" does not exist', "`createdb`"),
        ('FATAL: role "owner" does not exist', "`createuser`"),
        ('invalid connection option "bogus"', "behind the ?"),
        ("failed to resolve host 'shop': [Errno -2] Name or service not known", "Correct the host"),
        ("FATAL: sorry, too many clients already", "pgbouncer"),
        ("was der Server in einer anderen Sprache sagt", "Check that its server runs"),
    ],
)
def test_a_server_that_refuses_a_connection_is_named_with_its_reason_and_a_remedy(reason: str, remedy: str) -> None:
    fault = fault_of(postgresql(None, reason, DriverError), SERVER, is_connected=False)
    assert type(fault) is StoreUnreachable
    assert reason in str(fault)
    assert remedy in str(fault)


def test_a_reader_that_writes_is_at_fault_itself() -> None:
    assert fault_of_reader(sqlite("SQLITE_READONLY"), FILE) is None
    assert fault_of_reader(postgresql("25006"), SERVER) is None
    assert type(fault_of_reader(sqlite("SQLITE_READONLY_DIRECTORY"), FILE)) is StoreUnreachable
    assert type(fault_of_reader(sqlite("SQLITE_FULL"), FILE)) is StoreFull


def test_a_file_on_a_disk_that_is_mounted_read_only_can_only_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite then says that it cannot open the file, or its log, to write."""
    url = sa.make_url(f"sqlite:///{tmp_path / 'store.db'}")
    assert type(fault_of(sqlite("SQLITE_CANTOPEN"), url)) is StoreUnreachable
    tmp_path.joinpath("store.db").touch()
    assert type(fault_of(sqlite("SQLITE_CANTOPEN"), url)) is StoreUnreachable
    monkeypatch.setattr("sellerhealth.store.faults.os.access", lambda path, mode: mode == os.R_OK)
    fault = fault_of(sqlite("SQLITE_CANTOPEN"), url)
    assert type(fault) is StoreReadOnly
    assert "mount the disk to be written" in str(fault)
    assert type(fault_of_reader(sqlite("SQLITE_CANTOPEN"), url)) is StoreUnreachable


def test_a_full_disk_ends_a_transaction_and_stores_nothing_of_it(tmp_path: Path) -> None:
    database = open_empty_store(tmp_path / "store.db")

    @sa.event.listens_for(database.writer, "connect")
    def limit(connection, record):
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count={pages}")

    def fill() -> None:
        with database.writing() as connection:
            for number in range(2_000):
                accounts.create(connection, f"key-{number}", "A name that is somewhat long" * 20)

    with pytest.raises(StoreFull, match="Make room"):
        fill()
    with database.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(Account)) == 0
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    account(database)  # there is room for a little
    database.close()


@pytest.mark.sqlite_file
def test_a_damaged_page_is_named(database: Database) -> None:
    account(database)
    assert database.file is not None
    damage(database.file, "accounts")
    other = Database(database.url.render_as_string())
    with pytest.raises(StoreDamaged, match="sellerhealth restore"), other.reading() as connection:
        connection.execute(sa.select(Account.name)).all()
    other.close()


@pytest.mark.sqlite_file
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"CREATE TABLE accounts", b"CREATE \xcd\xbf\x8c\xc2E accounts"),  # SQLite's message quotes it
        (b"A seller", b"A \xcd\xbf\x8cler"),
    ],
)
def test_text_that_was_overwritten_is_named(database: Database, before: bytes, after: bytes) -> None:
    account(database)
    database.writer.dispose()
    assert database.file is not None
    database.file.write_bytes(database.file.read_bytes().replace(before, after))
    other = Database(database.url.render_as_string())
    with pytest.raises(StoreDamaged), other.reading() as connection:
        connection.execute(sa.select(Account.name)).all()
    other.close()


@pytest.mark.sqlite_file
def test_what_is_not_a_store_is_not_migrated(tmp_path) -> None:
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.close()
    tmp_path.joinpath("text.db").write_text("not a database" * 1000)
    tmp_path.joinpath("folder.db").mkdir()
    tmp_path.joinpath("empty.db").touch()
    for name, kind in {"other": StoreNotRecognised, "text": StoreNotRecognised, "folder": StoreUnreachable}.items():
        database = Database(f"sqlite:///{tmp_path / name}.db")
        with pytest.raises(kind):
            reason_to_migrate(database)
        database.close()
    for name in ("empty", "new"):
        database = Database(f"sqlite:///{tmp_path / name}.db")
        assert reason_to_migrate(database) == "has no tables yet"
        database.close()
    assert not tmp_path.joinpath("new.db").exists()


@pytest.mark.parametrize("seconds", [math.inf, 60], ids=["reader", "operation"])
@pytest.mark.sqlite_file
def test_an_immutable_file_that_changes_after_all_is_opened_again(
    database: Database, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    monkeypatch.setattr("sellerhealth.store.sqlite_file.os.access", lambda path, mode: False)  # as another user, who only reads
    account(database)
    database.writer.dispose()  # the last to close the file removes its log
    reader = Database(database.url.render_as_string())

    def number_of_accounts() -> int | None:
        with reader.reading() if seconds == math.inf else reader.snapshot(Deadline(seconds)) as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(Account))

    def create(key: str) -> None:
        with database.writing() as connection:
            accounts.create(connection, key, "Another seller")

    assert number_of_accounts() == 1
    create("second")
    assert number_of_accounts() == 2
    database.writer.dispose()
    create("third")
    database.writer.dispose()
    assert number_of_accounts() == 3
    reader.close()


def test_every_fault_of_a_store_has_a_code_of_its_own() -> None:
    kinds = [StoreFault, *StoreFault.__subclasses__()]
    assert len({kind.code for kind in kinds}) == len({kind.for_clients for kind in kinds}) == len(kinds)
    assert StoreNotReady in kinds
