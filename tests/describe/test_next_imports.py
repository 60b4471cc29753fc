"""What to import next."""

import dataclasses
import datetime as dt
from collections.abc import Sequence

import pytest

from sellerhealth.describe.next_imports import NextImport, next_imports
from sellerhealth.engine.coverage import AccountCoverage
from sellerhealth.model.tables import FactKind
from sellerhealth.settings import StaleAfter
from sellerhealth_metrics.customer_feedback import customer_feedback
from sellerhealth_metrics.late_shipment_rate import Settings, late_shipment_rate
from sellerhealth_metrics.order_defect_rate import Settings as DefectSettings
from sellerhealth_metrics.order_defect_rate import order_defect_rate
from tests.support.importers import FEEDBACK_MANAGER, FEEDBACK_REPORT, IMPORTERS, ORDERS_API

TODAY = dt.date(2026, 3, 31)
LATE, DEFECTS = late_shipment_rate(Settings()), order_defect_rate(DefectSettings())


def steps(*metrics, covered: Sequence[tuple[FactKind, bool, dt.date]] = (), without: Sequence[str] = ()) -> tuple[NextImport, ...]:
    importers = [each for each in IMPORTERS.values() if each.name not in without]
    return next_imports(metrics, importers, AccountCoverage.of(covered, {}), TODAY, StaleAfter())


def names(found: Sequence[NextImport]) -> list[str]:
    return [each.importer.name for each in found]


def test_the_first_step_is_the_format_that_settles_most_metrics_and_the_last_one_leaves_nothing():
    found = steps(customer_feedback, LATE, DEFECTS)
    assert [(each.importer.name, each.facts, [metric.key for metric in each.settles]) for each in found] == [
        (ORDERS_API, (FactKind.ORDER, FactKind.PACKAGE), ["late_shipment_rate"]),
        (FEEDBACK_MANAGER, (FactKind.FEEDBACK,), ["customer_feedback"]),
        ("chargebacks", (FactKind.CHARGEBACK,), []),
        ("claims", (FactKind.CLAIM,), ["order_defect_rate"]),
    ]


def test_formats_that_would_do_as_well_are_named():
    (step,) = steps(customer_feedback)
    assert [each.name for each in step.others] == ["feedback"]


def test_a_source_of_what_hurts_is_enough_where_facts_are_only_looked_up():
    known = [(kind, True, TODAY) for kind in (FactKind.ORDER, FactKind.CLAIM, FactKind.CHARGEBACK)]
    (step,) = steps(DEFECTS, covered=known, without=[FEEDBACK_MANAGER, "feedback"])
    assert step.importer.name == FEEDBACK_REPORT
    assert steps(DEFECTS, covered=[*known, (FactKind.FEEDBACK, False, TODAY)]) == ()
    assert names(steps(customer_feedback, covered=[(FactKind.FEEDBACK, False, TODAY)])) == [FEEDBACK_MANAGER]


@pytest.mark.parametrize(("age", "found"), [(0, []), (60, [(FactKind.ORDER,)])])
def test_what_is_too_old_is_imported_again(age, found):
    known = [(FactKind.ORDER, True, TODAY - dt.timedelta(age)), (FactKind.PACKAGE, True, TODAY)]
    assert [each.facts for each in steps(LATE, covered=known)] == found


def test_what_no_format_covers_is_left_out():
    assert steps(LATE, without=[*IMPORTERS]) == ()
    only_orders = dataclasses.replace(IMPORTERS[ORDERS_API], covers=frozenset({FactKind.ORDER}))
    (step,) = next_imports([LATE], [only_orders], AccountCoverage.of((), {}), TODAY, StaleAfter())
    assert (step.facts, step.settles) == ((FactKind.ORDER,), ())
