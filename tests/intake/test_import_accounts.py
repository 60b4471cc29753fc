"""Files in which each row names its account: which account gets what, what fails alone, and what keeps the whole file out."""

import dataclasses
import datetime as dt
import io
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, BinaryIO

import pytest
import sqlalchemy as sa

from sellerhealth.access import OWNER, Permission, Viewer
from sellerhealth.errors import BadFile, Forbidden, NotFound
from sellerhealth.facts import Claim, Feedback, Item, Order
from sellerhealth.importers.account_column import ACCOUNT
from sellerhealth.intake import AccountImport, BadRows, create_account, entries_by_account, import_accounts, import_stream
from sellerhealth.model.records import Account, ImportBatch, RejectedRow, RollupState
from sellerhealth.plugins.load import Loaded
from sellerhealth.plugins.plugin import Origin
from sellerhealth.plugins.registry import Importers
from sellerhealth.sources import Entry, FactKind, FileContext, Importer, Row
from sellerhealth.store.accounts import account_id_of
from sellerhealth.store.database import Database
from tests.support.importers import BY_ORDER_DATE, IMPORTERS, NOW
from tests.support.imports import stored

CLAIMS = "order_id,opened_at,state,account\nA-1,2026-03-01,DENIED,SHOP-1\nB-1,2026-03-02,,SHOP-2\nA-2,2026-03-03,,SHOP-1\n"
ORDERS = "amazon-order-id\tpurchase-date\torder-status\tfulfillment-channel\tsales-channel\titem-status\tsku\tcpf\taccount\n"

Import = Callable[..., dict[str | None, AccountImport]]


@pytest.fixture
def import_text(database: Database, loaded: Loaded) -> Import:
    """Imports a text into the accounts that it names, and returns the results by account."""

    def run(text: str, viewer: Viewer = OWNER, of: Loaded = loaded, **options: Any) -> dict[str | None, AccountImport]:
        stream, options = io.BytesIO(text.encode()), {"observed_at": NOW, "create": True} | options
        return {result.key: result for result in import_accounts(database, of, viewer, stream, "file.csv", **options)}

    return run


def keys(database: Database) -> list[str]:
    return sorted(row["key"] for row in stored(database, Account))


def claims_of(database: Database, key: str) -> list[str]:
    return [row["order_id"] for row in stored(database, Claim) if row["account_id"] == account_id_of(key)]


def test_rows_go_into_the_accounts_that_they_name_wherever_they_are_in_the_file(database: Database, import_text: Import) -> None:
    found = import_text(CLAIMS)
    assert [(each.key, each.line, each.is_new, each.error) for each in found.values()] == [
        ("SHOP-1", 2, True, None),
        ("SHOP-2", 3, True, None),
    ]
    assert [(each.rows_read, each.new) for each in (result.summary for result in found.values()) if each] == [(2, 2), (1, 1)]
    assert (claims_of(database, "SHOP-1"), claims_of(database, "SHOP-2")) == (["A-1", "A-2"], ["B-1"])
    batches = [(row["account_id"], row["rows_read"], row["state"]) for row in stored(database, ImportBatch)]
    assert sorted(batches) == sorted([(account_id_of("SHOP-1"), 2, "DONE"), (account_id_of("SHOP-2"), 1, "DONE")])


@pytest.mark.parametrize("in_memory", [0, 30_000], ids=["on disk", "in memory"])
def test_the_facts_are_those_of_a_file_for_each_account(
    database: Database, loaded: Loaded, import_text: Import, monkeypatch: pytest.MonkeyPatch, in_memory: int
) -> None:
    monkeypatch.setattr(entries_by_account, "_IN_MEMORY", in_memory)
    monkeypatch.setattr(import_module("sellerhealth.intake.import_accounts"), "CHUNK", 7)
    lines = [
        f"111-0000000-{number % 9:07}\t2026-03-{1 + number % 27:02}T10:00:00Z\t{status}\tMerchant\tAmazon.de\t{status}\tX\t\tSHOP-{number % 3}\n"
        for number, status in enumerate(["Shipped", "Cancelled", "Unshipped", "Shipped"] * 10)
    ]
    import_text(ORDERS + "".join(lines))
    facts = {table: stored(database, table) for table in (Order, Item)}
    assert all(facts.values())
    for number in range(3):
        of_shop = ORDERS + "".join(line.replace(f"SHOP-{number}\n", "\n") for line in lines if line.endswith(f"SHOP-{number}\n"))
        create_account(database, OWNER, f"ALONE-{number}", "Alone")
        stream = io.BytesIO(of_shop.encode())
        import_stream(database, loaded, OWNER, account_id_of(f"ALONE-{number}"), stream, "file", observed_at=NOW, format=BY_ORDER_DATE)
        for table, rows in facts.items():
            alone = [row for row in stored(database, table) if row["account_id"] == account_id_of(f"ALONE-{number}")]
            mine = [row for row in rows if row["account_id"] == account_id_of(f"SHOP-{number}")]
            assert [row | {"account_id": 0} for row in alone] == [row | {"account_id": 0} for row in mine]


def test_a_bad_row_keeps_out_its_account_alone(database: Database, import_text: Import) -> None:
    found = import_text(CLAIMS + "A-3,2026-03-04,LOST,SHOP-1\n")
    assert isinstance(error := found["SHOP-1"].error, BadRows)
    assert str(error).startswith(
        "file.csv: a row of the account 'SHOP-1' is bad, so nothing of the account was imported.\nfile.csv: line 5, "
    )
    assert (keys(database), claims_of(database, "SHOP-2")) == (["SHOP-2"], ["B-1"])


def test_the_record_of_an_account_that_exists_says_that_it_failed(database: Database, import_text: Import, account: int) -> None:
    import_text(CLAIMS.replace("DENIED", "LOST"))
    assert [(row["state"], row["rows_rejected"]) for row in stored(database, ImportBatch) if row["account_id"] == account] == [
        ("FAILED", 1)
    ]


def test_bad_rows_can_be_skipped_and_those_of_imported_accounts_are_kept(database: Database, import_text: Import, tmp_path: Any) -> None:
    rejects = tmp_path / "rejected.csv"
    text = CLAIMS + "A-3,2026-03-04,LOST,SHOP-1\nC-1,2026-03-04,LOST,no shop\n"
    found = import_text(text, skip_bad_rows=True, rejects=lambda name: rejects)
    summary = found["SHOP-1"].summary
    assert summary
    assert (summary.rows_read, summary.new, summary.rejected, summary.rejects) == (3, 2, 1, (rejects,))
    assert [(row["account_id"], row["fact_key"]) for row in stored(database, RejectedRow)] == [
        (account_id_of("SHOP-1"), "A-3 2026-03-04T00:00:00+00:00")
    ]
    assert [line.split(",")[-4:] for line in rejects.read_text().splitlines()[1:]] == [["A-3", "2026-03-04", "LOST", "SHOP-1"]]
    with pytest.raises(BadFile, match="exists already"):
        import_text(CLAIMS + "D-1,never,,SHOP-2\n", skip_bad_rows=True, rejects=lambda name: rejects)


def test_an_unknown_account_fails_alone_and_its_line_is_named(database: Database, import_text: Import, account: int) -> None:
    error = import_text(CLAIMS, create=False)["SHOP-2"].error
    assert isinstance(error, NotFound)
    assert error.argument == "create"
    assert str(error) == "file.csv: line 3: there is no account 'SHOP-2'."
    assert (keys(database), claims_of(database, "SHOP-1")) == (["SHOP-1"], ["A-1", "A-2"])


@pytest.mark.parametrize(("key", "why"), [("no shop", "not have spaces: got 'no shop'"), ("all", "No account can have the key 'all'")])
def test_an_account_whose_key_cannot_be_one_is_not_created(database: Database, import_text: Import, key: str, why: str) -> None:
    error = import_text(CLAIMS.replace("SHOP-2", key))[key].error
    assert str(error).startswith("file.csv: line 3: ")
    assert why in str(error)
    assert keys(database) == ["SHOP-1"]


def test_an_account_with_a_space_in_its_key_that_exists_gets_its_rows(database: Database, import_text: Import) -> None:
    with database.writing() as connection:  # as older releases allowed
        connection.execute(sa.insert(Account), Account(account_id=account_id_of("my shop"), key="my shop", name="My shop").model_dump())
    assert import_text(CLAIMS.replace("SHOP-2", "my shop"))["my shop"].error is None
    assert claims_of(database, "my shop") == ["B-1"]


def test_rows_that_name_no_account_are_imported_into_none(database: Database, import_text: Import) -> None:
    found = import_text(CLAIMS + "X-1,2026-03-04,,\nX-2,2026-03-04,, \n")
    assert str(found[None].error) == "file.csv: 2 rows name no account, and were not imported: line 5, 6."
    assert sum(len(claims_of(database, key)) for key in ("SHOP-1", "SHOP-2")) == len(stored(database, Claim)) == 3


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "order_id,opened_at\nA-1,2026-03-01\n",
            "file.csv names no account: add a column 'account' with the key of the account of each row.",
        ),
        ("order_id,opened_at,account\n", "file.csv has no row, so it names no account. Nothing was imported."),
    ],
)
def test_a_file_that_names_no_account_is_refused(database: Database, import_text: Import, text: str, why: str) -> None:
    with pytest.raises(BadFile) as refused:
        import_text(text)
    assert (str(refused.value), keys(database)) == (why, [])


def test_a_file_of_accounts_is_never_imported_into_one(database: Database, loaded: Loaded, import_text: Import, account: int) -> None:
    import_text(CLAIMS)
    before = stored(database, Claim)
    with pytest.raises(BadFile, match=r"^file.csv: line 2, column 'account': the row is of the account 'SHOP-1'") as refused:
        import_stream(database, loaded, OWNER, account, io.BytesIO(CLAIMS.encode()), "file.csv", observed_at=NOW)
    assert (refused.value.argument, stored(database, Claim)) == ("accounts_from_file", before)


def test_an_empty_column_does_not_keep_a_file_of_one_account_out(database: Database, loaded: Loaded, account: int) -> None:
    text = b"order_id,opened_at,account\nA-1,2026-03-01,\n"
    assert import_stream(database, loaded, OWNER, account, io.BytesIO(text), "file.csv", observed_at=NOW).new == 1


def test_days_begin_in_the_zone_of_their_account(database: Database, import_text: Import) -> None:
    create_account(database, OWNER, "SHOP-2", "Berlin", "Europe/Berlin")
    import_text(CLAIMS, time_zone="Asia/Tokyo")
    opened = {row["order_id"]: row["opened_at"] for row in stored(database, Claim)}
    assert opened["A-1"] == dt.datetime(2026, 2, 28, 15, tzinfo=dt.UTC)
    assert opened["B-1"] == dt.datetime(2026, 3, 1, 23, tzinfo=dt.UTC)


def test_the_same_file_again_changes_nothing(database: Database, import_text: Import) -> None:
    import_text(CLAIMS)
    before = [stored(database, table) for table in (Claim, Account, ImportBatch)]
    again = import_text(CLAIMS)["SHOP-1"]
    assert again.summary
    assert (again.is_new, again.summary.unchanged, again.summary.rows_read) == (False, 2, 2)
    assert [stored(database, table) for table in (Claim, Account, ImportBatch)] == before


def test_a_dry_run_says_what_would_be_done_and_changes_nothing(database: Database, import_text: Import) -> None:
    summary = import_text(CLAIMS, dry_run=True)["SHOP-1"].summary
    assert summary
    assert summary.new == 2
    assert stored(database, Account) == stored(database, Claim) == []


def test_who_imports_needs_the_permission_for_each_account(database: Database, import_text: Import, account: int) -> None:
    create_account(database, OWNER, "SHOP-2", "Foreign")
    writer = Viewer("writer", "writer", frozenset({Permission.WRITE}), granted=frozenset({account}))
    found = import_text(CLAIMS, writer, create=False)
    assert (found["SHOP-1"].error, type(found["SHOP-2"].error)) == (None, NotFound)
    reader = Viewer("reader", "reader", frozenset({Permission.READ}), granted=None)
    for viewer, create in ((reader, False), (writer, True)):
        with pytest.raises(Forbidden):
            import_text(CLAIMS, viewer, create=create)
    assert {row["account_id"] for row in stored(database, Claim)} == {account}


def test_a_remark_is_about_the_account_of_its_row(import_text: Import) -> None:
    orders = "1\t2026-03-01T10:00:00Z\tShipped\tMerchant\tAmazon.de\tShipped\tX\t\tSHOP-1\n"
    found = import_text(ORDERS + orders + orders.replace("1\t", "2\t", 1).replace("\tShipped\tX", "\tOdd\tX").replace("SHOP-1", "SHOP-2"))
    remarks = {key: each.summary.remarks for key, each in found.items() if each.summary}
    assert remarks == {
        "SHOP-1": (),
        "SHOP-2": ("file.csv: line 3: column 'item-status' holds 'Odd', a status that is not known: it was left out.",),
    }


def _feedback(stream: BinaryIO, context: FileContext) -> Iterator[Entry]:
    for number, line in enumerate(stream, 1):
        values = {"order_id": f"A-{number}", "rating": 5, "left_at": NOW}
        yield Row(Feedback, values, None, number, account=line.decode().strip() or None)


def test_an_importer_of_any_format_can_name_the_account_of_a_row(database: Database, loaded: Loaded, import_text: Import) -> None:
    stars = Importer("stars", "Stars", frozenset({FactKind.FEEDBACK}), 30, lambda sample: sample.start.startswith(b"SHOP"), _feedback)
    with_stars = dataclasses.replace(loaded, importers=Importers([(stars, Origin("acme", "acme", "1"))]))
    import_text("SHOP-1\nSHOP-2\nSHOP-1\n", of=with_stars)
    assert sorted(row["account_id"] for row in stored(database, Feedback)) == sorted(
        [account_id_of("SHOP-1"), account_id_of("SHOP-1"), account_id_of("SHOP-2")]
    )


def test_every_built_in_format_of_lines_takes_the_column() -> None:
    lines = [importer for importer in IMPORTERS.values() if hasattr(importer.recognises, "columns")]
    assert len(lines) == 18
    assert all(any(column is ACCOUNT for column in importer.recognises.columns) for importer in lines)  # type: ignore[attr-defined]  # checked above


def test_rollups_that_are_current_stay_so_and_the_others_are_left_to_the_server(
    database: Database, loaded: Loaded, import_text: Import, account: int
) -> None:
    keeping = dataclasses.replace(loaded, keeps_rollups=True)
    import_stream(
        database, keeping, OWNER, account, io.BytesIO(CLAIMS.split(",account")[0].encode()), "f", observed_at=NOW, format="claims"
    )
    import_text(CLAIMS, of=keeping)
    import_text(CLAIMS.replace("B-1", "B-2").replace("A-2", "A-3"), of=keeping)
    versions = {row["account_id"]: row["version"] for row in stored(database, Account)}
    assert [(row["account_id"], row["version"]) for row in stored(database, RollupState)] == [(account, versions[account])]
    assert versions == {account: 3, account_id_of("SHOP-2"): 2}


def test_few_statements_import_a_small_new_account(database: Database, import_text: Import) -> None:
    statements: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    import_text(CLAIMS)
    sa.event.listen(database.writer, "before_cursor_execute", note)
    import_text("order_id,opened_at,account\n" + "".join(f"C-{number},2026-03-01,NEW-{number}\n" for number in range(10)))
    assert len(statements) <= 15
