"""Tests get empty stores, and no server stays behind: not even when their run is killed."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from sellerhealth.model.records import Account
from sellerhealth.store import accounts
from tests.support.stores import Kind, Stores

ROOT = Path(__file__).parents[1]


def names_after(stores: Stores, statement: str) -> list[str]:
    """The accounts that a test finds after one that wrote, in the same database unless that changed its tables."""
    with stores.open(Kind.POSTGRESQL) as database, database.writing() as connection:
        accounts.create(connection, "key", "A seller")
        connection.execute(sa.text(statement))
    first = database.url
    with stores.open(Kind.POSTGRESQL) as database, database.reading() as connection:
        assert (database.url == first) == (statement == "SELECT 1")
        return list(connection.scalars(sa.select(Account.name)))


@pytest.mark.parametrize(
    "statement",
    ["SELECT 1", "CREATE TABLE other (id INT)", "ALTER TABLE claims ADD COLUMN other INT", "UPDATE alembic_version SET version_num = '1'"],
)
def test_a_database_is_empty_when_it_is_used_again_and_not_used_if_its_tables_were_changed(stores: Stores, statement: str) -> None:
    assert names_after(stores, statement) == []


def test_a_server_stops_when_its_run_is_killed(stores: Stores) -> None:
    assert stores.databases is not None  # there is a server on this machine, or the test is skipped
    script = """
import sys, time
from pathlib import Path
from tests.support.postgresql_keeper import Run
run = Run(Path(sys.argv[1]))
with run.running():
    print(run.server().folder, flush=True)
    time.sleep(600)
"""
    folder = Path(f"/tmp/sellerhealth-{os.getpid()}")
    folder.mkdir(mode=0o700)
    with (
        subprocess.Popen([sys.executable, "-c", script, folder], cwd=ROOT, stdout=subprocess.PIPE, text=True) as run,
        socket.socket(socket.AF_UNIX) as client,
    ):
        assert run.stdout is not None
        assert run.stdout.readline().strip() == str(folder)
        client.connect(str(folder / ".s.PGSQL.5432"))
        run.kill()
        client.settimeout(30)
        assert client.recv(1) == b""  # it hangs up
    until = time.monotonic() + 30
    while folder.exists():
        assert time.monotonic() < until
        time.sleep(0.05)
