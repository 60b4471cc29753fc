"""Orders that are read and stored by column leave everything as if they had been read and stored row by row."""

import datetime as dt
import sys
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sellerhealth.access import OWNER
from sellerhealth.facts import Order
from sellerhealth.importers import flat_order_blocks
from sellerhealth.intake import ImportSummary, create_account
from sellerhealth.plugins.load import Loaded, load_plugins
from sellerhealth.rollups.verify import verify_account
from sellerhealth.settings import Settings
from sellerhealth.sources.sheet import Sheet
from sellerhealth.store import compared_rows, order_blocks
from sellerhealth.store.accounts import NewAccount
from sellerhealth.store.compared_rows import ComparedRows
from sellerhealth.store.database import Database
from sellerhealth.store.order_blocks import OrderBlocks, Stored
from tests.fuzz import fuzzing
from tests.intake.test_known_lines import DAY, flat, line, uploads
from tests.intake.test_repeated_files import Upload, everything, outcome_of
from tests.intake.test_repeated_files import built_in as built_in
from tests.support.importers import NOW
from tests.support.imports import stored

OTHERS: dict[str, str] = {
    "claims": "order_id,opened_at,state\n111-0000000-0000003,2026-03-05T10:00:00Z,OPEN\n",
    "packages": "order_id,package_id,confirmed_at\n111-0000000-0000002,1,2026-03-05T10:00:00Z\n",
}


def check(database: Database, loaded: Loaded, files: Sequence[Upload], chunk: int = 5, *, creates: bool = False) -> int:
    """Imports the same into two accounts, into one of them row by row. Returns how many orders were stored by column in the other.

    `creates`: the first import creates its account.
    """
    new = [NewAccount(str(uuid4()), "A shop") for _ in range(2)]
    fast, plain = (each.account_id if creates else create_account(database, OWNER, each.key, each.name) for each in new)
    by_column: list[int] = []
    are_apart = False  # lines of an order: then the hash of any of them can be stored
    store = OrderBlocks.store

    def counted(blocks: OrderBlocks, *stored: Any) -> Stored:
        found = store(blocks, *stored)
        by_column.append(sum(found.chosen))
        return found

    for number, upload in enumerate(files):
        of_fast, of_plain = new if creates and not number else (fast, plain)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sellerhealth.sources.sheet_reader._CHUNK", chunk)
            patch.setattr("sellerhealth.sources.column_reader._MOST_ODD", 0.5)
            patch.setattr(sys.modules["sellerhealth.intake.import_stream"], "CHUNK", 3 * chunk)
            patch.setattr(OrderBlocks, "store", counted)
            outcome = outcome_of(database, loaded, of_fast, upload)
            assert isinstance(outcome, ImportSummary) or upload.text not in OTHERS.values()
            patch.setattr(Sheet, "read_lines", Sheet.read)
            before = len(by_column)
            assert outcome == outcome_of(database, loaded, of_plain, upload)
            assert len(by_column) == before
        assert everything(database, fast) == everything(database, plain)
        order_ids = [each.partition("\t")[0] for each in upload.text.split("\n")]
        are_apart = are_apart or len(set(order_ids)) < len(order_ids)
        assert are_apart or _hashes(database, fast) == _hashes(database, plain)
    return sum(by_column)


def _hashes(database: Database, account_id: int) -> dict[str, int | None]:
    return {row["order_id"]: row["lines_hash"] for row in stored(database, Order) if row["account_id"] == account_id}


_CELLS: dict[str, Sequence[str]] = {
    "last_updated_date": ("2026-03-22T10:00:00+02:00", "2026-03-21T10:00:00.5Z", "2026-03-22T10:00:00 UTC", "", "2099-01-01T00:00:00Z"),
    "purchase_date": ("2026-03-01T23:30:00-08:00", "2026-03-08T09:59:59.999999Z", " 2026-03-03T10:00:00Z ", "1999-01-01T00:00:00Z", "gone"),
    "order_status": ("Cancelled", "Pending", "Unshipped", "", "shipped", "Lost"),
    "sales_channel": ("Amazon.de", "Non-Amazon", "Amazon.cl", "", "Amazon.co.jp"),
    "item_status": ("Cancelled", "", "Odd"),
    "sku": ("PLATE", "TÄSSCHEN", "", "a@b.cd", " CUP "),
    "quantity": ("2", "0", "", "many"),
    "is_buyer_requested_cancellation": ("true", "false"),
    "fulfillment_channel": ("Amazon", ""),
    "latest_ship_date": ("2026-03-09T08:00:00Z", ""),
    "latest_delivery_date": ("2026-03-29T00:30:00+01:00", "2026-03-12T06:59:59Z", ""),
    "ship_service_level": ("Std US D2D Dom", "Expedited"),
    "is_replacement_order": ("true", "no"),
    "asin": ("B000000001", ""),
}
_MORE = ("latest-ship-date", "latest-delivery-date", "ship-service-level", "is-replacement-order", "asin", "cpf")


def files(chance: Random) -> Iterator[Upload]:
    """Files of orders in any order, most of them with one line, with few or many odd cells, and lines in two places."""
    odd, several = chance.choice((0.0, 0.05, 0.3)), chance.choice((0.0, 0.1, 0.4))
    for day in range(3):
        lines = []
        for number in chance.choices(range(40), k=chance.randrange(60)) if several else chance.sample(range(60), 40):
            of_order = [
                line(number, sku=sku) for sku in ("CUP", "PLATE", "CUP")[: 1 if chance.random() > several else chance.randrange(1, 4)]
            ]
            for each in of_order:
                for name, values in _CELLS.items():
                    if chance.random() < odd:
                        each[name] = chance.choice(values if chance.random() < 0.2 else values[:2])
            lines += of_order
        if chance.random() < 0.5:
            lines.sort(key=lambda each: each["amazon_order_id"])
        if chance.random() < 0.1:
            lines = [each | {"account": "another"} for each in lines]
        names = [each for each in _MORE if chance.random() < 0.8] + ["account"] * ("account" in (lines or [{}])[0])
        zones = {"ATVPDKIKX0DER": "America/Los_Angeles", "A1PA6795UKMFR9": "Europe/Berlin"} if chance.random() < 0.7 else {}
        yield Upload(
            flat(lines, *names), NOW + (day if chance.random() < 0.8 else -day) * DAY - 6 * DAY, chance.choice(("US", "US", None)), zones
        )
        if chance.random() < 0.3:
            yield Upload(chance.choice(list(OTHERS.values())), NOW - 6 * DAY, "US", {})


@pytest.mark.dear
@given(chance=st.integers(0, 2**32).map(Random))
@settings(fuzzing(short=16), suppress_health_check=list(HealthCheck))  # each example is slow, in one database
def test_everything_is_as_if_it_had_been_stored_row_by_row(database: Database, built_in: Loaded, chance: Random) -> None:
    check(database, built_in, list(files(chance)), chunk=chance.choice((3, 5, 20)))


@pytest.mark.dear
@given(chance=st.integers(0, 2**32).map(Random))
@settings(fuzzing(short=8), suppress_health_check=list(HealthCheck))
def test_so_it_is_where_lines_are_known(database: Database, built_in: Loaded, chance: Random) -> None:
    check(database, built_in, list(uploads(chance)))


@pytest.mark.dear
def test_many_of_these_orders_are_stored_by_column(database: Database, built_in: Loaded) -> None:
    assert sum(check(database, built_in, list(files(Random(seed))), 20) for seed in range(6)) > 50


def _newer(cells: dict[str, str], **others: str) -> dict[str, str]:
    return cells | {"last_updated_date": "2026-03-22T10:00:00Z"} | others


USUAL = [line(number) for number in range(12)]
CANCELLED, AGAIN = line(3, item_status="Cancelled"), line(3, last_updated_date="2026-03-20T10:00:00Z", sku="PLATE")
ELSEWHERE = line(50, sales_channel="Non-Amazon")
SEVERAL = [
    line(number, sku=sku, quantity=quantity)
    for number in range(12)
    for sku, quantity in (("CUP", "1"), ("CUP", "2"), ("PLATE", "" if number % 5 else "3"))
]
TRAPS: dict[str, Sequence[Sequence[dict[str, str]]]] = {
    "a second line of an order in another place": ([*USUAL, AGAIN],),
    "an older line of an order in another place": ([AGAIN, *USUAL],),
    "a line after a cancelled one of its order": ([*USUAL[:3], CANCELLED, *USUAL[4:7], USUAL[3], *USUAL[7:]],),
    "a line beside a cancelled one of its order": ([*USUAL[:4], CANCELLED, *USUAL[4:]],),
    "lines of an order that say other things of it": ([*USUAL[:4], line(3, order_status="Unshipped", sku="PLATE"), *USUAL[4:]],),
    "orders of several lines": (SEVERAL,),
    "orders of several lines with one more": (SEVERAL, [*SEVERAL[:10], _newer(line(3, sku="BOWL")), *map(_newer, SEVERAL[10:])]),
    "orders of several lines with one fewer": (SEVERAL, list(map(_newer, SEVERAL[::2]))),
    "orders of several lines in a newer report": (SEVERAL, list(map(_newer, SEVERAL))),
    "an order of several lines, then one": (SEVERAL, list(map(_newer, USUAL))),
    "lines of an order in two chunks, with one of another shop between": ([*USUAL[:4], ELSEWHERE, USUAL[3], *USUAL[4:]],),
    "lines of an order with a usual one between": ([*USUAL[:2], USUAL[3], USUAL[2], USUAL[3], *USUAL[4:]],),
    "lines of an order around known ones": (USUAL, [USUAL[0], AGAIN, *USUAL[1:3], USUAL[5], AGAIN, *USUAL[6:]]),
    "an older report": (USUAL[:9:2], USUAL),
    "a newer file with new orders": (USUAL[:6], [*USUAL[:3], AGAIN, *USUAL[4:]]),
    "newer lines": (USUAL, [_newer(each, fulfillment_channel="Amazon") for each in USUAL]),
    "newer lines that say the same": (USUAL, [_newer(each) for each in USUAL]),
    "newer lines of another day and another marketplace": (
        USUAL,
        [_newer(each, purchase_date="2026-03-21T10:00:00Z") for each in USUAL[:6]]
        + [_newer(each, sales_channel="Amazon.de") for each in USUAL[6:]],
    ),
    "newer lines of which some values are gone": (USUAL, [_newer(each, quantity="", item_status="") for each in USUAL]),
    "newer lines of cancelled orders": (
        [each | {"order_status": "Cancelled", "item_status": "Cancelled"} for each in USUAL],
        [_newer(each) for each in USUAL],
    ),
    "newer lines of orders that are no longer accepted": (USUAL, [_newer(each, order_status="Pending") for each in USUAL]),
    "newer lines of other items": (USUAL, [_newer(each, sku="PLATE") for each in USUAL]),
    "older lines in a newer file": ([_newer(each, order_status="Unshipped") for each in USUAL], USUAL),
}


@pytest.mark.parametrize("chunk", [3, 4, 5, 20])
@pytest.mark.parametrize("trap", TRAPS)
def test_a_trap_is_avoided(database: Database, built_in: Loaded, trap: str, chunk: int) -> None:
    check(database, built_in, list(_files(TRAPS[trap], older=trap == "an older report")), chunk)


@pytest.mark.parametrize("trap", TRAPS)
def test_a_trap_is_avoided_in_an_account_that_the_first_import_creates(database: Database, built_in: Loaded, trap: str) -> None:
    check(database, built_in, list(_files(TRAPS[trap], older=trap == "an older report")), 5, creates=True)


def _files(several: Sequence[Sequence[dict[str, str]]], *, older: bool) -> Iterator[Upload]:
    days = dt.timedelta(days=-1 if older else 1)
    return (Upload(flat(lines, "cpf"), NOW - 5 * DAY + number * days, "US", {}) for number, lines in enumerate(several))


@pytest.mark.sqlite_file
@pytest.mark.parametrize("trap", ["a line beside a cancelled one of its order", "lines of an order that say other things of it"])
def test_a_block_with_lines_that_are_not_alike_would_be_noticed(
    database: Database, built_in: Loaded, monkeypatch: pytest.MonkeyPatch, trap: str
) -> None:
    monkeypatch.setattr(flat_order_blocks, "_unlike", lambda lines, usual: set())
    with pytest.raises(AssertionError):
        check(database, built_in, list(_files(TRAPS[trap], older=False)), 20)


@pytest.mark.sqlite_file
def test_an_order_whose_claim_is_stored_would_be_noticed(database: Database, built_in: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    uploads = [Upload(OTHERS["claims"], NOW - 6 * DAY, "US", {}), *_files([USUAL], older=False)]
    check(database, built_in, uploads, 20)
    monkeypatch.setattr(order_blocks, "_OTHERS", ())
    with pytest.raises(AssertionError):
        check(database, built_in, uploads, 20)


def test_orders_of_several_lines_are_stored_by_column(database: Database, built_in: Loaded) -> None:
    assert check(database, built_in, list(_files(TRAPS["orders of several lines"], older=False)), 20) == 8


def test_newer_lines_are_stored_by_column(database: Database, built_in: Loaded) -> None:
    assert (
        check(database, built_in, list(_files(TRAPS["newer lines"], older=False)), 20) == 20
    )  # of each file all but the first and the last


FAULTS: dict[str, tuple[str, object, str, object]] = {
    "what is left is overlooked": (
        "newer lines of which some values are gone",
        compared_rows,
        "_is_lost",
        lambda new, old: [False] * len(new),
    ),
    "all are changed": (
        "newer lines that say the same",
        ComparedRows,
        "differ",
        lambda compared, names: [True] * compared._number,
    ),
}


@pytest.mark.sqlite_file
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_replacing_is_noticed(database: Database, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    trap, *patched = FAULTS[fault]
    loaded = load_plugins(Settings(strict=True, rollups=True))
    check(database, loaded, list(_files(TRAPS[trap], older=False)), 20)
    monkeypatch.setattr(*patched)
    with pytest.raises(AssertionError):
        check(database, loaded, list(_files(TRAPS[trap], older=False)), 20)


@pytest.mark.parametrize(
    "trap", ["orders of several lines", "a newer file with new orders", "newer lines", "newer lines of another day and another marketplace"]
)
def test_the_rollups_of_orders_in_blocks_are_those_of_the_facts(database: Database, trap: str) -> None:
    loaded = load_plugins(Settings(strict=True, rollups=True))
    account_id = create_account(database, OWNER, str(uuid4()), "A shop")
    for upload in _files(TRAPS[trap], older=False):
        assert isinstance(outcome_of(database, loaded, account_id, upload), ImportSummary)
        with database.reading() as connection:
            verified = verify_account(connection, loaded.measures, account_id, dt.datetime.now(dt.UTC))
        assert (verified.is_current, list(verified.differences)) == (True, [])
        assert verified.compared


@pytest.mark.sqlite_file
def test_an_order_that_changes_its_day_in_a_block_would_be_noticed(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_blocks, "_SAME", ())
    with pytest.raises(AssertionError):
        test_the_rollups_of_orders_in_blocks_are_those_of_the_facts(database, "newer lines of another day and another marketplace")
