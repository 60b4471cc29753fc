from functools import partial

import pytest

from tests.support.broken_stores import without_room
from tests.support.running import run


@pytest.mark.sqlite_file
def test_a_backup_restores_an_account_that_was_erased(invoke, folder, shop):
    done = invoke("backup", "backup.db")
    assert (done.exit_code, done.out) == (0, "")
    assert done.err == f"Wrote backup.db: {folder.joinpath('backup.db').stat().st_size:,} bytes, without a fault.\n"
    assert invoke("account", "erase", shop, "--yes").exit_code == 0
    done = invoke("restore", "backup.db")
    assert done.exit_code == 0, done.err
    assert "What it replaces is kept in sellerhealth.db.replaced-2" in done.err
    assert invoke("account", "list").rows()[0][0] == shop


@pytest.mark.sqlite_file
def test_a_backup_is_replaced_with_force_alone(invoke, shop):
    assert invoke("backup", "backup.db").exit_code == 0
    done = invoke("backup", "backup.db")
    assert (done.exit_code, done.err) == (1, "BAD_USER_INPUT: backup.db exists already.\nTo replace it, add --force.\n")
    assert invoke("backup", "backup.db", "--force").exit_code == 0


@pytest.mark.sqlite_file
def test_a_backup_that_does_not_fit_on_the_disk_leaves_nothing(folder):
    before = set(folder.iterdir())
    done = run(folder, "backup", "backup.db", restrict=partial(without_room, 100_000))
    assert done.returncode == 1
    assert done.stderr.startswith("STORE_FULL: The database sqlite:///backup.db cannot grow")
    assert {path for path in folder.iterdir() if not path.name.endswith(("-wal", "-shm"))} == before
    done = run(folder, "backup", "no/such/folder/backup.db")
    assert done.stderr == "BAD_USER_INPUT: There is no folder no/such/folder.\n"


def test_a_database_on_a_server_has_tools_of_its_own(invoke, monkeypatch):
    monkeypatch.setenv("SELLERHEALTH_DATABASE", "postgresql://me:hidden@db.example/shop")
    server = "BAD_USER_INPUT: The database postgresql://me:***@db.example/shop is on a PostgreSQL server, which has tools of its own. Use "
    done = invoke("backup", "backup.db")
    assert done.exit_code == 1
    assert done.err.startswith(
        f"{server}`pg_dump --format=custom --file=backup.db --dbname=URL`: see `sellerhealth docs operations#of-a-postgresql-database`"
    )
    assert invoke("restore", "backup.db").err.startswith(f"{server}`pg_restore --single-transaction --dbname=URL backup.db`")
