"""Lines that are known are not read, and what is stored, counted and reported is as if they had been."""

import datetime as dt
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from random import Random
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sellerhealth.access import OWNER
from sellerhealth.facts import Order
from sellerhealth.importers import flat_orders
from sellerhealth.intake import ImportSummary, create_account, import_stream
from sellerhealth.model.records import Account, RejectedRow
from sellerhealth.plugins.load import Loaded
from sellerhealth.sources import Known, known_lines
from sellerhealth.sources.column_reader import ColumnReader
from sellerhealth.sources.known_lines import LINES_HASH, remember_lines
from sellerhealth.store import all_lines
from sellerhealth.store import known_lines as stored_lines
from sellerhealth.store.accounts import create, erase
from sellerhealth.store.database import Database
from sellerhealth.store.known_lines import KnownOrders
from sellerhealth.store.listings import Listings
from tests.fuzz import fuzzing
from tests.intake.test_repeated_files import Upload, everything, outcome_of
from tests.intake.test_repeated_files import built_in as built_in
from tests.support.importers import NOW
from tests.support.imports import stored

DAY = dt.timedelta(days=1)
NAMES = (
    "amazon-order-id purchase-date last-updated-date order-status fulfillment-channel sales-channel item-status sku quantity "
    "is-buyer-requested-cancellation ship-city"
).split()


def line(number: int, **cells: str) -> dict[str, str]:
    """A line of an order, by the underscored names of its columns."""
    usual = {
        "amazon_order_id": f"111-0000000-{number:07}",
        "purchase_date": f"2026-03-{number % 20 + 1:02}T10:00:00Z",
        "last_updated_date": "2026-03-21T10:00:00Z",
        "order_status": "Shipped",
        "fulfillment_channel": "Merchant",
        "sales_channel": "Amazon.com",
        "item_status": "Shipped",
        "sku": "CUP",
        "quantity": "1",
    }
    return usual | cells


def flat(lines: Sequence[dict[str, str]], *more: str) -> str:
    """A file of these lines."""
    names = [*NAMES, *more]
    rows = ("\t".join(each.get(name.replace("-", "_"), "") for name in names) for each in lines)
    return "\n".join(["\t".join(names), *rows]) + "\n"


_CHANGES: dict[str, Sequence[str]] = {
    "last_updated_date": ("2026-03-22T10:00:00Z", "2026-03-23T10:00:00Z", "2026-03-22T10:00:00 UTC", ""),
    "order_status": ("Cancelled", "Shipped", "Unshipped", "Pending", "Lost"),
    "sales_channel": ("Amazon.de", "Non-Amazon", "Amazon.cl", ""),
    "item_status": ("Cancelled", "Shipped", "Odd", ""),
    "sku": ("CUP", "PLATE", "TÄSSCHEN", ""),
    "quantity": ("2", "0", "many"),
    "is_buyer_requested_cancellation": ("true", "false"),
    "ship_city": ("Wien", "Köln"),
    "fulfillment_channel": ("Amazon", ""),
}


_BAD = {"Lost", "many"}


def _changed(chance: Random, lines: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """A newer file: some lines differ, some are gone, new or elsewhere."""
    found = []
    for each in lines:
        cells = dict(each)
        if chance.random() < 0.15:
            name = chance.choice(list(_CHANGES))
            value = chance.choice(_CHANGES[name])
            cells[name] = "" if value in _BAD and chance.random() < 0.8 else value  # while bad rows wait for their facts all lines are read
        found += [cells] * chance.choices((1, 0, 2), (20, 1, 1))[0]
    if chance.random() < 0.5:
        found.insert(chance.randrange(len(found) + 1), line(chance.randrange(9), sku=chance.choice(("CUP", "PLATE"))))
    if chance.random() < 0.3 and found:
        found.insert(chance.randrange(len(found) + 1), found.pop(chance.randrange(len(found))))
    return found


def uploads(chance: Random) -> Iterator[Upload]:
    """Newer and older files of one seller, with and without the column by which the two reports differ."""
    lines = [line(number, sku=sku) for number in range(8) for sku in ("CUP", "PLATE", "CUP")[: chance.choice((1, 1, 2, 3))]]
    versions = [lines]
    for day in range(5):
        text = flat(chance.choice(versions[-2:]), *([] if chance.random() < 0.1 else ["cpf"]))
        observed_at = NOW + (day if chance.random() < 0.8 else -day) * DAY
        yield Upload(text, observed_at - 6 * DAY, "DE" if chance.random() < 0.1 else "US", {})
        versions.append(_changed(chance, versions[-1]))


def check(database: Database, loaded: Loaded, files: Iterable[Upload], fewest: int = 10_000) -> int:
    """Imports the same into two accounts, into one of them always by reading. Returns how many orders were not read in the other.

    `fewest`: how many are looked up before all are loaded.
    """
    fast, plain = (create_account(database, OWNER, str(uuid4()), "A shop") for _ in range(2))
    among, skipped = KnownOrders._among, 0

    def counted(orders: KnownOrders, hashes: Mapping[str, int]) -> Set[str]:
        nonlocal skipped
        known = among(orders, hashes)
        skipped += len(known)
        return known

    for upload in files:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sellerhealth.sources.sheet_reader._CHUNK", 5)
            patch.setattr(KnownOrders, "_among", counted)
            patch.setattr(stored_lines, "_FEWEST", fewest)
            outcome = outcome_of(database, loaded, fast, upload)
            patch.setattr(KnownOrders, "_among", lambda self, hashes: frozenset())
            assert outcome == outcome_of(database, loaded, plain, upload)
        assert everything(database, fast) == everything(database, plain)
    return skipped


@pytest.mark.dear
@given(chance=st.integers(0, 2**32).map(Random))
@settings(fuzzing(short=12), suppress_health_check=list(HealthCheck))  # each example is slow, in one database
def test_what_is_not_read_leaves_everything_as_if_it_had_been(database: Database, built_in: Loaded, chance: Random) -> None:
    check(database, built_in, uploads(chance), chance.choice((1, 6, 10_000)))


@pytest.mark.dear
def test_lines_are_not_read_in_many_of_these_files(database: Database, built_in: Loaded) -> None:
    assert sum(check(database, built_in, uploads(Random(seed)), 6 * (seed % 2)) for seed in range(4)) > 30


LINES = [line(number) for number in range(6)]
CANCELLED = line(0, item_status="Cancelled")
_BAD_LINE, _OF_THE_FUTURE = line(7, order_status="Lost"), line(5, last_updated_date="2099-03-01T10:00:00Z")
_NEWER = line(3, last_updated_date="2026-03-22T10:00:00Z")
TRAPS: dict[str, Sequence[Sequence[dict[str, str]]]] = {
    "a line with the SKU of a cancelled one that is known": ([CANCELLED, *LINES[1:]], [CANCELLED, *LINES[1:], LINES[0]]),
    "a line whose number a cancelled one before it had decided": ([CANCELLED, *LINES[1:], LINES[0]], [*LINES[1:], LINES[0]]),
    "lines of an order with bad ones of others between them": (LINES, [*LINES[:4], _BAD_LINE, _BAD_LINE, LINES[3]]),
    "lines of an order in two places": ([*LINES, LINES[0]], [*LINES, CANCELLED], [CANCELLED, *LINES[1:], LINES[0]], [*LINES, LINES[0]]),
    "a line more and a line less": ([*LINES, line(5)], LINES, [*LINES, line(5, sku="PLATE")], [*LINES, line(5)]),
    "an order that was gone": (LINES, [*LINES[:2], *LINES[3:]], LINES),
    "lines of an order around a known one, beside one of the future": (
        LINES,
        [*map(line, range(8, 12)), _OF_THE_FUTURE, _NEWER, LINES[1], _NEWER, LINES[0], line(12)],
    ),
    "lines of an order that are partly bad": ([*LINES, _OF_THE_FUTURE],) * 4,
}


@pytest.mark.parametrize("fewest", [1, 6, 10_000])
@pytest.mark.parametrize("trap", TRAPS)
def test_a_trap_is_avoided(database: Database, built_in: Loaded, trap: str, fewest: int) -> None:
    check(database, built_in, _files(TRAPS[trap]), fewest)


def _files(files: Sequence[Sequence[dict[str, str]]]) -> Iterator[Upload]:
    return (Upload(flat(lines, "cpf"), NOW + (day - 9) * DAY, None, {}) for day, lines in enumerate(files))


def _always(lines: Sequence[dict[str, Any]], *, stand_alone: bool) -> None:
    remember_lines(lines, stand_alone=True)


def _though_partly_bad(lines: Sequence[dict[str, Any]], *, stand_alone: bool) -> None:
    for values in lines:
        if (mark := values.pop(LINES_HASH, None)) is not None and stand_alone:
            values[LINES_HASH] = mark[0]


def _among_gone(orders: KnownOrders, hashes: Mapping[str, int], among: Any = KnownOrders._among) -> Set[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Listings, "gone", lambda self, fact: frozenset())
        found: Set[str] = among(orders, hashes)
        return found


def _list_all(dialect: str, *, has_others: bool, list_again: Any = all_lines._list_again) -> object:
    return list_again(dialect, has_others=False)


FAULTS: dict[str, tuple[str, object, str, object]] = {
    "cancelled lines are remembered": ("a line with the SKU of a cancelled one that is known", Known, "remember", staticmethod(_always)),
    "some lines of an order are enough": ("lines of an order that are partly bad", Known, "remember", staticmethod(_though_partly_bad)),
    "others are read alone": ("lines of an order with bad ones of others between them", flat_orders, "_all_read_if_any", list),
    "what is gone is known": ("an order that was gone", KnownOrders, "_among", _among_gone),
    "what the report lacks is listed": ("an order that was gone", all_lines, "_list_again", _list_all),
}


@pytest.mark.sqlite_file
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_noticed(database: Database, built_in: Loaded, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    trap, *patched = FAULTS[fault]
    monkeypatch.setattr(*patched)
    with pytest.raises(AssertionError):
        check(database, built_in, _files(TRAPS[trap]), 1)


@pytest.fixture
def read(database: Database, built_in: Loaded, account: int, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Imports a text as of a day, and returns how many of its lines were read."""
    found: list[int] = []
    by_column = ColumnReader.read
    monkeypatch.setattr(ColumnReader, "read", lambda self, lines: found.append(len(lines)) or by_column(self, lines))

    def read(text: str, day: int = 0, marketplace: str | None = None, dry_run: bool = False) -> int:
        found.clear()
        stream, observed_at = io.BytesIO(text.encode()), NOW + (day - 9) * DAY
        import_stream(
            database,
            built_in,
            OWNER,
            account,
            stream,
            "file",
            observed_at=observed_at,
            marketplace=marketplace,
            skip_bad_rows=True,
            dry_run=dry_run,
        )
        return sum(found)

    return read


def test_of_a_newer_file_only_the_changed_lines_are_read(read, database):
    assert read(flat(LINES, "cpf")) == 6
    newer = [*LINES[:3], line(3, order_status="Unshipped", last_updated_date="2026-03-22T10:00:00Z"), *LINES[4:]]
    assert read(flat(newer, "cpf"), 1) == 1
    assert [row["status"] for row in stored(database, Order)] == [*["SHIPPED"] * 3, "UNSHIPPED", *["SHIPPED"] * 2]
    assert len({row["listed"] for row in stored(database, Order)}) == 1
    assert [read(flat(newer, "cpf"), day) for day in (2, 3)] == [0, 0]


def test_known_lines_are_stored_without_their_cells(read: Callable[..., int], monkeypatch: pytest.MonkeyPatch) -> None:
    stored_again, add = list[Known](), KnownOrders.add
    monkeypatch.setattr(KnownOrders, "add", lambda self, known: stored_again.extend(known) or add(self, known))
    read(flat(LINES, "cpf"))
    assert read(flat(LINES, "cpf"), 1) == 0
    assert [order_id for each in stored_again for order_id in each.order_ids] == [each["amazon_order_id"] for each in LINES]
    assert [entry for each in stored_again for entry in each.read_last()] == []


def test_the_counts_are_those_of_all_lines(database: Database, built_in: Loaded, account: int) -> None:
    def imported(lines: Sequence[dict[str, str]], day: int) -> ImportSummary:
        upload = Upload(flat(lines, "cpf"), NOW + (day - 9) * DAY, None, {})
        summary = outcome_of(database, built_in, account, upload)
        assert isinstance(summary, ImportSummary)
        return summary

    imported(LINES, 0)
    bad, elsewhere = line(4, order_status="Lost"), line(5, sales_channel="Non-Amazon")
    for day in (1, 2):
        again = imported([*LINES[:4], bad, elsewhere, line(5 + day)], day)
        assert (again.rows_read, again.new, again.changed, again.unchanged, again.rejected, again.skipped) == (7, 1, 0, 4, 1, 1)
        assert [error.partition(":")[2].partition(",")[0] for error in again.errors] == [" line 6"]


def test_a_cell_that_is_not_read_changes_nothing(read):
    read(flat(LINES, "cpf"))
    assert read(flat([each | {"ship_city": "Köln"} for each in LINES], "cpf"), 1) == 0


@pytest.mark.parametrize(
    "cells", [{"last_updated_date": ""}, {"sku": "TÄSSCHEN"}, {"item_status": "Cancelled"}, {"is_buyer_requested_cancellation": "true"}]
)
def test_lines_that_other_lines_or_the_file_decide_about_are_read(read, cells):
    lines = [line(0, **cells), *LINES[1:]]
    assert [read(flat(lines, "cpf"), day) for day in range(3)] == [6, 1, 1]


def test_a_remark_on_known_lines_is_repeated(database: Database, built_in: Loaded, account: int) -> None:
    text = flat([line(0, last_updated_date="2026-03-21T10:00:00 UTC"), *LINES[1:]], "cpf")
    first, again = (outcome_of(database, built_in, account, Upload(text, NOW + day * DAY, None, {})) for day in (-9, -8))
    assert isinstance(first, ImportSummary)
    assert isinstance(again, ImportSummary)
    assert (again.unchanged, again.remarks) == (6, first.remarks)
    assert len(first.remarks) == 1


def test_lines_are_read_again_in_another_marketplace_by_another_report_and_with_other_columns(read):
    read(flat(LINES, "cpf"))
    assert read(flat(LINES, "cpf"), 1, "DE") == 6
    assert read(flat(LINES), 2, "DE") == 6
    assert read(flat(LINES, "asin"), 3, "DE") == 6
    assert read(flat(LINES, "asin"), 4, "DE") == 0


def test_lines_are_read_again_by_another_release_and_then_known(read, monkeypatch):
    read(flat(LINES, "cpf"))
    monkeypatch.setattr(stored_lines, "code", lambda: "of another release")
    assert [read(flat(LINES, "cpf"), day) for day in (1, 2)] == [6, 0]


def test_lines_are_read_again_while_rejected_rows_wait_for_their_facts(read, database):
    read(flat(LINES, "cpf"))
    read(flat([line(0, order_status="Lost", quantity="1")], "cpf"), 1)
    assert len(stored(database, RejectedRow)) == 1
    assert read(flat(LINES, "cpf"), 2) == 6
    assert stored(database, RejectedRow) == []
    assert read(flat(LINES, "cpf"), 3) == 0


def test_lines_are_read_again_if_the_clock_was_set_back(read, database):
    read(flat(LINES, "cpf"))
    with database.writing() as connection:
        connection.execute(sa.update(Account).values(updated_at=dt.datetime.now(dt.UTC) + DAY))
    assert read(flat(LINES, "cpf"), 1) == 6


def test_a_dry_run_and_an_erased_account_leave_nothing_that_is_known(read, database, account):
    assert [read(flat(LINES, "cpf"), day, dry_run=True) for day in range(2)] == [6, 6]
    read(flat(LINES, "cpf"))
    (shop,) = stored(database, Account)
    with database.writing() as connection:
        erase(connection, account)
        create(connection, shop["key"], shop["name"], shop["time_zone"])
    assert read(flat(LINES, "cpf"), 1) == 6


def test_lines_of_a_plugin_are_always_read(database: Database, built_in: Loaded, loaded: Loaded, account: int) -> None:
    for by, day in ((loaded, 0), (built_in, 1), (loaded, 2)):
        import_stream(database, by, OWNER, account, io.BytesIO(flat(LINES, "cpf").encode()), "file", observed_at=NOW + (day - 9) * DAY)
        assert {row["lines_hash"] is None for row in stored(database, Order)} == {day == 0}


def test_where_few_lines_are_known_no_others_are_looked_for(read, monkeypatch):
    monkeypatch.setattr(known_lines, "_TRIED", 4)
    monkeypatch.setattr("sellerhealth.sources.sheet_reader._CHUNK", 5)
    read(flat(LINES, "cpf"))
    news = [line(number) for number in range(10, 20)]
    assert read(flat([*news, *LINES], "cpf"), 1) == 16
    assert read(flat([*LINES, *news], "cpf"), 2) == 0
