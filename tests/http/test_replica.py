"""Answers are read from a replica where there is one, and say until when everything that was committed is in them."""

import contextlib
import datetime as dt
import time
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from sellerhealth.app import create_app
from sellerhealth.doctor.finding import State
from sellerhealth.doctor.postgresql import examine_replica
from sellerhealth.errors import BadSettings
from sellerhealth.http.authentication import Open
from sellerhealth.request_record import RequestRecord
from sellerhealth.settings import Settings
from sellerhealth.store import accounts
from sellerhealth.store.database import Database
from tests.support.own_server import OwnServer

DOCUMENT = "{ accounts { nodes { key } } }"
NOW = dt.datetime(2026, 3, 31, 12, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def replica(own_server: OwnServer) -> Iterator[OwnServer]:
    with own_server.replica() as replica:
        yield replica


def test_answers_are_those_of_the_replica_and_say_of_when_they_are(own_server: OwnServer, replica: OwnServer, built_ins) -> None:
    settings = Settings(database=own_server.url(), database_replica=replica.url())

    def create(key: str) -> None:
        writer = own_server.open()
        with contextlib.closing(writer), writer.writing() as connection:
            accounts.create(connection, key, "A seller")

    with TestClient(create_app(settings, Open(), loaded=built_ins), "http://localhost") as client:

        def answer() -> tuple[list[str], dt.datetime]:
            body = client.post("/graphql", json={"query": DOCUMENT}).json()
            as_of = body["extensions"]["readAsOf"] or "1970-01-01T00:00Z"  # it has replayed no change yet
            return [each["key"] for each in body["data"]["accounts"]["nodes"]], dt.datetime.fromisoformat(as_of)

        def wait_for(keys: list[str], after: dt.datetime) -> None:
            until = time.monotonic() + 30
            while (found := answer())[0] != keys or found[1] <= after:
                assert time.monotonic() < until
            assert found[1] <= dt.datetime.now(dt.UTC)

        begun = dt.datetime.now(dt.UTC)
        create("first")
        wait_for(["first"], begun)
        replica.administer("SELECT pg_wal_replay_pause()")
        paused = answer()[1]
        create("second")
        assert answer() == (["first"], paused)
        replica.administer("SELECT pg_wal_replay_resume()")
        wait_for(["first", "second"], paused)
        assert client.get("/readyz").status_code == 200
        assert "readAsOf" not in client.post("/graphql", json={"query": "{ viewer { name } }"}).json()["extensions"]
    (finding,) = examine_replica(settings)
    assert (finding.state, finding.message[:34]) == (State.OK, "It has what was committed until 20")
    (finding,) = examine_replica(Settings(database=own_server.url(), database_replica=own_server.url()))
    assert (finding.state, finding.message) == (State.WARNING, "The server of `database_replica` is no standby.")
    (finding,) = examine_replica(Settings(database=own_server.url(), database_replica=replica.url(password="wrong")))
    assert finding.state is State.PROBLEM


def test_an_answer_is_as_old_as_the_oldest_part_of_it() -> None:
    record = RequestRecord()
    assert record.read_as_of is None
    record.note_replayed(NOW)
    record.note_replayed(NOW - dt.timedelta(seconds=1))
    assert record.read_as_of == NOW - dt.timedelta(seconds=1)
    record.note_replayed(None)
    assert record.read_as_of is None


@pytest.mark.parametrize(
    ("database", "replica"),
    [
        ("sqlite:///store.db", "postgres://host/shop"),
        ("postgres://host/shop", "sqlite:///store.db"),
        ("postgres://host/shop", "postgres://me:s@e@host/x"),
    ],
)
def test_only_a_server_has_a_replica(database: str, replica: str) -> None:
    with pytest.raises(BadSettings, match="`database_replica`"):
        Database(database, replica)
    with pytest.raises(BadSettings, match="another @"):
        Settings(database_replica="postgres://me:s@e@host/x")
