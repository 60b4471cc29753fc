"""Who writes into an account: a viewer with the permission, and an account that is granted, one after the other."""

import ast
import io
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

import sellerhealth
from sellerhealth.access import OWNER, Permission, Viewer
from sellerhealth.errors import BadInput, Forbidden, NotFound, SellerHealthError, StoreBusy
from sellerhealth.facts import Order
from sellerhealth.intake import create_account, find_account, import_stream
from sellerhealth.model.records import Account, Grant
from sellerhealth.plugins.load import Loaded
from sellerhealth.store import api_keys, postgresql_server, sqlite_file
from sellerhealth.store.accounts import account_id_of, erase
from sellerhealth.store.database import Database
from sellerhealth.store.reclassify import reclassify
from sellerhealth.store.writing import writing_into
from sellerhealth.testing import CLOCK, classify_by_stars
from tests.support.stores import Kind, Stores

OWN, FOREIGN, ABSENT = (account_id_of(key) for key in ("own", "foreign", "absent"))
WRITER = Viewer("writer", "writer", frozenset({Permission.WRITE}), granted=frozenset({OWN, ABSENT}))
READER = Viewer("reader", "reader", frozenset({Permission.READ}), granted=frozenset({OWN}))
ADMIN = Viewer("admin", "admin", frozenset({Permission.ADMIN}), granted=frozenset({OWN}))
FEEDBACK = b"date,rating,comments,order id\n"


@pytest.fixture
def database(database: Database) -> Database:
    for key in ("own", "foreign"):
        create_account(database, OWNER, key, key)
    return database


def refusal(database: Database, viewer: Viewer, account_id: int) -> SellerHealthError | None:
    """What stands in the way of a transaction of a viewer."""
    try:
        with writing_into(database, viewer, account_id):
            return None
    except SellerHealthError as refused:
        return refused


@pytest.mark.parametrize("viewer", [OWNER, WRITER, ADMIN], ids=lambda viewer: viewer.name)
def test_who_may_write_writes_into_a_granted_account(database: Database, viewer: Viewer) -> None:
    assert refusal(database, viewer, OWN) is None


def test_reading_is_not_writing(database: Database) -> None:
    assert isinstance(refusal(database, READER, OWN), Forbidden)


def test_an_account_that_is_not_granted_does_not_exist(database: Database) -> None:
    foreign, absent = refusal(database, WRITER, FOREIGN), refusal(database, WRITER, ABSENT)
    assert isinstance(foreign, NotFound)
    assert (type(foreign), str(foreign), foreign.code) == (type(absent), str(absent), absent.code if absent else None)


@pytest.mark.parametrize("viewer", [WRITER, READER], ids=lambda viewer: viewer.name)
def test_nothing_is_imported_or_classified_into_an_account_that_is_not_granted(
    database: Database, built_ins: Loaded, viewer: Viewer
) -> None:
    for write in (
        lambda: import_stream(
            database, built_ins, viewer, FOREIGN, io.BytesIO(FEEDBACK), "f.csv", observed_at=CLOCK, format="GET_SELLER_FEEDBACK_DATA"
        ),
        lambda: reclassify(database, viewer, FOREIGN, classify_by_stars),
    ):
        with pytest.raises((Forbidden, NotFound)):
            write()
    with database.reading() as connection:
        for table in Order.metadata.sorted_tables:
            if table.name not in ("accounts", "alembic_version"):
                assert connection.execute(table.select()).all() == [], table.name


def test_an_account_is_found_by_its_key_only_if_it_is_granted(database: Database) -> None:
    assert find_account(database, READER, "own") == OWN
    for key in ("foreign", "absent"):
        with pytest.raises(NotFound, match=f"^There is no account '{key}'"):
            find_account(database, READER, key)


@pytest.mark.parametrize("viewer", [WRITER, READER, ADMIN], ids=lambda viewer: viewer.name)
def test_only_an_administrator_of_all_accounts_creates_one(database: Database, viewer: Viewer) -> None:
    with pytest.raises(Forbidden, match="ADMIN for all accounts"):
        create_account(database, viewer, "new", "New")


# Transactions that are not of a viewer who writes into an account.
OTHER_TRANSACTIONS = {
    "store/writing.py": "the transaction itself, once the viewer is asked",
    "store/database.py": "a connection for a function that writes",
    "store/statistics.py": "statistics for the planner",
    "rollups/tables.py": "the tables of rollups, which have no rows then",
    "rollups/keeper.py": "rollups, which say no more than the facts",
    "rollups/rebuild.py": "rollups, which say no more than the facts",
    "store/revocations.py": "API keys, which belong to no account",
    "store/migrate.py": "tables, not what they say: migrations, and the columns of rollups",
    "store/distribution.py": "where the rows are, not what they say",
    "intake/accounts.py": "a new account, once the viewer is asked",
    "http/api_keys.py": "when an API key was last used",
    "cli/commands/tokens.py": "API keys, which belong to no account",
    "testing/empty_store.py": "the tables of a test",
    "testing/world.py": "a new account of a test",
}


def test_every_other_transaction_that_writes_is_declared() -> None:
    root = Path(sellerhealth.__file__).parent
    found = {
        str(path.relative_to(root))
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and re.search(r"(database|self)\.(writing|try_writing|writer)$", ast.unparse(node))
    }
    assert found == OTHER_TRANSACTIONS.keys()


def test_writers_of_one_account_take_turns(database: Database) -> None:
    """Each reads a number and stores the next one: none is lost."""

    def count(_: int) -> None:
        with writing_into(database, OWNER, OWN) as connection:
            version = connection.execute(sa.select(Account.version).where(Account.account_id == OWN)).scalar_one()
            connection.execute(sa.update(Account).where(Account.account_id == OWN).values(version=version + 1))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(count, range(40)))
    with database.reading() as connection:
        assert connection.scalar(sa.select(Account.version).where(Account.account_id == OWN)) == 40


def test_of_those_who_create_an_account_at_once_one_does(database: Database) -> None:
    def create(_: int) -> str:
        try:
            create_account(database, OWNER, "new", "New")
        except BadInput as refused:
            return str(refused)
        return "created"

    with ThreadPoolExecutor(6) as threads:
        assert sorted(threads.map(create, range(6))) == ["There is an account 'new' already."] * 5 + ["created"]


def test_who_waits_too_long_for_another_writer_is_told(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql_server, "_WAIT", 50)
    monkeypatch.setattr(sqlite_file, "_WAIT", "PRAGMA busy_timeout=50")
    impatient = Database(database.url.render_as_string(hide_password=False))
    try:
        with writing_into(database, OWNER, OWN):
            assert isinstance(refusal(impatient, OWNER, OWN), StoreBusy)
        assert refusal(impatient, OWNER, OWN) is None
    finally:
        impatient.close()


def test_a_key_for_an_account_is_made_while_a_long_import_writes_into_it(stores: Stores) -> None:
    with stores.open(Kind.POSTGRESQL) as server:
        account_id = create_account(server, OWNER, "own", "own")
        with writing_into(server, OWNER, account_id):
            assert server.try_writing(lambda connection: make_key(connection, account_id)) is None


def test_an_account_is_not_erased_while_a_key_for_it_is_made(stores: Stores) -> None:
    """Else the key would grant a later account with the same key."""
    with stores.open(Kind.POSTGRESQL) as server:
        account_id = create_account(server, OWNER, "own", "own")
        with server.writing() as connection:
            make_key(connection, account_id)
            assert isinstance(server.try_writing(lambda connection: erase(connection, account_id)), StoreBusy)
        assert server.try_writing(lambda connection: erase(connection, account_id)) is None
        with server.reading() as connection:
            assert connection.execute(sa.select(Grant.key_id)).all() == []


def make_key(connection: sa.Connection, account_id: int) -> str:
    """Makes a key that grants an account."""
    return api_keys.create(connection, name="a key", permissions=set(Permission), account_ids=[account_id], created_at=CLOCK)
