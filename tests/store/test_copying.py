"""A store is copied as it is, into a store of any kind; an interrupted copy is continued, and nothing else is overwritten."""

import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa

from sellerhealth.errors import CopyRefused, StoreNotReady
from sellerhealth.model.records import Account, ApiKey, ImportBatch, ImportState, RollupState, Source
from sellerhealth.store import copying, revocations
from sellerhealth.store.copying import copy_store, prepare_target
from sellerhealth.store.database import Database
from sellerhealth.testing.empty_store import open_empty_store
from tests.store.filled import NOON, ROWS, TABLES, add, contents, fill
from tests.store.importing import import_rows, order
from tests.support.stores import Kind, Stores

PER_ACCOUNT = 1 + ROWS * sum(table.info["of_an_account"] for table in TABLES)
OF_KEYS = ("api_keys", "grants")


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Database]:
    """A file with three accounts and rows in every table."""
    database = open_empty_store(tmp_path / "source.db")
    fill(database, "one", "two", "three")
    yield database
    database.close()


@pytest.fixture
def back(tmp_path: Path) -> Iterator[Database]:
    """An empty store to copy back into."""
    database = open_empty_store(tmp_path / "back.db")
    yield database
    database.close()


def test_there_and_back_the_content_is_the_same(source: Database, database: Database, back: Database) -> None:
    before = contents(source)
    assert all(len(rows) >= ROWS for rows in before.values())
    done = copy_store(source, database)
    assert (done.accounts, done.rows, done.already) == (3, sum(map(len, before.values())), 0)
    assert contents(database) == before
    copy_store(database, back)
    assert contents(back) == before
    with source.reading() as one, back.reading() as other:  # also as SQLite stores it
        for table in TABLES:
            text = sa.text(f"SELECT * FROM {table.name} ORDER BY {', '.join(column.name for column in table.primary_key)}")
            assert one.execute(text).all() == other.execute(text).all()


def test_an_import_into_the_copy_works_on(source: Database, database: Database) -> None:
    with source.writing() as connection:
        account_id = connection.scalar(sa.select(Account.account_id).where(Account.key == "one"))
    import_rows(source, account_id, [order("702-1")])
    copy_store(source, database)
    assert import_rows(database, account_id, [order("702-1"), order("702-2")]).new == 1


def test_what_is_there_already_is_skipped_and_rows_are_read_a_few_at_a_time(
    source: Database, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "ROWS", 2)
    steps: list[tuple[int, int, int]] = []
    copy_store(source, database, lambda *step: steps.append(step))
    assert {accounts for _, accounts, _ in steps} == {3}
    assert steps[-1][0] == 3
    assert max(later - before for before, later in pairwise(rows for _, _, rows in steps[:-1])) <= 2
    before = contents(database)
    done = copy_store(source, database)
    assert (done.accounts, done.already) == (0, 3)
    assert contents(database) == before


class Interrupted(Exception):
    """Ends a copy."""


def test_an_account_is_there_as_a_whole_or_not_at_all(source: Database, database: Database) -> None:
    def interrupt(done: int, accounts: int, rows: int) -> None:
        if rows > PER_ACCOUNT * 3 // 2:
            raise Interrupted

    with pytest.raises(Interrupted):
        copy_store(source, database, interrupt)
    found = contents(database)
    assert len(found["accounts"]) == 1
    assert len(found["orders"]) == len(found["import_batches"]) == ROWS
    assert found["api_keys"] == found["grants"] == []  # nobody is let in before all is there
    done = copy_store(source, database)
    assert (done.accounts, done.already) == (2, 1)
    assert contents(database) == contents(source)


KILLED = """
import os, signal, sys
from sellerhealth.store.copying import copy_store
from sellerhealth.store.database import Database
def kill(done, accounts, rows):
    if done == 1 and rows > {rows}:
        os.kill(os.getpid(), signal.SIGKILL)
copy_store(Database(sys.argv[1]), Database(sys.argv[2]), kill)
"""


def test_a_copy_that_was_killed_is_continued(source: Database, stores: Stores, store_kind: Kind, tmp_path: Path) -> None:
    with stores.url(tmp_path, store_kind) as url:
        names = source.url.render_as_string(), url
        killed = subprocess.run([sys.executable, "-c", KILLED.format(rows=PER_ACCOUNT * 3 // 2), *names], timeout=60, check=False)
        assert killed.returncode == -9
        database = Database(url)
        try:
            assert len(contents(database)["accounts"]) == 1
            assert copy_store(source, database).already == 1
            assert contents(database) == contents(source)
        finally:
            database.close()


# ---------------------------------------------------------------- a source in use


def test_what_was_stored_in_the_source_since_is_copied_by_the_next_copy(source: Database, database: Database) -> None:
    copy_store(source, database)
    with source.writing() as connection:
        account_id = connection.scalar(sa.select(Account.account_id).where(Account.key == "two"))
        own = ImportBatch.account_id == account_id
        connection.execute(sa.update(ImportBatch).where(own, ImportBatch.state != ImportState.DONE).values(state=ImportState.DONE))
        add(connection, account_id, first=ROWS)
        connection.execute(sa.update(Account).where(Account.account_id == account_id).values(version=Account.version + 1))
    with database.writing() as connection:  # rollups of the old facts
        state = {"account_id": account_id, "set_id": "set", "version": 2**40, "computed_at": NOON}
        connection.execute(sa.insert(RollupState), state)
    fill_one_more(source)
    done = copy_store(source, database)
    assert (done.accounts, done.already) == (2, 2)
    assert contents(database) == contents(source)
    with database.reading() as connection:
        assert connection.execute(sa.select(RollupState.set_id)).all() == []


def fill_one_more(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(sa.insert(Account), {"account_id": 5, "key": "four", "name": "ß", "time_zone": "UTC", "version": 0})
        add(connection, 5)


def test_an_account_is_copied_as_of_one_moment_while_it_is_imported_into(source: Database, database: Database) -> None:
    """The rows that an import adds between two tables are of the next moment."""
    before, added = contents(source), False

    def import_meanwhile(done: int, accounts: int, rows: int) -> None:
        nonlocal added
        if not added and rows > 1:
            added = True
            with source.writing() as connection:
                for account_id in connection.scalars(sa.select(Account.account_id)).all():
                    add(connection, account_id, first=ROWS)

    copy_store(source, database, import_meanwhile)
    first, *others = {row[0]: row for row in contents(database)["accounts"]}
    by_account = {
        account_id: {table: sum(row[0] == account_id for row in rows) for table, rows in contents(database).items() if table not in OF_KEYS}
        for account_id in (first, *others)
    }
    assert sorted(each["orders"] for each in by_account.values()) == [ROWS, 2 * ROWS, 2 * ROWS]
    for each in by_account.values():
        assert {number for table, number in each.items() if table != "accounts"} == {each["orders"]}
    assert before != contents(source)
    copy_store(source, database)
    assert contents(database) == contents(source)


def test_an_account_that_was_erased_since_is_not_copied(source: Database, database: Database) -> None:
    from sellerhealth.store.accounts import erase

    erased = False

    def erase_the_last(done: int, accounts: int, rows: int) -> None:
        nonlocal erased
        if done == 1 and not erased:
            erased = True
            with source.writing() as connection:
                last = [row[0] for row in contents(source)["accounts"] if row[0] not in {row[0] for row in contents(database)["accounts"]}]
                erase(connection, last[-1])

    copy_store(source, database, erase_the_last)
    assert contents(database) == contents(source)


@pytest.mark.sqlite_file
def test_a_revocation_that_is_on_its_way_is_copied(source: Database, back: Database) -> None:
    key_id = contents(source)["api_keys"][1][0]
    revocations.revoke(source, key_id, NOON)
    copy_store(source, back)
    with back.reading() as connection:
        assert connection.scalar(sa.select(ApiKey.revoked_at).where(ApiKey.key_id == key_id)) is not None


# ---------------------------------------------------------------- refused


def refused(source: Database, target: Database) -> str:
    """Why a copy is refused. Nothing of the target changes."""
    before = contents(target)
    with pytest.raises(CopyRefused) as refusal:
        copy_store(source, target)
    assert contents(target) == before
    return str(refusal.value)


def test_a_store_is_not_copied_into_itself(database: Database) -> None:
    parameters = {} if database.is_sqlite else {"application_name": "another"}
    other = Database(database.url.update_query_dict(parameters).render_as_string(hide_password=False))
    assert "name the same database" in refused(database, other)
    other.close()


def test_an_account_that_the_source_lacks_is_not_overwritten(source: Database, database: Database) -> None:
    fill_one_more(database)
    assert "has an account 'four' that the source lacks" in refused(source, database)


def test_an_account_with_imports_of_its_own_is_not_overwritten(source: Database, database: Database) -> None:
    copy_store(source, database)
    with source.reading() as connection:
        account_id = connection.scalar(sa.select(Account.account_id).where(Account.key == "one"))
    import_rows(database, account_id, [order("702-1")])
    assert "has an account 'one' with other content" in refused(source, database)


def test_a_target_with_keys_of_its_own_is_in_use(source: Database, database: Database) -> None:
    copy_store(source, database)
    with database.writing() as connection:
        connection.execute(sa.insert(ApiKey), dict(contents_of_key(source), key_id="0000000009"))
    assert "has an API key 0000000009 that the source lacks" in refused(source, database)


def contents_of_key(database: Database) -> sa.RowMapping:
    with database.reading() as connection:
        return connection.execute(sa.select(ApiKey.__table__)).mappings().first()


def test_a_key_that_was_revoked_in_the_target_stays_so(source: Database, database: Database) -> None:
    copy_store(source, database)
    with source.reading() as connection:
        key_id = connection.scalar(sa.select(ApiKey.key_id).where(ApiKey.revoked_at.is_(None)))
    with database.writing() as connection:
        connection.execute(sa.update(ApiKey).where(ApiKey.key_id == key_id).values(revoked_at=NOON))
    assert f"has revoked the API key {key_id}" in refused(source, database)


def test_a_row_that_does_not_fit_is_named_without_its_values(source: Database, database: Database) -> None:
    """SQLite stores any text. The other database does not take this one, whichever it is."""
    with source.writing() as connection:
        connection.exec_driver_sql("PRAGMA ignore_check_constraints=ON")
        connection.execute(sa.update(Source).where(Source.fact == contents(source)["sources"][0][1]).values(fact="secret"))
    with pytest.raises(
        CopyRefused, match=r"A row of the table sources of the account '.*' does not fit into the other database"
    ) as refusal:
        copy_store(source, database)
    assert "secret" not in str(refusal.value)
    assert contents(database)["sources"] == contents(database)["accounts"] == []


def test_a_new_file_gets_its_tables_and_any_other_database_has_to_be_migrated(stores: Stores, store_kind: Kind, tmp_path: Path) -> None:
    database = Database(stores.url_without_tables(tmp_path, store_kind))
    try:
        if database.is_sqlite:
            prepare_target(database)
            with database.writing() as connection:
                connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
        with pytest.raises(StoreNotReady, match="Run `sellerhealth migrate`"):
            prepare_target(database)
    finally:
        database.close()
