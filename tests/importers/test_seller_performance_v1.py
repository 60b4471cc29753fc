"""Amazon's older performance report, as XML."""

import datetime as dt
from decimal import Decimal

import pytest

from sellerhealth.errors import BadFile
from sellerhealth.sources import Rejected, Reported
from tests.support.importers import NOW, PERFORMANCE_V1, US, entries, errors
from tests.support.performance import DEFECTS_V1, RESPONSES, report_v1


def figures(content: str, marketplace: str | None = None) -> dict[str, Reported]:
    contents = entries(PERFORMANCE_V1, content, marketplace)
    assert errors(contents) == []
    return {each.figure: each for each in contents if isinstance(each, Reported)}


def test_the_figures_of_each_time_frame_are_read_with_their_counts():
    found = figures(report_v1())
    defects, claims = found["orderDefectRate"], found["orderDefectRate.claims"]
    assert (defects.unit, defects.value, defects.numerator, defects.denominator) == ("FRACTION", Decimal("0.005"), 8, 1600)
    assert (defects.first_on, defects.last_on, defects.marketplace) == (dt.date(2026, 1, 16), dt.date(2026, 3, 16), US)
    assert (claims.value, claims.numerator, claims.line) == (Decimal("0.0031"), 5, 11)
    under, average = found["responseUnder24Hours"], found["averageResponseTimeInHours"]
    assert (under.unit, under.value, under.denominator) == ("FRACTION", Decimal("0.925"), None)
    assert (average.unit, average.value) == ("HOURS", Decimal("6.5"))
    assert found["noResponseForContactsOlderThan24Hours"].unit == "COUNT"
    assert {each.taken_at for each in found.values()} == {NOW}


def test_the_checklist_has_statuses_as_amazon_words_them():
    status = figures(report_v1())["lateShipmentRate"]
    assert (status.unit, status.value, status.status, status.last_on) == ("WORD", None, "Fair", None)


def test_a_missing_value_is_no_figure_and_words_are_none():
    found = figures(report_v1(DEFECTS_V1.replace("<rate>0.5%</rate><count>8</count>", "<rate>N/A</rate><count/>")))
    assert "orderDefectRate" not in found
    assert "requiredCategories" not in figures(
        report_v1(
            RESPONSES.replace(
                "<averageResponseTimeInHours>6.5</averageResponseTimeInHours>", "<requiredCategories>Books</requiredCategories>"
            )
        )
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("0.5%", "much", "line 10, column 'orderDefects.orderDefectMetrics.rate': found 'much', expected a number"),
        ("0.5%", "130%", "line 10, column 'orderDefects.orderDefectMetrics.rate': found '1.30', expected a rate from 0 to 1"),
        ("1600", "many", "line 9, column 'orderDefects.orderDefectMetrics.orderCount': found 'many'"),
        ("2026-03-16T23:59:59Z", "2026-01-01", "column 'orderDefects.orderDefectMetrics.timeFrame': found '2026-01-16 to 2026-01-01'"),
        ("2026-03-16T23:59:59Z", "soon", "column 'orderDefects.orderDefectMetrics.end': found 'soon', expected a day"),
    ],
)
def test_a_bad_value_rejects_its_time_frame_with_its_line_and_path(old, new, message):
    contents = entries(PERFORMANCE_V1, report_v1(DEFECTS_V1.replace(old, new), RESPONSES))
    (bad,) = [each for each in contents if isinstance(each, Rejected)]
    assert message in bad.error.describe("report.xml")
    assert bad.text.startswith(f"<sellerPerformanceReport><marketplaceId>{US}</marketplaceId><orderDefectMetrics><timeFrame><start>")
    assert "responseUnder24Hours" in {each.figure for each in contents if isinstance(each, Reported)}


def test_the_marketplace_is_that_of_the_import_if_the_report_names_none():
    nameless = report_v1(marketplace=None)
    assert figures(nameless, US)["orderDefectRate"].marketplace == US
    with pytest.raises(BadFile, match="does not name its marketplace") as refusal:
        entries(PERFORMANCE_V1, nameless)
    assert refusal.value.argument == "marketplace"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<html><body/></html>", "XML without sellerPerformanceReports"),
        ("<sellerPerformanceReports><sellerPerformanceReport>", "not XML, or ends before its end: see line 1"),
        ("<sellerPerformanceReports>&nbsp;</sellerPerformanceReports>", "not XML"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><sellerPerformanceReports/>', "has a document type, which no report has"),
        ("<sellerPerformanceReports>" + "<a>" * 60, "more than 50 elements inside each other"),
        ("", "not XML"),
    ],
)
def test_what_is_no_report_is_refused(content, message):
    with pytest.raises(BadFile, match=message):
        entries(PERFORMANCE_V1, content)


def test_a_report_without_anything_is_valid():
    assert entries(PERFORMANCE_V1, "<sellerPerformanceReports/>") == []
