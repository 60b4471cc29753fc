"""Fast path of the import of many accounts: what several new ones insert is held and stored together. The plain way is each by itself."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa

from sellerhealth.access import OWNER
from sellerhealth.facts import Order
from sellerhealth.intake import AccountImport, create_account, import_accounts
from sellerhealth.model.records import Account
from sellerhealth.plugins.load import Loaded
from sellerhealth.store.account_rows import AccountRows
from sellerhealth.store.accounts import account_id_of, create, erase
from sellerhealth.store.bulk import new_row
from sellerhealth.store.database import Database
from sellerhealth.store.every_table import metadata
from sellerhealth.store.held_inserts import HeldInserts
from sellerhealth.store.merge import shape_of
from tests.support.importers import NOW

HEAD = (
    "amazon-order-id\tpurchase-date\tlast-updated-date\torder-status\tfulfillment-channel\tsales-channel\titem-status\tsku\tcpf\taccount\n"
)
CLOCKS = {"started_at", "finished_at", "updated_at"}
_MODULE = import_module("sellerhealth.intake.import_accounts")


def file_of(chance: Random) -> str:
    """Orders of some accounts: of several lines, cancelled, of another shop, with cells that cannot be read, or without an account."""
    lines = [HEAD]
    for _ in range(chance.randrange(60)):
        status = chance.choice(["Shipped"] * 8 + ["Cancelled", "Unshipped", *["never heard of"] * chance.choice([0, 0, 1])])
        account = chance.choice([f"SHOP-{chance.randrange(8)}"] * 12 + ["", "no shop"])
        order = f"{chance.choice(['Amazon.de', 'Amazon.com', 'Non-Amazon'])}\t{status}\t{chance.choice(['A', 'B'])}\t\t{account}"
        placed = f"2025-12-{chance.randrange(1, 29):02}T10:00:00Z\t{chance.choice(['', '2025-12-30T10:00:00 UTC', '2025-12-30T10:00:00Z'])}"
        number = f"111-0000000-{chance.randrange(40):07}"
        lines.append(f"{number}\t{placed}\t{status}\t{chance.choice(['Merchant', 'Amazon'])}\t{order}\n")
    return "".join(lines)


def stored(database: Database) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """All rows of all accounts, without what depends on the clock."""
    with database.reading() as connection:
        for table in metadata.sorted_tables:
            if "account_id" in table.c:
                rows = connection.execute(sa.select(table).order_by(*table.primary_key)).mappings()
                yield table.name, [{name: value for name, value in row.items() if name not in CLOCKS} for row in rows]


def said(results: Sequence[AccountImport]) -> Sequence[Any]:
    return [(each.key, each.line, str(each.error), each.is_new, each.summary and replace(each.summary, seconds=0)) for each in results]


def run(database: Database, loaded: Loaded, text: str, **options: Any) -> Sequence[AccountImport]:
    options = {"observed_at": NOW, "create": True} | options
    return list(import_accounts(database, loaded, OWNER, io.BytesIO(text.encode()), "file.tsv", **options))


@pytest.mark.parametrize("seed", range(12))
def test_accounts_that_are_stored_together_are_stored_as_each_by_itself(
    database: Database, loaded: Loaded, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = Random(seed)
    files, options = [file_of(chance), file_of(chance)], {"skip_bad_rows": seed % 3 == 1, "dry_run": seed % 6 == 2}
    found = []
    for plainly in (False, True):
        if plainly:
            monkeypatch.setattr(_MODULE, "_groups", lambda accounts: ([each] for each in accounts))
        create_account(database, OWNER, "SHOP-3", "A seller")
        results = [said(run(database, loaded, text, **options)) for text in files]
        found.append((results, dict(stored(database))))
        with database.writing() as connection:
            for (account_id,) in connection.execute(sa.select(Account.account_id)).all():
                erase(connection, account_id)
    assert found[0] == found[1]


def test_an_account_that_another_import_has_created_meanwhile_fails_alone(
    database: Database, loaded: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_account(database, OWNER, "SHOP-2", "A seller")
    monkeypatch.setattr(_MODULE, "_known", lambda *_: {})
    lines = [f"111-{number}\t2025-12-01T10:00:00Z\t\tShipped\tMerchant\tAmazon.de\t\tA\t\tSHOP-{number}\n" for number in range(4)]
    results = run(database, loaded, HEAD + "".join(lines))
    assert [str(each.error) for each in results if each.error] == ["There is an account 'SHOP-2' already."]
    with database.reading() as connection:
        orders = connection.execute(sa.select(Order.account_id, Order.order_id)).all()
    assert sorted(map(tuple, orders)) == sorted((account_id_of(f"SHOP-{number}"), f"111-{number}") for number in (0, 1, 3))


def test_what_is_held_is_stored_before_anything_of_the_account_is_read(database: Database) -> None:
    shape = shape_of(Order)
    with database.writing() as connection:
        held = HeldInserts(connection)
        for key in ("one", "other"):
            rows = AccountRows(connection, create(connection, key, key), is_new=True, held=held)
            rows.save(shape, [new_row(shape, rows.account_id, {"order_id": "702-1"}, "1")], [])
        everything = sa.select(sa.func.count()).select_from(shape.table)
        assert connection.scalar(everything) == 0
        assert [row["order_id"] for row in rows.load(shape.table, "order_id", ["702-1"])] == ["702-1"]
        assert connection.scalar(everything) == 2
        rows.save(shape, [new_row(shape, rows.account_id, {"order_id": "702-2"}, "1")], [])
        held.send()
        assert connection.scalar(everything) == 3
