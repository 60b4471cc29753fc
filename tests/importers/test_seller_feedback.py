"""Amazon's report of feedback with one to three stars."""

import pytest

from sellerhealth.errors import BadFile
from tests.support.importers import CA, DE, FEEDBACK_REPORT, IMPORTERS, JP, SE, US, at, entries, errors, known_values, rows

HEAD = "Date\tRating\tComments\tYour Response\tOrder ID\tRater Email\r\n"


def report(date: str = "3/4/26", rating: str = "1", comment: str = "Broken") -> str:
    return f"{HEAD}{date}\t{rating}\t{comment}\tSorry\t111-0000001-0000001\tjane.doe@example.com\r\n"


def test_a_line_becomes_feedback_without_the_buyers_address():
    (row,) = rows(FEEDBACK_REPORT, report(), US)
    assert known_values(row) == {
        "order_id": "111-0000001-0000001",
        "left_at": at("2026-03-04T00:00:00Z"),
        "rating": 1,
        "comment": "Broken",
        "told_marketplace": US,
    }
    assert row.observed_at is None


@pytest.mark.parametrize(("marketplace", "date"), [(US, "3/4/26"), (DE, "4.3.26"), (CA, "4/3/26"), (JP, "26/3/4"), (SE, "2026-03-04")])
def test_a_day_is_read_in_the_order_of_the_marketplace(marketplace, date):
    (row,) = rows(FEEDBACK_REPORT, report(date), marketplace)
    assert row.values["left_at"] == at("2026-03-04T00:00:00Z")


def test_a_day_begins_in_the_zone_of_the_marketplace():
    (row,) = rows(FEEDBACK_REPORT, report(), US, zone="America/Los_Angeles")
    assert row.values["left_at"] == at("2026-03-04T08:00:00Z")


def test_the_marketplace_must_be_named():
    with pytest.raises(BadFile, match="does not name its marketplace") as refusal:
        entries(FEEDBACK_REPORT, report())
    assert refusal.value.argument == "marketplace"


def test_it_has_only_the_feedback_that_hurts():
    assert not IMPORTERS[FEEDBACK_REPORT].complete
    assert IMPORTERS["feedback"].complete


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (report("20/3/26"), "column 'Date': found '20/3/26', expected a day such as 12/31/25"),
        (report(rating="6"), "column 'Rating': found '6', expected a whole number from 1 to 5"),
        (report(rating="jane.doe@example.com"), "column 'Rating': found '(an e-mail address)', expected a whole number from 1 to 5"),
    ],
)
def test_a_bad_cell_is_reported(line, message):
    assert errors(entries(FEEDBACK_REPORT, line, US)) == [f"line 2, {message}"]


def test_the_older_list_with_more_columns_is_read_as_well():
    content = (
        "Date\tRating\tComments\tArrived on Time\tItem as Described\tCustomer Service\tOrder ID\tRater Email\tRater Role\n"
        "7/3/11\t5\tGood\tYes\tYes\t-\t111-0000001-0000001\tjane@example.com\tBuyer\n"
    )
    assert known_values(rows(FEEDBACK_REPORT, content, US)[0])["left_at"] == at("2011-07-03T00:00:00Z")
