"""Files that are imported again: what is skipped leaves everything as if it had been read."""

import dataclasses
import datetime as dt
import io
import json
from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sellerhealth.access import OWNER
from sellerhealth.errors import SellerHealthError
from sellerhealth.intake import create_account, import_stream
from sellerhealth.model.records import Account, ImportBatch, RejectedRow, Source
from sellerhealth.plugins.load import Loaded
from sellerhealth.plugins.plugin import Origin
from sellerhealth.plugins.registry import Importers
from sellerhealth.store import repeated
from sellerhealth.store.accounts import NewAccount
from sellerhealth.store.database import Database
from sellerhealth.store.ingest import Ingest
from sellerhealth.store.rejected_rows import dismiss
from sellerhealth.store.repeated import Reading
from tests.fuzz import fuzzing
from tests.store.importing import contents
from tests.support.importers import BY_ORDER_DATE, IMPORTERS, NOW
from tests.support.imports import stored

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
HEAD = "amazon-order-id\tpurchase-date\tlast-updated-date\torder-status\tfulfillment-channel\tsales-channel\titem-status\tsku\tis-buyer-requested-cancellation"
FEEDBACK_HEAD = "Date\tRating\tComments\tYour Response\tOrder ID\tRater Email\n"


class Upload(NamedTuple):
    """One import: a text, as of an instant, with the marketplace and the zones that it was called with."""

    text: str
    observed_at: dt.datetime
    marketplace: str | None
    time_zones: dict[str, str]


def _order_id(chance: Random) -> str:
    return f"111-0000000-{chance.randrange(5):07}"


def _flat_file(chance: Random) -> str:
    """A report by order date, or by last update: rows with instants of their own or of the file, some set aside, some bad."""
    lines = [HEAD + chance.choice(("\tcpf", ""))]
    own = chance.random() < 0.7
    for _ in range(chance.randrange(5)):
        placed = f"2026-03-{chance.randrange(1, 6):02}T10:00:00{chance.choice(('Z', 'Z', 'Z', ' UTC'))}"
        updated = f"2026-03-{chance.randrange(6, 9):02}T10:00:00Z" if own else ""
        status = chance.choice(("Shipped", "Unshipped", "Cancelled", "Pending") + (("Lost",) if chance.random() < 0.3 else ()))
        channel = chance.choice(("Amazon.com", "Amazon.com", "Amazon.de", "Non-Amazon") + (("Amazon.cl",) if chance.random() < 0.3 else ()))
        item, requested = chance.choice(("Shipped", "Cancelled", "")), chance.choice(("true", "false", ""))
        lines.append("\t".join((_order_id(chance), placed, updated, status, "Merchant", channel, item, chance.choice("ab"), requested)))
    return "\n".join(lines) + "\n"


def _feedback_report(chance: Random) -> str:
    rows = (f"3/{chance.randrange(1, 9)}/26\t{chance.randrange(1, 4)}\tbad\t\t{_order_id(chance)}\tx\n" for _ in range(chance.randrange(5)))
    return FEEDBACK_HEAD + "".join(rows)


def _own_csv(head: str, chance: Random, *cells: Sequence[str]) -> str:
    rows = [[_order_id(chance), *(chance.choice(each) for each in cells)] for _ in range(chance.randrange(4))]
    return "\n".join([head, *(",".join(row) for row in rows)]) + "\n"


_DAYS = ("2026-03-01", "2026-03-04T12:00:00Z", "2026-03-05")
_KINDS = (
    _flat_file,
    _flat_file,
    _feedback_report,
    lambda chance: _own_csv("order_id,left_at,rating,removed_at", chance, _DAYS, "135", ("", "", "2026-03-06")),
    lambda chance: _own_csv("order_id,opened_at,state,marketplace", chance, _DAYS, ("OPEN", "DENIED", "OPEN", "LOST"), ("US", "DE", "")),
    lambda chance: _own_csv("order_id,package_id,confirmed_at", chance, "12", ("2026-03-02T10:00:00Z", "2026-03-03T10:00:00Z", "")),
    lambda chance: json.dumps(
        {"orders": [{"orderId": _order_id(chance), "createdTime": _DAYS[1], "lastUpdatedTime": "2026-03-07T10:00:00Z"}]}
    ),
)


def uploads(chance: Random) -> list[Upload]:
    """A few files in any order, most of them several times: as of the same instant, of an earlier or of a later one."""
    files = [chance.choice(_KINDS)(chance) for _ in range(4)]
    instants = [NOW - days * DAY for days in range(3)]
    zones: list[dict[str, str]] = [{}, {}, {"ATVPDKIKX0DER": "America/Los_Angeles"}]
    return [Upload(chance.choice(files), chance.choice(instants), "US", chance.choice(zones)) for _ in range(12)]


@pytest.fixture
def built_in(loaded: Loaded) -> Loaded:
    """The built-in formats as those of this distribution: only then imports rely on their code."""
    own = Origin("sellerhealth", "sellerhealth", "1.0")
    return dataclasses.replace(loaded, importers=Importers((importer, own) for importer in IMPORTERS.values()))


def everything(database: Database, account_id: int) -> dict[str, Any]:
    """All that is stored of an account, except when it was, and how files were read."""
    found: dict[str, Any] = dict(contents(database, account_id))
    skipped = {"account_id", "started_at", "finished_at", "updated_at", "reading", "key", "folded_key"}
    with database.reading() as connection:
        for model in (ImportBatch, RejectedRow, Account):
            table: sa.Table = model.__table__
            columns = [column for column in table.c if column.name not in skipped]
            rows = connection.execute(sa.select(*columns).where(table.c.account_id == account_id).order_by(*table.primary_key))
            found[table.name] = [tuple(row) for row in rows]
    return found


def outcome_of(database: Database, loaded: Loaded, account: int | NewAccount, upload: Upload) -> object:
    """The summary of an import without its time, or its error."""
    stream = io.BytesIO(upload.text.encode())
    try:
        summary = import_stream(
            database, loaded, OWNER, account, stream, "file", observed_at=upload.observed_at, marketplace=upload.marketplace,
            time_zones=upload.time_zones, skip_bad_rows=True,
        )  # fmt: skip
    except SellerHealthError as error:
        return str(error)
    return dataclasses.replace(summary, seconds=0)


def check(database: Database, loaded: Loaded, chance: Random) -> int:
    """Imports the same into two accounts, into one of them always by reading. Returns how many files were skipped in the other."""
    fast, plain = (create_account(database, OWNER, str(uuid4()), "A shop") for _ in range(2))
    repeats, skipped = Ingest.repeats, 0
    for upload in uploads(chance):
        found = []

        def noted(ingest: Ingest, found: list[bool] = found) -> bool:
            found.append(repeats(ingest))
            return found[-1]

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Ingest, "repeats", noted)
            outcome = outcome_of(database, loaded, fast, upload)
            patch.setattr(Ingest, "repeats", lambda ingest: False)
            assert outcome == outcome_of(database, loaded, plain, upload)
        skipped += any(found)
        assert everything(database, fast) == everything(database, plain)
        if chance.random() < 0.2:  # what was rejected is dismissed
            with database.writing() as connection:
                for account_id in (fast, plain):
                    for row in stored(database, RejectedRow):
                        dismiss(connection, account_id, row["batch_id"])
    return skipped


@pytest.mark.dear
@given(chance=st.integers(0, 2**32).map(Random))
@settings(fuzzing(short=6), suppress_health_check=list(HealthCheck))  # each example is slow, in one database
def test_a_file_that_is_skipped_leaves_everything_as_if_it_had_been_read(database: Database, built_in: Loaded, chance: Random) -> None:
    check(database, built_in, chance)


FAULTS = {
    "any instant": ("includes", lambda self, importer, observed_at, zone_of: self.code == repeated.code()),
    "an earlier instant of a report that lists": (
        "includes",
        lambda self, importer, observed_at, zone_of, includes=Reading.includes: includes(
            self, dataclasses.replace(importer, lists=frozenset()), observed_at, zone_of
        ),
    ),
}


@pytest.mark.dear
@pytest.mark.sqlite_file
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_noticed(database: Database, built_in: Loaded, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    monkeypatch.setattr(Reading, *FAULTS[fault])

    def check_often() -> None:
        for seed in range(60):
            check(database, built_in, Random(seed))

    with pytest.raises(AssertionError):
        check_often()


CLAIMS = "order_id,opened_at,state\nA-1,2026-03-01,OPEN\nA-2,2026-03-02,DENIED\n"
ORDER = f"{HEAD}\tcpf\n111-0000000-0000001\t2026-03-01T10:00:00Z\t2026-03-02T10:00:00Z\tShipped\tMerchant\tAmazon.de\t\t\t\t\n"


@pytest.fixture
def is_read(database: Database, built_in: Loaded, account: int, monkeypatch: pytest.MonkeyPatch):
    """Imports a text, and returns whether its rows were read, or found to be known."""
    read: list[object] = []
    monkeypatch.setattr(Ingest, "add", lambda ingest, *rows, add=Ingest.add: (read.append(rows), add(ingest, *rows))[1])
    monkeypatch.setattr(Ingest, "add_known", lambda ingest, known, add=Ingest.add_known: (read.append(known), add(ingest, known))[1])

    def is_read(text: str, observed_at: dt.datetime = NOW, zones: dict[str, str] | None = None, loaded: Loaded = built_in) -> bool:
        read.clear()
        outcome = outcome_of(database, loaded, account, Upload(text, observed_at, "US", zones or {}))
        assert not isinstance(outcome, str), outcome
        return bool(read)

    return is_read


def test_the_same_file_is_read_again_only_as_of_a_later_instant(is_read, database):
    assert [is_read(CLAIMS, NOW + hours * HOUR) for hours in (0, 0, -1, 1, 0, 1)] == [True, False, False, True, False, False]
    (source,) = stored(database, Source)
    assert source["through"] == NOW.date()


def test_a_report_that_lists_is_read_as_of_each_of_its_instants(is_read):
    assert [is_read(ORDER, NOW + hours * HOUR) for hours in (0, 0, -1, -1)] == [True, False, True, True]


def test_a_file_without_rows_still_covers_a_later_day(is_read, database):
    text = CLAIMS.partition("\n")[0] + "\n"
    for days in (-1, 0, 0):
        is_read(text, NOW + days * DAY)
    (source,) = stored(database, Source)
    assert source["through"] == NOW.date()


def test_a_file_is_read_again_by_another_release(is_read, monkeypatch):
    assert [is_read(CLAIMS), is_read(CLAIMS)] == [True, False]
    monkeypatch.setattr(repeated, "code", lambda: "of another release")
    monkeypatch.setattr("sellerhealth.store.ingest.code", lambda: "of another release")
    assert [is_read(CLAIMS), is_read(CLAIMS)] == [True, False]


def test_a_file_of_a_plugin_is_always_read(is_read, loaded):
    assert [is_read(CLAIMS, loaded=loaded), is_read(CLAIMS, loaded=loaded)] == [True, True]


def test_a_file_is_read_again_if_its_days_are_cut_in_another_zone(is_read):
    feedback = f"{FEEDBACK_HEAD}3/2/26\t1\tbad\t\t111-0000000-0000001\tx\n"
    assert is_read(ORDER)  # the order is of Germany, so no fact fixes the zone of the United States
    los_angeles = {"ATVPDKIKX0DER": "America/Los_Angeles"}
    assert [is_read(feedback), is_read(feedback), is_read(feedback, zones=los_angeles)] == [True, False, True]


def test_a_file_is_read_again_while_rejected_rows_wait_for_its_facts(is_read, database):
    assert [is_read(CLAIMS), is_read(CLAIMS)] == [True, False]
    is_read(CLAIMS.replace("OPEN", "LOST"), NOW + HOUR)
    assert len(stored(database, RejectedRow)) == 1
    assert is_read(CLAIMS)
    assert stored(database, RejectedRow) == []
    assert not is_read(CLAIMS)


def test_a_file_with_remarks_is_read_again_to_repeat_them(is_read):
    remarked = ORDER.replace("2026-03-02T10:00:00Z", "2026-03-02T10:00:00 UTC")
    assert [is_read(remarked), is_read(remarked)] == [True, True]


def test_a_dry_run_leaves_nothing_by_which_a_file_would_be_skipped(database, built_in, account, is_read):
    stream = io.BytesIO(CLAIMS.encode())
    import_stream(database, built_in, OWNER, account, stream, "file", observed_at=NOW, dry_run=True)
    assert is_read(CLAIMS)


def test_the_counts_of_a_skipped_file_are_those_of_its_rows(database, built_in, account):
    upload = Upload(ORDER + ORDER.partition("\n")[2].replace("Amazon.de", "Non-Amazon"), NOW, None, {})
    _, again = (outcome_of(database, built_in, account, upload) for _ in range(2))
    assert (again.format, again.rows_read, again.new, again.unchanged, again.skipped) == (BY_ORDER_DATE, 2, 0, 1, 1)
