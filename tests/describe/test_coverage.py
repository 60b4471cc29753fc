"""What the imports of an account cover, by kind of fact."""

import datetime as dt

from sellerhealth.describe.coverage import KindCoverage, coverage_by_kind
from sellerhealth.model.tables import FactKind
from sellerhealth_metrics.customer_feedback import customer_feedback
from sellerhealth_metrics.late_shipment_rate import Settings, late_shipment_rate
from tests.support.importers import FEEDBACK_MANAGER, FEEDBACK_REPORT, IMPORTERS, ORDERS_API

DAY = dt.date(2026, 3, 31)


def test_a_kind_has_the_metrics_that_read_it_and_the_formats_that_report_it_complete_ones_first():
    (feedback,) = coverage_by_kind([customer_feedback], IMPORTERS.values(), {FactKind.FEEDBACK: DAY})
    assert feedback == KindCoverage(FactKind.FEEDBACK, DAY, ("customer_feedback",), (FEEDBACK_MANAGER, "feedback", FEEDBACK_REPORT))


def test_what_was_never_imported_is_first_then_what_most_metrics_read_then_what_is_oldest():
    metrics = late_shipment_rate(Settings()), customer_feedback

    def kinds(through):
        return [each.kind for each in coverage_by_kind(metrics, IMPORTERS.values(), through)]

    assert kinds({}) == [FactKind.FEEDBACK, FactKind.ORDER, FactKind.PACKAGE]
    assert kinds({FactKind.FEEDBACK: DAY}) == [FactKind.ORDER, FactKind.PACKAGE, FactKind.FEEDBACK]
    older = {FactKind.ORDER: DAY, FactKind.FEEDBACK: DAY, FactKind.PACKAGE: DAY - dt.timedelta(1)}
    assert kinds(older) == [FactKind.PACKAGE, FactKind.FEEDBACK, FactKind.ORDER]


def test_a_format_that_only_adds_to_facts_covers_none():
    formats = {name for each in coverage_by_kind([late_shipment_rate(Settings())], IMPORTERS.values(), {}) for name in each.formats}
    assert ORDERS_API in formats
    assert "ORDER_ITEMS_API_V0" not in formats
