"""Each fault of a database is found, with what to do; a database without one is well."""

import contextlib
import os
import re
import shutil
import sqlite3
from collections import namedtuple
from pathlib import Path

import pytest

from sellerhealth.access import Permission
from sellerhealth.doctor import examine
from sellerhealth.doctor.finding import State
from sellerhealth.settings import Settings
from sellerhealth.store import api_keys
from sellerhealth.store.database import Database
from sellerhealth.testing import CLOCK
from sellerhealth.testing.empty_store import empty_store
from tests.support.broken_stores import damage, held_by_a_writer

pytestmark = pytest.mark.sqlite_file  # of a server: test_postgresql.py


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """The file of a store that is well."""
    path = tmp_path / "data" / "store.db"
    path.parent.mkdir()
    path.write_bytes(empty_store())
    path.chmod(0o600)
    return path


@pytest.fixture
def findings(store: Path, built_ins, monkeypatch):
    """The findings by check, other than those that are well, and the names of all checks."""
    monkeypatch.setattr("sellerhealth.doctor.program.load_plugins", lambda *_, **__: built_ins)

    def findings(**settings):
        found = list(examine(Settings(database=f"sqlite:///{store}", **settings)))
        return {each.check: (each.state, each.message, each.remedy) for each in found if each.state is not State.OK}, {
            e.check for e in found
        }

    return findings


def test_a_store_without_a_fault_is_well_also_while_another_program_writes(findings, store):
    checks = {
        "settings",
        "clock",
        "plugins",
        "disk",
        "permissions",
        "sqlite",
        "log",
        "migrations",
        "content",
        "access",
        "rollups",
        "snapshots",
    }
    assert findings() == ({}, checks)
    with held_by_a_writer(f"sqlite:///{store}"):
        assert findings() == ({}, checks)


def test_a_store_that_is_not_there_yet_is_no_problem(findings, store):
    store.unlink()
    found, checks = findings()
    assert found == {
        "database": (
            State.WARNING,
            f"There is no file {store} yet.",
            "The first command that uses it creates it, or run `sellerhealth migrate`.",
        )
    }
    assert "access" not in checks
    assert not store.exists()


@pytest.mark.parametrize(
    ("spoil", "check", "state", "words"),
    [
        (lambda store: shutil.rmtree(store.parent), "database", State.PROBLEM, "STORE_UNREACHABLE: .* there is no folder"),
        (lambda store: store.write_text("text" * 10_000), "database", State.PROBLEM, "STORE_NOT_RECOGNISED: "),
        (lambda store: damage(store, "alembic_version"), "database", State.PROBLEM, "STORE_DAMAGED: "),
        (lambda store: damage(store, "orders"), "content", State.PROBLEM, "The database is damaged: "),
        (lambda store: execute(store, "UPDATE alembic_version SET version_num = '9999'"), "migrations", State.PROBLEM, "newer version"),
        (
            lambda store: execute(store, "UPDATE alembic_version SET version_num = '0001'"),
            "migrations",
            State.WARNING,
            "is at revision 0001",
        ),
        (lambda store: execute(store, "PRAGMA journal_mode=DELETE"), "log", State.WARNING, "wait for each other"),
        (lambda store: store.chmod(0o644), "permissions", State.WARNING, "Other users of this machine"),
    ],
)
def test_a_fault_is_found_with_what_to_do(findings, store, spoil, check, state, words):
    spoil(store)
    found, _ = findings()
    assert list(found) == [check]
    assert found[check][0] is state
    assert re.search(words, found[check][1])
    assert found[check][2] or state is State.PROBLEM


def execute(store: Path, statement: str) -> None:
    with contextlib.closing(sqlite3.connect(store, isolation_level=None)) as connection:
        connection.execute(statement)


Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize(("free", "state"), [(1_000, State.PROBLEM), (199_999_999, State.PROBLEM), (10**12, None)])
def test_a_disk_that_is_nearly_full_is_a_problem(findings, monkeypatch, free, state):
    monkeypatch.setattr("sellerhealth.doctor.store.shutil.disk_usage", lambda folder: Usage(10**12, 0, free))
    found, _ = findings()
    assert found.get("disk", (None,))[0] is state


def test_an_old_sqlite_is_a_problem(findings, monkeypatch):
    monkeypatch.setattr("sellerhealth.doctor.store.sqlite3.sqlite_version_info", (3, 31, 1))
    assert findings()[0]["sqlite"][0] is State.PROBLEM


def test_a_server_that_others_can_reach_needs_a_key(findings, store):
    assert findings()[0] == {}
    assert findings(host="0.0.0.0")[0]["access"][0] is State.PROBLEM
    assert findings(host="0.0.0.0", oidc={"issuer": "https://issuer.example", "audience": "sellerhealth"})[0] == {}
    database = Database(f"sqlite:///{store}")
    with database.writing() as connection:
        api_keys.create(connection, name="shop", permissions=[Permission.READ], account_ids=None, created_at=CLOCK)
    database.close()
    assert findings(host="0.0.0.0")[0] == {}


def test_a_store_that_this_user_cannot_write_is_told(findings, monkeypatch):
    access = os.access
    monkeypatch.setattr("os.access", lambda path, mode: mode != os.W_OK and access(path, mode))
    found, checks = findings()
    assert "as a file that nobody writes" in found["permissions"][1]
    assert "content" in checks
