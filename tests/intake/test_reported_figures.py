"""Performance reports are imported as snapshots: by day, in any order, without a fact."""

import datetime as dt
import itertools
from typing import Any

import pytest
import sqlalchemy as sa

from sellerhealth.access import OWNER, ReadSession
from sellerhealth.errors import BadFile, PluginError
from sellerhealth.facts import FACTS
from sellerhealth.intake import BadRows
from sellerhealth.model.records import Account, FigureUnit, ReportedFigure, Source
from sellerhealth.sources import Importer, Reported
from sellerhealth.store.database import Database
from sellerhealth.store.reported_figures import last_figures
from tests.support.importers import DE, NOW, ORIGIN, US
from tests.support.imports import stored
from tests.support.performance import LATE, METRICS, days, report

MORNING = NOW - dt.timedelta(hours=5)


def late(database: Database) -> list[dict[str, Any]]:
    """The snapshots of the late shipment rate."""
    return [row for row in stored(database, ReportedFigure) if row["figure"] == "lateShipmentRate"]


def version(database: Database) -> Any:
    (row,) = stored(database, Account)
    return row["version"], row["updated_at"]


def test_a_report_is_stored_beside_the_facts_and_covers_none(import_text, database):
    summary = import_text(report())
    assert (summary.format, summary.rows_read, summary.new, summary.skipped) == ("GET_V2_SELLER_PERFORMANCE_REPORT", 7, 7, 0)
    (row,) = late(database)
    assert (row["marketplace"], row["taken_on"], row["taken_at"], row["days"]) == (US, NOW.date(), NOW, 30)
    assert (row["value"], row["unit"], row["numerator"], row["denominator"], row["status"]) == ("0.03", "FRACTION", 24, 800, "GOOD")
    assert [stored(database, table) for table in (*FACTS, Source)] == [[]] * (len(FACTS) + 1)


def test_the_account_has_other_answers_now_but_no_other_facts(import_text, database):
    before = version(database)
    import_text(report())
    after = version(database)
    assert (after[0] > before[0], after[1]) == (True, before[1])
    import_text(report())
    assert version(database) == after


def test_the_same_report_again_changes_nothing_even_if_it_was_copied_since(import_text, database):
    content = report(METRICS | {"lateShipmentRate": LATE | days("2026-03-01", "2026-03-30")})
    quiet = content.replace("2026-03-31", "2026-03-30")
    import_text(quiet, observed_at=NOW - dt.timedelta(days=1))
    again = import_text(quiet, observed_at=NOW)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 7)
    assert {row["taken_on"] for row in stored(database, ReportedFigure)} == {dt.date(2026, 3, 30)}


@pytest.mark.parametrize("order", [*itertools.permutations(range(3))], ids=str)
def test_of_two_reports_of_a_day_the_newer_stays_whatever_their_order(import_text, database, order):
    reports = [
        (report(lateShipmentRate=LATE | {"rate": 0.01}), MORNING),
        (report(lateShipmentRate=LATE | {"rate": 0.02}), NOW),
        (report(lateShipmentRate=LATE | {"rate": 0.03} | days("2026-03-01", "2026-03-30"), listingPolicyViolations=None), NOW),
    ]
    for index in order:
        import_text(reports[index][0], observed_at=reports[index][1])
    assert [(row["taken_on"].day, row["value"]) for row in late(database)] == [(30, "0.03"), (31, "0.02")]


def test_an_older_report_after_a_newer_one_adds_its_day(import_text, database):
    import_text(report())
    older = report(lateShipmentRate=LATE | days("2026-02-01", "2026-02-28"), orderDefectRate=None, listingPolicyViolations=None)
    assert import_text(older).new == 2
    with database.reading() as connection:
        (account_id,) = connection.scalars(sa.select(Account.account_id))
        session = ReadSession(connection, OWNER, NOW)
        by_day = {
            day: {each.figure: each for each in last_figures(session, [account_id], day).get(account_id, ())}
            for day in (dt.date(2026, 2, 27), dt.date(2026, 2, 28), dt.date(2026, 3, 30), NOW.date())
        }
    taken = [figures["lateShipmentRate"].taken_on if figures else None for figures in by_day.values()]
    assert taken == [None, dt.date(2026, 2, 28), dt.date(2026, 2, 28), NOW.date()]


def test_the_windows_of_a_figure_and_the_marketplaces_of_a_report_are_kept_apart(import_text, database):
    ten = LATE | days("2026-03-22", "2026-03-31") | {"rate": 0.01}
    import_text(report(METRICS | {"lateShipmentRateList": [LATE, ten]}, METRICS | {"marketplaceId": DE}))
    assert sorted((row["marketplace"], row["days"], row["value"]) for row in late(database)) == [
        (DE, 30, "0.03"),
        (US, 10, "0.01"),
        (US, 30, "0.03"),
    ]


def test_a_bad_figure_keeps_the_file_out_and_skipped_it_is_no_possible_miss(import_text, database, tmp_path):
    content = report(lateShipmentRate=LATE | {"rate": "much"})
    with pytest.raises(BadRows, match=r"report\.json: line 9, column 'performanceMetrics\.lateShipmentRate\.rate': found 'much'"):
        import_text(content, "report.json")
    assert stored(database, ReportedFigure) == []
    summary = import_text(content, "report.json", skip_bad_rows=True)
    assert (summary.new, summary.rejected) == (6, 1)
    with database.reading() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM rejected_rows")) == 0
    corrected = tmp_path / "report.rejected.json"
    summary = import_text(corrected.read_text().replace('"much"', "0.03"), "corrected.json")
    assert (summary.new, [row["value"] for row in late(database)]) == (1, ["0.03"])


def test_a_report_without_its_marketplace_needs_its_name(import_text, database):
    nameless = report({"lateShipmentRate": LATE})
    with pytest.raises(BadFile, match="does not name its marketplace") as refusal:
        import_text(nameless)
    assert refusal.value.argument == "marketplace"
    import_text(nameless, marketplace="DE")
    assert [row["marketplace"] for row in late(database)] == [DE]


def test_a_number_of_any_size_is_kept_exactly(import_text, database):
    import_text(report(lateShipmentRate=LATE | {"rate": 0.03203973037, "orderCount": 999_999_999}))
    assert [(row["value"], row["denominator"]) for row in late(database)] == [("0.03203973037", 999_999_999)]


def with_plugin(loaded, monkeypatch, figures):
    """Adds a format of a plugin, whose files have these figures."""
    acme = Importer("acme", "Acme", frozenset(), 10, lambda sample: False, lambda stream, context: figures)
    monkeypatch.setattr(loaded.importers, "find", lambda key: acme)
    monkeypatch.setattr(loaded.importers, "origin", lambda key: ORIGIN)


WRONG = {
    "figure": ("Jane Doe", "figure is not a key"),
    "marketplace": (None, "marketplace is not a key"),
    "unit": ("PERCENT", "unit is a str: use a FigureUnit"),
    "channel": ("MFN", "channel is none of SELLER, AMAZON"),
    "value": (0.5, "value is a float: use a Decimal, or None"),
    "numerator": (True, "numerator is a bool: use a int, or None"),
    "denominator": (-1, "denominator is not from 0 to"),
    "status": ("", "status is an empty text"),
    "first_on": (NOW, "first_on is a datetime: use a date, or None"),
    "last_on": (dt.date(2025, 1, 1), "ends before it begins"),
    "taken_at": (dt.datetime(2026, 3, 1), "taken_at is an instant without an offset"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_figure_of_a_plugin_is_checked(import_text, loaded, monkeypatch, name):
    value, message = WRONG[name]
    good = Reported("acmeRate", US, 1, FigureUnit.FRACTION, first_on=dt.date(2026, 3, 1), last_on=dt.date(2026, 3, 2))
    with_plugin(loaded, monkeypatch, [good, good._replace(**{name: value})])
    with pytest.raises(PluginError, match=message):
        import_text("x", format="acme")


def test_a_figure_of_a_plugin_cannot_be_of_tomorrow(import_text, loaded, monkeypatch):
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    early = Reported("acmeRate", US, 1, FigureUnit.WORD, status="GOOD", taken_at=tomorrow)
    with_plugin(loaded, monkeypatch, [early])
    with pytest.raises(BadFile, match=r"file\.csv: line 1: found .* expected an instant that is not later than now"):
        import_text("x", format="acme")
