"""API keys: their form, who they stand for, what becomes of their grants, and that the store does not know them."""

import datetime as dt
import hmac
import re
import zlib
from collections.abc import Collection
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from sellerhealth.access import Permission
from sellerhealth.errors import NotFound
from sellerhealth.model.tables import metadata
from sellerhealth.store import accounts, api_keys
from sellerhealth.store.api_keys import USE_IS_NOTED_EVERY
from sellerhealth.store.database import Database

NOW = dt.datetime(2026, 3, 31, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
READ = frozenset({Permission.READ})


def make(
    database: Database, *, permissions: Collection[Permission] = READ, account_ids: Collection[int] | None = None, **options: Any
) -> str:
    with database.writing() as connection:
        return api_keys.create(
            connection, **({"name": "a key", "created_at": NOW} | options), permissions=permissions, account_ids=account_ids
        )


def find(database: Database, text: str, now: dt.datetime = NOW) -> api_keys.FoundKey | None:
    with database.reading() as connection:
        return api_keys.find(connection, text, now)


def found(database: Database, text: str) -> api_keys.FoundKey:
    key = find(database, text)
    assert key is not None
    return key


def new_account(database: Database, key: str) -> int:
    with database.writing() as connection:
        return accounts.create(connection, key, key)


# ---------------------------------------------------------------- the form


def test_a_scanner_knows_a_key_by_its_prefix_and_its_checksum(database: Database) -> None:
    key = make(database)
    body, _, checksum = key.rpartition("_")
    assert re.fullmatch(r"shk_[0-9a-z]{10}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}", key)
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    number = 0
    for digit in checksum:
        number = number * 62 + digits.index(digit)
    assert number == zlib.crc32(body.encode())
    assert api_keys.key_id_of(key) == body.split("_")[1]


def test_the_checksum_of_an_old_key_stays_the_same() -> None:
    assert api_keys.key_id_of(f"shk_0123456789_{'a' * 43}_40MSrL") == "0123456789"


def test_what_is_no_whole_key_costs_no_look_up(database: Database) -> None:
    key = make(database)
    changed = key[:20] + ("x" if key[20] != "x" else "y") + key[21:]
    with database.reading() as connection:
        statements: list[str] = []
        sa.event.listen(connection, "before_cursor_execute", lambda *each: statements.append(each[2]))
        for text in ("", "shk", key[:-1], key + "x", key.upper(), changed, f" {key}", f"{key}\n", "shk_" + "ä" * 61):
            assert api_keys.find(connection, text, NOW) is None
        assert statements == []


def test_keys_differ_and_hold_256_random_bits(database: Database) -> None:
    keys = {make(database) for _ in range(20)}
    assert len({key.split("_")[1] for key in keys}) == len({key.split("_")[2] for key in keys}) == 20
    assert 62**43 > 2**256


# ---------------------------------------------------------------- who it stands for


def test_a_key_stands_for_a_viewer_with_its_name_permissions_and_accounts(database: Database) -> None:
    one, two = (new_account(database, key) for key in ("one", "two"))
    new_account(database, "three")
    permissions = {Permission.WRITE, Permission.READ}
    key = make(database, name="Dashboard", permissions=permissions, account_ids=[two, one, two], expires_at=NOW + DAY)
    viewer = found(database, key).viewer
    assert (viewer.id, viewer.name) == (f"key:{key.split('_')[1]}", "Dashboard")
    assert (viewer.permissions, viewer.granted, viewer.expires_at) == (permissions, {one, two}, NOW + DAY)
    assert key.split("_")[2] not in repr(viewer)


def test_a_key_without_accounts_of_its_own_grants_all(database: Database) -> None:
    assert found(database, make(database, account_ids=None)).viewer.granted is None
    assert found(database, make(database, account_ids=[])).viewer.granted == frozenset()


def test_the_grant_of_an_erased_account_is_gone_for_good(database: Database) -> None:
    one, two = (new_account(database, key) for key in ("one", "two"))
    key, for_all = make(database, account_ids=[one, two]), make(database)
    with database.writing() as connection:
        accounts.erase(connection, one)
    assert found(database, key).viewer.granted == {two}
    assert new_account(database, "one") == one  # the same id again
    assert found(database, key).viewer.granted == {two}
    assert found(database, for_all).viewer.granted is None


def test_a_key_for_an_account_that_is_gone_is_not_made(database: Database) -> None:
    one = new_account(database, "one")
    with database.writing() as connection:
        accounts.erase(connection, one)
    with pytest.raises(NotFound, match="There is no such account"):
        make(database, account_ids=[one])
    with database.reading() as connection:
        assert api_keys.list_keys(connection) == []


def test_a_key_is_refused_from_the_instant_at_which_it_expires(database: Database) -> None:
    key = make(database, expires_at=NOW + DAY)
    assert find(database, key, NOW + DAY - dt.timedelta(microseconds=1)) is not None
    assert find(database, key, NOW + DAY) is None


def test_a_revoked_key_is_refused_and_stays_revoked(database: Database) -> None:
    key, other = make(database), make(database)
    key_id = key.split("_")[1]
    with database.writing() as connection:
        for now in (NOW, NOW + DAY):
            api_keys.revoke(connection, key_id, now)
        assert {each.key_id: each.revoked_at for each in api_keys.list_keys(connection)}[key_id] == NOW
    assert find(database, key) is None
    assert find(database, other) is not None


def test_another_secret_with_the_id_of_a_key_is_refused(database: Database) -> None:
    key, other = make(database), make(database)
    body = f"shk_{key.split('_')[1]}_{other.split('_')[2]}"
    forged = f"{body}_{api_keys._checksum(body)}"
    assert api_keys.key_id_of(forged) == key.split("_")[1]
    assert find(database, forged) is None


def test_a_hash_is_compared_in_constant_time_even_without_such_a_key(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    key, unknown = make(database), f"shk_0123456789_{'a' * 43}_40MSrL"
    compared, right = [], hmac.compare_digest

    def compare(one: str, other: str) -> bool:
        compared.append((len(one), len(other)))
        return right(one, other)

    monkeypatch.setattr(api_keys.hmac, "compare_digest", compare)  # type: ignore[attr-defined]  # what the module imports is not its API
    assert find(database, key) is not None
    assert find(database, unknown) is None
    assert compared == [(64, 64)] * 2


def test_there_are_valid_keys_or_not(database: Database) -> None:
    def any_valid() -> bool:
        with database.reading() as connection:
            return api_keys.any_valid(connection, NOW)

    assert not any_valid()
    make(database, expires_at=NOW)
    assert not any_valid()
    key = make(database, expires_at=NOW + DAY)
    assert any_valid()
    with database.writing() as connection:
        api_keys.revoke(connection, key.split("_")[1], NOW)
    assert not any_valid()


# ---------------------------------------------------------------- what the store has


def test_neither_the_key_nor_its_secret_is_stored(database: Database) -> None:
    key = make(database, account_ids=[new_account(database, "one")])
    found(database, key)
    with database.reading() as connection:
        dump = repr([connection.execute(sa.select(table)).all() for table in metadata.sorted_tables])
    assert key.split("_")[1] in dump
    assert key.split("_")[2] not in dump


def test_keys_are_listed_with_the_accounts_that_they_grant_and_newest_first(database: Database) -> None:
    ids = [new_account(database, key) for key in ("b", "a", "c")]
    make(database, name="old", permissions=[Permission.WRITE, Permission.READ], account_ids=ids[:2])
    make(database, name="new", created_at=NOW + DAY)
    make(database, name="none", created_at=NOW - DAY, account_ids=[])
    with database.reading() as connection:
        keys = api_keys.list_keys(connection)
    assert [(key.name, key.accounts and list(key.accounts)) for key in keys] == [("new", None), ("old", ["a", "b"]), ("none", ())]
    assert list(keys[1].permissions) == [Permission.READ, Permission.WRITE]


# ---------------------------------------------------------------- last used


def test_a_use_is_stored_at_most_once_a_minute(database: Database) -> None:
    key = make(database)
    key_id = key.split("_")[1]

    def used(now: dt.datetime) -> dt.datetime | None:
        with database.writing() as connection:
            api_keys.note_use(connection, key_id, now)
        return found(database, key).last_used_at

    assert found(database, key).last_used_at is None
    assert used(NOW) == NOW
    assert used(NOW + USE_IS_NOTED_EVERY - dt.timedelta(seconds=1)) == NOW
    assert used(NOW + USE_IS_NOTED_EVERY) == NOW + USE_IS_NOTED_EVERY


def test_on_a_server_a_use_is_skipped_while_another_stores_one(database: Database) -> None:
    sent: list[Any] = []
    with database.writing() as connection:
        sa.event.listen(connection, "before_execute", lambda *each: sent.append(each[1]))
        api_keys.note_use(connection, "x", NOW)
    (statement,) = sent
    assert "FOR UPDATE SKIP LOCKED" in str(statement.compile(dialect=postgresql.dialect()))
