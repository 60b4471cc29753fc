"""Amazon's report of feedback with one to three stars."""

import io

import pytest

from sellerhealth.errors import BadFile, UnknownFormat
from sellerhealth.intake import detect, sample_of
from tests.support.importers import (
    CA,
    DE,
    FEEDBACK_MANAGER,
    FEEDBACK_REPORT,
    IMPORTERS,
    JP,
    SE,
    US,
    at,
    entries,
    errors,
    known_values,
    registered,
    rows,
)

HEAD = "Date\tRating\tComments\tYour Response\tOrder ID\tRater Email\r\n"


def report(date: str = "3/4/26", rating: str = "1", comment: str = "Broken") -> str:
    return f"{HEAD}{date}\t{rating}\t{comment}\tSorry\t111-0000001-0000001\tjane.doe@example.com\r\n"


MANAGER_HEAD = "Date\tRating\tComments\tArrived on Time\tItem as Described\tCustomer Service\tOrder ID\tRater Email\tRater Role\r\n"


def manager_table(*dates: str, head: str = MANAGER_HEAD) -> str:
    """The table of the Feedback Manager, with a row for each date: five stars."""
    rows_ = (f"{date}\t5\tFine\tYes\tYes\t-\t111-000000{n}-0000001\tjane@example.com\tBuyer\r\n" for n, date in enumerate(dates))
    return head + "".join(rows_)


def test_a_line_becomes_feedback_without_the_buyers_address():
    (row,) = rows(FEEDBACK_REPORT, report(), US)
    assert known_values(row) == {
        "order_id": "111-0000001-0000001",
        "left_at": at("2026-03-04T00:00:00Z"),
        "rating": 1,
        "comment": "Broken",
        "reported_marketplace": US,
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


def test_the_table_of_the_feedback_manager_has_all_ratings():
    (row,) = rows(FEEDBACK_MANAGER, manager_table("3/4/26"), US)
    assert known_values(row) == {
        "order_id": "111-0000000-0000001",
        "left_at": at("2026-03-04T00:00:00Z"),
        "rating": 5,
        "comment": "Fine",
        "reported_marketplace": US,
    }


GERMAN = "Datum\tBewertung\tKommentare\tPünktliche Lieferung\tArtikel wie beschrieben\tKundenservice\tBestellnummer\tE-Mail\tRolle\n"


@pytest.mark.parametrize(("head", "date", "marketplace"), [(MANAGER_HEAD, "4/3/26", CA), (GERMAN, "4.3.26", DE)])
def test_the_table_of_the_feedback_manager_is_recognised_in_any_language(head, date, marketplace):
    content = manager_table(date, head=head)
    importer = detect(sample_of(io.BytesIO(content.encode()), "feedback.txt"), registered(IMPORTERS))
    assert importer.name == FEEDBACK_MANAGER
    (row,) = rows(FEEDBACK_MANAGER, content, marketplace)
    assert row.values["left_at"] == at("2026-03-04T00:00:00Z")


def test_the_report_has_only_the_feedback_that_hurts():
    assert not IMPORTERS[FEEDBACK_REPORT].complete
    assert IMPORTERS[FEEDBACK_MANAGER].complete
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


ITALIAN = "Data\tValutazione\tCommenti\tLa tua risposta\tN° ordine\tE-mail\n"


def translated(head: str, *lines: str) -> list[object]:
    return entries(FEEDBACK_REPORT, head + "\n".join(lines), DE)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
@pytest.mark.parametrize("head", [ITALIAN, ITALIAN.replace("Data", "Date"), ITALIAN.replace("Commenti", "Comments"), f"reason\t{ITALIAN}"])
def test_columns_in_another_language_are_read_by_their_position(head, encoding):
    line = "31.3.26\t1\tPerché?\t\t111-0000001-0000001\tx@example.com"
    content = (head + ("why\t" if head.startswith("reason") else "") + line).encode(encoding)
    sample = sample_of(io.BytesIO(content), "f.txt")
    assert detect(sample, registered(IMPORTERS)).name == FEEDBACK_REPORT
    (row,) = rows(FEEDBACK_REPORT, content, DE)
    assert (row.values["order_id"], row.values["rating"], row.values["comment"]) == ("111-0000001-0000001", 1, "Perché?")


def test_japanese_columns_are_read_by_their_position_in_the_older_encoding():
    content = "日付\t評価\tコメント\t返答\t注文番号\t評価者\n26/3/31\t2\t遅い\t\t111-0000001-0000001\tx@example.com\n".encode("cp932")
    assert detect(sample_of(io.BytesIO(content), "f.txt"), registered(IMPORTERS)).name == FEEDBACK_REPORT
    (row,) = rows(FEEDBACK_REPORT, content, JP)
    assert row.values["comment"] == "遅い"


def test_a_bad_cell_is_told_under_the_name_that_its_column_has_in_the_file():
    found = translated(ITALIAN, "31.3.26\t1\t\t\t111-0000001-0000001\t", "31.3.26\t9\t\t\t111-0000001-0000001\t")
    assert errors(found) == ["line 3, column 'Valutazione': found '9', expected a whole number from 1 to 5"]


@pytest.mark.parametrize(
    ("head", "line"),
    [
        (ITALIAN, ""),
        (ITALIAN.replace("Data", "Rating"), "31.3.26\t1\t\t\t111-0000001-0000001\t"),
        (f"More\t{ITALIAN}", "\t31.3.26\t1\t\t\t111-0000001-0000001\t"),
    ],
)
def test_columns_that_nothing_shows_to_be_those_of_the_report_are_refused(head, line):
    with pytest.raises(BadFile, match="no column"):
        translated(head, line)


@pytest.mark.parametrize("line", ["", "x\t1\t\t\t111-0000001-0000001\t", "31.3.26\t7\t\t\t111-0000001-0000001\t", "31.3.26\t1\t\t\tA-1\t"])
def test_a_file_of_six_columns_is_recognised_by_its_cells_alone(line):
    with pytest.raises(UnknownFormat, match=r"Its columns are 'Data', 'Valutazione'.*N° ordine'"):
        detect(sample_of(io.BytesIO((ITALIAN + line).encode()), "f.txt"), registered(IMPORTERS))


def test_a_comment_that_begins_with_a_quote_and_a_later_one_that_ends_with_one_are_two():
    lines = ['3/4/26\t3\t"Fine\t\t111-0000001-0000001\tx', '3/5/26\t1\tbad"\t\t111-0000002-0000002']
    found = rows(FEEDBACK_REPORT, HEAD + "\r\n".join(lines), US)
    assert [(row.values["rating"], row.values["comment"]) for row in found] == [(3, '"Fine'), (1, 'bad"')]
