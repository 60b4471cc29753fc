"""Records that an import writes beside the facts: coverage, marketplaces with their zones, and data quality notes."""

import datetime as dt
from collections.abc import Sequence

import pytest

from sellerhealth.facts import Claim, Item, Order, OrderStatus
from sellerhealth.model.records import DataNote, Market, Source
from sellerhealth.model.tables import UNKNOWN, FactKind
from sellerhealth.sources import Row
from sellerhealth.store.database import Database
from tests.store.importing import ACCOUNT_ZONE, DAY, NOON, account, import_rows, importer, one_of, order, package, row, rows_of
from tests.store.observations import GERMANY, JAPAN, US

# ---------------------------------------------------------------- coverage


def test_coverage_records_the_kinds_of_fact_of_a_format_and_through_which_day(database: Database) -> None:
    account_id = account(database)
    hurting = importer("hurting", FactKind.FEEDBACK, complete=False)
    import_rows(database, account_id, by=importer("reports", FactKind.ORDER, FactKind.PACKAGE))
    import_rows(database, account_id, by=hurting, observed_at=NOON - DAY)
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
        import_rows(database, account_id, by=reports, observed_at=observed_at)
    assert one_of(database, account_id, Source)["through"] == NOON.date() + DAY


# ---------------------------------------------------------------- marketplaces and their days


def test_the_days_of_a_marketplace_are_those_of_its_zone(database: Database) -> None:
    account_id, midnight = account(database), dt.datetime(2026, 3, 31, tzinfo=dt.UTC)
    orders = [order(marketplace, marketplace=marketplace, placed_at=midnight) for marketplace in (US, GERMANY, JAPAN, UNKNOWN)]
    import_rows(database, account_id, orders)
    days = {stored["marketplace"]: stored["placed_on"].day for stored in rows_of(database, account_id, Order)}
    assert days == {US: 30, GERMANY: 31, JAPAN: 31, UNKNOWN: 31}


def test_the_zone_of_a_marketplace_is_fixed_by_its_first_fact(database: Database) -> None:
    account_id = account(database)
    import_rows(database, account_id, [order(), order("702-2", marketplace=JAPAN), order("702-3", marketplace=UNKNOWN)])
    import_rows(database, account_id, [order("702-4", placed_at=NOON.replace(hour=1))], zones={US: "UTC", JAPAN: "UTC"})
    zones = {market["marketplace"]: market["time_zone"] for market in rows_of(database, account_id, Market)}
    assert zones == {US: "America/Los_Angeles", JAPAN: ACCOUNT_ZONE}
    assert rows_of(database, account_id, Order)[-1]["placed_on"] == NOON.date() - DAY


def test_only_marketplaces_with_a_fact_are_stored(database: Database) -> None:
    account_id = account(database)
    import_rows(database, account_id, [row(Claim, order_id="702-1", opened_at=NOON, reported_marketplace=GERMANY)])
    assert one_of(database, account_id, Market)["marketplace"] == GERMANY
    import_rows(database, account_id, [order(marketplace=US)])  # the order's own takes precedence
    assert one_of(database, account_id, Market)["marketplace"] == US


def test_a_marketplace_stays_while_another_fact_is_in_it(database: Database) -> None:
    account_id = account(database)
    claims = [row(Claim, order_id=order_id, opened_at=NOON, reported_marketplace=GERMANY) for order_id in ("702-1", "702-2")]
    import_rows(database, account_id, claims)
    import_rows(database, account_id, [order(marketplace=US)])
    assert {market["marketplace"] for market in rows_of(database, account_id, Market)} == {US, GERMANY}


# ---------------------------------------------------------------- notes


def test_a_contradiction_is_imported_and_noted_until_it_is_corrected(database: Database) -> None:
    account_id = account(database)
    import_rows(database, account_id, [order(), package(first_scan_at=NOON, delivered_at=NOON - DAY)])
    note = one_of(database, account_id, DataNote)
    assert (note["code"], note["fact_key"], note["order_id"]) == ("delivered_before_shipped", "Package 702-1 1", "702-1")
    import_rows(database, account_id, [package(delivered_at=NOON + DAY)], observed_at=NOON + DAY)
    assert rows_of(database, account_id, DataNote) == []


@pytest.mark.parametrize(
    ("code", "rows"),
    [
        ("canceller_unknown", [order(status=OrderStatus.CANCELLED)]),
        (
            "shipped_and_cancelled",
            [order(status=OrderStatus.CANCELLED), row(Item, order_id="702-1", item_id="*", buyer_asked=True), package(confirmed_at=NOON)],
        ),
    ],
)
def test_the_contradictions_of_an_order_are_noted(database: Database, code: str, rows: Sequence[Row]) -> None:
    account_id = account(database)
    import_rows(database, account_id, rows)
    note = one_of(database, account_id, DataNote)
    assert (note["code"], note["fact_key"], note["order_id"]) == (code, "Order 702-1", "702-1")
