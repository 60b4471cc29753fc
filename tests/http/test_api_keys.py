"""Authentication by keys of the store: grants and permissions over HTTP, and notes of use that never wait and never fail."""

import datetime as dt
import time

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from sellerhealth.access import Permission
from sellerhealth.app import create_app
from sellerhealth.http.api_keys import ApiKeys
from sellerhealth.model.records import ApiKey
from sellerhealth.settings import Settings
from sellerhealth.store import api_keys
from sellerhealth.store.database import Database
from sellerhealth.testing import CLOCK
from tests.support.authentication import bearer

DOCUMENT = {"query": '{ viewer { name permissions expiresAt } accounts { totalCount nodes { key } } account(key: "seller-2") { name } }'}
TOMORROW = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(days=1)


def make(database, account_ids=None, permissions=(Permission.READ,), **options):
    with database.writing() as connection:
        return api_keys.create(
            connection,
            **({"name": "a key", "created_at": dt.datetime.now(dt.UTC)} | options),
            permissions=permissions,
            account_ids=account_ids,
        )


def last_used_at(database):
    with database.reading() as connection:
        return connection.scalar(sa.select(ApiKey.last_used_at))


@pytest.fixture
def client(world, built_ins):
    app = create_app(Settings(clock=CLOCK), ApiKeys(world.database), loaded=built_ins, database=world.database)
    with TestClient(app, base_url="http://localhost") as client:
        yield client


def test_two_keys_side_by_side_see_what_is_granted_to_each(world, client):
    sellers = [world.account() for _ in range(2)]
    for seller in sellers:
        seller.save()
    first = make(world.database, [sellers[0].account_id], name="first", expires_at=TOMORROW)
    both = make(world.database, None, [Permission.ADMIN], name="both")
    assert client.post("/graphql", json=DOCUMENT, headers=bearer(first)).json()["data"] == {
        "viewer": {"name": "first", "permissions": ["READ"], "expiresAt": TOMORROW.isoformat().replace("+00:00", "Z")},
        "accounts": {"totalCount": 1, "nodes": [{"key": "seller-1"}]},
        "account": None,
    }
    data = client.post("/graphql", json=DOCUMENT, headers=bearer(both)).json()["data"]
    assert data["viewer"] == {"name": "both", "permissions": ["ADMIN", "READ", "WRITE"], "expiresAt": None}
    assert data["accounts"]["totalCount"] == 2
    assert data["account"] is not None


def test_a_later_account_is_seen_by_a_key_for_all_accounts_alone(world, client):
    early = world.account()
    early.save()
    keys = {"some": make(world.database, [early.account_id]), "all": make(world.database)}
    world.account().save()
    counts = {
        name: client.post("/graphql", json=DOCUMENT, headers=bearer(key)).json()["data"]["accounts"]["totalCount"]
        for name, key in keys.items()
    }
    assert counts == {"some": 1, "all": 2}


@pytest.mark.parametrize("key", ["nonsense", f"shk_0123456789_{'a' * 43}_40MSrL", "expired", "revoked"])
def test_a_key_that_is_not_valid_gets_401_which_does_not_say_why(world, client, key):
    keys = {
        "expired": make(world.database, expires_at=dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)),
        "revoked": make(world.database),
    }
    with world.database.writing() as connection:
        api_keys.revoke(connection, api_keys.key_id_of(keys["revoked"]), dt.datetime.now(dt.UTC))
    response = client.post("/graphql", json=DOCUMENT, headers=bearer(keys.get(key, key)))
    assert response.status_code == 401
    assert response.json() == {
        "errors": [
            {"message": "The API key or token is not valid: it is unknown, expired or revoked.", "extensions": {"code": "UNAUTHENTICATED"}}
        ]
    }


def test_the_clock_of_the_settings_does_not_decide_whether_a_key_has_expired(world, client):
    assert dt.datetime.now(dt.UTC) > CLOCK
    key = make(world.database, expires_at=CLOCK + dt.timedelta(days=1))
    assert client.post("/graphql", json=DOCUMENT, headers=bearer(key)).status_code == 401


# ---------------------------------------------------------------- last used


def test_a_use_is_noted_once_in_a_minute(database, monkeypatch):
    key, keys, wrote = make(database), ApiKeys(database), []
    write = database.try_writing
    monkeypatch.setattr(database, "try_writing", lambda function: wrote.append(function) or write(function))
    before = dt.datetime.now(dt.UTC)
    for _ in range(3):
        assert keys.viewer_of(key) is not None
    assert len(wrote) == 1
    assert before <= last_used_at(database) <= dt.datetime.now(dt.UTC)


@pytest.mark.sqlite_file  # on a server only who writes the same rows is waited for
def test_a_note_of_use_does_not_wait_for_another_who_writes(database):
    key, keys = make(database), ApiKeys(database)
    other = Database(database.url.render_as_string())
    with other.writing():
        began = time.monotonic()
        with capture_logs() as logs:
            assert keys.viewer_of(key) is not None
        assert time.monotonic() - began < 5  # SQLite would wait for 30 seconds
    assert [(line["event"], line["log_level"], line["reason"]) for line in logs] == [("use_of_key_not_noted", "debug", "StoreBusy")]
    assert key.split("_")[2] not in str(logs)
    assert last_used_at(database) is None
    assert keys.viewer_of(key) is not None
    assert last_used_at(database) is not None
    other.close()


@pytest.mark.sqlite_file
def test_keys_work_in_a_store_that_cannot_be_written(database):
    key = make(database)
    read_only = Database(f"sqlite:///file:{database.url.database}?mode=ro&uri=true")
    assert ApiKeys(read_only).viewer_of(key) is not None
    read_only.close()
    assert last_used_at(database) is None
