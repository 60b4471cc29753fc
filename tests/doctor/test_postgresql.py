"""What is wrong with a PostgreSQL server is found, with what to do."""

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from sellerhealth.doctor import examine, postgresql
from sellerhealth.doctor.finding import State
from sellerhealth.settings import Settings
from tests.support.own_server import OwnServer

NOW = dt.datetime(2026, 3, 31, 12, tzinfo=dt.UTC)
LOCAL, REMOTE = sa.make_url("postgresql+psycopg://me@127.0.0.1/shop"), sa.make_url("postgresql+psycopg://me@db.example/shop")
SOCKET = sa.make_url("postgresql+psycopg:///shop?host=/run/postgresql")


def about(**changes: Any) -> Any:
    return SimpleNamespace(
        **{
            "version": "15.1",
            "major": 15,
            "encoding": "UTF8",
            "is_standby": False,
            "size": 1,
            "fsync": "on",
            "full_page_writes": "on",
            "synchronous_commit": "on",
            "connections": 97,
            "in_use": 1,
            "is_encrypted": False,
            "role": "me",
            "may_migrate": True,
        }
        | changes
    )


def test_a_server_is_examined(own_server: OwnServer, built_ins, monkeypatch) -> None:
    monkeypatch.setattr("sellerhealth.doctor.program.load_plugins", lambda *_, **__: built_ins)

    def findings(**parameters: str) -> dict[str, tuple[State, str]]:
        return {each.check: (each.state, each.message) for each in examine(Settings(database=own_server.url(**parameters)))}

    found = findings()
    assert found.keys() == {
        *("settings", "clock", "plugins", "postgresql", "durability", "server clock", "connections", "encryption"),
        *("permissions", "migrations", "access", "rollups", "snapshots"),
    }
    assert {check for check, (state, _) in found.items() if state is not State.OK} == {"durability"}  # as that of tests is
    own_server.administer("CREATE ROLE reader LOGIN PASSWORD 'reader'", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
    assert findings(user="reader", password="reader")["permissions"] == (
        State.WARNING,
        "The user reader can read the database, but not import into it.",
    )
    own_server.administer("REVOKE SELECT ON accounts, claims FROM reader")
    state, message = findings(user="reader", password="reader")["permissions"]
    assert (state, message) == (State.PROBLEM, "The user reader may not read accounts, claims.")
    own_server.administer("DROP OWNED BY reader", "DROP ROLE reader", "CREATE DATABASE empty TEMPLATE template0")
    assert findings(name="empty")["migrations"] == (State.PROBLEM, "The database has no tables yet.")
    state, message = findings(password="wrong")["database"]
    assert state is State.PROBLEM
    assert message.startswith("STORE_UNREACHABLE: ")


@pytest.mark.parametrize(
    ("finding", "state", "words"),
    [
        (lambda: next(postgresql._examine_version(about())), State.OK, "PostgreSQL 15.1"),
        (lambda: next(postgresql._examine_version(about(major=12, version="12.9"))), State.WARNING, "12.9"),
        (lambda: list(postgresql._examine_version(about(encoding="LATIN1")))[1], State.PROBLEM, "LATIN1"),
        (lambda: list(postgresql._examine_version(about(is_standby=True)))[1], State.WARNING, "standby"),
        (lambda: postgresql._examine_durability(about()), State.OK, "survives"),
        (lambda: postgresql._examine_durability(about(synchronous_commit="off")), State.WARNING, "lose the last imports."),
        (
            lambda: postgresql._examine_durability(about(fsync="off", full_page_writes="off")),
            State.WARNING,
            "fsync and full_page_writes are",
        ),
        (lambda: postgresql._examine_clock(NOW, NOW, NOW + dt.timedelta(minutes=5)), State.OK, "agree"),
        (lambda: postgresql._examine_clock(NOW - dt.timedelta(minutes=2), NOW, NOW), State.WARNING, "120 seconds"),
        (lambda: postgresql._examine_clock(NOW + dt.timedelta(minutes=2), NOW, NOW), State.WARNING, "120 seconds"),
        (lambda: postgresql._examine_connections(about(in_use=90), 11), State.WARNING, "90 of 97"),
        (lambda: postgresql._examine_encryption(about(), LOCAL), State.OK, "stays"),
        (lambda: postgresql._examine_encryption(about(is_encrypted=True), REMOTE), State.OK, "is encrypted"),
        (lambda: postgresql._examine_encryption(about(), SOCKET), State.OK, "stays"),
        (lambda: postgresql._examine_encryption(about(), REMOTE), State.WARNING, "not encrypted"),
    ],
)
def test_what_is_not_as_it_should_be_is_a_warning_with_a_remedy(finding, state, words) -> None:
    found = finding()
    assert (found.state, found.remedy is not None) == (state, state is not State.OK)
    assert words in found.message
