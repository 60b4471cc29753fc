"""A store of an older version: what it knew of the order only stays, is noted, and is corrected when the report is imported again."""

import datetime as dt
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command

from sellerhealth.access import OWNER
from sellerhealth.facts import Item, Order
from sellerhealth.intake import import_stream, notes_of
from sellerhealth.model.records import Account
from sellerhealth.plugins.load import Loaded
from sellerhealth.store import migrate
from sellerhealth.store.accounts import account_id_of
from sellerhealth.store.database import Database
from sellerhealth.store.merge import version_of
from tests.intake.test_cancelled_lines import flat, line
from tests.support.importers import NOW, at
from tests.support.imports import stored

UPDATED = at("2026-03-02T10:00:00Z")


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Database]:
    """A store at the first revision."""
    database = Database(f"sqlite:///{tmp_path / 'old.db'}")
    with database.writing() as connection:
        config = migrate._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    yield database
    database.close()


def insert(database: Database, table: str, **values: object) -> None:
    """Stores a row of the old tables: other columns without a default are 0."""
    with database.writing() as connection:
        columns = {column["name"]: column for column in sa.inspect(connection).get_columns(table)}
        missing = {name: 0 for name, column in columns.items() if not column["nullable"]}
        row: Mapping[str, object] = missing | values
        text = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(f':{name}' for name in row)})"
        connection.execute(sa.text(text), row)


def new_account(database: Database, key: str, name: str) -> int:
    """An account as the first version stored it."""
    insert(database, "accounts", account_id=account_id_of(key), key=key, name=name, time_zone="UTC")
    return account_id_of(key)


def order(database: Database, account: int, order_id: str, channel: str = "SELLER", **values: object) -> None:
    """An order as the first version stored it from a line of its flat file."""
    row = {"status": "SHIPPED", "marketplace": "ATVPDKIKX0DER", "told": version_of(UPDATED, 10), **values}
    insert(database, "orders", account_id=account, order_id=order_id, channel=channel, placed_at="2026-03-01 10:00:00.000000", **row)


def test_what_depends_on_an_unknown_status_becomes_null(old: Database) -> None:
    account = new_account(old, "SHOP-1", "A shop")
    confirmed = "2026-03-02 10:00:00.000000"
    order(old, account, "702-1", status=None)
    order(old, account, "702-2", status="PENDING")
    order(old, account, "702-3", status=None, confirmed_at=confirmed, accepted=True)
    order(old, account, "702-4", status=None, accepted=True, canceller_unknown=True)
    order(old, account, "702-5", status=None, buyer_asked=True)
    for order_id, item_id, values in [
        ("702-1", "*", {"cancelled_by": "BUYER"}),
        ("702-3", "71", {"cancelled_by": "SELLER"}),
        ("702-3", "72", {"cancelled_by": "SELLER", "cancelled_at": "2026-03-02 09:00:00.000000", "before_shipment": True}),
        ("702-3", "73", {"cancelled_by": "SELLER", "quantity_shipped": 1}),
        ("702-3", "*", {"cancelled_by": "SELLER", "cancelled_at": confirmed}),
        ("702-2", "74", {"cancelled_by": "BUYER"}),
    ]:
        insert(old, "items", account_id=account, order_id=order_id, item_id=item_id, told="1", **values)
    migrate.upgrade(old)
    assert {row["order_id"]: (row["accepted"], row["canceller_unknown"]) for row in stored(old, Order)} == {
        "702-1": (None, False),
        "702-2": (False, False),
        "702-3": (True, False),
        "702-4": (True, True),
        "702-5": (None, False),
    }
    before = {(row["order_id"], row["item_id"]): row["before_shipment"] for row in stored(old, Item)}
    assert before.pop(("702-3", "71")) is None
    assert before == {("702-1", "*"): False, ("702-2", "74"): False, ("702-3", "*"): False, ("702-3", "72"): True, ("702-3", "73"): False}


def test_a_request_of_the_order_stays_and_is_noted_until_its_report_is_imported_again(old: Database, loaded: Loaded) -> None:
    account = new_account(old, "SHOP-1", "A shop")
    order(old, account, "702-1", buyer_asked=True, item_cancelled=True)
    order(old, account, "702-2")
    order(old, account, "702-3", "AMAZON", buyer_asked=True)
    for item_id, asked in (("71", None), ("72", False)):
        insert(old, "items", account_id=account, order_id="702-1", item_id=item_id, cancelled_by="SELLER", buyer_asked=asked, told="1")
    order(old, account, "702-4", buyer_asked=True)
    insert(old, "items", account_id=account, order_id="702-5", item_id="73", told="1")  # its order was never imported
    migrate.upgrade(old)

    assert {item["item_id"]: item["requested"] for item in stored(old, Item)} == {"71": True, "72": False, "73": None}
    assert notes_of(old, OWNER, account) == {"request_of_order": 2}

    report = flat(
        line("Cancelled", asked="true"),
        line("Cancelled", asked="false", sku="PLATE"),
        line(asked="true").replace("702-1", "702-4"),
        line(asked="false", sku="PLATE").replace("702-1", "702-4"),
    )
    import_stream(old, loaded, OWNER, account, io.BytesIO(report.encode()), "orders.txt", observed_at=NOW)
    flags = {row["order_id"]: row["buyer_asked"] for row in stored(old, Order)}
    assert (flags["702-1"], flags["702-4"]) == (False, False)
    requested = {item["item_id"]: item["requested"] for item in stored(old, Item) if item["order_id"] == "702-1"}
    assert requested == {"71": False, "72": False, "sku:CUP:1": True, "sku:PLATE:1": False}
    assert notes_of(old, OWNER, account) == {}


def test_only_reports_after_the_upgrade_say_that_an_order_of_before_is_gone(old: Database, loaded: Loaded) -> None:
    account = new_account(old, "SHOP-1", "A shop")
    order(old, account, "702-1", placed_on="2026-03-01")
    migrate.upgrade(old)
    around = [
        line().replace("702-1", number).replace("2026-03-01", day) for number, day in (("702-2", "2026-02-28"), ("702-3", "2026-03-02"))
    ]
    for observed_at, notes in ((NOW, {}), (dt.datetime.now(dt.UTC), {"order_gone": 1})):
        import_stream(old, loaded, OWNER, account, io.BytesIO(flat(*around).encode()), "orders.txt", observed_at=observed_at)
        assert notes_of(old, OWNER, account) == notes


def test_accounts_can_be_searched_and_sorted(old: Database) -> None:
    new_account(old, "SHOP-1", "Äpfel")
    migrate.upgrade(old)
    with old.reading() as connection:
        assert connection.execute(sa.select(Account.folded_key, Account.folded_name)).all() == [("shop-1", "äpfel")]
