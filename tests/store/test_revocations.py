"""A revocation waits for no writer: a file beside the database says it until the table does."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from sellerhealth.access import Permission
from sellerhealth.errors import StoreBusy
from sellerhealth.facts import Order
from sellerhealth.http.api_keys import ApiKeys
from sellerhealth.store import api_keys, revocations
from sellerhealth.store.database import Database
from tests.store.importing import account, import_rows, order, rows_of

pytestmark = pytest.mark.sqlite_file
NOW = dt.datetime(2026, 3, 31, 12, tzinfo=dt.UTC)


@pytest.fixture
def other(database: Database) -> Iterator[Database]:
    """The same store, as another process opens it."""
    other = Database(database.url.render_as_string())
    yield other
    other.close()


def make(database: Database) -> tuple[str, str]:
    with database.writing() as connection:
        key = api_keys.create(connection, name="a key", permissions={Permission.READ}, account_ids=None, created_at=NOW)
    return key, key.split("_")[1]


def files(database: Database) -> list[str]:
    assert database.file is not None
    return sorted(path.name for path in database.file.parent.glob("*-revoked-*"))


def stored(database: Database) -> dict[str, dt.datetime | None]:
    with database.reading() as connection:
        return {key.key_id: key.revoked_at for key in api_keys.list_keys(connection)}


def test_a_key_is_refused_at_once_although_another_process_writes(database: Database, other: Database) -> None:
    (key, key_id), (right, _) = make(database), make(database)
    keys = ApiKeys(database)
    before = dt.datetime.now(dt.UTC).replace(microsecond=0)
    with other.writing():
        assert keys.viewer_of(key) is not None
        revocations.revoke(database, key_id, NOW)
        assert keys.viewer_of(key) is ApiKeys(other).viewer_of(key) is None
        assert keys.viewer_of(right) is not None
        assert revocations.pending(database).keys() == {key_id}
        assert before <= revocations.pending(database)[key_id] <= dt.datetime.now(dt.UTC)
        assert stored(database)[key_id] is None


def test_the_table_is_told_as_soon_as_it_can_be(database: Database, other: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    key, key_id = make(database)
    revocations.revoke(database, key_id, NOW)
    at = revocations.pending(database)[key_id]
    monkeypatch.setattr("sellerhealth.store.sqlite_file._WAIT", "PRAGMA busy_timeout=50")
    impatient = Database(database.url.render_as_string())
    with other.writing(), pytest.raises(StoreBusy):
        revocations.settle(impatient)
    assert files(database) == [f"store.db-revoked-{key_id}"]
    for _ in range(2):
        revocations.settle(impatient)
        assert (files(database), dict(revocations.pending(database)), stored(database)) == ([], {}, {key_id: at})
    assert ApiKeys(database).viewer_of(key) is None
    impatient.close()


def test_an_import_tells_the_table_what_was_revoked_while_it_ran(database: Database, other: Database) -> None:
    (_, key_id), account_id = make(database), account(database)
    with other.writing():
        revocations.revoke(database, key_id, NOW)
    import_rows(database, account_id, [order()])
    assert len(rows_of(database, account_id, Order)) == 1
    assert (files(database), stored(database)[key_id] is None) == ([], False)


def test_the_file_is_private_empty_and_beside_the_database_itself(database: Database, tmp_path: Path) -> None:
    _, key_id = make(database)
    assert database.file is not None
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.db"
    link.symlink_to(database.file)
    linked = Database(f"sqlite:///{link}")
    revocations.revoke(linked, key_id, NOW)
    linked.close()
    file = database.file.with_name(f"store.db-revoked-{key_id}")
    assert (file.stat().st_mode & 0o777, file.read_bytes()) == (0o600, b"")
    assert revocations.is_pending(database, key_id)


def test_where_no_file_can_be_made_the_table_is_told(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    key, key_id = make(database)

    def fail(*_: object) -> int:
        raise PermissionError

    monkeypatch.setattr(revocations.os, "open", fail)  # type: ignore[attr-defined]  # what the module imports is not its API
    revocations.revoke(database, key_id, NOW)
    assert (files(database), stored(database)) == ([], {key_id: NOW})
    assert ApiKeys(database).viewer_of(key) is None
