"""The evidence checks find evidence that is not what was counted, and parts that do not add up."""

import dataclasses

from sellerhealth import total
from sellerhealth.facts import Order, Package
from sellerhealth.testing import orders
from tests.testing.conformance import conformance, distinct_delays, metric_with, placed, problems


def test_evidence_that_is_not_what_was_counted():
    classes = placed.split({"late": (Order.late_by > 0, "Late.")}, rest=("fine", "Fine."))
    changed = dataclasses.replace(classes["late"], condition=placed.condition, description="Changed after the split.")
    report = problems(conformance(metric_with({"changed": changed})).test_the_evidence_is_what_was_counted)
    assert "the measure 'changed' is 3 over Window(30) as of 2026-03-31, but its evidence has 10 rows" in report


def test_a_total_that_is_not_the_sum_over_its_rows():
    report = problems(conformance(metric_with({"delays": distinct_delays})).test_the_evidence_is_what_was_counted)
    assert "the 10 rows of its evidence add up to" in report
    units = total(Package.unit_count, on=Package.confirmed_on, where=Package.tracked, description="Units.")
    conformance(metric_with({"units": units})).test_the_evidence_is_what_was_counted()


def test_parts_that_do_not_add_up():
    def add_facts(account):
        orders(account, late=2, channel="AMAZON")
        orders(account, late=2)

    report = problems(conformance(metric_with({"delays": distinct_delays}), add_facts).test_the_parts_add_up_to_the_whole)
    assert "its parts by 'channel' add up to 86400: AMAZON 43200, SELLER 43200" in report
