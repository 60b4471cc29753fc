"""The counting checks find measures that count nothing, wrong numbers, and values made of nothing."""

import dataclasses
from fractions import Fraction

from sellerhealth import Count, Figure, Metric
from sellerhealth.facts import Order
from sellerhealth.testing import DAY, orders
from tests.testing.conformance import OwnValue, conformance, late, metric_with, placed, problems


def test_a_measure_that_counts_nothing():
    never = metric_with({"lost": placed.where(Order.status == "Lost", "Lost.")})
    assert "'lost' counts none of the facts of `add_facts`" in problems(conformance(never).test_every_measure_counts_some_of_the_facts)
    too_old = conformance(metric_with(), lambda account: orders(account, late=3, placed_at=account.when - 90 * DAY))
    assert "none on a day of a window (2026-03-02 to 2026-03-31)" in problems(too_old.test_every_measure_counts_some_of_the_facts)


def test_numbers_other_than_expected():
    expected = {"orders": 10, "late": 4, "lates": 1}
    report = problems(conformance(metric_with(), expected=expected).test_the_numbers_are_those_expected)
    assert "the measure 'late' is 3 over Window(30) as of 2026-03-31, but `expected` says 4" in report
    assert "`expected` names 'lates', which is not one of its measures. Did you mean late?" in report
    assert "'orders'" not in report


class AlwaysAvailable(Metric):
    """Has a value whatever is missing."""

    def result(self, numbers, **context):
        return super().result(numbers, **{**context, "unavailable": None})


def test_a_value_without_a_source():
    fields = {field.name: getattr(metric_with(value=Count(placed)), field.name) for field in dataclasses.fields(Metric)}
    report = problems(conformance(AlwaysAvailable(**fields)).test_without_a_source_nothing_is_known)
    assert "its value is 0 for an account without any import" in report


class OneTooMany(Count):
    def __call__(self, numbers):
        return super().__call__(numbers) + 1


def test_a_value_without_facts():
    zero_without_orders = OwnValue(lambda numbers: Fraction(numbers[late], numbers[placed]) if numbers[placed] else Fraction(0))
    metric = metric_with(value=OneTooMany(placed), figures={"ratio": Figure(zero_without_orders, "A share.")})
    report = problems(conformance(metric).test_without_facts_a_count_is_zero_and_a_share_is_unknown)
    assert "its value is 1 although nothing was counted" in report
    assert "the figure 'ratio' is 0 although there are no rows to compute it from. Return None" in report


def test_a_value_that_raises():
    careless = OwnValue(lambda numbers: Fraction(numbers[late], numbers[placed]))
    report = problems(conformance(metric_with(value=careless)).test_without_facts_a_count_is_zero_and_a_share_is_unknown)
    assert "it cannot be computed over Window(30) as of 2026-03-31: ZeroDivisionError" in report
