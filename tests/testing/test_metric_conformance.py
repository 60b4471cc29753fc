"""A correct metric passes every check of MetricConformance, and an incomplete class says what is missing."""

import pytest
import sqlalchemy as sa

from sellerhealth import Below, Mean, MetricUnit
from sellerhealth.facts import Message, Order, Refund
from sellerhealth.testing import DAY, MetricConformance, messages, orders, refunds
from tests.testing.conformance import CHECKS_WITHOUT_IMPORT, conformance, metric_with, placed, problems


@pytest.mark.parametrize("check", CHECKS_WITHOUT_IMPORT)
def test_a_correct_metric_passes_every_check(check):
    getattr(conformance(metric_with(target=Below("0.5", warn="0.4"))), check)()


def test_a_missing_metric_or_method_is_named():
    class Bare(MetricConformance):
        pass

    class WithoutFacts(MetricConformance):
        metric = metric_with()

    with pytest.raises(NotImplementedError, match=r"Bare does not name a metric\. Name it: `metric = early_dispatch`\."):
        Bare().test_the_numbers_are_those_expected()
    with pytest.raises(NotImplementedError, match=r"WithoutFacts adds no facts\. Give it a method"):
        WithoutFacts().test_the_numbers_are_those_expected()


def test_all_problems_are_reported_at_once_and_each_once():
    never = placed.where(sa.false(), "Never.")
    report = problems(
        conformance(metric_with({"orders": placed, "one": never, "other": never})).test_every_measure_counts_some_of_the_facts
    )
    assert report.splitlines()[0] == "The metric acme_late:"
    assert [line.split("'")[1] for line in report.splitlines()[1:]] == ["one", "other"]


def test_two_related_facts_of_an_order_can_be_compared():
    asked_before = Order.refunds.any(Order.messages.any(Message.received_at < Refund.refunded_at))
    metric = metric_with({"asked": placed.where(asked_before, "Refunded after a message.")})

    def add_facts(account):
        ids = orders(account, on_time=4)
        refunds(account, ids[:3])
        messages(account, order_id=ids[0])
        messages(account, order_id=ids[1], received_at=account.when + 2 * DAY)

    tests = conformance(metric, add_facts, expected={"asked": 1})
    for check in CHECKS_WITHOUT_IMPORT:
        getattr(tests, check)()


def test_a_mean_in_hours_may_have_any_value():
    late_by = placed.total(Order.late_by)
    known = placed.where(Order.late_by.is_not(None), "Known.")
    metric = metric_with({"known": known}, hidden={"late_by": late_by}, value=Mean(late_by, known, unit=MetricUnit.HOURS, per=3600))
    conformance(metric).test_values_are_exact_and_in_the_range_of_their_unit()


def test_refunds_are_known_by_their_orders():
    returned = placed.where(Order.refunds.any(), "Orders with a refund.")
    metric = metric_with({"orders": placed, "returned": returned}, value=returned / placed)
    tests = conformance(metric, lambda account: refunds(account, orders(account, 5)[:2]))
    tests.test_without_a_source_nothing_is_known()
    tests.test_every_measure_counts_some_of_the_facts()
