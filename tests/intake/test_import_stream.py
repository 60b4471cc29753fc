"""Importing a stream: all or nothing, with every error reported and every import recorded."""

import datetime as dt
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from sellerhealth.access import OWNER
from sellerhealth.errors import BadFile, BadInput, NotFound, UnknownFormat
from sellerhealth.facts import FACTS, Claim, Feedback, Order
from sellerhealth.intake import BadRows, ImportSummary, create_account, find_account, import_stream, notes_of
from sellerhealth.model.records import ImportBatch, RejectedRow, Source
from sellerhealth.model.tables import metadata
from sellerhealth.store.database import Database
from tests.support.importers import BY_LAST_UPDATE, BY_ORDER_DATE, FEEDBACK_REPORT, NOW, ORDERS_API, US, at
from tests.support.imports import stored
from tests.support.personal import PERSON, personal_files
from tests.support.streams import pipe

Import = Callable[..., ImportSummary]

CLAIMS = "order_id,opened_at,state\nA-1,2026-03-01,OPEN\nA-2,2026-03-02,DENIED\n"
BAD_CLAIMS = "order_id,opened_at,state\nA-1,2026-03-01,OPEN\nA-2,2026-03-02,LOST\nA-3,tomorrow,OPEN\n"
FLAT = (
    "amazon-order-id\tpurchase-date\tlast-updated-date\torder-status\tfulfillment-channel\tsales-channel\n"
    "111-0000001-0000001\t2026-03-01T10:00:00+00:00\t2026-03-02T10:00:00+00:00\tUnshipped\tMerchant\tAmazon.com\n"
)


def contents(database: Database) -> dict[str, list[dict[str, Any]]]:
    return {fact.__name__: stored(database, fact) for fact in FACTS}


def test_a_file_is_imported_and_counted(import_text: Import, database):
    summary = import_text(CLAIMS)
    assert (summary.format, summary.rows_read, summary.new, summary.changed, summary.unchanged, summary.rejected) == (
        "claims",
        2,
        2,
        0,
        0,
        0,
    )
    assert summary.errors == ()
    assert summary.rejects == ()
    assert summary.rows_per_second > 0
    assert summary.notes == notes_of(database, OWNER, find_account(database, OWNER, "SHOP-1")) == {"order_not_imported": 2}
    assert [(claim["order_id"], claim["state"]) for claim in stored(database, Claim)] == [("A-1", "OPEN"), ("A-2", "DENIED")]


def test_the_batch_and_what_is_covered_are_recorded(import_text: Import, database):
    summary = import_text(CLAIMS, marketplace="US")
    (batch,) = stored(database, ImportBatch)
    assert batch["batch_id"] == summary.batch_id
    assert (batch["state"], batch["format"], batch["file"], batch["marketplace"], batch["observed_at"]) == (
        "DONE",
        "claims",
        "file.csv",
        US,
        NOW,
    )
    assert (batch["rows_read"], batch["rows_new"], batch["rows_rejected"], batch["errors"]) == (2, 2, 0, [])
    assert batch["started_at"] <= batch["finished_at"]
    (source,) = stored(database, Source)
    assert (source["fact"], source["complete"], source["through"]) == ("CLAIM", True, NOW.date())


def test_a_file_imported_again_changes_nothing(import_text: Import, database):
    first = import_text(CLAIMS)
    before = contents(database)
    second = import_text(CLAIMS, name="the same under another name.csv")
    assert second.batch_id == first.batch_id
    assert (second.new, second.changed, second.unchanged) == (0, 0, 2)
    assert contents(database) == before
    assert len(stored(database, ImportBatch)) == 1


def test_the_id_of_a_batch_depends_on_content_format_and_marketplace(import_text: Import):
    ids = {
        import_text(text, dry_run=True, **options).batch_id
        for text, options in (
            (CLAIMS, {}),
            (CLAIMS + "\n", {}),
            (CLAIMS, {"marketplace": "US"}),
            (FLAT, {"format": BY_ORDER_DATE}),
            (FLAT, {"format": BY_LAST_UPDATE}),
        )
    }
    assert len(ids) == 5


def test_a_file_a_pipe_and_an_upload_of_the_same_content_are_the_same_batch(database, loaded, account, tmp_path):
    content = CLAIMS.encode()
    path = tmp_path / "claims.csv"
    path.write_bytes(content)
    with path.open("rb") as file, pipe(content) as unseekable:
        streams = (file, unseekable, io.BytesIO(content))
        summaries = [import_stream(database, loaded, OWNER, account, stream, "claims.csv", observed_at=NOW) for stream in streams]
    assert [(each.rows_read, each.new, each.unchanged) for each in summaries] == [(2, 2, 0), (2, 0, 2), (2, 0, 2)]
    assert len({each.batch_id for each in summaries}) == 1
    assert len(stored(database, ImportBatch)) == 1


def test_a_stream_is_imported_from_its_start(database, loaded, account):
    stream = io.BytesIO(CLAIMS.encode())
    stream.read()
    assert import_stream(database, loaded, OWNER, account, stream, "claims.csv", observed_at=NOW).new == 2


def test_a_dry_run_counts_and_leaves_nothing(import_text: Import, database, tmp_path):
    before = contents(database)
    assert import_text(CLAIMS, dry_run=True).new == 2
    assert import_text(BAD_CLAIMS, dry_run=True, skip_bad_rows=True).rejected == 2
    with pytest.raises(BadRows):
        import_text(BAD_CLAIMS, dry_run=True)
    assert contents(database) == before
    assert stored(database, ImportBatch) == stored(database, Source) == []
    assert not list(tmp_path.glob("*rejected*"))


def test_a_bad_row_keeps_the_whole_file_out_and_every_one_is_reported(import_text: Import, database):
    with pytest.raises(BadRows) as refusal:
        import_text(BAD_CLAIMS)
    assert str(refusal.value).splitlines() == ["file.csv: 2 rows are bad, so nothing of it was imported.", *refusal.value.errors]
    first, second = refusal.value.errors
    assert first.startswith("file.csv: line 3, column 'state': found 'LOST', expected one of OPEN,")
    assert second.startswith("file.csv: line 4, column 'opened_at': found 'tomorrow', expected an instant")
    assert stored(database, Claim) == []
    assert stored(database, Source) == []


def test_a_failed_import_is_recorded_until_it_succeeds(import_text: Import, database):
    with pytest.raises(BadRows) as refusal:
        import_text(BAD_CLAIMS)
    (batch,) = stored(database, ImportBatch)
    assert (batch["state"], batch["rows_read"], batch["rows_rejected"]) == ("FAILED", 3, 2)
    assert [error.replace("found 'LOST', ", "").replace("found 'tomorrow', ", "") for error in refusal.value.errors] == batch["errors"]
    import_text(BAD_CLAIMS, skip_bad_rows=True)
    assert [(batch["state"], batch["rows_new"]) for batch in stored(database, ImportBatch)] == [("DONE", 1)]
    with pytest.raises(BadRows):
        import_text(BAD_CLAIMS)
    assert [batch["state"] for batch in stored(database, ImportBatch)] == ["DONE"]


def test_only_the_first_hundred_bad_rows_are_reported_one_by_one(import_text: Import):
    with pytest.raises(BadRows) as refusal:
        import_text("order_id,opened_at\n" + "A-1,soon\n" * 250)
    assert len(refusal.value.errors) == 100
    assert str(refusal.value).startswith("file.csv: 250 rows are bad")
    assert str(refusal.value).endswith("… and 150 more.")


@pytest.mark.parametrize(
    ("text", "read", "new"),
    [
        (FLAT + FLAT.splitlines()[1].replace("Amazon.com", "Non-Amazon") + "\n", 2, 1),
        (FLAT.replace("Amazon.com", "Non-Amazon"), 1, 0),
        ('{"order": {"orderId": "1", "createdTime": "2026-03-01T10:00:00Z", "salesChannel": {"channelName": "NON_AMAZON"}}}', 1, 0),
    ],
)
def test_skipped_rows_are_counted_as_read_and_as_nothing_else(import_text: Import, database, text, read, new):
    summary = import_text(text)
    assert (summary.rows_read, summary.new, summary.changed, summary.unchanged, summary.rejected) == (read, new, 0, 0, 0)
    assert len(stored(database, Order)) == new


FEEDBACK = (
    "order_id,left_at,rating,comment,removed_at,struck_through,marketplace\n"
    '111-0000001-0000001,2026-03-01,1,"late\nand\nbroken",,,US\n'
    '111-0000002-0000002,2026-03-01,9,"as\nnever",,,US\n'
    "111-0000003-0000003,2026-03-01,5,fine,,,US\n"
)


def test_a_row_over_several_lines_counts_as_that_many(import_text: Import):
    def counts(text, **options):
        summary = import_text(text, skip_bad_rows=True, format="feedback", **options)
        return summary.rows_read, summary.new, summary.changed, summary.unchanged, summary.skipped, summary.rejected

    assert counts(FEEDBACK, rejects=None) == (6, 4, 0, 0, 0, 2)
    better = FEEDBACK.replace(",1,", ",2,").replace("9,", "5,")
    later = NOW + dt.timedelta(hours=1)
    assert counts(better, observed_at=later) == (6, 2, 3, 1, 0, 0)
    assert counts(better, observed_at=later) == (6, 0, 0, 6, 0, 0)
    with pytest.raises(BadRows, match="a row is bad") as bad:
        import_text(FEEDBACK, format="feedback")
    assert len(bad.value.errors) == 1
    assert "more" not in str(bad.value)


def test_utc_in_place_of_an_offset_is_remarked_on_once_for_each_column(import_text: Import):
    head, row = FLAT.splitlines()
    rows = [row.replace("0000001", f"{n:07}") for n in range(1, 2_500)]
    rows[1_999] = rows[1_999].replace("2026-03-02T10:00:00+00:00", "2026-03-02 10:00:00 UTC")
    rows[0] = (
        rows[0].replace("2026-03-01T10:00:00+00:00", "2026-03-01T10:00:00").replace("2026-03-02T10:00:00+00:00", "2026-03-02 10:00:00 UTC")
    )
    rows[2_010] = rows[2_010].replace("+00:00", " UTC")
    summary = import_text("\n".join([head, *rows]), name="orders.txt", skip_bad_rows=True)
    assert (summary.new, summary.rejected) == (2_498, 1)
    said = "has `UTC` in place of an offset: it was read as +00:00."
    assert summary.remarks == (
        f"orders.txt: line 2: column 'last-updated-date' {said}",
        f"orders.txt: line 2012: column 'purchase-date' {said}",
    )


def test_a_row_of_an_unknown_marketplace_is_set_aside_and_is_no_rejected_row(import_text: Import, database):
    _, row = FLAT.splitlines()
    summary = import_text(
        FLAT + row.replace("0000001", "0000002").replace("Amazon.com", "Amazon.cl"), name="orders.txt", skip_bad_rows=True
    )
    assert (summary.rows_read, summary.new, summary.skipped, summary.rejected) == (2, 1, 1, 0)
    assert summary.remarks == ("orders.txt: line 3: the row was set aside: its marketplace Amazon.cl is not known.",)
    assert stored(database, RejectedRow) == []


def test_an_address_in_a_comment_does_not_reach_the_store(import_text: Import, database):
    import_text("order_id,left_at,rating,comment\nA-1,2026-03-01,1,Write to jane.doe@example.com!\n")
    import_text("Date\tRating\tComments\tOrder ID\n3/1/26\t1\tjane@example.com\tA-2\n", marketplace="US")
    assert [each["comment"] for each in stored(database, Feedback)] == ["Write to [e-mail]!", "[e-mail]"]


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("a,b\n", {"format": "claims"}, "file.csv: The file has no column 'order_id'"),
        ("order_id,order_id,opened_at\n", {}, "file.csv: The file has more than one column 'order_id'."),
        ("", {"format": "claims"}, "file.csv: The file is empty"),
        ('{"orders": [', {}, "file.csv: The file is not JSON"),
        ("Date\tRating\tComments\tOrder ID\n", {}, "file.csv: GET_SELLER_FEEDBACK_DATA does not name its marketplace"),
        ("a,b\n", {}, "file.csv is of no known format."),
    ],
)
def test_every_message_about_a_file_begins_with_its_name(import_text: Import, database, text, options, message):
    with pytest.raises((BadFile, UnknownFormat)) as refusal:
        import_text(text, **options)
    assert str(refusal.value).startswith(message)
    assert all(batch["errors"] == [str(refusal.value)] for batch in stored(database, ImportBatch))


def test_a_file_that_is_cut_off_leaves_nothing_behind(import_text: Import, database, tmp_path):
    orders = ",".join(f'{{"orderId": "{n}", "createdTime": "{"soon" if n == 1 else "2026-03-01T10:00:00Z"}"}}' for n in range(3))
    with pytest.raises(BadFile, match="is not JSON, or ends before its end"):
        import_text(f'{{"orders": [{orders},', skip_bad_rows=True)
    assert stored(database, Order) == []
    assert [(batch["state"], batch["rows_rejected"]) for batch in stored(database, ImportBatch)] == [("FAILED", 0)]
    assert not list(tmp_path.glob("*rejected*"))


def test_an_older_file_never_undoes_a_newer_one(import_text: Import, database):
    import_text(CLAIMS.replace("OPEN", "WITHDRAWN"))
    assert import_text(CLAIMS, observed_at=NOW - dt.timedelta(days=1)).unchanged == 2
    assert stored(database, Claim)[0]["state"] == "WITHDRAWN"


def test_the_instant_needs_an_offset(import_text: Import):
    with pytest.raises(BadInput, match="needs its offset from UTC"):
        import_text(CLAIMS, observed_at=NOW.replace(tzinfo=None))


def test_orders_whose_channel_or_status_is_unknown_are_noted_until_a_source_reports_them(import_text: Import):
    order = {"orderId": "111-0000001-0000001", "createdTime": "2026-03-01T10:00:00Z", "lastUpdatedTime": "2026-03-01T11:00:00Z"}
    assert import_text(json.dumps({"orders": [order]}), "orders.json").notes == {"channel_unknown": 1, "status_unknown": 1}
    assert import_text(FLAT, "orders.txt").notes == {}


def test_a_file_cannot_know_what_is_later_than_now(import_text: Import, database):
    with pytest.raises(BadInput, match=r"file\.csv: .* everything up to 2190-01-01.*, which is later than now") as refusal:
        import_text(CLAIMS, observed_at=at("2190-01-01T00:00:00Z"))
    assert refusal.value.argument == "observed_at"
    assert stored(database, Claim) == stored(database, Source) == []


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00+14:00", "1970-01-01T00:00:00Z", "1994-12-31T23:59:59Z"])
def test_a_file_knows_more_than_what_was_before_all_facts(import_text: Import, database, instant):
    with pytest.raises(BadInput, match=r"file\.csv: .* which is before 1995") as refusal:
        import_text(CLAIMS, observed_at=at(instant))
    assert refusal.value.argument == "observed_at"
    assert stored(database, Claim) == stored(database, Source) == []


def test_a_row_cannot_know_what_is_later_than_now(import_text: Import, database, tmp_path):
    late = FLAT.splitlines(keepends=True)[1].replace("0000001", "0000002").replace("2026-03-02T10", "2190-03-02T10")
    with pytest.raises(BadRows) as refusal:
        import_text(FLAT + late, "orders.txt")
    assert refusal.value.errors == (
        "orders.txt: line 3, column 'last-updated-date': found '2190-03-02T10:00:00+00:00', expected an instant that is not later than now",
    )
    assert stored(database, Order) == []
    summary = import_text(FLAT + late, "orders.txt", skip_bad_rows=True)
    assert (summary.new, summary.rejected) == (1, 1)
    assert late.strip("\n") in tmp_path.joinpath("orders.rejected.txt").read_text()


def test_an_order_of_the_api_cannot_know_what_is_later_than_now(import_text: Import):
    order = {"orderId": "1", "createdTime": "2026-03-01T10:00:00Z", "lastUpdatedTime": "2190-03-02T10:00:00Z"}
    with pytest.raises(BadRows, match=r"'lastUpdatedTime': found '2190-.*', expected an instant that is not later than now"):
        import_text(json.dumps({"orders": [order]}), "orders.json")


def test_days_begin_in_the_zone_of_the_account_or_of_the_marketplace(database, loaded):
    account = create_account(database, OWNER, "BERLIN", "A shop in Berlin", "Europe/Berlin")
    stream = io.BytesIO(b"order_id,opened_at,marketplace\nA-1,2026-03-01,DE\nA-2,2026-03-01,JP\n")
    import_stream(database, loaded, OWNER, account, stream, "claims.csv", observed_at=NOW, time_zones={"A1VC38T7YXB528": "Asia/Tokyo"})
    first, second = stored(database, Claim)
    assert (first["opened_at"], first["opened_on"]) == (at("2026-02-28T23:00:00Z"), dt.date(2026, 3, 1))
    assert (second["opened_at"], second["opened_on"]) == (at("2026-02-28T15:00:00Z"), dt.date(2026, 3, 1))


def test_progress_is_reported_in_bytes(import_text: Import):
    progress: list[tuple[int, int]] = []
    import_text(CLAIMS, progress=lambda done, size: progress.append((done, size)))
    assert progress == [(len(CLAIMS), len(CLAIMS))]


def test_a_large_file_is_ingested_in_chunks_and_rolled_back_as_a_whole(import_text: Import, database):
    lines = "".join(f"A-{n},2026-03-01\n" for n in range(25_000))
    progress: list[int] = []
    with pytest.raises(BadRows, match="a row is bad"):
        import_text(f"order_id,opened_at\n{lines}A-X,soon\n", progress=lambda done, size: progress.append(done))
    assert len(progress) == 3
    assert stored(database, Claim) == []


def test_unknown_names_are_errors_that_suggest_the_nearest(import_text: Import, database):
    with pytest.raises(NotFound, match=r"^There is no account 'SHOP-2'\.$"):
        find_account(database, OWNER, "SHOP-2")
    with pytest.raises(NotFound, match=r"There is no format 'claim'\. Did you mean claims"):
        import_text(CLAIMS, format="claim")
    with pytest.raises(BadInput, match=r"'amazn\.de' is not a marketplace: .* Did you mean amazon\.de"):
        import_text(CLAIMS, marketplace="amazn.de")
    with pytest.raises(UnknownFormat):
        import_text("a,b\n")
    with pytest.raises(BadFile, match="has no column 'order_id'"):
        import_text("a,b\n", format="claims")


def test_an_account_is_created_once(database):
    account = create_account(database, OWNER, "SHOP-9", "Nine", "Europe/Berlin")
    assert find_account(database, OWNER, "SHOP-9") == account
    with pytest.raises(BadInput, match="There is an account 'SHOP-9' already"):
        create_account(database, OWNER, "SHOP-9", "Nine again")


def test_no_format_stores_personal_data(import_text: Import, database, tmp_path):
    for name, text in personal_files():
        import_text(text, format=name, marketplace="US")
        with pytest.raises(BadFile):
            import_text(text.replace("2026-03-01", PERSON).replace("3/1/26", f"{PERSON}@example.com"), format=name, marketplace="US")
    assert {row["format"] for row in stored(database, ImportBatch)} >= {BY_ORDER_DATE, FEEDBACK_REPORT, ORDERS_API, "claims"}
    with database.reading() as connection:
        everything = repr([connection.execute(sa.select(table)).all() for table in metadata.sorted_tables])
    assert "111-0000001-0000001" in everything
    assert PERSON not in everything
    database.close()
    assert not [path.name for path in tmp_path.glob("store.db*") if PERSON.encode() in path.read_bytes()]
