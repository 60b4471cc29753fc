"""A backup is of one snapshot, verified, and replaces nothing by accident; a store is replaced as a whole, and kept."""

import contextlib
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from sellerhealth.errors import BadInput, StoreBusy, StoreDamaged, StoreFault, StoreNotReady, StoreNotRecognised
from sellerhealth.model.records import Account
from sellerhealth.store.backup import back_up, restore
from sellerhealth.store.database import Database
from sellerhealth.store.migrate import check
from sellerhealth.testing.empty_store import open_empty_store
from tests.store.importing import account
from tests.support.broken_stores import damage, held_by_a_writer

pytestmark = pytest.mark.sqlite_file


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An empty store in a file that the tests may replace and damage."""
    database = open_empty_store(tmp_path / "store.db")
    yield database
    database.close()


def disconnect(database: Database) -> None:
    """Closes the connections, which are opened again when they are used."""
    database.close()
    database.reopen()


@pytest.fixture
def store(database: Database) -> Path:
    """The file of a store with one account, which nobody has open."""
    account(database)
    disconnect(database)
    assert database.file is not None
    return database.file


@pytest.fixture
def backup(database: Database, store: Path, tmp_path: Path) -> Path:
    """A backup of it. The account was renamed since."""
    path = tmp_path / "backup.db"
    back_up(database, path)
    with database.writing() as connection:
        connection.execute(sa.update(Account).values(name="Renamed"))
    disconnect(database)
    return path


def names(path: Path) -> list[str]:
    """The names of the accounts in a file."""
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM accounts")]


@contextlib.contextmanager
def open_elsewhere(path: Path) -> Iterator[None]:
    """Another process has a store open, as a server has it."""
    script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM accounts').fetchall(); print(flush=True); sys.stdin.read()"
    process = subprocess.Popen([sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    yield
    process.communicate(timeout=30)


def test_a_backup_is_a_file_of_its_own_for_its_owner_alone(database: Database, store: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backups" / "backup.db"
    backup.parent.mkdir()
    assert back_up(database, backup) == backup.stat().st_size > 0
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert names(backup) == ["A seller"]
    assert list(backup.parent.iterdir()) == [backup]
    copy = Database(f"sqlite:///{backup}")
    check(copy)
    copy.close()


def test_a_store_is_backed_up_while_another_program_writes(database: Database, store: Path, tmp_path: Path) -> None:
    with held_by_a_writer(f"sqlite:///{store}"):
        back_up(database, tmp_path / "backup.db")
    assert names(tmp_path / "backup.db") == ["A seller"]


def test_a_file_is_only_replaced_on_request_and_as_a_whole(database: Database, store: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    backup.write_text("another file")
    with pytest.raises(BadInput, match="exists already") as refusal:
        back_up(database, backup)
    assert (refusal.value.argument, backup.read_text()) == ("replace", "another file")
    back_up(database, backup, replace=True)
    assert names(backup) == ["A seller"]
    damage(store, "markets")
    with pytest.raises(StoreDamaged, match=r"The database sqlite:.*store\.db is damaged"):
        back_up(database, backup, replace=True)
    assert names(backup) == ["A seller"]
    assert not list(tmp_path.glob("*.part*"))


def test_the_store_is_not_its_own_backup(database: Database, store: Path) -> None:
    with pytest.raises(BadInput, match="is the database itself"):
        back_up(database, store, replace=True)
    with pytest.raises(BadInput, match="is the database itself"):
        restore(database, store)


def test_there_is_nothing_to_back_up_before_there_are_tables(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    with pytest.raises(StoreNotReady, match="has no tables yet"):
        back_up(database, tmp_path / "backup.db")
    database.close()
    assert list(tmp_path.iterdir()) == []


def test_a_backup_is_restored_and_what_it_replaces_is_kept(database: Database, store: Path, backup: Path, tmp_path: Path) -> None:
    store.chmod(0o640)
    kept = restore(database, backup)
    assert kept is not None
    assert {path.name for path in tmp_path.iterdir()} == {store.name, backup.name, kept.name}
    assert (names(store), names(kept)) == (["A seller"], ["Renamed"])
    assert stat.S_IMODE(store.stat().st_mode) == 0o640
    check(database)
    with database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_a_backup_is_restored_where_there_is_no_store(backup: Path, tmp_path: Path) -> None:
    new = Database(f"sqlite:///{tmp_path / 'new.db'}")
    assert restore(new, backup) is None
    assert names(tmp_path / "new.db") == ["A seller"]
    assert stat.S_IMODE(tmp_path.joinpath("new.db").stat().st_mode) == 0o600
    new.close()


def test_a_damaged_store_is_replaced_and_its_log_is_not_read_into_the_new_one(database: Database, store: Path, backup: Path) -> None:
    store.write_bytes(b"\xa5" * 100_000)
    log = store.with_name(f"{store.name}-wal")
    log.write_bytes(b"what was written last")
    kept = restore(database, backup)
    assert kept is not None
    assert names(store) == ["A seller"]
    assert kept.read_bytes() == b"\xa5" * 100_000
    assert kept.with_name(f"{kept.name}-wal").read_bytes() == b"what was written last"


def test_a_store_that_is_open_elsewhere_is_not_replaced(database: Database, store: Path, backup: Path) -> None:
    with open_elsewhere(store), pytest.raises(StoreBusy, match="open in another program, for example a server"):
        restore(database, backup)
    assert names(store) == ["Renamed"]
    assert restore(database, backup)


def newer(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")


def of_another_program(path: Path) -> None:
    path.unlink()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")


@pytest.mark.parametrize(
    ("spoil", "kind", "words"),
    [
        (newer, StoreNotReady, "newer version"),
        (of_another_program, StoreNotRecognised, "is not a database of sellerhealth, so it was not restored"),
        (lambda path: path.write_text("text" * 10_000), StoreNotRecognised, "is not a database of sellerhealth, so it was not restored"),
        (lambda path: path.write_bytes(b""), StoreNotRecognised, "is not a database of sellerhealth, so it was not restored"),
        (lambda path: damage(path, "orders"), StoreDamaged, "is damaged, so it was not restored"),
        (Path.unlink, BadInput, "There is no file"),
    ],
)
def test_only_an_intact_backup_of_a_known_version_is_restored(database, store, backup, tmp_path, spoil, kind: type[StoreFault], words):
    spoil(backup)
    before = store.read_bytes()
    with pytest.raises(kind, match=words):
        restore(database, backup)
    assert store.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} <= {store.name, backup.name}


def test_where_files_have_no_second_name_they_are_renamed(database, store, backup, tmp_path, monkeypatch):
    def without_links(*names: object) -> None:
        raise PermissionError

    monkeypatch.setattr("os.link", without_links)
    back_up(database, tmp_path / "another.db")
    disconnect(database)
    kept = restore(database, backup)
    assert kept is not None
    assert (names(store), names(kept), names(tmp_path / "another.db")) == (["A seller"], ["Renamed"], ["Renamed"])
    shutil.copy(store, tmp_path / "third.db")
    with pytest.raises(BadInput, match="exists already"):
        back_up(database, tmp_path / "third.db")
