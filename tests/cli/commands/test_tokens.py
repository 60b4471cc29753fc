"""Keys on the command line: shown once, listed without their secret, revoked; and a clear message for what is wrong."""

import datetime as dt

import pytest
import sqlalchemy as sa

from sellerhealth.http.api_keys import ApiKeys
from sellerhealth.model.records import ApiKey
from sellerhealth.store.api_keys import key_id_of
from sellerhealth.store.database import Database
from tests.support.broken_stores import held_by_a_writer

TODAY = dt.datetime.now(dt.UTC).date()


@pytest.fixture
def store(store_url):
    database = Database(store_url)
    yield database
    database.close()


def create(invoke, *options, **defaults):
    given = {"--name": "Dashboard", "--can": "read", "--accounts": "all"} | defaults
    done = invoke("token", "create", *(each for pair in given.items() for each in pair), *options)
    assert done.exit_code == 0, done.err
    return done.out.strip()


def refused(invoke, **changed):
    given = {"--name": "Dashboard", "--can": "read", "--accounts": "all"} | changed
    done = invoke("token", "create", *(each for pair in given.items() for each in pair))
    assert (done.exit_code, done.out) == (1, "")
    return done.err


def test_a_key_is_shown_once_and_is_the_only_result(invoke, store):
    done = invoke("token", "create", "--name", "Dashboard", "--can", "read", "--accounts", "all")
    assert done.exit_code == 0
    key = done.out.removesuffix("\n")
    assert key_id_of(key) is not None
    assert "not stored and cannot be shown again" in done.err
    assert ApiKeys(store).viewer_of(key).name == "Dashboard"
    assert key.split("_")[2] not in invoke("token", "list").out + done.err


def test_a_key_has_the_permissions_and_accounts_that_are_given(invoke, shop, store):
    viewer = ApiKeys(store).viewer_of(create(invoke, **{"--can": "write, READ", "--accounts": shop}))
    assert sorted(viewer.permissions) == ["READ", "WRITE"]
    assert len(viewer.granted) == 1
    assert ApiKeys(store).viewer_of(create(invoke)).granted is None


@pytest.mark.parametrize(
    ("expires", "until"),
    [
        ("1", None),
        (f"{TODAY + dt.timedelta(days=30)}", TODAY + dt.timedelta(days=31)),
        (f"{TODAY + dt.timedelta(days=1)}", TODAY + dt.timedelta(days=2)),
    ],
)
def test_a_key_expires_after_a_day_or_after_so_many_days(invoke, store, expires, until):
    before = dt.datetime.now(dt.UTC)
    expires_at = ApiKeys(store).viewer_of(create(invoke, "--expires", expires)).expires_at
    if until is None:
        assert before <= expires_at - dt.timedelta(days=1) <= dt.datetime.now(dt.UTC)
    else:
        assert expires_at == dt.datetime.combine(until, dt.time(), dt.UTC)


@pytest.mark.parametrize("name", ["", " ", "a\nb", "\x1b[31m", "x" * 101])
def test_a_name_that_cannot_be_shown_is_refused(invoke, name):
    assert refused(invoke, **{"--name": name}).startswith("BAD_USER_INPUT: The name of a key must have 1 to 100 printable characters")


@pytest.mark.parametrize(
    ("can", "says"), [("raed", "Did you mean read?"), ("", "--can takes admin, read, write"), ("read,", "permission ''")]
)
def test_an_unknown_permission_is_refused_with_those_that_there_are(invoke, can, says):
    assert says in refused(invoke, **{"--can": can})


@pytest.mark.parametrize("expires", ["tomorrow", "2020-13-01", "2020-01-01", "0", "-1", "9" * 20, "9999-12-31"])
def test_a_day_of_expiry_that_cannot_be_is_refused(invoke, expires):
    assert refused(invoke, **{"--expires": expires}).startswith("BAD_USER_INPUT: --expires")


def test_an_account_that_does_not_exist_is_refused_with_a_similar_one(invoke, shop):
    error = refused(invoke, **{"--accounts": "shopp"})
    assert error.startswith("NOT_FOUND: There is no account 'shopp'. Did you mean shop?")
    done = invoke("token", "create", "--name", "x", "--can", "read", "--accounts", shop, "--accounts", "all")
    assert "BAD_USER_INPUT: `--accounts all` grants every account: leave the others out." in done.err
    assert invoke("token", "list").rows() == []


def test_keys_are_listed_with_their_use_and_state(invoke, shop, store):
    read = create(invoke, "--expires", "2999-01-01", **{"--accounts": shop, "--name": "Reader"})
    both = create(invoke, **{"--can": "read,write", "--name": "Uploader"})
    gone = create(invoke, **{"--name": "Gone"})
    invoke("token", "revoke", key_id_of(gone))
    ApiKeys(store).viewer_of(read)
    rows = {cells[0]: " ".join(cells[1:]) for cells in invoke("token", "list").rows()}
    day = f"{TODAY}"
    assert rows.keys() == {key_id_of(key) for key in (read, both, gone)}
    assert rows[key_id_of(read)].startswith(f"Reader read shop {day}")
    assert rows[key_id_of(read)].count(day) == 2  # made and used
    assert rows[key_id_of(read)].endswith("valid until 2999-01-02 00:00")
    assert rows[key_id_of(both)].startswith("Uploader read, write all")
    assert rows[key_id_of(both)].endswith("valid")
    assert f"revoked {day}" in rows[key_id_of(gone)]


def test_a_key_whose_accounts_are_erased_grants_none(invoke, shop):
    key = create(invoke, **{"--accounts": shop})
    assert invoke("account", "erase", shop, "--yes").exit_code == 0
    (cells,) = invoke("token", "list").rows()
    assert cells[:4] == [key_id_of(key), "Dashboard", "read", "none"]


def test_a_key_is_revoked_by_its_id_or_by_itself(invoke, store):
    for form in (key_id_of, str, lambda key: key[:-1], lambda key: key.removeprefix("shk_")):
        key = create(invoke)
        done = invoke("token", "revoke", form(key))
        assert done.out == f"Revoked the key {key_id_of(key)}. Every server refuses it within 5 seconds.\n"
        assert ApiKeys(store).viewer_of(key) is None
        again = invoke("token", "revoke", form(key))
        assert (again.exit_code, "was revoked at" in again.out) == (0, True)


def test_a_key_is_revoked_while_an_import_runs(invoke, folder, store, store_url, monkeypatch):
    key, other = create(invoke), create(invoke)
    key_id = key_id_of(key)
    monkeypatch.setattr("sellerhealth.store.sqlite_file._WAIT", "PRAGMA busy_timeout=50")
    with held_by_a_writer(store_url):
        done = invoke("token", "revoke", key)
        assert (done.exit_code, done.out) == (0, f"Revoked the key {key_id}. Every server refuses it within 5 seconds.\n")
        noted = "A file beside the database says so until an import or `token revoke` can store it. The database"
        assert done.err.startswith(noted) if store.is_sqlite else done.err == ""  # on a server the import does not hinder it
        assert ApiKeys(store).viewer_of(key) is None
        assert "was revoked at" in invoke("token", "revoke", key).out
        states = {cells[0]: " ".join(cells[1:]) for cells in invoke("token", "list").rows()}
        assert {each: "revoked" in states[key_id_of(each)] for each in (key, other)} == {key: True, other: False}
    assert invoke("token", "revoke", key).err == ""
    assert not list(folder.glob("*-revoked-*"))
    assert ApiKeys(store).viewer_of(key) is None
    assert ApiKeys(store).viewer_of(other) is not None


def test_a_key_that_does_not_exist_cannot_be_revoked(invoke):
    key_id = key_id_of(create(invoke))
    done = invoke("token", "revoke", key_id[:-1])
    assert done.exit_code == 1
    assert done.err.startswith(f"NOT_FOUND: There is no API key {key_id[:-1]!r}. Did you mean {key_id}?")


def test_an_error_does_not_repeat_the_secret_of_a_key(invoke, store):
    key = create(invoke)
    with store.writing() as connection:
        connection.execute(sa.delete(ApiKey))
    for form in (key, key[:-1], f"{key} ", key.upper()):
        done = invoke("token", "revoke", form)
        assert done.err.startswith("NOT_FOUND: There is no API key")
        assert key.split("_")[2].lower() not in done.err.lower()
