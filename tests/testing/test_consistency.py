"""The consistency checks find inexact values, values out of range, and targets that contradict themselves."""

import math
from fractions import Fraction

import pytest

from sellerhealth import AtLeast, Below, Count, Figure, MetricStatus, MetricUnit, Nothing, Score, count
from sellerhealth.facts import Claim, Violation
from sellerhealth.testing import HOUR, claims, orders, violations
from tests.testing.conformance import OwnValue, conformance, late, metric_with, placed, problems


def test_a_ratio_above_one():
    claimed = count(on=Claim.opened_on, where=Claim.counts, description="Claims.")
    metric = metric_with({"orders": placed, "claims": claimed}, value=claimed / placed)

    def add_facts(account):
        (order_id,) = orders(account, 1)
        for hours in range(3):
            claims(account, [order_id], opened_at=account.when + hours * HOUR)

    report = problems(conformance(metric, add_facts).test_values_are_exact_and_in_the_range_of_their_unit)
    assert "its value is 300.00 % for orders = 1, claims = 3, but FRACTION ranges from 0 to 1. Make its numerator a part" in report


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (OwnValue(lambda numbers: numbers[late] / max(numbers[placed], 1)), "of the type float. Compute it exactly"),
        (OwnValue(lambda numbers: math.nan), "is nan, of the type float"),
        (OwnValue(lambda numbers: Fraction(9), MetricUnit.STARS), "but STARS ranges from 1 to 5"),
        (OwnValue(lambda numbers: Fraction(1), show=float), "is displayed as 1.0. Let `display` return a text"),
    ],
)
def test_a_value_that_is_inexact_or_out_of_range(value, problem):
    assert problem in problems(conformance(metric_with(value=value)).test_values_are_exact_and_in_the_range_of_their_unit)


def test_a_score_out_of_range():
    class TooHigh(Score):
        def __call__(self, numbers):
            return Fraction(120)

    metric = metric_with(value=TooHigh({late: 0, placed: 100}, perfect=placed))
    assert "but POINTS ranges from 0 to 100" in problems(conformance(metric).test_values_are_exact_and_in_the_range_of_their_unit)


class AlwaysGood(Below):
    def judge(self, value, numbers):
        return MetricStatus.GOOD


class AlwaysCritical(AtLeast):
    def judge(self, value, numbers):
        return MetricStatus.CRITICAL


class NeverWarns(Below):
    def judge(self, value, numbers):
        status = super().judge(value, numbers)
        return MetricStatus.GOOD if status is MetricStatus.AT_RISK else status


class AlwaysWarns(Below):
    def judge(self, value, numbers):
        status = super().judge(value, numbers)
        return MetricStatus.AT_RISK if status is MetricStatus.GOOD else status


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        (AlwaysGood("0.04"), "judges 0.04, which misses that, as GOOD"),
        (AlwaysCritical("0.9"), "judges 0.9, which meets that, as CRITICAL"),
        (NeverWarns("0.04", warn="0.03"), "warns from 3/100 on, but it judges 0.03 as GOOD"),
        (AlwaysWarns("0.04", warn="0.03"), "judges 0.029999999 as AT_RISK already"),
    ],
)
def test_a_target_that_contradicts_itself(target, problem):
    assert problem in problems(conformance(metric_with(target=target)).test_the_target_judges_as_it_says)
    figures = {"again": Figure(late / placed, "The same.", target=target)}
    assert problem in problems(conformance(metric_with(figures=figures)).test_the_target_judges_as_it_says)


@pytest.mark.parametrize("target", [Below("0.04", warn="0.03"), AtLeast("0.9", warn="0.92"), Below(1), AtLeast(1)])
def test_the_targets_of_the_api_are_consistent(target):
    tests = conformance(metric_with(target=target))
    tests.test_the_target_judges_as_it_says()
    tests.test_the_headroom_is_just_enough()


def test_the_target_nothing_is_consistent():
    severe = count(on=Violation.detected_on, where=Violation.severe, description="Severe ones.")
    metric = metric_with({"severe": severe}, value=Count(severe), target=Nothing(grave=severe))
    tests = conformance(metric, lambda account: violations(account, 3))
    tests.test_the_target_judges_as_it_says()
    tests.test_the_headroom_is_just_enough()
