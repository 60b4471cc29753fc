"""Policy violations: none open is good, a grave one is critical."""

import pytest

from sellerhealth import MetricStatus
from sellerhealth.facts import Severity, Violation
from sellerhealth.model.tables import FactKind
from sellerhealth.testing import CLOCK, DAY, World
from sellerhealth_metrics.policy_violations import policy_violations as metric


def test_without_an_open_one_all_is_good(world: World):
    seller = world.account()
    seller.add(Violation, violation_id="1", detected_at=CLOCK - 20 * DAY, resolved_at=CLOCK - DAY, severity=Severity.CRITICAL)
    result = world.measure(seller, metric)
    assert (result.value, result.display, result.status) == (0, "0", MetricStatus.GOOD)


@pytest.mark.parametrize(
    ("severity", "status"),
    [
        (Severity.CRITICAL, "CRITICAL"),
        (Severity.HIGH, "CRITICAL"),
        (Severity.MEDIUM, "AT_RISK"),
        (Severity.LOW, "AT_RISK"),
        (None, "AT_RISK"),
    ],
)
def test_the_gravest_violation_decides_the_status(world: World, severity, status):
    seller = world.account()
    seller.add(Violation, violation_id="1", detected_at=CLOCK - 10 * DAY, severity=Severity.LOW)
    seller.add(Violation, violation_id="2", detected_at=CLOCK - 10 * DAY, severity=severity)
    result = world.measure(seller, metric)
    assert (result.value, result.status) == (2, status)
    assert (result.headroom.allowed, result.headroom.needed) == (0, 2)


@pytest.mark.parametrize(("age", "open_ones"), [(179, 1), (180, 0)])
def test_they_drop_off_after_180_days(world: World, age, open_ones):
    seller = world.account()
    seller.add(Violation, violation_id="1", detected_at=CLOCK - age * DAY)
    assert world.measure(seller, metric).value == open_ones


def test_there_is_a_count_for_each_category(world: World):
    seller = world.account()
    seller.add(Violation, violation_id="1", detected_at=CLOCK, category="listingPolicyViolations", severity=Severity.HIGH)
    seller.add(Violation, violation_id="2", detected_at=CLOCK)
    parts = world.parts(seller, metric, "category")
    assert {name: (part.value, part.status.value) for name, part in parts.items()} == {
        "listingPolicyViolations": (1, "CRITICAL"),
        "UNKNOWN": (1, "AT_RISK"),
    }


def test_without_a_source_there_is_no_value(world: World):
    result = world.measure(world.account(covers={FactKind.ORDER}), metric)
    assert (result.value, result.status, result.reason) == (None, MetricStatus.NOT_AVAILABLE, "SOURCE_MISSING")
