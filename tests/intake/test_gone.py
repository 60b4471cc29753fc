"""Amazon's reports, one after the other: which of what a newer one lacks is noted as gone, and which is not."""

import datetime as dt
from pathlib import Path

import pytest

from sellerhealth.facts import Order
from sellerhealth.model.records import RejectedRow, ReportSpan
from tests.support.importers import NOW, US, at
from tests.support.imports import stored

OLD, NEW = NOW - dt.timedelta(days=2), NOW
FEEDBACK_HEAD = "Date\tRating\tComments\tYour Response\tOrder ID\tRater Email\n"
ORDER_HEAD = "amazon-order-id\tpurchase-date\tlast-updated-date\torder-status\tfulfillment-channel\tsales-channel\titem-status\tcpf\n"


def feedback(*days: int, rating: str = "1") -> str:
    return FEEDBACK_HEAD + "".join(f"3/{day}/26\t{rating}\tbad\t\t111-0000000-{day:07}\tx@example.com\n" for day in days)


def order(day: int, status: str = "Shipped", channel: str = "Amazon.com") -> str:
    placed = f"2026-03-{day:02}T10:00:00+00:00"
    return f"111-0000000-{day:07}\t{placed}\t{placed}\t{status}\tMerchant\t{channel}\t{status}\t\n"


def orders(*days: int) -> str:
    return ORDER_HEAD + "".join(map(order, days))


@pytest.fixture
def after(import_text):
    """The notes after a report of three days, and newer ones."""

    def after(*texts: str, first: str = orders(1, 2, 3), **options):
        import_text(first, "first.txt", observed_at=OLD, marketplace="US")
        for number, text in enumerate(texts):
            summary = import_text(text, f"{number}.txt", observed_at=NEW + number * dt.timedelta(minutes=1), marketplace="US", **options)
        return {code: count for code, count in summary.notes.items() if code.endswith("_gone")}

    return after


def test_feedback_that_a_newer_report_lacks_is_noted_until_a_source_says_when_it_was_removed(after):
    removed = "order_id,left_at,rating,removed_at\n111-0000000-0000002,2026-03-02,1,2026-03-25\n"
    assert after(feedback(1, 3), first=feedback(1, 2, 3)) == {"feedback_gone": 1}
    assert after(feedback(1, 3), removed, first=feedback(1, 2, 3)) == {}


def test_an_order_that_a_newer_report_lacks_is_noted_until_a_still_newer_one_lists_it(after):
    assert after(orders(1, 3)) == {"order_gone": 1}
    assert after(orders(1, 3), orders(2)) == {}


def test_the_first_and_the_last_day_of_a_report_may_be_partial(after):
    assert after(feedback(1, 2), first=feedback(1, 2, 3)) == {}
    assert after(feedback(2, 3), first=feedback(1, 2, 3)) == {}


def test_a_report_by_last_update_does_not_list_all_orders_of_its_days(after):
    assert after(orders(1, 3).replace("\tcpf", "").replace("\t\n", "\n")) == {}


def test_our_own_files_do_not_list_everything(after):
    assert after("order_id,left_at,rating\nA,2026-03-01,1\nB,2026-03-03,1\n", first=feedback(1, 2, 3)) == {}


def test_a_report_without_a_row_says_nothing(after, database):
    assert after(ORDER_HEAD) == {}
    assert len(stored(database, ReportSpan)) == 1


@pytest.mark.parametrize(
    "row",
    [
        order(2, "Lost"),
        order(2, channel="Amazon.cl"),
        order(2, "Lost").replace("-0000002", "-0000002 x"),  # the order of a row that cannot be read may be any one
    ],
)
def test_what_is_rejected_or_set_aside_is_not_gone(after, row):
    assert after(ORDER_HEAD + order(1) + row + order(3), skip_bad_rows=True) == {}


def test_a_rejected_row_stays_listed_once_its_order_has_arrived(after, database):
    assert after(ORDER_HEAD + order(1) + order(2, "Lost") + order(3), orders(2), skip_bad_rows=True) == {}
    assert stored(database, RejectedRow) == []


def test_a_file_of_corrected_rows_is_not_a_whole_report(after, import_text, database, tmp_path: Path):
    bad = ORDER_HEAD + order(1, "Lost") + order(2) + order(3, "Lost")
    assert after(bad, skip_bad_rows=True) == {}
    corrected = (tmp_path / "0.rejected.txt").read_text().replace("Lost", "Unshipped")
    assert import_text(corrected, "corrected.txt", observed_at=NEW + dt.timedelta(hours=1)).notes == {}
    assert {row["order_id"][-1]: row["status"] for row in stored(database, Order)} == {"1": "UNSHIPPED", "2": "SHIPPED", "3": "UNSHIPPED"}


def test_the_span_of_a_report_is_stored_with_its_marketplace(after, database):
    after(ORDER_HEAD + order(4) + order(6) + order(5, channel="Non-Amazon US"))
    spans = [(span["marketplace"], span["first_at"], span["last_at"]) for span in stored(database, ReportSpan)]
    assert spans == [
        (US, at("2026-03-01T10:00:00Z"), at("2026-03-03T10:00:00Z")),
        (US, at("2026-03-04T10:00:00Z"), at("2026-03-06T10:00:00Z")),
    ]


def test_nothing_of_a_dry_run_is_kept(after, import_text, database):
    assert import_text(orders(4, 5), dry_run=True).notes == {}
    assert stored(database, ReportSpan) == []


def test_a_second_row_about_feedback_is_noted(import_text):
    report = feedback(1, 2) + "3/2/26\t2\tstill bad\t\t111-0000000-0000002\tx@example.com\n"
    assert import_text(report, marketplace="US").notes["feedback_doubled"] == 1
