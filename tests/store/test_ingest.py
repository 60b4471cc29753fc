"""One import is one transaction: what it leaves in the store, what it counts, and what it never touches."""

import datetime as dt
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from sellerhealth.facts import Channel, Claim, Feedback, Item, Order, OrderStatus, Package, Party
from sellerhealth.records import Account, DataNote, ImportBatch, ImportState, Market, Source
from sellerhealth.sources import Row
from sellerhealth.store import accounts
from sellerhealth.store.database import Database
from sellerhealth.store.ingest import Counts, ingesting
from sellerhealth.tables import UNKNOWN, FactKind, metadata
from store.importing import ACCOUNT_ZONE, NOON, account, batch_of, bring_in, classify, contents, importer, one_of, row, rows_of
from store.tellings import GERMANY, JAPAN, US

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def order(order_id: str = "702-1", *, observed_at: dt.datetime | None = None, **values: Any) -> Row:
    told = {"placed_at": NOON, "marketplace": US, "channel": Channel.SELLER, "status": OrderStatus.UNSHIPPED} | values
    return row(Order, observed_at, order_id=order_id, **told)


def package(order_id: str = "702-1", **values: Any) -> Row:
    return row(Package, order_id=order_id, package_id="1", **values)


def version(database: Database, account_id: int) -> int:
    found: int = one_of(database, account_id, Account)["version"]
    return found


def everything(database: Database) -> dict[str, Sequence[Any]]:
    """All rows of all tables."""
    with database.reading() as connection:
        return {table.name: connection.execute(sa.select(table)).all() for table in metadata.tables.values()}


# ---------------------------------------------------------------- sources


def test_an_older_report_never_undoes_a_newer_one(database: Database) -> None:
    account_id = account(database)
    bring_in(database, account_id, [order(status=OrderStatus.SHIPPED)], observed_at=NOON)
    counts = bring_in(database, account_id, [order(status=OrderStatus.UNSHIPPED)], observed_at=NOON - DAY)
    assert counts == Counts(unchanged=1)
    assert one_of(database, account_id, Order)["status"] == OrderStatus.SHIPPED


def test_the_instant_of_a_row_comes_before_that_of_its_file(database: Database) -> None:
    account_id = account(database)
    bring_in(database, account_id, [order(status=OrderStatus.SHIPPED)], observed_at=NOON)
    bring_in(database, account_id, [order(status=OrderStatus.PENDING, observed_at=NOON - HOUR)], observed_at=NOON + DAY)
    assert one_of(database, account_id, Order)["status"] == OrderStatus.SHIPPED


def test_of_two_sources_that_saw_the_same_instant_the_higher_rank_is_believed(database: Database) -> None:
    account_id = account(database)
    bring_in(database, account_id, [order(status=OrderStatus.PENDING)], by=importer(rank=2))
    bring_in(database, account_id, [order(status=OrderStatus.UNSHIPPED)], by=importer(rank=1))
    assert one_of(database, account_id, Order)["status"] == OrderStatus.PENDING


def test_sources_complete_each_other(database: Database) -> None:
    account_id = account(database)
    bring_in(database, account_id, [package(confirmed_at=NOON + HOUR)])
    bring_in(database, account_id, [order()])
    bring_in(database, account_id, [row(Order, order_id="702-1", ship_by=NOON)], observed_at=NOON - DAY)
    stored = one_of(database, account_id, Order)
    assert (stored["confirmed_at"], stored["late_by"]) == (NOON + HOUR, 3600)


def test_an_order_that_was_ever_accepted_stays_so_when_it_is_cancelled(database: Database) -> None:
    account_id = account(database)
    bring_in(database, account_id, [order(status=OrderStatus.CANCELLED)], observed_at=NOON)
    assert one_of(database, account_id, Order)["accepted"] is False
    bring_in(database, account_id, [order(status=OrderStatus.UNSHIPPED)], observed_at=NOON - DAY)
    stored = one_of(database, account_id, Order)
    assert (stored["status"], stored["accepted"]) == (OrderStatus.CANCELLED, True)


# ---------------------------------------------------------------- children before parents


def test_what_comes_before_its_order_waits_for_it(database: Database) -> None:
    account_id = account(database)
    bring_in(database, account_id, [package(confirmed_at=NOON)])
    waiting = one_of(database, account_id, Package)
    assert (waiting["channel"], waiting["marketplace"], waiting["promised_on"]) == (UNKNOWN, UNKNOWN, None)
    assert one_of(database, account_id, DataNote)["code"] == "order_not_imported"

    bring_in(database, account_id, [order(deliver_by=NOON + DAY)])
    found = one_of(database, account_id, Package)
    assert (found["channel"], found["marketplace"], found["promised_on"]) == (Channel.SELLER, US, NOON.date() + DAY)
    assert rows_of(database, account_id, DataNote) == []


def test_a_cancelled_item_waits_for_its_order(database: Database) -> None:
    account_id = account(database)
    bring_in(database, account_id, [row(Item, order_id="702-1", item_id="1", cancelled_by=Party.SELLER)])
    assert one_of(database, account_id, Item)["before_shipment"] is False
    bring_in(database, account_id, [order()])
    assert one_of(database, account_id, Item)["before_shipment"] is True
    assert one_of(database, account_id, Order)["cancelled_by"] == Party.SELLER


def test_an_order_and_what_belongs_to_it_may_come_in_one_piece_or_in_many(database: Database) -> None:
    rows = [row(Claim, order_id="702-1", opened_at=NOON), package(confirmed_at=NOON), order(deliver_by=NOON)]
    one, other = account(database, "one"), account(database, "other")
    bring_in(database, one, rows)
    bring_in(database, other, *([row] for row in rows))
    assert contents(database, one) == contents(database, other)


# ---------------------------------------------------------------- counts and versions


def test_rows_are_counted_as_new_changed_or_unchanged(database: Database) -> None:
    account_id = account(database)
    piece = [order("702-1"), order("702-1"), order("702-2"), order("702-2", status=OrderStatus.SHIPPED, observed_at=NOON + HOUR)]
    assert bring_in(database, account_id, piece) == Counts(new=2, changed=1, unchanged=1)
    counts = bring_in(database, account_id, [order("702-3")], [order("702-1", ship_by=NOON), order("702-2", observed_at=NOON)])
    assert counts == Counts(new=1, changed=1, unchanged=1)


def test_a_replay_changes_nothing_and_counts_unchanged(database: Database) -> None:
    account_id = account(database)
    rows = [order(), package(confirmed_at=NOON - HOUR), row(Feedback, order_id="702-1", rating=1)]
    bring_in(database, account_id, rows)
    before = contents(database, account_id), one_of(database, account_id, Account)
    assert bring_in(database, account_id, rows) == Counts(unchanged=3)
    assert (contents(database, account_id), one_of(database, account_id, Account)) == before


def test_the_version_grows_with_an_import_that_changed_a_fact(database: Database) -> None:
    account_id = account(database)
    assert one_of(database, account_id, Account)["updated_at"] is None
    bring_in(database, account_id, [order("702-1")], [order("702-2")])
    assert version(database, account_id) == 1
    assert one_of(database, account_id, Account)["updated_at"] is not None
    bring_in(database, account_id, [order(status=OrderStatus.SHIPPED)], observed_at=NOON + DAY)
    assert version(database, account_id) == 2


def test_the_version_stays_when_a_newer_report_says_the_same(database: Database) -> None:
    account_id = account(database)
    bring_in(database, account_id, [order()])
    assert bring_in(database, account_id, [order()], observed_at=NOON + DAY) == Counts(unchanged=1)
    assert version(database, account_id) == 1
    # It was heard all the same: what lies between the two is old now.
    bring_in(database, account_id, [order(status=OrderStatus.PENDING)], observed_at=NOON + HOUR)
    assert one_of(database, account_id, Order)["status"] == OrderStatus.UNSHIPPED


def test_an_import_is_recorded_in_the_place_of_one_of_the_same_content(database: Database) -> None:
    account_id = account(database)
    bring_in(database, account_id, [order("702-1"), order("702-2")])
    recorded = one_of(database, account_id, ImportBatch)
    assert (recorded["state"], recorded["rows_new"], recorded["finished_at"] is None) == (ImportState.DONE, 2, False)
    bring_in(database, account_id, [order("702-1"), order("702-2")])
    assert one_of(database, account_id, ImportBatch)["rows_unchanged"] == 2


# ---------------------------------------------------------------- all or nothing


def test_a_dry_run_counts_and_leaves_nothing(database: Database) -> None:
    account_id = account(database)
    before = everything(database)
    assert bring_in(database, account_id, [order(), package()], dry_run=True) == Counts(new=2)
    assert everything(database) == before


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (order(status="LOST"), sa.exc.IntegrityError),
        (order(placed_at=dt.datetime(2026, 3, 31)), ValueError),
        (row(Package, order_id="702-1"), KeyError),
    ],
)
def test_an_import_that_fails_leaves_nothing(database: Database, bad: Row, error: type[Exception]) -> None:
    account_id = account(database)
    before = everything(database)
    with pytest.raises(error):
        bring_in(database, account_id, [order("702-2")], [bad])
    assert everything(database) == before


def test_an_import_first_waits_for_its_account(database: Database) -> None:
    account_id = account(database)
    statements: list[Any] = []
    sa.event.listen(database.writer, "before_execute", lambda connection, statement, *_: statements.append(statement))
    bring_in(database, account_id, [order()])
    assert str(statements[0].compile(dialect=postgresql.dialect())).endswith("FOR UPDATE")


def test_two_imports_of_one_account_take_turns(database: Database) -> None:
    account_id, together = account(database), threading.Barrier(2)
    other = Database(database.url.render_as_string())  # as another process sees the store

    def import_orders(store: Database) -> Counts:
        together.wait(timeout=10)
        return bring_in(store, account_id, *([order(f"702-{number}")] for number in range(10)))

    with ThreadPoolExecutor() as threads:
        counts = list(threads.map(import_orders, [database, other]))
    other.close()
    assert sorted(counted.new for counted in counts) == [0, 10]
    assert version(database, account_id) == 1


# ---------------------------------------------------------------- coverage


def test_coverage_says_what_a_format_tells_and_until_when(database: Database) -> None:
    account_id = account(database)
    hurting = importer("hurting", FactKind.FEEDBACK, complete=False)
    bring_in(database, account_id, by=importer("reports", FactKind.ORDER, FactKind.PACKAGE))
    bring_in(database, account_id, by=hurting, observed_at=NOON - DAY)
    assert [
        (source["fact"], source["format"], source["complete"], source["through"]) for source in rows_of(database, account_id, Source)
    ] == [
        ("FEEDBACK", "hurting", False, NOON.date() - DAY),
        ("ORDER", "reports", True, NOON.date()),
        ("PACKAGE", "reports", True, NOON.date()),
    ]


def test_coverage_grows_and_never_shrinks(database: Database) -> None:
    account_id, reports = account(database), importer("reports", FactKind.ORDER)
    for observed_at in (NOON, NOON + DAY, NOON - DAY):
        bring_in(database, account_id, by=reports, observed_at=observed_at)
    assert one_of(database, account_id, Source)["through"] == NOON.date() + DAY


# ---------------------------------------------------------------- marketplaces and their days


def test_the_days_of_a_marketplace_are_cut_in_its_zone(database: Database) -> None:
    account_id, midnight = account(database), dt.datetime(2026, 3, 31, tzinfo=dt.UTC)
    orders = [order(marketplace, marketplace=marketplace, placed_at=midnight) for marketplace in (US, GERMANY, JAPAN, UNKNOWN)]
    bring_in(database, account_id, orders)
    days = {stored["marketplace"]: stored["placed_on"].day for stored in rows_of(database, account_id, Order)}
    assert days == {US: 30, GERMANY: 31, JAPAN: 31, UNKNOWN: 31}


def test_the_zone_of_a_marketplace_is_fixed_when_it_is_met(database: Database) -> None:
    account_id = account(database)
    bring_in(database, account_id, [order(), order("702-2", marketplace=JAPAN), order("702-3", marketplace=UNKNOWN)])
    bring_in(database, account_id, [order("702-4", placed_at=NOON.replace(hour=1))], zones={US: "UTC", JAPAN: "UTC"})
    zones = {market["marketplace"]: market["time_zone"] for market in rows_of(database, account_id, Market)}
    assert zones == {US: "America/Los_Angeles", JAPAN: ACCOUNT_ZONE}
    assert rows_of(database, account_id, Order)[-1]["placed_on"] == NOON.date() - DAY


def test_a_marketplace_is_one_that_has_a_fact(database: Database) -> None:
    account_id = account(database)
    bring_in(database, account_id, [row(Claim, order_id="702-1", opened_at=NOON, told_marketplace=GERMANY)])
    assert one_of(database, account_id, Market)["marketplace"] == GERMANY
    bring_in(database, account_id, [order(marketplace=US)])  # the order's own takes precedence
    assert one_of(database, account_id, Market)["marketplace"] == US


def test_a_marketplace_stays_while_another_fact_is_in_it(database: Database) -> None:
    account_id = account(database)
    claims = [row(Claim, order_id=order_id, opened_at=NOON, told_marketplace=GERMANY) for order_id in ("702-1", "702-2")]
    bring_in(database, account_id, claims)
    bring_in(database, account_id, [order(marketplace=US)])
    assert {market["marketplace"] for market in rows_of(database, account_id, Market)} == {US, GERMANY}


# ---------------------------------------------------------------- notes


def test_a_contradiction_is_imported_noted_and_forgotten_when_it_is_mended(database: Database) -> None:
    account_id = account(database)
    bring_in(database, account_id, [order(), package(first_scan_at=NOON, delivered_at=NOON - DAY)])
    note = one_of(database, account_id, DataNote)
    assert (note["code"], note["fact_key"], note["order_id"]) == ("delivered_before_shipped", "Package 702-1 1", "702-1")
    bring_in(database, account_id, [package(delivered_at=NOON + DAY)], observed_at=NOON + DAY)
    assert rows_of(database, account_id, DataNote) == []


# ---------------------------------------------------------------- accounts


def test_rows_of_two_accounts_never_mix(database: Database) -> None:
    one, other = account(database, "one"), account(database, "other")
    bring_in(database, one, [order(deliver_by=NOON)])
    bring_in(database, other, [package(confirmed_at=NOON)])
    bring_in(database, other, [order("702-2", channel=Channel.AMAZON)])
    before = contents(database, one)
    assert one_of(database, other, Package)["channel"] == UNKNOWN
    assert before["packages"] == []
    bring_in(database, other, [order(status=OrderStatus.SHIPPED)], observed_at=NOON + DAY)
    assert contents(database, one) == before


def test_erasing_an_account_leaves_nothing_of_it_and_all_of_the_others(database: Database) -> None:
    gone, kept = account(database, "gone"), account(database, "kept")
    by = importer("reports", FactKind.ORDER)
    for account_id in (gone, kept):
        bring_in(database, account_id, [order(), package(), row(Claim, order_id="702-2", opened_at=NOON)], by=by)
    before = contents(database, kept)
    with database.writing() as connection:
        erased = accounts.erase(connection, gone)
    assert erased == 8  # three facts, a note, a source, an import, a marketplace and the account
    assert {stored.account_id for rows in everything(database).values() for stored in rows} == {kept}
    assert contents(database, kept) == before
    assert account(database, "gone") == gone


def test_an_import_of_an_unknown_account_is_refused(database: Database) -> None:
    with (
        pytest.raises(sa.exc.NoResultFound),
        ingesting(database, 1, importer(), batch_of(1, NOON), classify),
    ):
        pytest.fail("The import began.")
