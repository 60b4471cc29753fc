"""Amazon's performance report: its own figures, in all the ways in which they are written."""

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest

from sellerhealth.errors import BadFile
from sellerhealth.sources import Rejected, Remark, Reported
from tests.support.importers import DE, NOW, PERFORMANCE_V2, US, entries, errors
from tests.support.performance import DEFECTS, LATE, METRICS, VIOLATIONS, days, report

END_OF_MARCH = dt.datetime(2026, 3, 31, 12, tzinfo=dt.UTC)
DAY = dt.date(2026, 3, 31)


def figures(content: str, marketplace: str | None = None) -> dict[tuple[str, str | None], Reported]:
    """The figures of a report without bad ones, by name and channel."""
    contents = entries(PERFORMANCE_V2, content, marketplace)
    assert errors(contents) == []
    return {(each.figure, each.channel): each for each in contents if isinstance(each, Reported)}


def late(**changed: Any) -> Reported:
    """The late shipment rate, read with some changes."""
    return figures(report(lateShipmentRate=LATE | changed))["lateShipmentRate", None]


def test_a_rate_is_read_with_its_counts_window_status_and_target():
    assert late() == Reported(
        figure="lateShipmentRate",
        marketplace=US,
        line=9,
        unit="FRACTION",  # type: ignore[arg-type]  # it is equal to the unit
        value=Decimal("0.03"),
        numerator=24,
        denominator=800,
        status="GOOD",
        first_on=dt.date(2026, 3, 2),
        last_on=DAY,
        target=Decimal("0.04"),
        target_condition="LESS_THAN",
        taken_at=NOW,
    )


def test_defects_are_read_by_channel_with_their_parts_and_violations_as_counts():
    found = figures(report())
    assert found.keys() == {
        ("accountStatus", None),
        ("lateShipmentRate", None),
        ("listingPolicyViolations", None),
        *((name, "SELLER") for name in ("orderDefectRate", "orderDefectRate.claims")),
        *((f"orderDefectRate.{part}", "SELLER") for part in ("chargebacks", "negativeFeedback")),
    }
    defects, claims = found["orderDefectRate", "SELLER"], found["orderDefectRate.claims", "SELLER"]
    assert (defects.value, defects.numerator, defects.denominator, defects.status) == (Decimal("0.0125"), 20, 1600, "BAD")
    assert (claims.unit, claims.value, claims.denominator, claims.last_on) == ("COUNT", 12, 1600, dt.date(2026, 3, 16))
    violations = found["listingPolicyViolations", None]
    assert (violations.unit, violations.value, violations.numerator, violations.target) == ("COUNT", 2, None, 0)
    assert (found["accountStatus", None].status, found["accountStatus", None].taken_at) == ("NORMAL", NOW)


def test_a_rate_is_kept_even_if_it_contradicts_its_counts():
    assert (late(rate=0.005).value, late(rate=0.005).numerator) == (Decimal("0.005"), 24)


@pytest.mark.parametrize(
    ("changed", "value", "target"),
    [
        ({"rate": 0.03203973037}, "0.03203973037", "0.04"),
        ({"rate": "0.03"}, "0.03", "0.04"),
        ({"rate": "3.2%", "targetValue": "4 %"}, "0.032", "0.04"),
        ({"rate": 3.2, "targetValue": 4}, "0.032", "0.04"),
        ({"rate": 0.5, "targetValue": 4}, "0.005", "0.04"),
        ({"rate": 0, "targetValue": 4}, "0.00", "0.04"),
        ({"rate": 1, "targetValue": 0.04}, "1", "0.04"),
        ({"rate": 1e-7}, "1E-7", "0.04"),
    ],
)
def test_a_rate_is_a_fraction_or_in_percent(changed, value, target):
    figure = late(**changed)
    assert (figure.value, figure.target) == (Decimal(value), Decimal(target))


def test_a_rate_above_one_is_read_as_percent_and_reported():
    (remark,) = [each for each in entries(PERFORMANCE_V2, report(lateShipmentRate=LATE | {"rate": 3.2})) if isinstance(each, Remark)]
    assert (remark.field, remark.text) == ("performanceMetrics.lateShipmentRate.rate", "is above 1, and was read as percent")


@pytest.mark.parametrize("missing", [None, "", "N/A", "n/a", "-", "null"])
def test_a_missing_value_is_null_and_never_zero(missing):
    figure = late(rate=missing, orderCount=missing, lateShipmentCount=missing, status="NONE")
    assert (figure.unit, figure.value, figure.numerator, figure.denominator, figure.status) == ("FRACTION", None, None, None, "NONE")


@pytest.mark.parametrize("absent", [None, {}, {"mfn": None, "afn": None}, days("2026-03-02", "2026-03-31"), {"rate": None}, [], "", 0])
def test_a_figure_without_anything_is_no_figure(absent):
    assert ("lateShipmentRate", None) not in figures(report(lateShipmentRate=absent))


@pytest.mark.parametrize(
    ("name", "node", "expected"),
    [
        ("prefulfillmentCancelRate", {"rate": 0.01, "cancellationCount": 3, "orderCount": 300}, "preFulfillmentCancellationRate"),
        ("preFulfillmentCancellationRate", {"rate": 0.01, "cancellationCount": 3, "orderCount": 300}, "preFulfillmentCancellationRate"),
        ("documentRequest", VIOLATIONS, "documentRequests"),
        ("documentRequests", VIOLATIONS, "documentRequests"),
        ("policyViolationWarnings", VIOLATIONS, "policyViolationWarnings"),
        ("somethingNew", {"status": "GREAT"}, "somethingNew"),
    ],
)
def test_names_of_the_same_figure_are_one_and_unknown_names_are_kept(name, node, expected):
    assert (expected, None) in figures(report(**{name: node}))


@pytest.mark.parametrize(
    ("node", "unit", "value", "status"),
    [
        ({"accountHealthRatingStatus": "GREAT"}, "WORD", None, "GREAT"),
        ({"ahrStatus": "Under Review!", "ahrScore": 248}, "POINTS", 248, "Under Review!"),
    ],
)
def test_the_account_health_rating_is_read_with_and_without_points(node, unit, value, status):
    figure = figures(report(accountHealthRating=node))["accountHealthRating", None]
    assert (figure.unit, figure.value, figure.status) == (unit, value, status)


@pytest.mark.parametrize(
    "warnings",
    [
        {"warningStates": [{"warningType": "spam", "status": "BAD"}]},
        {"warningState": [{"warningType": "spam", "status": "BAD"}]},
        {"warningStates": {"spam": {"status": "BAD"}}},
    ],
)
def test_warnings_are_figures_with_a_status(warnings):
    assert figures(report(**warnings))["spam", None].status == "BAD"


def test_a_list_of_late_shipment_rates_has_one_for_each_window():
    ten = LATE | days("2026-03-22", "2026-03-31") | {"rate": 0.01}
    contents = entries(PERFORMANCE_V2, report(lateShipmentRate=None, lateShipmentRateList=[LATE, ten]))
    rates = [each for each in contents if isinstance(each, Reported) and each.figure == "lateShipmentRate"]
    assert [(each.first_on, each.value) for each in rates] == [
        (dt.date(2026, 3, 2), Decimal("0.03")),
        (dt.date(2026, 3, 22), Decimal("0.01")),
    ]


@pytest.mark.parametrize(
    "last", ["2026-03-31T23:59Z", "2026-03-31T23:59:59Z", "2026-03-31T23:59:59.000Z", "2026-03-31", "2026-04-01T01:00+02:00"]
)
def test_a_window_ends_on_a_day_in_utc(last):
    figure = late(reportingDateRange={"reportingDateFrom": "2026-03-02T00:00Z", "reportingDateTo": last})
    assert (figure.first_on, figure.last_on) == (dt.date(2026, 3, 2), DAY)


def test_a_window_that_ends_before_it_begins_is_left_out_and_reported():
    contents = entries(PERFORMANCE_V2, report(lateShipmentRate=LATE | days("2026-03-31", "2026-03-29")))
    (remark,) = [each for each in contents if isinstance(each, Remark)]
    assert remark.text == "ends before it begins, and was left out"
    assert {each.first_on for each in contents if isinstance(each, Reported) and each.figure == "lateShipmentRate"} == {None}


def test_a_report_is_as_of_the_last_day_that_it_covers_or_of_an_earlier_file():
    older = report(
        lateShipmentRate=LATE | days("2026-01-02", "2026-01-31"), orderDefectRate=None, listingPolicyViolations=None
    )  # a file that was copied since
    taken = {each.taken_at for each in figures(older).values()}
    assert taken == {dt.datetime(2026, 1, 31, 23, 59, 59, tzinfo=dt.UTC)}
    assert {each.taken_at for each in figures(report()).values()} == {NOW}


@pytest.mark.parametrize(
    ("node", "message"),
    [
        (LATE | {"rate": "much"}, "'performanceMetrics.lateShipmentRate.rate': found 'much', expected a number, such as 0.032 or 3.2%"),
        (LATE | {"rate": 130}, "rate': found '130', expected a rate from 0 to 1, or in percent from 0 to 100"),
        (LATE | {"rate": "130%"}, "rate': found '1.30', expected a rate from 0 to 1"),
        (LATE | {"rate": -0.1}, "rate': found '-0.1', expected a number"),
        (LATE | {"orderCount": -1}, "orderCount': found '-1', expected a whole number from 0 to 999999999"),
        (LATE | {"orderCount": 1.5}, "orderCount': found '1.5', expected a whole number"),
        (LATE | {"rate": {"value": 1}}, "rate': expected a text or a number"),
        (LATE | {"reportingDateRange": "March"}, "'performanceMetrics.lateShipmentRate.reportingDateRange': expected an object"),
        (
            LATE | days("2026-03-02", "31/03/2026"),
            "reportingDateTo': found '31/03/2026T23:59Z', expected a day, or an instant with its offset",
        ),
        (LATE | days("2026-03-02", "2126-03-31"), "reportingDateTo': found '2126-03-31"),
        (LATE | days("0001-01-01", "2026-03-31"), "reportingDateFrom': found '0001-01-01T00:00Z', expected a day"),
        (LATE | {"status": "x" * 101}, "status': found 'xxx"),
        ([LATE, LATE | {"rate": "much"}], "'performanceMetrics.lateShipmentRate[1].rate': found 'much'"),
        ({"mfn": {"rate": "much"}}, "'performanceMetrics.lateShipmentRate.mfn.rate': found 'much'"),
    ],
)
def test_a_bad_value_rejects_its_figure_with_its_path_and_no_other(node, message):
    contents = entries(PERFORMANCE_V2, report(lateShipmentRate=node))
    (bad,) = [each for each in contents if isinstance(each, Rejected)]
    assert message in bad.error.describe("report.json")
    assert bad.error.describe("report.json").startswith("report.json: line 9, column ")
    assert ("orderDefectRate", "SELLER") in {(each.figure, each.channel) for each in contents if isinstance(each, Reported)}


def test_a_rejected_figure_is_written_so_that_it_can_be_corrected_and_imported():
    (bad,) = [
        each for each in entries(PERFORMANCE_V2, report(orderDefectRate={"afn": DEFECTS | {"rate": "?"}})) if isinstance(each, Rejected)
    ]
    corrected = figures(bad.text.replace('"?"', "0.01"))["orderDefectRate", "AMAZON"]
    assert (corrected.marketplace, corrected.value, corrected.denominator) == (US, Decimal("0.01"), 1600)


def test_several_marketplaces_are_read_from_one_report_each_as_of_its_own_day():
    january = {"marketplaceId": DE, "lateShipmentRate": LATE | days("2026-01-02", "2026-01-31")}
    contents = [each for each in entries(PERFORMANCE_V2, report(METRICS, january)) if isinstance(each, Reported)]
    assert {each.marketplace for each in contents} == {US, DE}
    assert {each.taken_at.date() for each in contents if each.marketplace == DE and each.taken_at} == {dt.date(2026, 1, 31)}


@pytest.mark.parametrize(
    "envelope",
    [
        pytest.param(lambda one: {"performanceMetrics": one}, id="an object in place of a list"),
        pytest.param(lambda one: {"type": "RECORD", "record": {"performanceMetrics": [one]}}, id="a record of a pipeline"),
        pytest.param(lambda one: [{"performanceMetrics": [one]}], id="a list of reports"),
    ],
)
def test_figures_are_found_in_every_envelope(envelope):
    assert figures(json.dumps(envelope(METRICS)))["lateShipmentRate", None].value == Decimal("0.03")


def test_a_marketplace_that_is_missing_is_that_of_the_account_or_of_the_import():
    nameless = {"lateShipmentRate": LATE}
    one = json.dumps({"accountStatuses": [{"marketplaceId": DE, "status": "NORMAL"}], "performanceMetrics": [nameless]})
    assert figures(one)["lateShipmentRate", None].marketplace == DE
    assert figures(report(nameless), US)["lateShipmentRate", None].marketplace == US
    with pytest.raises(BadFile, match="does not name its marketplace") as refusal:
        entries(PERFORMANCE_V2, report(nameless))
    assert refusal.value.argument == "marketplace"


def test_a_marketplace_that_is_no_key_is_rejected():
    (message,) = errors(entries(PERFORMANCE_V2, report(METRICS | {"marketplaceId": "Jane Doe"})))[:1]
    assert "column 'marketplaceId': found 'Jane Doe', expected a key" in message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[]", "holds no performance metric"),
        ('{"performanceMetrics": [{"marketplaceId": "', "not JSON, or ends before its end"),
        ('{"errors": [{"code": "QuotaExceeded"}]}', "error response of Amazon's API \\(QuotaExceeded\\)"),
    ],
)
def test_what_is_no_report_is_refused(content, message):
    with pytest.raises(BadFile, match=message):
        entries(PERFORMANCE_V2, content)


def test_an_object_that_is_none_is_rejected_and_a_report_without_figures_is_valid():
    assert errors(entries(PERFORMANCE_V2, '{"performanceMetrics": [7]}')) == ["line 1, column 'performanceMetrics': expected an object"]
    assert entries(PERFORMANCE_V2, '{"accountStatuses": [], "performanceMetrics": []}') == []
